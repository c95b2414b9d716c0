/* The files that the pages load, embedded in the program. */
#ifndef VT_WEB_ASSETS_H
#define VT_WEB_ASSETS_H

#include "net/http.h"

/* The first digits of the content's SHA-256; a link that carries them never shows a stale file. `name` is one of ours.
 * Static; vt_assets_init was called. */
const char *vt_asset_version(const char *name);

/* Hashes the files. Before any thread starts; may be called again. */
void vt_assets_init(void);

/* GET /assets/<name>: the file, 304 when If-None-Match names it, or 404. */
void vt_assets_serve(void *context, const vt_request *request, vt_reply reply);

#endif

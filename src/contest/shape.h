/* The shape of a contest: which keys its file and its JSON have, and what each may say. */
#ifndef VT_CONTEST_SHAPE_H
#define VT_CONTEST_SHAPE_H

#include "contest/definition.h"
#include "contest/document.h"

/* Reads a contest from a document; `stored` says that it is the ledger's JSON, which must have its stamp, and not the
 * organiser's file, which must not. The caller owns *out; nothing of the document is kept.
 * VT_ERR_BAD_CONTEST with *problem, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_shape_read(const vt_document *document, bool stored, vt_definition **out, vt_problem *problem);

/* Whether a text can be a contest's short name: 1 to VT_CONTEST_NAME_BYTES_MAX of a-z, 0-9 and -. */
bool vt_shape_is_name(vt_slice text);

#endif

/* The file that keeps a contest's secret beside an embedded ledger. */
#ifndef VT_CONTEST_SECRET_FILE_H
#define VT_CONTEST_SECRET_FILE_H

#include "contest/secret.h"

enum { VT_SECRET_FILE_BYTES_MAX = VT_SECRET_BYTES_MAX + 2 }; /* with a line end */

/* The file's bytes as they are. Whoever has it wipes it. */
typedef struct vt_secret_text {
    char bytes[VT_SECRET_FILE_BYTES_MAX];
    size_t len;
} vt_secret_text;

/* Reads `dir`/secret; when it is missing, it is made first if `makes`. On error `reason` says why.
 * VT_ERR_BAD_CONFIG (missing, not a regular file of this user with mode 0600 or less, too long), VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_secret_file_read(const char *dir, bool makes, vt_secret_text *out, char reason[VT_REASON_MAX]);

#endif

/* Text made safe inside JSON strings: for log lines, health and status, where any byte may turn up. */
#ifndef VT_OBS_ESCAPE_H
#define VT_OBS_ESCAPE_H

#include "base/buf.h"
#include "base/err.h"

/* Appends `text` as the inside of a JSON string (RFC 8259 §7). Control characters, C1 ones included, become \uXXXX, and
 * each byte that is not UTF-8 becomes \ufffd. Errors of vt_buf_append; what fitted stays appended, in whole characters.
 */
VT_MUST_CHECK vt_err vt_escape_json(vt_buf *out, vt_slice text);

#endif

/* The query of a URL: name=value pairs, percent-encoded (RFC 3986 §2.1; "+" is a space, as forms send it). */
#ifndef VT_WEB_QUERY_H
#define VT_WEB_QUERY_H

#include "base/err.h"
#include "base/slice.h"

enum { VT_QUERY_VALUE_BYTES_MAX = 512 }; /* decoded */

/* Looks for the parameter `name` (the last one of that name) and decodes its value into `room`, which *out borrows;
 * out->ptr is NULL when there is none. What the value means is the caller's to check; other parameters are not looked
 * at. VT_ERR_MALFORMED_REQUEST for a "%" without two hexadecimal digits, VT_ERR_TOO_LONG. */
VT_MUST_CHECK vt_err vt_query_find(vt_slice query, vt_slice name, char room[VT_QUERY_VALUE_BYTES_MAX], vt_slice *out);

#endif

/* Header and trailer fields that are kept as bytes until they are sent, and what makes a field safe to send. */
#ifndef VT_NET_FIELDS_H
#define VT_NET_FIELDS_H

#include "base/buf.h"
#include "net/http.h"

enum { VT_HEADER_FIELD_BYTES_MAX = 8 * 1024 };

/* Whether a field can be sent without changing the meaning of what surrounds it: no control characters, a name in
 * token characters without capitals (RFC 9110 §5). Unsafe ones are left out of an answer. */
bool vt_field_is_safe(const vt_header *field);

/* Appends one field; an unsafe or longer one than VT_HEADER_FIELD_BYTES_MAX is left out. Errors of vt_buf_append. */
VT_MUST_CHECK vt_err vt_fields_append(vt_buf *fields, const vt_header *field);

/* Reads the field at *at, which starts at 0, and moves on. False at the end. Borrows from `fields`. */
bool vt_fields_next(const vt_buf *fields, size_t *at, vt_header *out);

#endif

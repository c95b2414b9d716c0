/* Appends text to a buffer, escaped for where it goes. The first error sticks: later calls do nothing, and the caller
 * looks at `err` once, at the end. */
#ifndef VT_WEB_TEXT_H
#define VT_WEB_TEXT_H

#include "base/buf.h"

#include <stdint.h>

typedef struct vt_text {
    vt_buf *buf; /* borrowed */
    vt_err err;  /* VT_OK, or the first error of vt_buf_append */
} vt_text;

/* As it is: markup and punctuation of our own. */
void vt_text_raw(vt_text *text, const char *markup);
void vt_text_slice(vt_text *text, vt_slice markup);

/* Decimal, without separators. */
void vt_text_number(vt_text *text, uint64_t number);

/* Decimal with a comma before each group of three digits, as Guatemala and the English-speaking world write it. */
void vt_text_grouped(vt_text *text, uint64_t number);

/* A JSON string with its quotes (RFC 8259 §7). Bytes from 0x80 on go through as they are. */
void vt_text_json(vt_text *text, vt_slice value);

/* "2026-11-23T12:00:00.000Z" with quotes, or null when at_ms is 0. */
void vt_text_json_time(vt_text *text, int64_t at_ms);

/* Text or attribute value of HTML: & < > " ' become references. */
void vt_text_html(vt_text *text, vt_slice value);

/* The value of a URL's query, percent-encoded but for the unreserved characters (RFC 3986 §2.3). */
void vt_text_query(vt_text *text, vt_slice value);

#endif

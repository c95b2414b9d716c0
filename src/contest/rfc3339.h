/* Times as organisers write them: RFC 3339 with an offset. */
#ifndef VT_CONTEST_RFC3339_H
#define VT_CONTEST_RFC3339_H

#include "base/slice.h"

#include <stdint.h>

/* Reads "2026-12-01T18:00:00-06:00" or "2026-12-02T00:00:00.5Z" (RFC 3339 §5.6) as milliseconds since 1970: the offset
 * is mandatory, digits behind milliseconds are cut, leap seconds are not taken. False when `text` is anything else, or
 * is not after 1970-01-01T00:00:00Z. */
bool vt_rfc3339_parse(vt_slice text, int64_t *out_ms);

#endif

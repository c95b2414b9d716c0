/* The names of a tally's keys in Redis. All share one hash tag, the {key} of its URL. */
#ifndef VT_TALLY_TALLY_KEYS_H
#define VT_TALLY_TALLY_KEYS_H

#include "base/slice.h"

#include <stdint.h>

enum { VT_TALLY_KEY_MAX = 96 }; /* with the terminator */

/* Each writes the name, terminated, and returns it; it borrows from `out`. `key` is that of a vt_redis_url. */

/* "{key}:3", or "{key}:3:shadow": the hash of one partition, as tally_fence.h describes it. */
vt_slice vt_tally_key(const char *key, int32_t partition, bool is_shadow, char out[VT_TALLY_KEY_MAX]);

/* "{key}:contest": a hash with the fields `ledger` (16 bytes), `version` (decimal) and `json`. */
vt_slice vt_tally_contest_key(const char *key, char out[VT_TALLY_KEY_MAX]);

/* "{key}:published": a hash with a field for each public view, as publish.lua describes it. */
vt_slice vt_tally_published_key(const char *key, char out[VT_TALLY_KEY_MAX]);

#endif

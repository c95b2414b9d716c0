#include "tally/tally_keys.h"

#include "base/assert.h"

#include <stdio.h>

static vt_slice written(const char *out, int len) {
    VT_ASSERT(len > 0 && len < VT_TALLY_KEY_MAX);
    return vt_slice_of(out, (size_t) len);
}

vt_slice vt_tally_key(const char *key, int32_t partition, bool is_shadow, char out[VT_TALLY_KEY_MAX]) {
    return written(out, snprintf(out, VT_TALLY_KEY_MAX, "{%s}:%d%s", key, partition, is_shadow ? ":shadow" : ""));
}

vt_slice vt_tally_contest_key(const char *key, char out[VT_TALLY_KEY_MAX]) {
    return written(out, snprintf(out, VT_TALLY_KEY_MAX, "{%s}:contest", key));
}

vt_slice vt_tally_published_key(const char *key, char out[VT_TALLY_KEY_MAX]) {
    return written(out, snprintf(out, VT_TALLY_KEY_MAX, "{%s}:published", key));
}

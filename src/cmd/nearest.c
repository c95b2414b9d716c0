#include "cmd/nearest.h"

#include <string.h>

static size_t min3(size_t a, size_t b, size_t c) {
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

size_t vt_nearest_distance(const char *a, const char *b) {
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    if (a_len > VT_NEAREST_WORD_MAX || b_len > VT_NEAREST_WORD_MAX) {
        return VT_NEAREST_WORD_MAX;
    }
    /* row[j]: the distance between what was read of `a` and the first j letters of `b`. */
    size_t row[VT_NEAREST_WORD_MAX + 1];
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = min3(replaced, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[b_len];
}

void vt_nearest_offer(const char *word, const char *candidate, const char **best, size_t *distance) {
    size_t found = vt_nearest_distance(word, candidate);
    if (found < *distance) {
        *distance = found;
        *best = candidate;
    }
}

size_t vt_nearest_limit(const char *word) {
    return strlen(word) / 3 + 2;
}

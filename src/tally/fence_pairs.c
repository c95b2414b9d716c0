#include "tally/fence_pairs.h"

#include "base/assert.h"
#include "base/text_hash.h"

#include <stdlib.h>
#include <sys/random.h>

enum {
    SLOTS = 4 * VT_FOLD_PAIRS_MAX, /* a power of two; at most a quarter full */
    SLOT_FREE = 0,                 /* else the number of the pair, plus 1 */
    LENS = 3,
};

typedef struct known_pair {
    vt_fence_sums sums;
    uint32_t at; /* in `names` */
    bool is_touched;
} known_pair;

struct vt_fence_pairs {
    uint64_t seed; /* so that nobody can choose band names that share a slot */
    vt_buf names;
    uint32_t count;
    uint32_t settled_count;
    uint32_t touched_count;
    uint16_t slots[SLOTS];
    uint16_t touched[VT_FENCE_PAIRS_MAX];
    known_pair pairs[VT_FENCE_PAIRS_MAX];
};

_Static_assert(VT_FENCE_PAIRS_MAX < UINT16_MAX, "pairs are numbered with 16 bits");
_Static_assert((SLOTS & (SLOTS - 1)) == 0, "slots are masked");

vt_err vt_fence_pairs_open(vt_fence_pairs **out) {
    vt_fence_pairs *pairs = calloc(1, sizeof *pairs);
    if (pairs == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    vt_buf_init(&pairs->names, VT_FENCE_NAMES_BYTES_MAX);
    vt_err err = vt_buf_reserve(&pairs->names, VT_FENCE_NAMES_BYTES_MAX);
    if (err == VT_OK && getrandom(&pairs->seed, sizeof pairs->seed, 0) != (ssize_t) sizeof pairs->seed) {
        err = VT_ERR_SYSTEM;
    }
    if (err != VT_OK) {
        vt_fence_pairs_close(pairs);
        return err;
    }
    *out = pairs;
    return VT_OK;
}

void vt_fence_pairs_close(vt_fence_pairs *pairs) {
    if (pairs == NULL) {
        return;
    }
    vt_buf_release(&pairs->names);
    free(pairs);
}

void vt_fence_pairs_clear(vt_fence_pairs *pairs) {
    vt_buf_clear(&pairs->names);
    memset(pairs->slots, 0, sizeof pairs->slots);
    pairs->count = 0;
    pairs->settled_count = 0;
    pairs->touched_count = 0;
}

static bool is_pair(const vt_fence_pairs *pairs, const known_pair *pair, vt_slice name, vt_slice album) {
    const char *lens = pairs->names.ptr + pair->at;
    vt_slice its_name = vt_slice_of(lens + LENS, (uint8_t) lens[0]);
    vt_slice its_album = vt_slice_of(its_name.ptr + its_name.len, (uint8_t) lens[1]);
    return vt_slice_eq(its_name, name) && vt_slice_eq(its_album, album);
}

/* The slot of a pair, or the free one where it belongs. */
static uint16_t *slot_of(vt_fence_pairs *pairs, vt_slice name, vt_slice album) {
    size_t slot = (size_t) vt_text_hash(vt_text_hash(pairs->seed, name), album) & (SLOTS - 1);
    while (pairs->slots[slot] != SLOT_FREE && !is_pair(pairs, &pairs->pairs[pairs->slots[slot] - 1], name, album)) {
        slot = (slot + 1) & (SLOTS - 1);
    }
    return &pairs->slots[slot];
}

static known_pair *insert(vt_fence_pairs *pairs, uint16_t *slot, const vt_fence_name *name) {
    VT_ASSERT(pairs->count < VT_FENCE_PAIRS_MAX);
    known_pair *pair = &pairs->pairs[pairs->count];
    *pair = (known_pair){.at = (uint32_t) pairs->names.len};
    vt_err err = vt_fence_name_append(&pairs->names, name);
    VT_ASSERT(err == VT_OK); /* there is room for as many of the longest */
    *slot = (uint16_t) ++pairs->count;
    return pair;
}

vt_err vt_fence_pairs_know(vt_fence_pairs *pairs, const vt_fence_name *name, const vt_fence_sums *sums) {
    uint16_t *slot = slot_of(pairs, name->name, name->album);
    if (*slot != SLOT_FREE || pairs->count == VT_FENCE_PAIRS_MAX) {
        return VT_ERR_CORRUPT;
    }
    insert(pairs, slot, name)->sums = *sums;
    pairs->settled_count = pairs->count;
    return VT_OK;
}

static known_pair *find_or_insert(vt_fence_pairs *pairs, const vt_fence_name *name) {
    static const vt_fence_name other = {{VT_FOLD_OTHER, sizeof VT_FOLD_OTHER - 1}, {"", 0}, {"", 0}};
    uint16_t *slot = slot_of(pairs, name->name, name->album);
    if (*slot == SLOT_FREE && pairs->count >= VT_FOLD_PAIRS_MAX) {
        name = &other;
        slot = slot_of(pairs, other.name, other.album);
    }
    return *slot == SLOT_FREE ? insert(pairs, slot, name) : &pairs->pairs[*slot - 1];
}

vt_err vt_fence_pairs_add(vt_fence_pairs *pairs, const vt_fence_name *name, uint32_t points) {
    known_pair *pair = find_or_insert(pairs, name);
    if (pair->sums.votes == VT_FENCE_NUMBER_MAX || pair->sums.points > VT_FENCE_NUMBER_MAX - (int64_t) points) {
        return VT_ERR_CORRUPT;
    }
    pair->sums.votes++;
    pair->sums.points += points;
    if (!pair->is_touched) {
        pair->is_touched = true;
        pairs->touched[pairs->touched_count++] = (uint16_t) (pair - pairs->pairs);
    }
    return VT_OK;
}

vt_fence_sums vt_fence_pairs_sums(const vt_fence_pairs *pairs, uint32_t i) {
    VT_ASSERT(i < pairs->count);
    return pairs->pairs[i].sums;
}

vt_slice vt_fence_pairs_names(const vt_fence_pairs *pairs) {
    return vt_buf_slice(&pairs->names);
}

uint32_t vt_fence_pairs_touched_count(const vt_fence_pairs *pairs) {
    return pairs->touched_count;
}

uint32_t vt_fence_pairs_touched(const vt_fence_pairs *pairs, uint32_t i) {
    VT_ASSERT(i < pairs->touched_count);
    return pairs->touched[i];
}

bool vt_fence_pairs_has_new(const vt_fence_pairs *pairs) {
    return pairs->count > pairs->settled_count;
}

void vt_fence_pairs_settle(vt_fence_pairs *pairs) {
    for (uint32_t i = 0; i < pairs->touched_count; i++) {
        pairs->pairs[pairs->touched[i]].is_touched = false;
    }
    pairs->touched_count = 0;
    pairs->settled_count = pairs->count;
}

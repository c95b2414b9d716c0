#include "tally/pair_table.h"

#include "base/assert.h"
#include "base/text_hash.h"

#include <stdlib.h>
#include <sys/random.h>

enum {
    PAIRS_MAX = VT_FOLD_PAIRS_MAX + 1, /* the last one for all others */
    SLOTS = 4 * VT_FOLD_PAIRS_MAX,     /* a power of two; at most a quarter full */
    SLOT_FREE = 0,                     /* else the number of the pair, plus 1 */
};

struct vt_pair_table {
    uint64_t seed; /* so that nobody can choose band names that share a slot */
    uint16_t slots[SLOTS];
    uint16_t pairs_count;
    uint16_t touched_count;
    uint16_t touched[PAIRS_MAX];
    vt_pair pairs[PAIRS_MAX];
};

_Static_assert(PAIRS_MAX < UINT16_MAX, "pairs are numbered with 16 bits");
_Static_assert((SLOTS & (SLOTS - 1)) == 0, "slots are masked");

static void set_texts(vt_pair *pair, vt_slice name, vt_slice album) {
    VT_ASSERT(name.len <= VT_FIELD_BYTES_MAX && album.len <= VT_FIELD_BYTES_MAX);
    pair->name_len = (uint8_t) name.len;
    pair->album_len = (uint8_t) album.len;
    memcpy(pair->text, name.ptr, name.len);
    if (album.len > 0) {
        memcpy(pair->text + name.len, album.ptr, album.len);
    }
}

vt_err vt_pair_table_open(vt_pair_table **out) {
    vt_pair_table *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    if (getrandom(&table->seed, sizeof table->seed, 0) != (ssize_t) sizeof table->seed) {
        free(table);
        return VT_ERR_SYSTEM;
    }
    *out = table;
    return VT_OK;
}

void vt_pair_table_close(vt_pair_table *table) {
    free(table);
}

void vt_pair_table_clear(vt_pair_table *table) {
    vt_pair_table_settle(table);
    memset(table->slots, 0, sizeof table->slots);
    table->pairs_count = 0;
}

static uint16_t *slot_of(vt_pair_table *table, vt_slice name, vt_slice album) {
    size_t slot = (size_t) vt_text_hash(vt_text_hash(table->seed, name), album) & (SLOTS - 1);
    while (table->slots[slot] != SLOT_FREE) {
        const vt_pair *pair = &table->pairs[table->slots[slot] - 1];
        if (vt_slice_eq(vt_pair_name(pair), name) && vt_slice_eq(vt_pair_album(pair), album)) {
            break;
        }
        slot = (slot + 1) & (SLOTS - 1);
    }
    return &table->slots[slot];
}

/* Fills a free slot. */
static void insert(vt_pair_table *table, uint16_t *slot, vt_slice name, vt_slice album) {
    VT_ASSERT(table->pairs_count < PAIRS_MAX);
    vt_pair *pair = &table->pairs[table->pairs_count];
    *pair = (vt_pair){0};
    set_texts(pair, name, album);
    *slot = ++table->pairs_count;
}

bool vt_pair_table_know(vt_pair_table *table, vt_slice name, vt_slice album) {
    uint16_t *slot = slot_of(table, name, album);
    if (*slot == SLOT_FREE && table->pairs_count == PAIRS_MAX) {
        return false;
    }
    if (*slot == SLOT_FREE) {
        insert(table, slot, name, album);
    }
    return true;
}

/* The number of the pair, or of the one for all others when it is new and there is no room. */
static uint16_t find_or_insert(vt_pair_table *table, vt_slice name, vt_slice album) {
    uint16_t *slot = slot_of(table, name, album);
    if (*slot == SLOT_FREE && table->pairs_count >= VT_FOLD_PAIRS_MAX) {
        name = VT_SLICE(VT_FOLD_OTHER);
        album = VT_SLICE("");
        slot = slot_of(table, name, album);
    }
    if (*slot == SLOT_FREE) {
        insert(table, slot, name, album);
    }
    return (uint16_t) (*slot - 1);
}

void vt_pair_table_add(vt_pair_table *table, vt_slice name, vt_slice album, uint32_t points) {
    uint16_t number = find_or_insert(table, name, album);
    vt_pair *pair = &table->pairs[number];
    if (!pair->is_touched) {
        pair->is_touched = true;
        table->touched[table->touched_count++] = number;
    }
    pair->votes++;
    pair->points += points;
}

size_t vt_pair_table_touched_count(const vt_pair_table *table) {
    return table->touched_count;
}

const vt_pair *vt_pair_table_touched(const vt_pair_table *table, size_t i) {
    VT_ASSERT(i < table->touched_count);
    return &table->pairs[table->touched[i]];
}

void vt_pair_table_settle(vt_pair_table *table) {
    for (size_t i = 0; i < table->touched_count; i++) {
        vt_pair *pair = &table->pairs[table->touched[i]];
        pair->votes = 0;
        pair->points = 0;
        pair->is_touched = false;
    }
    table->touched_count = 0;
}

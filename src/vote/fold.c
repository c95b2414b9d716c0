/* One block of memory, laid out in this order (each part starts at a multiple of VT_FOLD_ALIGN):
 *
 *   vt_fold          the counters and where the parts are
 *   band_album       [pairs_max + 1]   the sums; one more for VT_FOLD_OTHER
 *   seen_id          [ids_max]         in the order of first appearance
 *   seen_voter       [voters_max]
 *   uint32_t slots   [power of two]    for each of the three: hash → index + 1 into it, 0 when the slot is free
 *
 * Slots are probed one after the other and at most three quarters full, so every probe ends at a free one.
 */
#include "vote/fold.h"

#include "base/assert.h"
#include "base/text_hash.h"

enum {
    VT_FOLD_ALIGN = _Alignof(max_align_t),
    VT_FOLD_ENTRIES_MAX = 1 << 30,
    VT_FOLD_SLOTS_MIN = 4,
};

typedef struct band_album {
    uint64_t votes;
    uint64_t points;
    uint8_t name_len;
    uint8_t album_len;
    char text[2 * VT_FIELD_BYTES_MAX]; /* name, then album */
} band_album;

typedef struct seen_id {
    vt_id id;
    vt_id fingerprint;
} seen_id;

typedef struct seen_voter {
    vt_id voter;
    uint32_t votes;
} seen_voter;

/* Finds entries of one kind by their key. */
typedef struct entry_index {
    uint32_t *slots;
    uint32_t slots_mask;
    uint32_t count; /* entries in it: 0..count-1 */
    uint32_t count_max;
} entry_index;

struct vt_fold {
    uint64_t verdicts[VT_VERDICT_COUNT];
    uint64_t seed;
    uint32_t votes_per_voter;
    band_album *pairs;
    seen_id *ids;
    seen_voter *voters;
    entry_index pair_index;
    entry_index id_index;
    entry_index voter_index;
};

static size_t aligned(size_t bytes) {
    return (bytes + VT_FOLD_ALIGN - 1) / VT_FOLD_ALIGN * VT_FOLD_ALIGN;
}

static uint32_t slots_for(uint32_t entries) {
    uint32_t slots = VT_FOLD_SLOTS_MIN;
    while (slots / 4 * 3 < entries) {
        slots *= 2;
    }
    return slots;
}

static size_t slots_bytes(uint32_t entries) {
    return aligned(slots_for(entries) * sizeof(uint32_t));
}

size_t vt_fold_bytes(const vt_fold_limits *limits) {
    VT_ASSERT(limits->ids_max <= VT_FOLD_ENTRIES_MAX && limits->voters_max <= VT_FOLD_ENTRIES_MAX);
    VT_ASSERT(limits->pairs_max <= VT_FOLD_PAIRS_MAX);
    uint32_t pairs = limits->pairs_max + 1;
    return aligned(sizeof(vt_fold)) + aligned(pairs * sizeof(band_album)) + aligned(limits->ids_max * sizeof(seen_id)) +
           aligned(limits->voters_max * sizeof(seen_voter)) + slots_bytes(pairs) + slots_bytes(limits->ids_max) +
           slots_bytes(limits->voters_max);
}

/* Takes the next `bytes` of the memory. */
static void *take(char **memory, size_t bytes) {
    void *taken = *memory;
    *memory += aligned(bytes);
    return taken;
}

static void index_init(entry_index *index, char **memory, uint32_t count_max) {
    uint32_t slots = slots_for(count_max);
    *index = (entry_index){.slots_mask = slots - 1, .count_max = count_max};
    index->slots = take(memory, slots * sizeof(uint32_t));
    memset(index->slots, 0, slots * sizeof(uint32_t));
}

vt_fold *vt_fold_init(void *memory, const vt_fold_limits *limits) {
    char *rest = memory;
    size_t bytes = vt_fold_bytes(limits);
    uint32_t pairs = limits->pairs_max + 1;
    vt_fold *fold = take(&rest, sizeof *fold);
    *fold = (vt_fold){.seed = limits->seed, .votes_per_voter = limits->votes_per_voter};
    fold->pairs = take(&rest, pairs * sizeof *fold->pairs);
    fold->ids = take(&rest, limits->ids_max * sizeof *fold->ids);
    fold->voters = take(&rest, limits->voters_max * sizeof *fold->voters);
    index_init(&fold->pair_index, &rest, pairs);
    index_init(&fold->id_index, &rest, limits->ids_max);
    index_init(&fold->voter_index, &rest, limits->voters_max);
    VT_ASSERT((size_t) (rest - (char *) memory) == bytes);
    return fold;
}

static uint32_t hash_id(const vt_fold *fold, const vt_id *id) {
    return (uint32_t) vt_text_hash(fold->seed, vt_slice_of((const char *) id->bytes, VT_ID_LEN));
}

static uint32_t hash_pair(const vt_fold *fold, vt_slice name, vt_slice album) {
    return (uint32_t) vt_text_hash(vt_text_hash(fold->seed, name), album);
}

/* The slot behind `slot`. */
static uint32_t next_slot(const entry_index *index, uint32_t slot) {
    return (slot + 1) & index->slots_mask;
}

/* Puts the next entry into a free slot and returns its number. The caller has made sure that there is room. */
static uint32_t index_add(entry_index *index, uint32_t slot) {
    VT_ASSERT(index->slots[slot] == 0 && index->count < index->count_max);
    index->slots[slot] = ++index->count;
    return index->count - 1;
}

/* The entry of an id, or NULL and the free slot where it belongs. */
static seen_id *find_id(const vt_fold *fold, const vt_id *id, uint32_t *slot) {
    const entry_index *index = &fold->id_index;
    for (*slot = hash_id(fold, id) & index->slots_mask; index->slots[*slot] != 0; *slot = next_slot(index, *slot)) {
        seen_id *entry = &fold->ids[index->slots[*slot] - 1];
        if (vt_id_eq(&entry->id, id)) {
            return entry;
        }
    }
    return NULL;
}

/* As find_id, of a voter. */
static seen_voter *find_voter(const vt_fold *fold, const vt_id *voter, uint32_t *slot) {
    const entry_index *index = &fold->voter_index;
    for (*slot = hash_id(fold, voter) & index->slots_mask; index->slots[*slot] != 0; *slot = next_slot(index, *slot)) {
        seen_voter *entry = &fold->voters[index->slots[*slot] - 1];
        if (vt_id_eq(&entry->voter, voter)) {
            return entry;
        }
    }
    return NULL;
}

/* As find_id, of a band's album. */
static band_album *find_pair(const vt_fold *fold, vt_slice name, vt_slice album, uint32_t *slot) {
    const entry_index *index = &fold->pair_index;
    uint32_t first = hash_pair(fold, name, album) & index->slots_mask;
    for (*slot = first; index->slots[*slot] != 0; *slot = next_slot(index, *slot)) {
        band_album *entry = &fold->pairs[index->slots[*slot] - 1];
        if (vt_slice_eq(name, vt_slice_of(entry->text, entry->name_len)) &&
            vt_slice_eq(album, vt_slice_of(entry->text + entry->name_len, entry->album_len))) {
            return entry;
        }
    }
    return NULL;
}

static band_album *add_pair(vt_fold *fold, vt_slice name, vt_slice album, uint32_t slot) {
    band_album *entry = &fold->pairs[index_add(&fold->pair_index, slot)];
    *entry = (band_album){.name_len = (uint8_t) name.len, .album_len = (uint8_t) album.len};
    memcpy(entry->text, name.ptr, name.len);
    memcpy(entry->text + name.len, album.ptr, album.len);
    return entry;
}

/* The last place is kept for VT_FOLD_OTHER. */
static band_album *find_or_add_pair(vt_fold *fold, vt_slice name, vt_slice album) {
    uint32_t slot;
    band_album *entry = find_pair(fold, name, album, &slot);
    if (entry == NULL && fold->pair_index.count + 1 >= fold->pair_index.count_max) {
        name = VT_SLICE(VT_FOLD_OTHER);
        album = VT_SLICE("");
        entry = find_pair(fold, name, album, &slot);
    }
    return entry != NULL ? entry : add_pair(fold, name, album, slot);
}

static void count_vote(vt_fold *fold, const vt_record *record) {
    band_album *entry =
        find_or_add_pair(fold, vt_record_text(record, VT_FIELD_NAME), vt_record_text(record, VT_FIELD_ALBUM));
    entry->votes++;
    entry->points += record->points;
}

/* The voter's entry, NULL when votes are not limited for this record. VT_ERR_FULL. */
static vt_err find_or_add_voter(vt_fold *fold, const vt_record *record, seen_voter **out) {
    *out = NULL;
    if (!record->has_voter || fold->votes_per_voter == 0) {
        return VT_OK;
    }
    uint32_t slot;
    seen_voter *entry = find_voter(fold, &record->voter, &slot);
    if (entry == NULL) {
        if (fold->voter_index.count == fold->voter_index.count_max) {
            return VT_ERR_FULL;
        }
        entry = &fold->voters[index_add(&fold->voter_index, slot)];
        *entry = (seen_voter){.voter = record->voter};
    }
    *out = entry;
    return VT_OK;
}

static vt_err apply_new(vt_fold *fold, const vt_record *record, uint32_t slot, vt_verdict *verdict) {
    if (fold->id_index.count == fold->id_index.count_max) {
        return VT_ERR_FULL;
    }
    seen_voter *voter;
    vt_err err = find_or_add_voter(fold, record, &voter);
    if (err != VT_OK) {
        return err;
    }
    fold->ids[index_add(&fold->id_index, slot)] = (seen_id){record->id, record->fingerprint};
    if (voter != NULL && voter->votes >= fold->votes_per_voter) {
        *verdict = VT_VERDICT_QUOTA;
        return VT_OK;
    }
    if (voter != NULL) {
        voter->votes++;
    }
    count_vote(fold, record);
    *verdict = VT_VERDICT_COUNTED;
    return VT_OK;
}

vt_err vt_fold_apply(vt_fold *fold, const vt_record *record, vt_verdict *verdict) {
    uint32_t slot;
    const seen_id *seen = find_id(fold, &record->id, &slot);
    vt_verdict found = VT_VERDICT_NONE;
    if (seen == NULL) {
        vt_err err = apply_new(fold, record, slot, &found);
        if (err != VT_OK) {
            return err;
        }
    } else {
        found = vt_id_eq(&seen->fingerprint, &record->fingerprint) ? VT_VERDICT_DUPLICATE : VT_VERDICT_CONFLICT;
    }
    fold->verdicts[found]++;
    *verdict = found;
    return VT_OK;
}

void vt_fold_apply_bad(vt_fold *fold) {
    fold->verdicts[VT_VERDICT_BAD]++;
}

uint64_t vt_fold_verdicts(const vt_fold *fold, vt_verdict verdict) {
    VT_ASSERT((unsigned) verdict < VT_VERDICT_COUNT);
    return fold->verdicts[verdict];
}

uint32_t vt_fold_pairs_count(const vt_fold *fold) {
    return fold->pair_index.count;
}

vt_fold_pair vt_fold_pair_at(const vt_fold *fold, uint32_t i) {
    VT_ASSERT(i < fold->pair_index.count);
    const band_album *entry = &fold->pairs[i];
    return (vt_fold_pair){
        .name = vt_slice_of(entry->text, entry->name_len),
        .album = vt_slice_of(entry->text + entry->name_len, entry->album_len),
        .votes = entry->votes,
        .points = entry->points,
    };
}

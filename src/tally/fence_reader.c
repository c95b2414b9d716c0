#include "tally/fence_reader.h"

#include "base/assert.h"
#include "tally/tally_keys.h"

#include <stdlib.h>
#include <string.h>

enum {
    READ_TRIES_MAX = 3, /* the last one asks for all pairs that there may be */
    PAIRS_SPARE = 16,   /* new ones for which nobody asks again */
    COMMAND_WORDS = 2,  /* HMGET, key */
    POSITION_FIELDS = 3,
};

_Static_assert(VT_PARTITIONS_MAX + 2 <= VT_REDIS_PIPELINE_MAX, "a transaction over all partitions is one flight");

struct vt_fence_reader {
    vt_id ledger_id;
    int32_t partitions;
    uint32_t known[VT_PARTITIONS_MAX]; /* pairs that the partition had last time */
    uint32_t asked[VT_PARTITIONS_MAX]; /* for so many sums the reply answers */
    redisReply *reply;                 /* of the last instant: an answer for each partition */
    vt_fence_pair *pairs;
    size_t pairs_cap;
    vt_redis_answer answers[VT_REDIS_PIPELINE_MAX];
    char pair_fields[VT_FENCE_PAIRS_MAX][VT_FENCE_PAIR_FIELD_MAX];
    vt_slice words[COMMAND_WORDS + VT_FENCE_FIELDS + VT_FENCE_PAIRS_MAX];
};

vt_err vt_fence_reader_open(const vt_id *ledger_id, int32_t partitions, vt_fence_reader **out) {
    VT_ASSERT(partitions >= 1 && partitions <= VT_PARTITIONS_MAX);
    vt_fence_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    reader->ledger_id = *ledger_id;
    reader->partitions = partitions;
    vt_slice *words = reader->words;
    *words++ = VT_SLICE("HMGET");
    words++;
    for (int i = 0; i < VT_FENCE_FIELDS; i++) {
        *words++ = vt_fence_fields[i];
    }
    for (uint32_t i = 0; i < VT_FENCE_PAIRS_MAX; i++) {
        *words++ = vt_fence_pair_field(i, reader->pair_fields[i]);
    }
    *out = reader;
    return VT_OK;
}

void vt_fence_reader_close(vt_fence_reader *reader) {
    if (reader != NULL) {
        freeReplyObject(reader->reply);
        free(reader->pairs);
        free(reader);
    }
}

/* ---- asking ---- */

/* Sends what was added and drops all answers but the last, which goes to *last unless NULL. */
static vt_err flush(vt_fence_reader *reader, vt_redis *redis, size_t count, redisReply **last) {
    vt_err err = vt_redis_flush(redis, reader->answers, count);
    for (size_t i = 0; err == VT_OK && i < count; i++) {
        err = reader->answers[i].err;
    }
    for (size_t i = 0; i < count; i++) {
        if (err == VT_OK && i + 1 == count) {
            *last = reader->answers[i].reply;
        } else {
            freeReplyObject(reader->answers[i].reply);
        }
    }
    return err;
}

static vt_err ask(vt_fence_reader *reader, vt_redis *redis, bool asks_for_all) {
    static const vt_slice begin = {"MULTI", 5};
    static const vt_slice end = {"EXEC", 4};
    freeReplyObject(reader->reply);
    reader->reply = NULL;
    vt_err err = vt_redis_add(redis, &begin, 1);
    for (int32_t i = 0; err == VT_OK && i < reader->partitions; i++) {
        char key[VT_TALLY_KEY_MAX];
        uint32_t room = VT_FENCE_PAIRS_MAX - reader->known[i];
        reader->asked[i] = reader->known[i] + (asks_for_all || room < PAIRS_SPARE ? room : PAIRS_SPARE);
        reader->words[1] = vt_tally_key(vt_redis_key(redis), i, false, key);
        err = vt_redis_add(redis, reader->words, COMMAND_WORDS + VT_FENCE_FIELDS + reader->asked[i]);
    }
    if (err == VT_OK) {
        err = vt_redis_add(redis, &end, 1);
    }
    return err == VT_OK ? flush(reader, redis, (size_t) reader->partitions + 2, &reader->reply) : err;
}

/* ---- what one partition says ---- */

static vt_err check_head(const vt_fence_reader *reader, const vt_fence_head *head) {
    if (!head->exists) {
        return VT_ERR_NOT_FOUND;
    }
    return vt_id_eq(&head->ledger_id, &reader->ledger_id) ? VT_OK : VT_ERR_OTHER_LEDGER;
}

/* They are random, so that sums of them are as good as themselves to tell one generation from another. */
static uint64_t bits_of(const vt_id *born) {
    uint64_t bits;
    memcpy(&bits, born->bytes, sizeof bits);
    return bits;
}

static vt_err reserve_pairs(vt_fence_reader *reader, size_t count) {
    if (count <= reader->pairs_cap) {
        return VT_OK;
    }
    size_t cap = reader->pairs_cap * 2 > count ? reader->pairs_cap * 2 : count;
    vt_fence_pair *pairs = realloc(reader->pairs, cap * sizeof *pairs);
    if (pairs == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    reader->pairs = pairs;
    reader->pairs_cap = cap;
    return VT_OK;
}

/* Appends the partition's pairs, which all have an answer. */
static vt_err take_pairs(vt_fence_reader *reader, int32_t partition, const vt_fence_head *head, uint32_t *count) {
    redisReply *const *sums_replies = reader->reply->element[partition]->element + VT_FENCE_FIELDS;
    vt_slice names = head->names;
    uint64_t votes = 0;
    vt_err err = reserve_pairs(reader, *count + (size_t) reader->known[partition]);
    for (uint32_t i = 0; err == VT_OK && i < reader->known[partition]; i++) {
        vt_fence_name name = {0};
        vt_fence_sums sums = {0};
        vt_slice text;
        err = vt_fence_name_take(&names, &name);
        if (err == VT_OK && vt_fence_reply_text(sums_replies[i], &text) != VT_OK) {
            err = VT_ERR_CORRUPT;
        }
        if (err == VT_OK) {
            err = vt_fence_sums_read(text, &sums);
        }
        if (err == VT_OK) {
            reader->pairs[(*count)++] = (vt_fence_pair){.name = name.name,
                                                        .album = name.album,
                                                        .year = name.year,
                                                        .votes = (uint64_t) sums.votes,
                                                        .points = (uint64_t) sums.points,
                                                        .partition = partition};
            votes += (uint64_t) sums.votes;
        }
    }
    if (err == VT_OK && votes != head->verdicts[VT_VERDICT_COUNTED]) {
        err = VT_ERR_CORRUPT;
    }
    return err;
}

static vt_err take_partition(vt_fence_reader *reader, int32_t partition, vt_fence_instant *instant, bool *is_complete) {
    const redisReply *reply = reader->reply->element[partition];
    vt_fence_head head = {0};
    vt_err err = vt_fence_head_read(reply, &head);
    if (err == VT_OK) {
        err = check_head(reader, &head);
    }
    if (err == VT_OK) {
        err = vt_fence_names_count(head.names, &reader->known[partition]);
    }
    if (err == VT_OK && reader->known[partition] > reader->asked[partition]) {
        *is_complete = false;
        return VT_OK;
    }
    if (err == VT_OK && reply->elements != VT_FENCE_FIELDS + reader->asked[partition]) {
        err = VT_ERR_CORRUPT;
    }
    if (err == VT_OK) {
        err = take_pairs(reader, partition, &head, &instant->pairs_count);
    }
    instant->positions.offsets[partition] = head.next - 1;
    instant->generation ^= bits_of(&head.born);
    for (int i = 0; i < VT_VERDICT_COUNT; i++) {
        instant->verdicts[i] += head.verdicts[i];
    }
    return err;
}

/* ---- all partitions ---- */

static int compare_pairs(const void *left, const void *right) {
    const vt_fence_pair *a = left;
    const vt_fence_pair *b = right;
    int order = vt_slice_cmp(a->name, b->name);
    if (order == 0) {
        order = vt_slice_cmp(a->album, b->album);
    }
    return order != 0 ? order : (a->partition > b->partition) - (a->partition < b->partition);
}

/* Sorts the pairs and adds up what the partitions have of the same one. */
static uint32_t merge_pairs(vt_fence_pair *pairs, uint32_t count) {
    uint32_t merged = 0;
    if (count > 0) {
        qsort(pairs, count, sizeof *pairs, compare_pairs);
    }
    for (uint32_t i = 0; i < count; i++) {
        vt_fence_pair *last = merged == 0 ? NULL : &pairs[merged - 1];
        if (last == NULL || !vt_slice_eq(last->name, pairs[i].name) || !vt_slice_eq(last->album, pairs[i].album)) {
            pairs[merged++] = pairs[i];
            continue;
        }
        last->votes += pairs[i].votes;
        last->points += pairs[i].points;
        if (last->year.len == 0) {
            last->year = pairs[i].year;
        }
    }
    return merged;
}

static vt_err take_instant(vt_fence_reader *reader, vt_fence_instant *out, bool *is_complete) {
    vt_fence_instant instant = {.positions = vt_positions_none(reader->partitions)};
    vt_err err = VT_OK;
    if (reader->reply->type != REDIS_REPLY_ARRAY || reader->reply->elements != (size_t) reader->partitions) {
        return VT_ERR_CORRUPT;
    }
    *is_complete = true;
    for (int32_t i = 0; err == VT_OK && i < reader->partitions; i++) {
        err = take_partition(reader, i, &instant, is_complete);
    }
    if (err == VT_OK && *is_complete) {
        instant.pairs_count = merge_pairs(reader->pairs, instant.pairs_count);
        instant.pairs = reader->pairs;
        *out = instant;
    }
    return err;
}

vt_err vt_fence_reader_read(vt_fence_reader *reader, vt_redis *redis, vt_fence_instant *out) {
    bool is_complete = false;
    vt_err err = VT_OK;
    for (int i = 1; err == VT_OK && !is_complete && i <= READ_TRIES_MAX; i++) {
        err = ask(reader, redis, i == READ_TRIES_MAX);
        if (err == VT_OK) {
            err = take_instant(reader, out, &is_complete);
        }
    }
    VT_ASSERT(err != VT_OK || is_complete);
    return err;
}

/* ---- positions ---- */

static vt_err read_position(const vt_fence_reader *reader, const redisReply *reply, int64_t *next, vt_id *born) {
    vt_err err = vt_fence_next_read(reply, &reader->ledger_id, next);
    if (err != VT_OK) {
        return err;
    }
    return reply->elements == POSITION_FIELDS ? vt_fence_born_read(reply->element[POSITION_FIELDS - 1], born)
                                              : VT_ERR_CORRUPT;
}

vt_err vt_fence_reader_positions(vt_fence_reader *reader, vt_redis *redis, vt_positions *out, uint64_t *generation) {
    vt_positions positions = vt_positions_none(reader->partitions);
    uint64_t bits = 0;
    size_t count = (size_t) reader->partitions;
    vt_err err = VT_OK;
    for (int32_t i = 0; err == VT_OK && i < reader->partitions; i++) {
        char key[VT_TALLY_KEY_MAX];
        const vt_slice words[] = {VT_SLICE("HMGET"), vt_tally_key(vt_redis_key(redis), i, false, key),
                                  vt_fence_fields[VT_FENCE_LEDGER], vt_fence_fields[VT_FENCE_OFF],
                                  vt_fence_fields[VT_FENCE_BORN]};
        err = vt_redis_add(redis, words, sizeof words / sizeof words[0]);
    }
    if (err == VT_OK) {
        err = vt_redis_flush(redis, reader->answers, count);
    }
    if (err != VT_OK) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        if (err == VT_OK) {
            err = reader->answers[i].err;
        }
        int64_t next = 0;
        vt_id born = {0};
        if (err == VT_OK) {
            err = read_position(reader, reader->answers[i].reply, &next, &born);
        }
        positions.offsets[i] = next - 1;
        bits ^= bits_of(&born);
        freeReplyObject(reader->answers[i].reply);
    }
    if (err == VT_OK) {
        *out = positions;
        *generation = bits;
    }
    return err;
}

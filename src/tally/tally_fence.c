#include "tally/tally_fence.h"

#include "base/assert.h"
#include "tally/fence_fold.h"
#include "tally/fence_function.h"
#include "tally/tally_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

_Static_assert((int) VT_FENCE_RECORDS_MAX == (int) VT_FENCE_BATCH_MAX, "a call is a batch");

enum {
    HEAD_CHANGES_MAX = 2 * VT_FENCE_FIELDS,
    PAIR_CHANGES_MAX = 2 * VT_FENCE_BATCH_MAX, /* no more pairs than records change */
    CHANGES_MAX = HEAD_CHANGES_MAX + PAIR_CHANGES_MAX + VT_FENCE_CHANGES_MAX,
    LUA_UNPACK_MAX = 7998,           /* values that Lua 5.1 puts on its stack in Redis */
    BELIEF = VT_FENCE_CALL_HEAD + 1, /* behind the key: operation, ledger, off, born */
    BELIEF_LEN = 4,
    CHANGES = BELIEF + BELIEF_LEN,
    LOADS_MAX = 8, /* how often a load begins again because the hash moved */
};

_Static_assert(CHANGES_MAX <= LUA_UNPACK_MAX, "one HSET holds a batch");

/* The values of the changed fields of one number each. */
typedef struct head_texts {
    size_t used;
    char text[VT_FENCE_FIELDS][VT_FENCE_NUMBER_TEXT_MAX];
} head_texts;

struct vt_fence {
    vt_fence_options options;
    vt_fence_function function;
    vt_slice key;
    char key_text[VT_TALLY_KEY_MAX];
    bool is_foreign; /* the last load found a key without a tally in it */
    bool is_loaded;  /* what follows is what the hash says at `head.next` */
    vt_fence_head head;
    vt_fence_pairs *pairs;
    vt_fence_fold *fold;
    const char *reason; /* NULL: Redis has one */
    char off_text[VT_FENCE_NUMBER_TEXT_MAX];
    head_texts texts;
    char pair_fields[VT_FENCE_BATCH_MAX][VT_FENCE_PAIR_FIELD_MAX];
    char pair_values[VT_FENCE_BATCH_MAX][VT_FENCE_SUMS_TEXT_MAX];
    vt_slice arguments[CHANGES + CHANGES_MAX];
};

vt_err vt_fence_open(const vt_fence_options *options, vt_fence **out) {
    vt_fence *fence = calloc(1, sizeof *fence);
    if (fence == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    fence->options = *options;
    fence->reason = "nothing was asked yet";
    vt_fence_function_init(&fence->function);
    fence->key = vt_tally_key(vt_redis_key(options->redis), options->partition, options->place == VT_FENCE_SHADOW,
                              fence->key_text);
    vt_err err = vt_fence_pairs_open(&fence->pairs);
    if (err == VT_OK) {
        err = vt_fence_fold_open(options->votes_per_voter, &fence->fold);
    }
    if (err != VT_OK) {
        vt_fence_close(fence);
        return err;
    }
    *out = fence;
    return VT_OK;
}

void vt_fence_close(vt_fence *fence) {
    if (fence == NULL) {
        return;
    }
    vt_fence_pairs_close(fence->pairs);
    vt_fence_fold_close(fence->fold);
    free(fence);
}

const char *vt_fence_reason(const vt_fence *fence) {
    return fence->reason != NULL ? fence->reason : vt_redis_reason(fence->options.redis);
}

bool vt_fence_stands_at(const vt_fence *fence, int64_t next) {
    return fence->is_loaded && fence->head.next == next;
}

vt_id vt_fence_born(const vt_fence *fence) {
    return fence->head.born;
}

/* Nothing that is in memory is relied on any more. `reason` is static, or NULL when Redis has one. */
static vt_err fail(vt_fence *fence, vt_err err, const char *reason) {
    fence->is_loaded = false;
    fence->reason = reason;
    return err;
}

/* ---- loading ---- */

static vt_err load_head(vt_fence *fence, redisReply **reply) {
    vt_slice *arguments = fence->arguments;
    arguments[0] = VT_SLICE("HMGET");
    arguments[1] = fence->key;
    memcpy(arguments + 2, vt_fence_fields, sizeof vt_fence_fields);
    vt_err err = vt_redis_call(fence->options.redis, arguments, 2 + VT_FENCE_FIELDS, reply);
    if (err != VT_OK) {
        return fail(fence, err, NULL);
    }
    if (vt_fence_head_read(*reply, &fence->head) != VT_OK) {
        return fail(fence, VT_ERR_CORRUPT, "the tally's head is damaged");
    }
    if (fence->head.exists && !vt_id_eq(&fence->head.ledger_id, &fence->options.ledger_id)) {
        return fail(fence, VT_ERR_OTHER_LEDGER, "the tally belongs to another ledger");
    }
    return VT_OK;
}

/* Asks for fields of the hash as it is at `head.next`; the reply has `count` elements behind the first two.
 * VT_ERR_MOVED when it stands elsewhere. */
static vt_err read_fields(vt_fence *fence, size_t count, redisReply **reply) {
    enum { FIELDS = 4 };
    fence->arguments[0] = VT_SLICE("HMGET");
    fence->arguments[1] = fence->key;
    fence->arguments[2] = vt_fence_fields[VT_FENCE_LEDGER];
    fence->arguments[3] = vt_fence_fields[VT_FENCE_OFF];
    vt_err err = vt_redis_call(fence->options.redis, fence->arguments, FIELDS + count, reply);
    if (err != VT_OK) {
        return fail(fence, err, NULL);
    }
    vt_slice ledger;
    vt_slice off;
    int64_t next;
    if ((*reply)->type != REDIS_REPLY_ARRAY || (*reply)->elements != 2 + count) {
        return fail(fence, VT_ERR_CORRUPT, "Redis answered HMGET with something else");
    }
    if (vt_fence_reply_text((*reply)->element[0], &ledger) != VT_OK ||
        vt_fence_reply_text((*reply)->element[1], &off) != VT_OK || vt_fence_number_read(off, &next) != VT_OK ||
        !vt_slice_eq(ledger, vt_slice_of((const char *) fence->options.ledger_id.bytes, VT_ID_LEN)) ||
        next != fence->head.next) {
        return fail(fence, VT_ERR_MOVED, "the tally has moved on");
    }
    return VT_OK;
}

/* The sums must add up to what was counted. */
static vt_err know_pairs(vt_fence *fence, redisReply *const *answers, size_t count) {
    vt_slice names = fence->head.names;
    uint64_t votes = 0;
    vt_err err = VT_OK;
    for (size_t i = 0; err == VT_OK && i < count; i++) {
        vt_fence_name name;
        vt_fence_sums sums;
        vt_slice text;
        err = vt_fence_name_take(&names, &name);
        if (err == VT_OK) {
            err = vt_fence_reply_text(answers[i], &text);
        }
        if (err == VT_OK) {
            err = vt_fence_sums_read(text, &sums);
        }
        if (err == VT_OK) {
            err = vt_fence_pairs_know(fence->pairs, &name, &sums);
        }
        votes += err == VT_OK ? (uint64_t) sums.votes : 0;
    }
    return err == VT_OK && votes == fence->head.verdicts[VT_VERDICT_COUNTED] ? VT_OK : VT_ERR_CORRUPT;
}

static vt_err load_pairs(vt_fence *fence) {
    uint32_t count = 0;
    vt_err err = VT_OK;
    redisReply *reply = NULL;
    vt_fence_pairs_clear(fence->pairs);
    if (vt_fence_names_count(fence->head.names, &count) != VT_OK) {
        return fail(fence, VT_ERR_CORRUPT, "the tally's names are damaged");
    }
    char(*fields)[VT_FENCE_PAIR_FIELD_MAX] = calloc((size_t) count + 1, sizeof *fields);
    if (fields == NULL) {
        return fail(fence, VT_ERR_NO_MEMORY, "out of memory");
    }
    for (uint32_t i = 0; i < count; i++) {
        fence->arguments[4 + i] = vt_fence_pair_field(i, fields[i]);
    }
    if (count > 0) {
        err = read_fields(fence, count, &reply);
    }
    if (err == VT_OK && know_pairs(fence, count > 0 ? reply->element + 2 : NULL, count) != VT_OK) {
        err = fail(fence, VT_ERR_CORRUPT, "the tally's sums are damaged");
    }
    freeReplyObject(reply);
    free(fields);
    return err;
}

/* A head without any field: there is no key, or it was made meanwhile (VT_ERR_MOVED), or it is no tally. */
static vt_err check_absent(vt_fence *fence) {
    redisReply *reply = NULL;
    vt_err err = vt_redis_call(fence->options.redis, (vt_slice[]){VT_SLICE("EXISTS"), fence->key}, 2, &reply);
    if (err != VT_OK) {
        return fail(fence, err, NULL);
    }
    fence->is_foreign = reply->type != REDIS_REPLY_INTEGER || reply->integer != 0;
    freeReplyObject(reply);
    return fence->is_foreign ? VT_ERR_MOVED : VT_OK;
}

/* Head and sums are two questions: a hash that moved in between is asked again. */
static vt_err load_once(vt_fence *fence) {
    redisReply *reply = NULL;
    fence->is_loaded = false;
    fence->is_foreign = false;
    vt_err err = load_head(fence, &reply);
    if (err == VT_OK && fence->head.exists) {
        err = load_pairs(fence);
        fence->is_loaded = err == VT_OK;
    } else if (err == VT_OK) {
        err = check_absent(fence);
    }
    fence->head.names = VT_SLICE("");
    freeReplyObject(reply);
    return err;
}

vt_err vt_fence_load(vt_fence *fence, vt_fence_state *out) {
    vt_err err = VT_ERR_MOVED;
    for (int i = 0; i < LOADS_MAX && err == VT_ERR_MOVED; i++) {
        err = load_once(fence);
    }
    if (err == VT_ERR_MOVED && fence->is_foreign) {
        return fail(fence, VT_ERR_CORRUPT, "the tally's key holds something else");
    }
    if (err == VT_ERR_MOVED) {
        return fail(fence, VT_ERR_BUSY, "the tally moves all the time");
    }
    if (err == VT_OK) {
        const vt_fence_head *head = &fence->head;
        *out = (vt_fence_state){head->exists, head->next, head->has_mark, head->mark};
    }
    return err;
}

/* ---- writing ---- */

static vt_slice id_text(const vt_id *id) {
    return vt_slice_of((const char *) id->bytes, VT_ID_LEN);
}

static size_t add_change(vt_fence *fence, size_t at, vt_slice field, vt_slice value) {
    fence->arguments[at] = field;
    fence->arguments[at + 1] = value;
    return at + 2;
}

static size_t add_number(vt_fence *fence, size_t at, vt_fence_field field, uint64_t number) {
    char *text = fence->texts.text[fence->texts.used++];
    return add_change(fence, at, vt_fence_fields[field],
                      vt_slice_of(text, vt_fence_number_write((int64_t) number, text)));
}

/* Writes arguments[CHANGES…end-1] if Redis stands where it is believed to: at `off` of our hash, or nowhere if that is
 * empty. */
static vt_err write_changes(vt_fence *fence, vt_slice off, size_t end) {
    const vt_slice none = VT_SLICE("");
    bool is_done = false;
    fence->arguments[VT_FENCE_CALL_HEAD] = fence->key;
    fence->arguments[BELIEF] = VT_SLICE("write");
    fence->arguments[BELIEF + 1] = off.len == 0 ? none : id_text(&fence->options.ledger_id);
    fence->arguments[BELIEF + 2] = off;
    fence->arguments[BELIEF + 3] = off.len == 0 ? none : id_text(&fence->head.born);
    vt_err err = vt_fence_function_call(&fence->function, fence->options.redis, fence->arguments, end, 1, &is_done);
    if (err != VT_OK) {
        return fail(fence, err, NULL);
    }
    return is_done ? VT_OK : fail(fence, VT_ERR_MOVED, "the tally has moved on");
}

vt_err vt_fence_create(vt_fence *fence, int64_t next) {
    VT_ASSERT(next >= 0 && next <= VT_FENCE_NUMBER_MAX);
    vt_id born;
    if (getrandom(born.bytes, VT_ID_LEN, 0) != VT_ID_LEN) {
        return fail(fence, VT_ERR_SYSTEM, "the system has no entropy");
    }
    fence->texts.used = 0;
    size_t at = add_change(fence, CHANGES, vt_fence_fields[VT_FENCE_LEDGER], id_text(&fence->options.ledger_id));
    at = add_change(fence, at, vt_fence_fields[VT_FENCE_BORN], id_text(&born));
    at = add_number(fence, at, VT_FENCE_OFF, (uint64_t) next);
    for (vt_fence_field field = VT_FENCE_N; field <= VT_FENCE_BAD; field++) {
        at = add_number(fence, at, field, 0);
    }
    at = add_change(fence, at, vt_fence_fields[VT_FENCE_NAMES], VT_SLICE(""));
    vt_err err = write_changes(fence, VT_SLICE(""), at);
    if (err == VT_OK) {
        vt_fence_pairs_clear(fence->pairs);
        fence->head =
            (vt_fence_head){.exists = true, .ledger_id = fence->options.ledger_id, .born = born, .next = next};
        fence->is_loaded = true;
    }
    return err;
}

/* ---- a batch ---- */

static vt_err ask(vt_fence *fence, const vt_ledger_row *rows, size_t count) {
    enum { FIRST = 4 };
    redisReply *reply = NULL;
    size_t questions = vt_fence_fold_begin(fence->fold, rows, count, fence->arguments + FIRST);
    if (questions == 0) {
        return VT_OK;
    }
    vt_err err = read_fields(fence, questions, &reply);
    if (err == VT_OK && vt_fence_fold_answer(fence->fold, reply->element + 2, questions) != VT_OK) {
        err = fail(fence, VT_ERR_CORRUPT, "a vote or a voter in the tally is damaged");
    }
    freeReplyObject(reply);
    return err;
}

static uint64_t records_of(const uint64_t verdicts[VT_VERDICT_COUNT]) {
    uint64_t records = 0;
    for (int i = 0; i < VT_VERDICT_COUNT; i++) {
        records += verdicts[i];
    }
    return records;
}

/* The head after the batch; counters that stay are not written again. */
static size_t add_head(vt_fence *fence, size_t at, const vt_fence_head *head) {
    static const vt_fence_field fields[VT_VERDICT_COUNT] = {
        [VT_VERDICT_DUPLICATE] = VT_FENCE_DUP,
        [VT_VERDICT_CONFLICT] = VT_FENCE_CONFLICT,
        [VT_VERDICT_QUOTA] = VT_FENCE_QUOTA,
        [VT_VERDICT_BAD] = VT_FENCE_BAD,
    };
    fence->texts.used = 0;
    at = add_number(fence, at, VT_FENCE_OFF, (uint64_t) head->next);
    at = add_change(fence, at, vt_fence_fields[VT_FENCE_LAST], vt_slice_of((const char *) head->mark.bytes, VT_ID_LEN));
    at = add_number(fence, at, VT_FENCE_N, records_of(head->verdicts));
    for (int i = VT_VERDICT_DUPLICATE; i < VT_VERDICT_COUNT; i++) {
        if (head->verdicts[i] != fence->head.verdicts[i]) {
            at = add_number(fence, at, fields[i], head->verdicts[i]);
        }
    }
    return at;
}

static size_t add_pairs(vt_fence *fence, size_t at) {
    const vt_fence_pairs *pairs = fence->pairs;
    if (vt_fence_pairs_has_new(pairs)) {
        at = add_change(fence, at, vt_fence_fields[VT_FENCE_NAMES], vt_fence_pairs_names(pairs));
    }
    for (uint32_t i = 0; i < vt_fence_pairs_touched_count(pairs); i++) {
        uint32_t pair = vt_fence_pairs_touched(pairs, i);
        vt_fence_sums sums = vt_fence_pairs_sums(pairs, pair);
        vt_slice value = vt_slice_of(fence->pair_values[i], vt_fence_sums_write(&sums, fence->pair_values[i]));
        at = add_change(fence, at, vt_fence_pair_field(pair, fence->pair_fields[i]), value);
    }
    return at;
}

static vt_err write_batch(vt_fence *fence, const vt_fence_head *head) {
    vt_slice off = vt_slice_of(fence->off_text, vt_fence_number_write(fence->head.next, fence->off_text));
    size_t at = add_head(fence, CHANGES, head);
    at = add_pairs(fence, at);
    at += vt_fence_fold_changes(fence->fold, fence->arguments + at);
    return write_changes(fence, off, at);
}

/* Rows are the ledger's promise, and this fence's caller's: one partition, ascending, nothing that was folded. */
static void check_rows(const vt_fence *fence, const vt_ledger_row *rows, size_t count) {
    int64_t at_least = fence->head.next;
    VT_ASSERT(count > 0 && count <= VT_FENCE_RECORDS_MAX);
    for (size_t i = 0; i < count; i++) {
        vt_position position = rows[i].position;
        VT_ASSERT(position.partition == fence->options.partition && position.offset >= at_least);
        at_least = position.offset + 1;
    }
}

vt_err vt_fence_apply(vt_fence *fence, const vt_ledger_row *rows, size_t count, vt_fence_outcome *out) {
    if (!fence->is_loaded) {
        return fail(fence, VT_ERR_MOVED, "the tally must be loaded first");
    }
    check_rows(fence, rows, count);
    vt_fence_head head = fence->head;
    vt_fence_outcome outcome = {.next = rows[count - 1].position.offset + 1};
    vt_err err = ask(fence, rows, count);
    if (err != VT_OK) {
        return err;
    }
    err = vt_fence_fold_run(fence->fold, fence->pairs, outcome.verdicts);
    for (int i = 0; i < VT_VERDICT_COUNT; i++) {
        head.verdicts[i] += outcome.verdicts[i];
    }
    if (err != VT_OK || records_of(head.verdicts) > VT_FENCE_NUMBER_MAX || outcome.next > VT_FENCE_NUMBER_MAX) {
        return fail(fence, VT_ERR_CORRUPT, "a number of the tally gets too large");
    }
    head.next = outcome.next;
    head.has_mark = true;
    head.mark = rows[count - 1].mark;
    err = write_batch(fence, &head);
    if (err != VT_OK) {
        return err;
    }
    fence->head = head;
    vt_fence_pairs_settle(fence->pairs);
    *out = outcome;
    return VT_OK;
}

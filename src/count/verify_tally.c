#include "count/verify_tally.h"

#include "base/assert.h"
#include "tally/tally_keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PIN_TRIES_MAX = 16, /* each finds more pairs than the one before */
    PIN_ARGUMENTS = 2 + VT_FENCE_FIELDS,
    ASK_FIXED = 3, /* HMGET key off */
    UNREADABLE = -1,
};

/* In one transaction: HMGET of the state and of `pairs` sums, HLEN. The caller owns *out: both answers. */
static vt_err ask_pin(vt_redis *redis, vt_slice key, uint32_t pairs, redisReply **out) {
    vt_slice *arguments = calloc(PIN_ARGUMENTS + pairs, sizeof *arguments);
    char(*names)[VT_FENCE_PAIR_FIELD_MAX] = calloc(pairs + 1, sizeof *names);
    vt_err err = arguments == NULL || names == NULL ? VT_ERR_NO_MEMORY : VT_OK;
    vt_redis_answer answers[4] = {0};
    if (err == VT_OK) {
        size_t count = 0;
        arguments[count++] = VT_SLICE("HMGET");
        arguments[count++] = key;
        for (int i = 0; i < VT_FENCE_FIELDS; i++) {
            arguments[count++] = vt_fence_fields[i];
        }
        for (uint32_t i = 0; i < pairs; i++) {
            arguments[count++] = vt_fence_pair_field(i, names[i]);
        }
        const vt_slice multi = VT_SLICE("MULTI");
        const vt_slice exec = VT_SLICE("EXEC");
        const vt_slice len[] = {VT_SLICE("HLEN"), key};
        err = vt_redis_add(redis, &multi, 1);
        err = err == VT_OK ? vt_redis_add(redis, arguments, count) : err;
        err = err == VT_OK ? vt_redis_add(redis, len, 2) : err;
        err = err == VT_OK ? vt_redis_add(redis, &exec, 1) : err;
        err = err == VT_OK ? vt_redis_flush(redis, answers, 4) : err;
    }
    for (int i = 0; i < 4; i++) {
        err = err == VT_OK ? answers[i].err : err;
    }
    for (int i = 0; i < 3; i++) {
        freeReplyObject(answers[i].reply);
    }
    redisReply *both = answers[3].reply;
    if (err == VT_OK &&
        (both->type != REDIS_REPLY_ARRAY || both->elements != 2 || both->element[0]->type != REDIS_REPLY_ARRAY ||
         both->element[1]->type != REDIS_REPLY_INTEGER || both->element[0]->elements != VT_FENCE_FIELDS + pairs)) {
        err = VT_ERR_CORRUPT;
    }
    if (err == VT_OK) {
        *out = both;
    } else {
        freeReplyObject(both);
    }
    free(names);
    free(arguments);
    return err;
}

static vt_err read_pairs(vt_slice names, const redisReply *state, vt_tally_pin *pin) {
    pin->pairs = calloc(pin->pairs_count + 1, sizeof *pin->pairs);
    pin->sums = calloc(pin->pairs_count + 1, sizeof *pin->sums);
    vt_err err = pin->pairs == NULL || pin->sums == NULL ? VT_ERR_NO_MEMORY : VT_OK;
    for (uint32_t i = 0; err == VT_OK && i < pin->pairs_count; i++) {
        vt_slice text;
        err = vt_fence_name_take(&names, &pin->pairs[i]);
        const redisReply *field = state->element[VT_FENCE_FIELDS + i];
        bool is_whole = err == VT_OK && vt_fence_reply_text(field, &text) == VT_OK &&
                        vt_fence_sums_read(text, &pin->sums[i]) == VT_OK;
        pin->fields_of_state += field->type != REDIS_REPLY_NIL;
        pin->sums[i].votes = is_whole ? pin->sums[i].votes : UNREADABLE;
    }
    return err;
}

static vt_err read_reply(const redisReply *both, const vt_id *ledger_id, uint32_t pairs, vt_tally_pin *pin,
                         bool *is_whole) {
    const redisReply *state = both->element[0];
    vt_fence_head head;
    vt_err err = vt_fence_head_read(state, &head);
    pin->fields = both->element[1]->integer;
    if (err != VT_OK || !head.exists) {
        *is_whole = true;
        return err == VT_OK && pin->fields > 0 ? VT_ERR_CORRUPT : err;
    }
    if (!vt_id_eq(&head.ledger_id, ledger_id)) {
        return VT_ERR_OTHER_LEDGER;
    }
    err = vt_fence_names_count(head.names, &pin->pairs_count);
    *is_whole = pin->pairs_count == pairs;
    if (err != VT_OK || !*is_whole) {
        return err;
    }
    pin->exists = true;
    pin->next = head.next;
    pin->has_mark = head.has_mark;
    pin->mark = head.mark;
    memcpy(pin->verdicts, head.verdicts, sizeof pin->verdicts);
    for (int i = 0; i < VT_FENCE_FIELDS; i++) {
        pin->fields_of_state += state->element[i]->type != REDIS_REPLY_NIL;
    }
    return read_pairs(head.names, state, pin);
}

vt_err vt_tally_pin_read(vt_redis *redis, const vt_id *ledger_id, int32_t partition, vt_tally_pin *out) {
    char room[VT_TALLY_KEY_MAX];
    vt_slice key = vt_tally_key(vt_redis_key(redis), partition, false, room);
    *out = (vt_tally_pin){0};
    bool is_whole = false;
    vt_err err = VT_OK;
    for (int i = 0; err == VT_OK && !is_whole && i < PIN_TRIES_MAX; i++) {
        uint32_t pairs = out->pairs_count;
        redisReply *reply = NULL;
        err = ask_pin(redis, key, pairs, &reply);
        if (err == VT_OK) {
            vt_tally_pin_release(out);
            out->reply = reply;
            err = read_reply(reply, ledger_id, pairs, out, &is_whole);
        }
    }
    return err == VT_OK && !is_whole ? VT_ERR_BUSY : err;
}

void vt_tally_pin_release(vt_tally_pin *pin) {
    free(pin->pairs);
    free(pin->sums);
    freeReplyObject(pin->reply);
    *pin = (vt_tally_pin){0};
}

/* HMGET of `off` and of one field for each of `count` (1..VT_RECOUNT_PAGE_RECORDS) structs of `size` bytes that begin
 * with a vt_id, all at one instant. `kind`: 'i' or 'q'. */
static vt_err ask_fields(const vt_tally_check *check, char kind, const void *structs, size_t size, size_t count,
                         redisReply **out) {
    char room[VT_TALLY_KEY_MAX];
    char fields[VT_RECOUNT_PAGE_RECORDS][VT_FENCE_SEEN_FIELD_LEN];
    vt_slice arguments[ASK_FIXED + VT_RECOUNT_PAGE_RECORDS];
    VT_ASSERT(count > 0 && count <= VT_RECOUNT_PAGE_RECORDS);
    arguments[0] = VT_SLICE("HMGET");
    arguments[1] = vt_tally_key(vt_redis_key(check->redis), check->partition, false, room);
    arguments[2] = vt_fence_fields[VT_FENCE_OFF];
    for (size_t i = 0; i < count; i++) {
        fields[i][0] = kind;
        memcpy(fields[i] + 1, (const char *) structs + i * size, VT_ID_LEN);
        arguments[ASK_FIXED + i] = vt_slice_of(fields[i], VT_FENCE_SEEN_FIELD_LEN);
    }
    redisReply *reply = NULL;
    vt_err err;
    do {
        err = vt_redis_call(check->redis, arguments, ASK_FIXED + count, &reply);
    } while (check->patience != NULL && vt_patience_tries_again(check->patience, err));
    if (err == VT_OK && (reply->type != REDIS_REPLY_ARRAY || reply->elements != 1 + count)) {
        freeReplyObject(reply);
        return VT_ERR_CORRUPT;
    }
    if (err == VT_OK) {
        *out = reply;
    }
    return err;
}

/* The position at the instant of an answer; it must not be behind the pin. */
static vt_err read_next(const vt_tally_check *check, const redisReply *reply, int64_t *next) {
    vt_slice text;
    vt_err err = vt_fence_reply_text(reply->element[0], &text);
    err = err == VT_OK ? vt_fence_number_read(text, next) : err;
    if (err == VT_ERR_NOT_FOUND || (err == VT_OK && *next < check->pin->next)) {
        return VT_ERR_MOVED;
    }
    return err;
}

static void compare_id(vt_tally_check *check, const vt_recounted_id *id, const redisReply *field) {
    char uuid[VT_UUID_TEXT_LEN];
    vt_uuid_format(&id->id, uuid);
    vt_slice text = VT_SLICE("");
    vt_fence_seen seen;
    if (field->type == REDIS_REPLY_NIL) {
        check->missing++;
        vt_difference(check->found, "tally: partition %" PRId32 ": the id %.36s of offset %" PRId64 " is missing",
                      check->partition, uuid, id->offset);
        return;
    }
    if (vt_fence_reply_text(field, &text) != VT_OK || vt_fence_seen_read(text, &seen) != VT_OK) {
        vt_difference(check->found, "tally: partition %" PRId32 ": the id %.36s of offset %" PRId64 " cannot be read",
                      check->partition, uuid, id->offset);
        return;
    }
    bool has_content = vt_id_eq(&seen.fingerprint, &id->fingerprint);
    if (seen.verdict != id->verdict || seen.offset != id->offset || !has_content) {
        vt_difference(check->found,
                      "tally: partition %" PRId32 ": the id %.36s is noted as %s at offset %" PRId64
                      "%s, but the ledger has it as %s at offset %" PRId64,
                      check->partition, uuid, vt_verdict_name(seen.verdict).ptr, seen.offset,
                      has_content ? "" : " with another content", vt_verdict_name(id->verdict).ptr, id->offset);
    }
}

vt_err vt_tally_check_ids(void *context, const vt_recounted_id *ids, size_t count) {
    vt_tally_check *check = context;
    redisReply *reply = NULL;
    int64_t next;
    vt_err err = ask_fields(check, 'i', ids, sizeof *ids, count, &reply);
    if (err == VT_OK) {
        err = read_next(check, reply, &next);
        for (size_t i = 0; err == VT_OK && i < count; i++) {
            compare_id(check, &ids[i], reply->element[1 + i]);
        }
        freeReplyObject(reply);
    }
    return err;
}

static void compare_voter(vt_tally_check *check, const vt_voter_count *voter, const redisReply *field, bool is_pinned) {
    char hash[VT_UUID_TEXT_LEN];
    vt_uuid_format(&voter->voter, hash);
    vt_slice text = VT_SLICE("");
    int64_t used = 0;
    if (field->type == REDIS_REPLY_NIL) {
        check->missing++;
        vt_difference(check->found, "tally: partition %" PRId32 ": the voter %.36s with %" PRIu64 " votes is missing",
                      check->partition, hash, voter->counted);
        return;
    }
    if (vt_fence_reply_text(field, &text) != VT_OK || vt_fence_number_read(text, &used) != VT_OK) {
        vt_difference(check->found, "tally: partition %" PRId32 ": the voter %.36s cannot be read", check->partition,
                      hash);
        return;
    }
    uint64_t most = is_pinned ? voter->counted : check->votes_per_voter;
    if ((uint64_t) used < voter->counted || (uint64_t) used > most) {
        vt_difference(check->found,
                      "tally: partition %" PRId32 ": the voter %.36s is noted with %" PRId64
                      " votes, but the ledger has %" PRIu64,
                      check->partition, hash, used, voter->counted);
    }
}

vt_err vt_tally_check_voters(void *context, const vt_voter_count *voters, size_t count) {
    vt_tally_check *check = context;
    redisReply *reply = NULL;
    int64_t next;
    vt_err err = ask_fields(check, 'q', voters, sizeof *voters, count, &reply);
    if (err == VT_OK) {
        err = read_next(check, reply, &next);
        for (size_t i = 0; err == VT_OK && i < count; i++) {
            compare_voter(check, &voters[i], reply->element[1 + i], next == check->pin->next);
        }
        freeReplyObject(reply);
    }
    return err;
}

static void compare_verdicts(const vt_tally_check *check, const vt_partition_recount *recount) {
    for (int v = VT_VERDICT_COUNTED; v < VT_VERDICT_COUNT; v++) {
        if (check->pin->verdicts[v] != recount->verdicts[v]) {
            vt_difference(
                check->found, "tally: partition %" PRId32 ": %" PRIu64 " records are %s, but the ledger has %" PRIu64,
                check->partition, check->pin->verdicts[v], vt_verdict_name((vt_verdict) v).ptr, recount->verdicts[v]);
        }
    }
}

/* One pair that the tally names. */
static void compare_pair(const vt_tally_check *check, vt_sum *sum, uint32_t i) {
    const vt_fence_name *pair = &check->pin->pairs[i];
    const vt_fence_sums *sums = &check->pin->sums[i];
    uint64_t votes = sum == NULL ? 0 : sum->votes;
    uint64_t points = sum == NULL ? 0 : sum->points;
    int name_len = (int) pair->name.len;
    int album_len = (int) pair->album.len;
    if (sums->votes == UNREADABLE) {
        vt_difference(check->found,
                      "tally: partition %" PRId32
                      ": the sums of \"%.*s\" / \"%.*s\" cannot be read; the ledger has %" PRIu64 " votes and %" PRIu64
                      " points",
                      check->partition, name_len, pair->name.ptr, album_len, pair->album.ptr, votes, points);
    } else if (votes == 0 || (uint64_t) sums->votes != votes || (uint64_t) sums->points != points) {
        vt_difference(check->found,
                      "tally: partition %" PRId32 ": \"%.*s\" / \"%.*s\" has %" PRId64 " votes and %" PRId64
                      " points, but the ledger has %" PRIu64 " and %" PRIu64,
                      check->partition, name_len, pair->name.ptr, album_len, pair->album.ptr, sums->votes, sums->points,
                      votes, points);
    } else if (!vt_slice_eq(pair->year, vt_sum_year(sum))) {
        vt_difference(check->found,
                      "tally: partition %" PRId32
                      ": \"%.*s\" / \"%.*s\" is of the year \"%.*s\", but its first vote says"
                      " \"%.*s\"",
                      check->partition, name_len, pair->name.ptr, album_len, pair->album.ptr, (int) pair->year.len,
                      pair->year.ptr, (int) sum->year_len, sum->year);
    }
}

/* Each pair that the tally names uses the recount's sum up; what is left then is missing in the tally. */
static void compare_sums(const vt_tally_check *check, vt_partition_recount *recount) {
    for (uint32_t i = 0; i < check->pin->pairs_count; i++) {
        vt_sum *sum = vt_sums_find(recount->sums, check->pin->pairs[i].name, check->pin->pairs[i].album);
        compare_pair(check, sum, i);
        if (sum != NULL) {
            sum->votes = 0;
            sum->points = 0;
        }
    }
    for (size_t i = 0; i < vt_sums_count(recount->sums); i++) {
        const vt_sum *sum = vt_sums_at(recount->sums, i);
        if (sum->votes > 0) {
            vt_difference(
                check->found,
                "tally: partition %" PRId32 ": \"%.*s\" / \"%.*s\" is missing; the ledger has %" PRIu64 " votes",
                check->partition, (int) sum->name_len, sum->name, (int) sum->album_len, sum->album, sum->votes);
        }
    }
}

/* The counters find their place again by the mark of the last record: it must be that of the ledger. */
static void compare_mark(const vt_tally_check *check, const vt_partition_recount *recount) {
    const vt_tally_pin *pin = check->pin;
    bool is_behind_record = recount->records > 0 && recount->last.offset == pin->next - 1;
    if (pin->has_mark && (!is_behind_record || !vt_id_eq(&pin->mark, &recount->mark))) {
        vt_difference(check->found,
                      "tally: partition %" PRId32 ": the mark at its position %" PRId64 " is not that of the ledger",
                      check->partition, pin->next - 1);
    } else if (!pin->has_mark && recount->records > 0) {
        vt_difference(check->found, "tally: partition %" PRId32 ": the mark at its position %" PRId64 " is missing",
                      check->partition, pin->next - 1);
    }
}

/* Fields that the ledger gives no reason for. Which ones could only be told by reading the whole hash. */
static void compare_fields(const vt_tally_check *check, const vt_partition_recount *recount) {
    const vt_tally_pin *pin = check->pin;
    int64_t expected = pin->fields_of_state + (int64_t) (recount->ids + recount->voters - check->missing);
    if (pin->fields != expected) {
        vt_difference(check->found,
                      "tally: partition %" PRId32 ": the hash has %" PRId64
                      " fields where the ledger's votes and voters make %" PRId64,
                      check->partition, pin->fields, expected);
    }
}

void vt_tally_check_sums(const vt_tally_check *check, vt_partition_recount *recount) {
    compare_verdicts(check, recount);
    compare_sums(check, recount);
    compare_mark(check, recount);
    compare_fields(check, recount);
}

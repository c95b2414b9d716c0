/* The parts of tally_fence.h that concern a partition, or the whole tally, at rest. */
#include "base/assert.h"
#include "tally/fence_function.h"
#include "tally/fence_state.h"
#include "tally/tally_fence.h"
#include "tally/tally_keys.h"

#include <stdio.h>

/* ---- the shadow ---- */

static vt_err replace_live(vt_redis *redis, vt_slice live, vt_slice shadow) {
    vt_fence_function function;
    vt_slice arguments[VT_FENCE_CALL_HEAD + 4];
    char published_text[VT_TALLY_KEY_MAX];
    bool is_done = false;
    vt_fence_function_init(&function);
    arguments[VT_FENCE_CALL_HEAD] = live;
    arguments[VT_FENCE_CALL_HEAD + 1] = shadow;
    arguments[VT_FENCE_CALL_HEAD + 2] = vt_tally_published_key(vt_redis_key(redis), published_text);
    arguments[VT_FENCE_CALL_HEAD + 3] = VT_SLICE("replace");
    vt_err err = vt_fence_function_call(&function, redis, arguments, VT_FENCE_CALL_HEAD + 4, 3, &is_done);
    return err == VT_OK && !is_done ? VT_ERR_NOT_FOUND : err;
}

static vt_err fill_live(vt_redis *redis, vt_slice live, vt_slice shadow) {
    redisReply *reply = NULL;
    vt_err err = vt_redis_call(redis, (vt_slice[]){VT_SLICE("RENAMENX"), shadow, live}, 3, &reply);
    if (err == VT_OK && (reply->type != REDIS_REPLY_INTEGER || reply->integer != 1)) {
        err = VT_ERR_MOVED;
    }
    freeReplyObject(reply);
    return err;
}

vt_err vt_fence_swap(vt_redis *redis, int32_t partition, bool replaces) {
    char live_text[VT_TALLY_KEY_MAX];
    char shadow_text[VT_TALLY_KEY_MAX];
    vt_slice live = vt_tally_key(vt_redis_key(redis), partition, false, live_text);
    vt_slice shadow = vt_tally_key(vt_redis_key(redis), partition, true, shadow_text);
    return replaces ? replace_live(redis, live, shadow) : fill_live(redis, live, shadow);
}

vt_err vt_fence_is_live(vt_redis *redis, int32_t partition, const vt_id *born, bool *out) {
    char live_text[VT_TALLY_KEY_MAX];
    redisReply *reply = NULL;
    vt_id found;
    vt_slice live = vt_tally_key(vt_redis_key(redis), partition, false, live_text);
    vt_err err = vt_redis_call(redis, (vt_slice[]){VT_SLICE("HGET"), live, vt_fence_fields[VT_FENCE_BORN]}, 3, &reply);
    if (err != VT_OK) {
        return err;
    }
    if (reply->type == REDIS_REPLY_NIL) {
        *out = false;
    } else {
        err = vt_fence_born_read(reply, &found);
        *out = err == VT_OK && vt_id_eq(&found, born);
    }
    freeReplyObject(reply);
    return err;
}

vt_err vt_fence_drop_shadow(vt_redis *redis, int32_t partition) {
    char shadow_text[VT_TALLY_KEY_MAX];
    redisReply *reply = NULL;
    vt_slice shadow = vt_tally_key(vt_redis_key(redis), partition, true, shadow_text);
    vt_err err = vt_redis_call(redis, (vt_slice[]){VT_SLICE("UNLINK"), shadow}, 2, &reply);
    freeReplyObject(reply);
    return err;
}

/* ---- the server ---- */

/* The value of "name:value\r\n" in an answer to INFO; empty when it is not there. `name` has the colon. */
static vt_slice info_value(const redisReply *reply, const char *name) {
    const char *at = reply->type == REDIS_REPLY_STRING ? memmem(reply->str, reply->len, name, strlen(name)) : NULL;
    if (at == NULL || (at != reply->str && at[-1] != '\n')) {
        return VT_SLICE("");
    }
    at += strlen(name);
    return vt_slice_of(at, strcspn(at, "\r\n"));
}

vt_err vt_fence_check_redis(vt_redis *redis, bool *is_durable, char reason[VT_REDIS_REASON_MAX]) {
    redisReply *reply = NULL;
    vt_err err = vt_redis_call(redis, (vt_slice[]){VT_SLICE("INFO")}, 1, &reply);
    if (err == VT_ERR_SYSTEM) {
        *is_durable = true;
        return VT_OK;
    }
    if (err != VT_OK) {
        (void) snprintf(reason, VT_REDIS_REASON_MAX, "%s", vt_redis_reason(redis));
        return err;
    }
    vt_slice policy = info_value(reply, "maxmemory_policy:");
    if (policy.len > 0 && !vt_slice_eq(policy, VT_SLICE("noeviction"))) {
        (void) snprintf(reason, VT_REDIS_REASON_MAX,
                        "Redis has maxmemory-policy %.*s and may forget votes at any time; it must be noeviction",
                        (int) (policy.len < 64 ? policy.len : 64), policy.ptr);
        err = VT_ERR_BAD_CONFIG;
    } else {
        *is_durable = !vt_slice_eq(info_value(reply, "aof_enabled:"), VT_SLICE("0"));
    }
    freeReplyObject(reply);
    return err;
}

/* ---- the contest ---- */

vt_err vt_fence_put_contest(vt_redis *redis, const vt_id *ledger_id, uint32_t version, vt_slice json) {
    enum { AT = VT_FENCE_CALL_HEAD, COUNT = AT + 5 };
    vt_fence_function function;
    char key[VT_TALLY_KEY_MAX];
    char number[VT_FENCE_NUMBER_TEXT_MAX];
    vt_slice arguments[COUNT];
    bool is_done = false;
    vt_fence_function_init(&function);
    arguments[AT] = vt_tally_contest_key(vt_redis_key(redis), key);
    arguments[AT + 1] = VT_SLICE("contest");
    arguments[AT + 2] = vt_slice_of((const char *) ledger_id->bytes, VT_ID_LEN);
    arguments[AT + 3] = vt_slice_of(number, vt_fence_number_write(version, number));
    arguments[AT + 4] = json;
    vt_err err = vt_fence_function_call(&function, redis, arguments, COUNT, 1, &is_done);
    return err == VT_OK && !is_done ? VT_ERR_OTHER_LEDGER : err;
}

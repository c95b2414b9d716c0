#include "tally/fence_function.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/hash.h"

#include <stdio.h>

extern const unsigned char vt_fence_lua[];
extern const size_t vt_fence_lua_len;

#define FUNCTION_FIRST "#!lua name="
#define FUNCTION_LAST "\nredis.register_function('%s', fence)\n"
#define SCRIPT_LAST "\nreturn fence(KEYS, ARGV)\n"

enum { TEXT_MAX = 16384, DIGEST_LEN = 8 };

void vt_fence_function_init(vt_fence_function *function) {
    vt_sha256 hash;
    uint8_t digest[VT_SHA256_LEN];
    *function = (vt_fence_function){0};
    vt_sha256_init(&hash);
    vt_sha256_update(&hash, FUNCTION_FIRST FUNCTION_LAST, sizeof FUNCTION_FIRST FUNCTION_LAST - 1);
    vt_sha256_update(&hash, vt_fence_lua, vt_fence_lua_len);
    vt_sha256_final(&hash, digest);
    int len = snprintf(function->name, sizeof function->name, "votaton_");
    for (size_t i = 0; i < DIGEST_LEN; i++) {
        len += snprintf(function->name + len, sizeof function->name - (size_t) len, "%02x", digest[i]);
    }
}

static vt_slice body(void) {
    return vt_slice_of((const char *) vt_fence_lua, vt_fence_lua_len);
}

/* ---- loading ---- */

static vt_err load_function(const vt_fence_function *function, vt_redis *redis) {
    vt_buf text;
    redisReply *reply = NULL;
    vt_buf_init(&text, TEXT_MAX);
    vt_err err = vt_buf_appendf(&text, FUNCTION_FIRST "%s\n", function->name);
    if (err == VT_OK) {
        err = vt_buf_append_slice(&text, body());
    }
    if (err == VT_OK) {
        err = vt_buf_appendf(&text, FUNCTION_LAST, function->name);
    }
    if (err == VT_OK) {
        vt_slice arguments[] = {VT_SLICE("FUNCTION"), VT_SLICE("LOAD"), VT_SLICE("REPLACE"), vt_buf_slice(&text)};
        err = vt_redis_call(redis, arguments, sizeof arguments / sizeof arguments[0], &reply);
    }
    freeReplyObject(reply);
    vt_buf_release(&text);
    return err;
}

static vt_err load_script(vt_fence_function *function, vt_redis *redis) {
    vt_buf text;
    redisReply *reply = NULL;
    vt_buf_init(&text, TEXT_MAX);
    vt_err err = vt_buf_append_slice(&text, body());
    if (err == VT_OK) {
        err = vt_buf_append_slice(&text, VT_SLICE(SCRIPT_LAST));
    }
    if (err == VT_OK) {
        vt_slice arguments[] = {VT_SLICE("SCRIPT"), VT_SLICE("LOAD"), vt_buf_slice(&text)};
        err = vt_redis_call(redis, arguments, sizeof arguments / sizeof arguments[0], &reply);
    }
    if (err == VT_OK && (reply->type != REDIS_REPLY_STRING || reply->len != sizeof function->script - 1)) {
        err = VT_ERR_CORRUPT;
    }
    if (err == VT_OK) {
        memcpy(function->script, reply->str, sizeof function->script);
    }
    freeReplyObject(reply);
    vt_buf_release(&text);
    return err;
}

/* ---- calling ---- */

static vt_err call_once(const vt_fence_function *function, vt_redis *redis, vt_slice *arguments, size_t count,
                        redisReply **out) {
    if (function->is_script && function->script[0] == '\0') {
        return VT_ERR_NOT_FOUND;
    }
    arguments[0] = function->is_script ? VT_SLICE("EVALSHA") : VT_SLICE("FCALL");
    arguments[1] = vt_slice_str(function->is_script ? function->script : function->name);
    return vt_redis_call(redis, arguments, count, out);
}

/* A Redis that was restarted, or flushed by SCRIPT FLUSH or FUNCTION FLUSH, has to be told again. */
static vt_err call_or_load(vt_fence_function *function, vt_redis *redis, vt_slice *arguments, size_t count,
                           redisReply **out) {
    vt_err err = call_once(function, redis, arguments, count, out);
    if (err != VT_ERR_NOT_FOUND) {
        return err;
    }
    err = function->is_script ? load_script(function, redis) : load_function(function, redis);
    return err == VT_OK ? call_once(function, redis, arguments, count, out) : err;
}

/* Before Redis 7 FCALL is unknown, and permissions may forbid it: an error of the server, as others that the script
 * would meet too. What works is what is kept. */
static vt_err call_either(vt_fence_function *function, vt_redis *redis, vt_slice *arguments, size_t count,
                          redisReply **out) {
    vt_err err = call_or_load(function, redis, arguments, count, out);
    if (err == VT_ERR_SYSTEM && !function->is_script) {
        vt_fence_function script = *function;
        script.is_script = true;
        err = call_or_load(&script, redis, arguments, count, out);
        if (err == VT_OK) {
            *function = script;
        }
    }
    return err;
}

vt_err vt_fence_function_call(vt_fence_function *function, vt_redis *redis, vt_slice *arguments, size_t count,
                              unsigned keys_count, bool *is_done) {
    VT_ASSERT(count > VT_FENCE_CALL_HEAD && keys_count > 0 && keys_count < 10);
    char keys_text = (char) ('0' + keys_count);
    redisReply *reply = NULL;
    arguments[2] = vt_slice_of(&keys_text, 1);
    vt_err err = call_either(function, redis, arguments, count, &reply);
    if (err == VT_OK && (reply->type != REDIS_REPLY_INTEGER || (reply->integer != 0 && reply->integer != 1))) {
        err = VT_ERR_CORRUPT;
    }
    if (err == VT_OK) {
        *is_done = reply->integer == 1;
    }
    freeReplyObject(reply);
    return err;
}

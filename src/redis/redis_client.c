#include "redis/redis_client.h"

#include "base/assert.h"
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PAUSE_MS_MIN = 100,
    PAUSE_MS_MAX = 1000,
    TIMEOUT_MS_MIN = 10,
    TIMEOUT_MS_MAX = 60000,
    ARGUMENTS_MAX = 16384,
};

struct vt_redis {
    const vt_redis_url *url;
    uint32_t timeout_ms;
    redisContext *context;   /* NULL: no connection */
    uint64_t connections;    /* made so far */
    bool was_let_in;         /* the user and the password were right once */
    size_t pending;          /* commands that were added and not flushed */
    uint32_t pause_ms;       /* after the next failure */
    int64_t closed_until_ns; /* no connection is tried before … */
    vt_err closed_by;        /* … and calls fail so */
    size_t arguments_cap;    /* of the two arrays that hiredis wants */
    const char **arguments;
    size_t *argument_lens;
    char reason[VT_REDIS_REASON_MAX];
};

vt_err vt_redis_open(const vt_redis_url *url, uint32_t timeout_ms, vt_redis **out) {
    VT_ASSERT(timeout_ms >= TIMEOUT_MS_MIN && timeout_ms <= TIMEOUT_MS_MAX);
    vt_redis *redis = calloc(1, sizeof *redis);
    if (redis == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    redis->url = url;
    redis->timeout_ms = timeout_ms;
    redis->pause_ms = PAUSE_MS_MIN;
    *out = redis;
    return VT_OK;
}

void vt_redis_close(vt_redis *redis) {
    if (redis == NULL) {
        return;
    }
    if (redis->context != NULL) {
        redisFree(redis->context);
    }
    free(redis->arguments);
    free(redis->argument_lens);
    free(redis);
}

const char *vt_redis_reason(const vt_redis *redis) {
    return redis->reason;
}

const char *vt_redis_key(const vt_redis *redis) {
    return redis->url->key;
}

uint64_t vt_redis_connections(const vt_redis *redis) {
    return redis->connections;
}

void vt_redis_renew(vt_redis *redis) {
    VT_ASSERT(redis->pending == 0);
    if (redis->context != NULL) {
        redisFree(redis->context);
        redis->context = NULL;
    }
    redis->closed_until_ns = 0;
    redis->pause_ms = PAUSE_MS_MIN;
}

/* ---- failures ---- */

static void explain(vt_redis *redis, const char *why) {
    (void) snprintf(redis->reason, sizeof redis->reason, "redis %.100s:%u: %s", redis->url->host, redis->url->port,
                    why);
    for (char *c = redis->reason; *c != '\0'; c++) {
        if ((unsigned char) *c < ' ' || *c == 0x7F) {
            *c = '?';
        }
    }
}

/* Closes what is open and keeps it closed for a while. */
static void disconnect(vt_redis *redis) {
    if (redis->context != NULL) {
        redisFree(redis->context);
        redis->context = NULL;
    }
    redis->pending = 0;
    redis->closed_by = VT_ERR_BUSY;
    redis->closed_until_ns = vt_clock_deadline_ns(redis->pause_ms);
    redis->pause_ms = redis->pause_ms * 2 < PAUSE_MS_MAX ? redis->pause_ms * 2 : PAUSE_MS_MAX;
}

static vt_err lose(vt_redis *redis, const char *why) {
    explain(redis, why);
    disconnect(redis);
    return VT_ERR_BUSY;
}

/* Why hiredis gave up. It hands a timeout on as EAGAIN. */
static vt_err lose_context(vt_redis *redis) {
    const redisContext *context = redis->context;
    char why[160];
    if (context->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        (void) snprintf(why, sizeof why, "no answer within %u ms", redis->timeout_ms);
    } else {
        (void) snprintf(why, sizeof why, "%s", context->errstr);
    }
    return lose(redis, why);
}

/* The first word of an error, which is its code. */
static vt_slice error_code(const redisReply *reply) {
    const char *end = memchr(reply->str, ' ', reply->len);
    return vt_slice_of(reply->str, end != NULL ? (size_t) (end - reply->str) : reply->len);
}

typedef struct error_kind {
    const char *start; /* a code, or how a message without a code of its own begins */
    vt_err err;
    bool closes; /* another connection may do better */
} error_kind;

static const error_kind error_kinds[] = {
    {"LOADING", VT_ERR_BUSY, false},
    {"BUSY", VT_ERR_BUSY, false},
    {"READONLY", VT_ERR_BUSY, true}, /* a replica: after a failover the name leads elsewhere */
    {"MASTERDOWN", VT_ERR_BUSY, true},
    {"CLUSTERDOWN", VT_ERR_BUSY, false},
    {"TRYAGAIN", VT_ERR_BUSY, false},
    {"NOREPLICAS", VT_ERR_BUSY, false},
    {"MISCONF", VT_ERR_BUSY, false}, /* its disk refuses to write */
    {"NOAUTH", VT_ERR_SYSTEM, true},
    {"OOM", VT_ERR_FULL, false},
    {"NOSCRIPT", VT_ERR_NOT_FOUND, false},
    {"ERR Function not found", VT_ERR_NOT_FOUND, false},
    {"ERR no such key", VT_ERR_NOT_FOUND, false},
    {"ERR max number of clients reached", VT_ERR_BUSY, true},
};

static const error_kind *error_kind_of(const redisReply *reply) {
    static const error_kind other = {"", VT_ERR_SYSTEM, false};
    vt_slice text = vt_slice_of(reply->str, reply->len);
    vt_slice code = error_code(reply);
    for (size_t i = 0; i < sizeof error_kinds / sizeof error_kinds[0]; i++) {
        vt_slice start = vt_slice_str(error_kinds[i].start);
        bool is_code = memchr(start.ptr, ' ', start.len) == NULL;
        if (is_code ? vt_slice_eq(code, start) : vt_slice_starts_with(text, start)) {
            return &error_kinds[i];
        }
    }
    return &other;
}

/* Who was let in before and is not now waits until the passwords fit again: the server came back with others. */
static vt_err err_of_login(const vt_redis *redis, vt_err err) {
    return err == VT_ERR_SYSTEM && redis->was_let_in ? VT_ERR_BUSY : err;
}

/* ---- connecting ---- */

/* One command of the greeting. A server that does not know the command quotes its arguments, passwords too, so that
 * only the code of the error is told. */
static vt_err greet(vt_redis *redis, const char *what, int count, const char **arguments) {
    redisReply *reply = redisCommandArgv(redis->context, count, arguments, NULL);
    if (reply == NULL) {
        return lose_context(redis);
    }
    vt_err err = VT_OK;
    if (reply->type == REDIS_REPLY_ERROR) {
        char why[160];
        vt_slice code = error_code(reply);
        (void) snprintf(why, sizeof why, "%s was refused (%.*s)", what, (int) (code.len < 64 ? code.len : 64),
                        code.ptr);
        err = err_of_login(redis, error_kind_of(reply)->err);
        (void) lose(redis, why);
        redis->closed_by = err;
    }
    freeReplyObject(reply);
    return err;
}

static vt_err authenticate(vt_redis *redis) {
    const vt_redis_url *url = redis->url;
    if (url->password[0] == '\0') {
        return VT_OK;
    }
    if (url->user[0] == '\0') {
        return greet(redis, "the password", 2, (const char *[]){"AUTH", url->password});
    }
    return greet(redis, "the user or the password", 3, (const char *[]){"AUTH", url->user, url->password});
}

static vt_err select_database(vt_redis *redis) {
    char number[16];
    if (redis->url->database == 0) {
        return VT_OK;
    }
    (void) snprintf(number, sizeof number, "%u", redis->url->database);
    return greet(redis, "the database", 2, (const char *[]){"SELECT", number});
}

static vt_err connect_now(vt_redis *redis) {
    struct timeval timeout = {
        .tv_sec = redis->timeout_ms / 1000,
        .tv_usec = (suseconds_t) (redis->timeout_ms % 1000) * 1000,
    };
    redis->context = redisConnectWithTimeout(redis->url->host, redis->url->port, timeout);
    if (redis->context == NULL) {
        return lose(redis, "out of memory");
    }
    if (redis->context->err != 0 || redisSetTimeout(redis->context, timeout) != REDIS_OK ||
        redisEnableKeepAlive(redis->context) != REDIS_OK) {
        return lose(redis, redis->context->errstr);
    }
    redis->connections++;
    vt_err err = authenticate(redis);
    return err == VT_OK ? select_database(redis) : err;
}

/* Leaves the reason of the last failure in place while the pause lasts. */
static vt_err ensure_connected(vt_redis *redis) {
    if (redis->context != NULL) {
        return VT_OK;
    }
    if (vt_clock_monotonic_ns() < redis->closed_until_ns) {
        return redis->closed_by;
    }
    return connect_now(redis);
}

/* ---- commands ---- */

static vt_err reserve_arguments(vt_redis *redis, size_t count) {
    if (count <= redis->arguments_cap) {
        return VT_OK;
    }
    const char **arguments = realloc(redis->arguments, count * sizeof *arguments);
    if (arguments == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    redis->arguments = arguments;
    size_t *lens = realloc(redis->argument_lens, count * sizeof *lens);
    if (lens == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    redis->argument_lens = lens;
    redis->arguments_cap = count;
    return VT_OK;
}

vt_err vt_redis_add(vt_redis *redis, const vt_slice *arguments, size_t count) {
    VT_ASSERT(count > 0 && count <= ARGUMENTS_MAX && redis->pending < VT_REDIS_PIPELINE_MAX);
    vt_err err = ensure_connected(redis);
    if (err != VT_OK) {
        return err;
    }
    if (reserve_arguments(redis, count) != VT_OK) {
        return lose(redis, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        redis->arguments[i] = arguments[i].len > 0 ? arguments[i].ptr : "";
        redis->argument_lens[i] = arguments[i].len;
    }
    if (redisAppendCommandArgv(redis->context, (int) count, redis->arguments, redis->argument_lens) != REDIS_OK) {
        return lose(redis, "out of memory");
    }
    redis->pending++;
    return VT_OK;
}

/* Sorts one answer. */
static vt_redis_answer answer_of(vt_redis *redis, redisReply *reply, bool *closes) {
    if (reply->type != REDIS_REPLY_ERROR) {
        redis->was_let_in = true;
        return (vt_redis_answer){.err = VT_OK, .reply = reply};
    }
    const error_kind *kind = error_kind_of(reply);
    vt_err err = kind->closes ? err_of_login(redis, kind->err) : kind->err;
    explain(redis, reply->str);
    *closes = *closes || kind->closes;
    freeReplyObject(reply);
    return (vt_redis_answer){.err = err};
}

vt_err vt_redis_flush(vt_redis *redis, vt_redis_answer *answers, size_t count) {
    VT_ASSERT(count == redis->pending);
    size_t done = 0;
    bool closes = false;
    vt_err err = VT_OK;
    redis->reason[0] = '\0';
    while (done < count) {
        void *reply = NULL;
        if (redisGetReply(redis->context, &reply) != REDIS_OK) {
            err = lose_context(redis);
            goto out;
        }
        answers[done++] = answer_of(redis, reply, &closes);
    }
    redis->pending = 0;
    redis->pause_ms = PAUSE_MS_MIN;
    if (closes) {
        disconnect(redis);
    }
out:
    for (size_t i = 0; err != VT_OK && i < count; i++) {
        if (i < done) {
            freeReplyObject(answers[i].reply);
        }
        answers[i] = (vt_redis_answer){.err = err};
    }
    return err;
}

vt_err vt_redis_call(vt_redis *redis, const vt_slice *arguments, size_t count, redisReply **out) {
    VT_ASSERT(redis->pending == 0);
    vt_redis_answer answer;
    vt_err err = vt_redis_add(redis, arguments, count);
    if (err == VT_OK) {
        err = vt_redis_flush(redis, &answer, 1);
    }
    if (err == VT_OK) {
        err = answer.err;
    }
    if (err == VT_OK) {
        *out = answer.reply;
    }
    return err;
}

#include "tally/tally_redis.h"

#include "base/assert.h"
#include "base/clock.h"
#include "tally/fence_reader.h"
#include "tally/fence_verdicts.h"
#include "tally/tally_keys.h"

#include <pthread.h>
#include <stdlib.h>

/* What one reading thread uses at a time. */
typedef struct connection {
    vt_redis *redis;
    vt_fence_reader *reader;
    vt_fence_verdicts *verdicts;
    uint64_t return_number; /* of the server's returns: the last one that this connection knows of */
} connection;

typedef struct tally_redis {
    vt_tally tally; /* first: a vt_tally * points here */
    const vt_redis_url *url;
    vt_id ledger_id;
    int32_t partitions;
    uint32_t timeout_ms;
    pthread_mutex_t lock;
    pthread_cond_t returned;
    /* The one used last is on top, so that those which a rush needed fall idle. Guarded by the lock. */
    connection *idle[VT_TALLY_REDIS_CONNECTIONS_MAX];
    uint32_t idle_count;
    uint32_t count;   /* idle or lent */
    bool is_away;     /* the last use failed */
    uint64_t returns; /* how often it was back after that */
} tally_redis;

/* ---- the pool of connections ---- */

static void connection_close(connection *lent) {
    if (lent != NULL) {
        vt_fence_verdicts_close(lent->verdicts);
        vt_fence_reader_close(lent->reader);
        vt_redis_close(lent->redis);
        free(lent);
    }
}

static vt_err connection_open(const tally_redis *self, connection **out) {
    connection *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    vt_err err = vt_redis_open(self->url, self->timeout_ms, &made->redis);
    if (err == VT_OK) {
        err = vt_fence_reader_open(&self->ledger_id, self->partitions, &made->reader);
    }
    if (err == VT_OK) {
        err = vt_fence_verdicts_open(&self->ledger_id, self->partitions, &made->verdicts);
    }
    if (err != VT_OK) {
        connection_close(made);
        return err;
    }
    *out = made;
    return VT_OK;
}

/* Waits until a connection is idle or one more may be made. Called with the lock held. */
static vt_err wait_for_turn(tally_redis *self) {
    int64_t until_ns = vt_clock_deadline_ns(self->timeout_ms);
    struct timespec until = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};
    int code = 0;
    while (self->idle_count == 0 && self->count == VT_TALLY_REDIS_CONNECTIONS_MAX && code == 0) {
        code = pthread_cond_timedwait(&self->returned, &self->lock, &until);
    }
    return self->idle_count > 0 || self->count < VT_TALLY_REDIS_CONNECTIONS_MAX ? VT_OK : VT_ERR_BUSY;
}

static vt_err lend(tally_redis *self, connection **out) {
    connection *lent = NULL;
    pthread_mutex_lock(&self->lock);
    vt_err err = wait_for_turn(self);
    if (err == VT_OK && self->idle_count > 0) {
        lent = self->idle[--self->idle_count];
        if (lent->return_number != self->returns) {
            vt_redis_renew(lent->redis);
        }
    } else if (err == VT_OK) {
        err = connection_open(self, &lent);
        self->count += err == VT_OK;
    }
    if (err == VT_OK) {
        lent->return_number = self->returns;
    }
    pthread_mutex_unlock(&self->lock);
    if (err == VT_OK) {
        *out = lent;
    }
    return err;
}

/* `err` is what came of its use. Once the server answers one connection again, the others forget what they knew of it:
 * each of them would fail once more, because it broke or because it pauses. */
static void give_back(tally_redis *self, connection *lent, vt_err err) {
    pthread_mutex_lock(&self->lock);
    if (err != VT_ERR_BUSY) {
        self->returns += self->is_away;
        lent->return_number = self->returns;
    }
    self->is_away = err == VT_ERR_BUSY;
    self->idle[self->idle_count++] = lent;
    pthread_cond_signal(&self->returned);
    pthread_mutex_unlock(&self->lock);
}

/* ---- the port ---- */

/* The counters have not begun with a partition, or rebuild it. */
static vt_err as_port_says(vt_err err) {
    return err == VT_ERR_NOT_FOUND ? VT_ERR_BUSY : err;
}

static vt_slice copy_text(char **end, vt_slice text) {
    char *start = *end;
    if (text.len > 0) {
        memcpy(start, text.ptr, text.len);
    }
    *end += text.len;
    return vt_slice_of(start, text.len);
}

/* One block for the pairs and, behind them, their texts. */
static vt_err copy_instant(const vt_fence_instant *instant, vt_tally_snapshot *out) {
    size_t bytes = instant->pairs_count * sizeof *out->pairs + 1;
    for (uint32_t i = 0; i < instant->pairs_count; i++) {
        bytes += instant->pairs[i].name.len + instant->pairs[i].album.len;
    }
    void *memory = malloc(bytes);
    if (memory == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    *out = (vt_tally_snapshot){.positions = instant->positions,
                               .generation = instant->generation,
                               .pairs = memory,
                               .pairs_count = instant->pairs_count,
                               .memory = memory};
    memcpy(out->verdicts, instant->verdicts, sizeof out->verdicts);
    char *end = (char *) (out->pairs + out->pairs_count);
    for (uint32_t i = 0; i < instant->pairs_count; i++) {
        const vt_fence_pair *pair = &instant->pairs[i];
        out->pairs[i].name = copy_text(&end, pair->name);
        out->pairs[i].album = copy_text(&end, pair->album);
        out->pairs[i].votes = pair->votes;
        out->pairs[i].points = pair->points;
    }
    return VT_OK;
}

static vt_err read_snapshot(vt_tally *tally, vt_tally_snapshot *out) {
    tally_redis *self = (tally_redis *) tally;
    connection *lent;
    vt_fence_instant instant;
    vt_err err = lend(self, &lent);
    if (err != VT_OK) {
        return err;
    }
    err = vt_fence_reader_read(lent->reader, lent->redis, &instant);
    if (err == VT_OK) {
        err = copy_instant(&instant, out);
    }
    give_back(self, lent, err);
    return as_port_says(err);
}

static vt_err read_positions(vt_tally *tally, vt_positions *out, uint64_t *generation) {
    tally_redis *self = (tally_redis *) tally;
    connection *lent;
    vt_err err = lend(self, &lent);
    if (err != VT_OK) {
        return err;
    }
    err = vt_fence_reader_positions(lent->reader, lent->redis, out, generation);
    give_back(self, lent, err);
    return as_port_says(err);
}

static vt_err answer_verdicts(vt_tally *tally, vt_tally_question *questions, size_t count) {
    tally_redis *self = (tally_redis *) tally;
    connection *lent;
    vt_err err = lend(self, &lent);
    if (err != VT_OK) {
        return err;
    }
    err = vt_fence_verdicts_answer(lent->verdicts, lent->redis, questions, count);
    give_back(self, lent, err);
    return as_port_says(err);
}

static void close_tally(vt_tally *tally) {
    tally_redis *self = (tally_redis *) tally;
    VT_ASSERT(self->idle_count == self->count);
    for (uint32_t i = 0; i < self->idle_count; i++) {
        connection_close(self->idle[i]);
    }
    pthread_cond_destroy(&self->returned);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

static const vt_tally_backend backend = {
    .read = read_snapshot,
    .positions = read_positions,
    .verdicts = answer_verdicts,
    .close = close_tally,
};

vt_err vt_tally_redis_open(const vt_redis_url *url, const vt_id *ledger_id, int32_t partitions, uint32_t timeout_ms,
                           vt_tally **out) {
    VT_ASSERT(partitions >= 1 && partitions <= VT_PARTITIONS_MAX);
    tally_redis *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    self->tally.backend = &backend;
    self->url = url;
    self->ledger_id = *ledger_id;
    self->partitions = partitions;
    self->timeout_ms = timeout_ms;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self->returned, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&self->lock, NULL);
    *out = &self->tally;
    return VT_OK;
}

/* ---- the contest ---- */

static vt_err take_contest(const redisReply *reply, vt_buf *json, uint32_t *version) {
    vt_slice number;
    vt_slice text;
    int64_t found;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
        return VT_ERR_CORRUPT;
    }
    vt_err err = vt_fence_reply_text(reply->element[0], &number);
    if (err == VT_ERR_NOT_FOUND && reply->element[1]->type == REDIS_REPLY_NIL) {
        *version = 0;
        return VT_OK;
    }
    if (err != VT_OK || vt_fence_number_read(number, &found) != VT_OK || found < 1 || found > UINT32_MAX ||
        vt_fence_reply_text(reply->element[1], &text) != VT_OK) {
        return VT_ERR_CORRUPT;
    }
    err = vt_buf_append_slice(json, text);
    if (err == VT_OK) {
        *version = (uint32_t) found;
    }
    return err;
}

vt_err vt_tally_redis_contest(vt_redis *redis, vt_buf *json, uint32_t *version) {
    char key[VT_TALLY_KEY_MAX];
    redisReply *reply = NULL;
    const vt_slice words[] = {VT_SLICE("HMGET"), vt_tally_contest_key(vt_redis_key(redis), key), VT_SLICE("version"),
                              VT_SLICE("json")};
    vt_err err = vt_redis_call(redis, words, sizeof words / sizeof words[0], &reply);
    if (err == VT_OK) {
        err = take_contest(reply, json, version);
    }
    freeReplyObject(reply);
    return err;
}

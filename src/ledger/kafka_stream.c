#include "ledger/kafka_stream.h"

#include "base/clock.h"
#include "kafka/kafka_topic.h"

#include <stdlib.h>

enum {
    STOPPED = -1,          /* no partition */
    FETCH_WAIT_MS = 10,    /* how long a broker waits at the end of a partition, and with it every other request */
    QUEUED_KBYTES = 16384, /* that librdkafka fetches ahead */
};

struct vt_kafka_stream {
    rd_kafka_t *handle;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *queue; /* NULL while nothing is fetched */
    int32_t partition;       /* that is fetched, or STOPPED */
    int64_t next;            /* the offset behind the last message that was given */
    bool is_at_end;          /* the end was told, behind what was taken; it is not told again */

    /* What was taken from the queue and not freed: [first, given) was given and may still be looked at. */
    rd_kafka_message_t *messages[VT_KAFKA_STREAM_MESSAGES_MAX];
    size_t first;
    size_t given;
    size_t count;
};

void vt_kafka_stream_set_conf(rd_kafka_conf_t *conf) {
    vt_kafka_conf_set_reader(conf);
    vt_kafka_conf_set_number(conf, "fetch.wait.max.ms", FETCH_WAIT_MS);
    vt_kafka_conf_set_number(conf, "queued.max.messages.kbytes", QUEUED_KBYTES);
}

vt_err vt_kafka_stream_open(rd_kafka_t *handle, const char *topic, vt_kafka_stream **out) {
    vt_kafka_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    stream->handle = handle;
    stream->partition = STOPPED;
    stream->topic = rd_kafka_topic_new(handle, topic, NULL);
    if (stream->topic == NULL) {
        free(stream);
        return VT_ERR_SYSTEM;
    }
    *out = stream;
    return VT_OK;
}

/* Frees the messages before index `until`. */
static void drop(vt_kafka_stream *stream, size_t until) {
    for (; stream->first < until; stream->first++) {
        rd_kafka_message_destroy(stream->messages[stream->first]);
    }
    if (stream->first == stream->count) {
        stream->first = stream->given = stream->count = 0;
    }
}

void vt_kafka_stream_rest(vt_kafka_stream *stream) {
    drop(stream, stream->count);
    if (stream->queue != NULL) {
        rd_kafka_consume_stop(stream->topic, stream->partition);
        rd_kafka_queue_destroy(stream->queue);
    }
    stream->queue = NULL;
    stream->partition = STOPPED;
    stream->is_at_end = false;
}

void vt_kafka_stream_close(vt_kafka_stream *stream) {
    if (stream == NULL) {
        return;
    }
    vt_kafka_stream_rest(stream);
    rd_kafka_topic_destroy(stream->topic);
    free(stream);
}

/* A queue of its own for each start: what was on its way for the one before cannot turn up in it. */
static vt_err start(vt_kafka_stream *stream, int32_t partition, int64_t next) {
    vt_kafka_stream_rest(stream);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(stream->handle);
    if (rd_kafka_consume_start_queue(stream->topic, partition, next, queue) != 0) {
        rd_kafka_queue_destroy(queue);
        return VT_ERR_SYSTEM;
    }
    stream->queue = queue;
    stream->partition = partition;
    stream->next = next;
    return VT_OK;
}

static vt_err err_of(rd_kafka_resp_err_t code) {
    if (code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        return VT_ERR_GONE;
    }
    vt_err err = vt_kafka_err(code);
    return err == VT_ERR_NOT_FOUND ? VT_ERR_GONE : err;
}

/* Keeps the messages without an error and learns from the others. What stands behind an error is not kept. */
static vt_err sort_out(vt_kafka_stream *stream, rd_kafka_message_t *const *taken, size_t count) {
    vt_err err = VT_OK;
    for (size_t i = 0; i < count; i++) {
        rd_kafka_message_t *message = taken[i];
        if (err == VT_OK && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            stream->is_at_end = false;
            stream->messages[stream->count++] = message;
            continue;
        }
        if (err == VT_OK && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            stream->is_at_end = true;
        } else if (err == VT_OK) {
            err = err_of(message->err);
        }
        rd_kafka_message_destroy(message);
    }
    return err;
}

/* Waits for a first message, then takes what is there. */
static vt_err take(vt_kafka_stream *stream, int timeout_ms) {
    rd_kafka_message_t *taken[VT_KAFKA_STREAM_MESSAGES_MAX];
    taken[0] = rd_kafka_consume_queue(stream->queue, timeout_ms);
    if (taken[0] == NULL) {
        return VT_ERR_BUSY;
    }
    ssize_t more = rd_kafka_consume_batch_queue(stream->queue, 0, taken + 1, VT_KAFKA_STREAM_MESSAGES_MAX - 1);
    return sort_out(stream, taken, 1 + (more < 0 ? 0 : (size_t) more));
}

/* Until there is a message, or the end. */
static vt_err fill(vt_kafka_stream *stream, int timeout_ms) {
    int64_t deadline_ns = vt_clock_deadline_ns((uint32_t) timeout_ms);
    vt_err err = VT_OK;
    while (err == VT_OK && stream->count == 0 && !stream->is_at_end) {
        err = take(stream, vt_clock_left_ms(deadline_ns));
    }
    return err;
}

static size_t give(vt_kafka_stream *stream, int64_t until, size_t max) {
    size_t end = stream->first;
    while (end < stream->count && end - stream->first < max && stream->messages[end]->offset <= until) {
        end++;
    }
    if (end > stream->first) {
        stream->next = stream->messages[end - 1]->offset + 1;
    }
    stream->given = end;
    return end - stream->first;
}

vt_err vt_kafka_stream_read(vt_kafka_stream *stream, int32_t partition, int64_t next, int64_t until, size_t max,
                            int timeout_ms, rd_kafka_message_t *const **messages, size_t *count) {
    vt_err err = VT_OK;
    drop(stream, stream->given);
    if (until < next) {
        *count = 0;
        return VT_OK;
    }
    /* An end that an earlier call learned of may not be the end any more. */
    bool is_over = stream->count == 0 && stream->is_at_end;
    if (partition != stream->partition || next != stream->next || is_over) {
        err = start(stream, partition, next);
    }
    if (err == VT_OK && stream->count == 0) {
        err = fill(stream, timeout_ms);
    }
    if (err != VT_OK) {
        vt_kafka_stream_rest(stream);
        return err;
    }
    *count = give(stream, until, max);
    *messages = stream->messages + stream->first;
    if (stream->count == 0) {
        vt_kafka_stream_rest(stream); /* or it would go on asking for more */
    }
    return VT_OK;
}

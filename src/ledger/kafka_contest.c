#include "ledger/kafka_contest.h"

#include "ledger/kafka_settings.h"
#include "ledger/kafka_stream.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    NAME_BYTES_MAX = VT_KAFKA_TOPIC_BYTES_MAX + sizeof VT_KAFKA_CONTEST_SUFFIX,
    VERSION_DIGITS_MAX = 10,
    TIMEOUT_MS = 10000,
    READ_TIMEOUT_MS = 3000, /* of each answer; whoever reads asks again */
    POLL_MS = 100,
};

static const char header_ledger[] = "ledger-id";
static const char header_made_topic[] = "made-topic";

struct vt_kafka_contest {
    const vt_kafka_target *target;
    char topic[NAME_BYTES_MAX];
    pthread_mutex_t lock; /* of all that follows */
    vt_kafka_stream *stream;
    int64_t next; /* to be read */
    vt_kafka_contest_state newest;
    vt_buf newest_json;
    int64_t own_offset; /* of the record that was appended last */
    bool own_counts;    /* and whether it counts, once it was read */
};

vt_err vt_kafka_contest_open(rd_kafka_t *handle, const vt_kafka_target *target, vt_kafka_contest **out) {
    vt_kafka_contest *contest = calloc(1, sizeof *contest);
    if (contest == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    contest->target = target;
    contest->own_offset = -1;
    snprintf(contest->topic, sizeof contest->topic, "%s%s", target->url.topic, VT_KAFKA_CONTEST_SUFFIX);
    vt_buf_init(&contest->newest_json, VT_KAFKA_CONTEST_BYTES_MAX);
    pthread_mutex_init(&contest->lock, NULL);
    vt_err err = vt_kafka_stream_open(handle, contest->topic, &contest->stream);
    if (err != VT_OK) {
        vt_kafka_contest_close(contest);
        return err;
    }
    *out = contest;
    return VT_OK;
}

void vt_kafka_contest_close(vt_kafka_contest *contest) {
    if (contest == NULL) {
        return;
    }
    vt_kafka_stream_close(contest->stream);
    vt_buf_release(&contest->newest_json);
    pthread_mutex_destroy(&contest->lock);
    free(contest);
}

/* ---- reading ---- */

static bool read_version(const rd_kafka_message_t *message, uint32_t *version) {
    const char *key = message->key;
    uint64_t number = 0;
    if (key == NULL || message->key_len < 1 || message->key_len > VERSION_DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < message->key_len; i++) {
        if (key[i] < '0' || key[i] > '9') {
            return false;
        }
        number = number * 10 + (uint64_t) (key[i] - '0');
    }
    *version = (uint32_t) number;
    return number <= UINT32_MAX;
}

/* Reads what a record says of itself; false when it is no version of a contest. */
static bool read_state(const rd_kafka_message_t *message, vt_kafka_contest_state *out) {
    rd_kafka_headers_t *headers;
    const void *value;
    size_t len;
    if (!read_version(message, &out->version) || message->payload == NULL ||
        message->len > VT_KAFKA_CONTEST_BYTES_MAX ||
        rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, header_ledger, &value, &len) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        len != VT_ID_LEN) {
        return false;
    }
    memcpy(out->ledger_id.bytes, value, VT_ID_LEN);
    out->made_topic =
        rd_kafka_header_get_last(headers, header_made_topic, &value, &len) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        vt_slice_eq(vt_slice_of(value, len), VT_SLICE("1"));
    return true;
}

/* Takes a record in when it counts. */
static vt_err take_in(vt_kafka_contest *contest, const rd_kafka_message_t *message) {
    vt_kafka_contest_state state;
    bool counts = read_state(message, &state) && state.version == contest->newest.version + 1 &&
                  (state.version == 1 || vt_id_eq(&state.ledger_id, &contest->newest.ledger_id));
    if (!counts) {
        return VT_OK;
    }
    vt_buf_clear(&contest->newest_json);
    vt_err err = vt_buf_append(&contest->newest_json, message->payload, message->len);
    if (err == VT_OK) {
        state.made_topic = state.version == 1 ? state.made_topic : contest->newest.made_topic;
        contest->newest = state;
        contest->own_counts = contest->own_counts || message->offset == contest->own_offset;
    }
    return err;
}

/* Reads to the end. A contest whose beginning is gone is no longer known. */
static vt_err catch_up(vt_kafka_contest *contest) {
    rd_kafka_message_t *const *messages;
    size_t count;
    do {
        vt_err err = vt_kafka_stream_read(contest->stream, 0, contest->next, INT64_MAX, VT_KAFKA_STREAM_MESSAGES_MAX,
                                          READ_TIMEOUT_MS, &messages, &count);
        if (err != VT_OK) {
            return err == VT_ERR_GONE ? VT_ERR_CORRUPT : err == VT_ERR_SYSTEM ? VT_ERR_IO : err;
        }
        for (size_t i = 0; i < count; i++) {
            err = take_in(contest, messages[i]);
            if (err != VT_OK) {
                return err;
            }
            contest->next = messages[i]->offset + 1;
        }
    } while (count > 0);
    return VT_OK;
}

vt_err vt_kafka_contest_latest(vt_kafka_contest *contest, vt_kafka_contest_state *state, vt_buf *json) {
    pthread_mutex_lock(&contest->lock);
    vt_err err = catch_up(contest);
    if (err == VT_OK && json != NULL) {
        err = vt_buf_append_slice(json, vt_buf_slice(&contest->newest_json));
    }
    if (err == VT_OK) {
        *state = contest->newest;
    }
    pthread_mutex_unlock(&contest->lock);
    return err;
}

/* ---- appending ---- */

/* How the one record that a producer sends has fared. */
typedef struct delivery {
    bool is_done;
    rd_kafka_resp_err_t code;
    int64_t offset;
} delivery;

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *context) {
    (void) producer;
    (void) context;
    delivery *to = message->_private;
    *to = (delivery){true, message->err, message->offset};
}

static rd_kafka_t *open_producer(const vt_kafka_contest *contest) {
    char reason[VT_KAFKA_REASON_MAX];
    rd_kafka_conf_t *conf;
    if (vt_kafka_conf_make(contest->target, "votaton-contest", &conf, reason) != VT_OK) {
        return NULL;
    }
    vt_kafka_conf_set(conf, "acks", "all");
    vt_kafka_conf_set(conf, "enable.idempotence", "true");
    vt_kafka_conf_set_number(conf, "message.max.bytes", VT_KAFKA_CONTEST_BYTES_MAX);
    vt_kafka_conf_set_number(conf, "message.timeout.ms", TIMEOUT_MS);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (producer == NULL) {
        rd_kafka_conf_destroy(conf);
    }
    return producer;
}

static rd_kafka_resp_err_t produce(const vt_kafka_contest *contest, rd_kafka_t *producer,
                                   const vt_kafka_contest_state *state, vt_slice json, delivery *to) {
    char key[VERSION_DIGITS_MAX + 1];
    int key_len = snprintf(key, sizeof key, "%u", state->version);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(2);
    rd_kafka_header_add(headers, header_ledger, -1, state->ledger_id.bytes, VT_ID_LEN);
    if (state->version == 1 && state->made_topic) {
        rd_kafka_header_add(headers, header_made_topic, -1, "1", 1);
    }
    char *value = malloc(json.len + 1);
    if (value == NULL) {
        rd_kafka_headers_destroy(headers);
        return RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    }
    memcpy(value, json.ptr, json.len);
    rd_kafka_resp_err_t code = rd_kafka_producev(
        producer, RD_KAFKA_V_TOPIC(contest->topic), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_KEY(key, (size_t) key_len),
        RD_KAFKA_V_VALUE(value, json.len), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_FREE),
        RD_KAFKA_V_OPAQUE(to), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_headers_destroy(headers);
        free(value);
    }
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): librdkafka frees what it took */
    return code;
}

static vt_err err_of(rd_kafka_resp_err_t code) {
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE) {
        return VT_ERR_TOO_LONG;
    }
    vt_err err = vt_kafka_err(code);
    return err == VT_OK || err == VT_ERR_BUSY ? err : VT_ERR_IO;
}

/* Writes one record and tells where it stands. */
static vt_err write_record(const vt_kafka_contest *contest, const vt_kafka_contest_state *state, vt_slice json,
                           int64_t *offset) {
    rd_kafka_t *producer = open_producer(contest);
    if (producer == NULL) {
        return VT_ERR_IO;
    }
    delivery report = {0};
    rd_kafka_resp_err_t code = produce(contest, producer, state, json, &report);
    /* Ends by itself: message.timeout.ms. */
    while (code == RD_KAFKA_RESP_ERR_NO_ERROR && !report.is_done) {
        rd_kafka_poll(producer, POLL_MS);
    }
    rd_kafka_destroy(producer);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = report.code;
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return err_of(code);
    }
    /* Where a record stands that the brokers knew already from an earlier attempt is not told. */
    if (report.offset < 0) {
        return VT_ERR_BUSY;
    }
    *offset = report.offset;
    return VT_OK;
}

/* Whether what was just written at `offset` counts. */
static vt_err read_back(vt_kafka_contest *contest, int64_t offset) {
    contest->own_offset = offset;
    contest->own_counts = false;
    vt_err err = catch_up(contest);
    if (err == VT_OK && contest->next <= offset) {
        return VT_ERR_BUSY; /* an end was told that did not have ours yet */
    }
    return err != VT_OK || contest->own_counts ? err : VT_ERR_IN_USE;
}

vt_err vt_kafka_contest_append(vt_kafka_contest *contest, const vt_kafka_contest_state *state, vt_slice json) {
    int64_t offset = -1;
    pthread_mutex_lock(&contest->lock);
    vt_err err = catch_up(contest);
    if (err == VT_OK && state->version != contest->newest.version + 1) {
        err = VT_ERR_IN_USE;
    }
    if (err == VT_OK) {
        err = write_record(contest, state, json, &offset);
    }
    if (err == VT_OK) {
        err = read_back(contest, offset);
    }
    pthread_mutex_unlock(&contest->lock);
    return err;
}

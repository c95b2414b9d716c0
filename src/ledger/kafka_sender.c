#include "ledger/kafka_sender.h"

#include "kafka/kafka_topic.h"
#include "ledger/kafka_record.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    QUEUE_SLACK_RECORDS = 1000,
    RECORD_BYTES_MAX = 4096, /* as librdkafka counts them: key, value and headers */
    QUEUE_KBYTES_MIN = 65536,
    QUEUE_KBYTES_MAX = 2097151,
};

struct vt_kafka_sender {
    int32_t partitions;
    rd_kafka_t *handle;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *events;
    _Atomic size_t on_their_way;
};

/* librdkafka must never be the one that is full: who may add votes is decided before. */
static void set_room(rd_kafka_conf_t *conf, size_t records_max) {
    size_t kbytes = records_max * RECORD_BYTES_MAX / 1024;
    kbytes = kbytes < QUEUE_KBYTES_MIN ? QUEUE_KBYTES_MIN : kbytes > QUEUE_KBYTES_MAX ? QUEUE_KBYTES_MAX : kbytes;
    vt_kafka_conf_set_number(conf, "queue.buffering.max.messages", (int64_t) (records_max + QUEUE_SLACK_RECORDS));
    vt_kafka_conf_set_number(conf, "queue.buffering.max.kbytes", (int64_t) kbytes);
}

static rd_kafka_t *open_handle(const vt_kafka_sender_options *options, char *reason) {
    rd_kafka_conf_t *conf;
    if (vt_kafka_conf_make(options->target, "votaton-ledger", &conf, reason) != VT_OK) {
        return NULL;
    }
    vt_kafka_conf_set(conf, "acks", "all");
    vt_kafka_conf_set(conf, "enable.idempotence", "true");
    vt_kafka_conf_set(conf, "linger.ms", "1");
    /* A broker works on one request of a connection, and the next is on its way meanwhile. A third would only wait
     * there, and votes that come could not get into it any more. */
    vt_kafka_conf_set(conf, "max.in.flight", "2");
    vt_kafka_conf_set_number(conf, "message.timeout.ms", options->delivery_timeout_ms);
    set_room(conf, options->records_max);
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, VT_KAFKA_REASON_MAX);
    if (handle == NULL) {
        rd_kafka_conf_destroy(conf);
    }
    return handle;
}

vt_err vt_kafka_sender_open(const vt_kafka_sender_options *options, vt_kafka_sender **out,
                            char reason[VT_KAFKA_REASON_MAX]) {
    vt_kafka_sender *sender = calloc(1, sizeof *sender);
    if (sender == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    sender->handle = open_handle(options, reason);
    if (sender->handle == NULL) {
        free(sender);
        return VT_ERR_BAD_CONFIG;
    }
    sender->partitions = options->partitions;
    sender->events = rd_kafka_queue_get_main(sender->handle);
    sender->topic = rd_kafka_topic_new(sender->handle, options->target->url.topic, NULL);
    if (sender->topic == NULL) {
        vt_kafka_sender_close(sender);
        return VT_ERR_SYSTEM;
    }
    *out = sender;
    return VT_OK;
}

void vt_kafka_sender_close(vt_kafka_sender *sender) {
    if (sender == NULL) {
        return;
    }
    rd_kafka_queue_destroy(sender->events);
    if (sender->topic != NULL) {
        rd_kafka_topic_destroy(sender->topic);
    }
    rd_kafka_destroy(sender->handle);
    free(sender);
}

vt_err vt_kafka_sender_send(vt_kafka_sender *sender, vt_append *item) {
    vt_kafka_value value;
    vt_kafka_record_write(&item->record, &value);
    rd_kafka_headers_t *headers = vt_kafka_record_headers(&item->record);
    if (headers == NULL) {
        return VT_ERR_RETRY;
    }
    atomic_fetch_add(&sender->on_their_way, 1); /* first: the report may come before rd_kafka_producev returns */
    /* Not left to librdkafka: a topic that gets more partitions would send a retry to another one than the first. */
    int32_t partition =
        rd_kafka_msg_partitioner_murmur2(sender->topic, value.key, value.key_len, sender->partitions, NULL, NULL);
    rd_kafka_resp_err_t code =
        rd_kafka_producev(sender->handle, RD_KAFKA_V_RKT(sender->topic), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(value.key, value.key_len),
                          RD_KAFKA_V_VALUE(value.value, value.value_len), RD_KAFKA_V_HEADERS(headers),
                          RD_KAFKA_V_OPAQUE(item), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return VT_OK;
    }
    atomic_fetch_sub(&sender->on_their_way, 1);
    rd_kafka_headers_destroy(headers);
    return code == RD_KAFKA_RESP_ERR__FATAL ? VT_ERR_GONE : VT_ERR_RETRY;
}

rd_kafka_event_t *vt_kafka_sender_poll(vt_kafka_sender *sender, int timeout_ms) {
    return rd_kafka_queue_poll(sender->events, timeout_ms);
}

void vt_kafka_sender_wake(vt_kafka_sender *sender) {
    rd_kafka_queue_yield(sender->events);
}

bool vt_kafka_sender_is_broken(vt_kafka_sender *sender, char *text, size_t text_size) {
    return rd_kafka_fatal_error(sender->handle, text, text_size) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

void vt_kafka_sender_purge(vt_kafka_sender *sender) {
    rd_kafka_purge(sender->handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

const rd_kafka_message_t *vt_kafka_sender_report(vt_kafka_sender *sender, rd_kafka_event_t *event) {
    const rd_kafka_message_t *report = rd_kafka_event_message_next(event);
    if (report != NULL) {
        atomic_fetch_sub(&sender->on_their_way, 1);
    }
    return report;
}

size_t vt_kafka_sender_on_their_way(const vt_kafka_sender *sender) {
    return atomic_load(&sender->on_their_way);
}

bool vt_kafka_sender_reaches_topic(vt_kafka_sender *sender, int timeout_ms) {
    int32_t partitions = 0;
    return vt_kafka_topic_partitions(sender->handle, rd_kafka_topic_name(sender->topic), timeout_ms, &partitions) ==
               VT_OK &&
           partitions > 0;
}

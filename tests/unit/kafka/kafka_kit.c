#include "kafka_kit.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

enum { ASK_AGAIN_MS = 10 };

bool kafka_kit_is_there(void) {
    const char *url = getenv("KAFKA");
    if (url == NULL || strncmp(url, "kafka://", 8) != 0) {
        print_message("skipped: KAFKA is not set\n");
        return false;
    }
    return true;
}

void kafka_kit_target(vt_kafka_target *target) {
    uint8_t random[8];
    if (!kafka_kit_is_there()) {
        skip();
    }
    *target = (vt_kafka_target){0};
    const char *brokers = getenv("KAFKA") + 8;
    snprintf(target->url.brokers, sizeof target->url.brokers, "%.*s", (int) strcspn(brokers, "/"), brokers);
    assert_int_equal(getrandom(random, sizeof random, 0), sizeof random);
    int len = snprintf(target->url.topic, sizeof target->url.topic, "test-");
    for (size_t i = 0; i < sizeof random; i++) {
        len += snprintf(target->url.topic + len, sizeof target->url.topic - (size_t) len, "%02x", random[i]);
    }
}

rd_kafka_t *kafka_kit_reader(const vt_kafka_target *target) {
    char reason[VT_KAFKA_REASON_MAX] = "";
    rd_kafka_conf_t *conf;
    assert_int_equal(vt_kafka_conf_make(target, "test", &conf, reason), VT_OK);
    vt_kafka_conf_set_reader(conf);
    vt_kafka_conf_set(conf, "fetch.wait.max.ms", "10");
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (handle == NULL) {
        fail_msg("%s", reason);
    }
    return handle;
}

/* Whether every partition tells its end. */
static bool is_served(rd_kafka_t *handle, const char *topic, int32_t partitions) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    rd_kafka_topic_partition_list_add_range(list, topic, 0, partitions - 1);
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset = RD_KAFKA_OFFSET_END;
    }
    bool is_it = rd_kafka_offsets_for_times(handle, list, KAFKA_KIT_TIMEOUT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; i < list->cnt; i++) {
        is_it = is_it && list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR && list->elems[i].offset >= 0;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return is_it;
}

/* A broker is named leader a moment before it serves the partition. */
static void await_served(rd_kafka_t *handle, const char *topic, int32_t partitions) {
    const struct timespec pause = {.tv_nsec = ASK_AGAIN_MS * 1000000};
    int64_t deadline_ns = vt_clock_deadline_ns(KAFKA_KIT_TIMEOUT_MS);
    while (!is_served(handle, topic, partitions)) {
        assert_true(vt_clock_left_ms(deadline_ns) > 0);
        nanosleep(&pause, NULL);
    }
}

void kafka_kit_make_topic(rd_kafka_t *handle, const char *topic, int32_t partitions, const char *const *config) {
    char reason[VT_KAFKA_REASON_MAX] = "";
    vt_kafka_topic_wish wish = {partitions, -1, config};
    if (vt_kafka_topic_create(handle, topic, &wish, KAFKA_KIT_TIMEOUT_MS, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
    await_served(handle, topic, partitions);
}

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *context) {
    (void) producer;
    (void) message;
    (void) context;
    assert_int_equal(message->err, RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* librdkafka wants its bytes writable. NULL when there are none. */
static char *copy_of(vt_slice bytes) {
    char *copy = bytes.ptr == NULL ? NULL : malloc(bytes.len + 1);
    if (copy != NULL) {
        memcpy(copy, bytes.ptr, bytes.len);
    }
    return copy;
}

static void produce_one(rd_kafka_t *producer, const char *topic, int32_t partition, const kafka_kit_record *record) {
    rd_kafka_headers_t *headers = rd_kafka_headers_new(4);
    for (const kafka_kit_header *header = record->headers; header != NULL && header->name != NULL; header++) {
        rd_kafka_header_add(headers, header->name, -1, header->bytes, (ssize_t) header->len);
    }
    char *key = copy_of(record->key);
    char *value = copy_of(record->value);
    assert_int_equal(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                                       RD_KAFKA_V_KEY(key, record->key.len), RD_KAFKA_V_VALUE(value, record->value.len),
                                       RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_TIMESTAMP(record->created_ms),
                                       RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    free(key);
    free(value);
}

static rd_kafka_t *open_producer(const vt_kafka_target *target, const char *transactional_id) {
    char reason[VT_KAFKA_REASON_MAX] = "";
    rd_kafka_conf_t *conf;
    assert_int_equal(vt_kafka_conf_make(target, "test", &conf, reason), VT_OK);
    vt_kafka_conf_set(conf, "message.max.bytes", "8000000");
    if (transactional_id != NULL) {
        vt_kafka_conf_set(conf, "transactional.id", transactional_id);
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    assert_non_null(producer);
    return producer;
}

void kafka_kit_produce(const vt_kafka_target *target, const char *topic, int32_t partition,
                       const kafka_kit_record *records, size_t count) {
    rd_kafka_t *producer = open_producer(target, NULL);
    for (size_t i = 0; i < count; i++) {
        produce_one(producer, topic, partition, &records[i]);
    }
    assert_int_equal(rd_kafka_flush(producer, KAFKA_KIT_TIMEOUT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(producer);
}

void kafka_kit_produce_in_transaction(const vt_kafka_target *target, const char *topic, int32_t partition,
                                      const kafka_kit_record *records, size_t count, bool stands) {
    rd_kafka_t *producer = open_producer(target, topic);
    assert_null(rd_kafka_init_transactions(producer, KAFKA_KIT_TIMEOUT_MS));
    assert_null(rd_kafka_begin_transaction(producer));
    for (size_t i = 0; i < count; i++) {
        produce_one(producer, topic, partition, &records[i]);
    }
    assert_int_equal(rd_kafka_flush(producer, KAFKA_KIT_TIMEOUT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_null(stands ? rd_kafka_commit_transaction(producer, KAFKA_KIT_TIMEOUT_MS)
                       : rd_kafka_abort_transaction(producer, KAFKA_KIT_TIMEOUT_MS));
    rd_kafka_destroy(producer);
}

static void await_event(rd_kafka_queue_t *queue) {
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, KAFKA_KIT_TIMEOUT_MS);
    assert_non_null(event);
    assert_int_equal(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
}

void kafka_kit_delete_before(rd_kafka_t *handle, const char *topic, int32_t partition, int64_t offset) {
    rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
    rd_kafka_DeleteRecords_t *wish = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(handle, &wish, 1, NULL, queue);
    await_event(queue);
    rd_kafka_DeleteRecords_destroy(wish);
    rd_kafka_topic_partition_list_destroy(list);
}

void kafka_kit_delete_topic(rd_kafka_t *handle, const char *topic) {
    rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
    rd_kafka_DeleteTopic_t *wish = rd_kafka_DeleteTopic_new(topic);
    rd_kafka_DeleteTopics(handle, &wish, 1, NULL, queue);
    await_event(queue);
    rd_kafka_DeleteTopic_destroy(wish);
}

void kafka_kit_set_config(rd_kafka_t *handle, const char *topic, const char *name, const char *value) {
    rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_ConfigResource_set_config(resource, name, value);
    rd_kafka_AlterConfigs(handle, &resource, 1, NULL, queue);
    await_event(queue);
    rd_kafka_ConfigResource_destroy(resource);
}

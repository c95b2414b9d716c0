#include "topic_kit.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TEXT_MAX = 128, ASK_AGAIN_MS = 20 };

static const char *topic_of(const topic_kit *kit) {
    return kit->target.url.topic;
}

void topic_kit_open(topic_kit *kit, int32_t partitions) {
    memset(kit, 0, sizeof *kit);
    kafka_kit_target(&kit->target);
    kit->handle = kafka_kit_reader(&kit->target);
    kit->partitions = partitions;
    kit->ledger_id = (vt_id){{1, 2, 3}};
    snprintf(kit->group, sizeof kit->group, "%.50s", topic_of(kit));
    kafka_kit_make_topic(kit->handle, topic_of(kit), partitions, NULL);
}

/* Waits for the one event of an administrative request. */
static void await(rd_kafka_queue_t *queue) {
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, KAFKA_KIT_TIMEOUT_MS);
    assert_non_null(event);
    assert_int_equal(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
}

static int32_t partitions_of(const topic_kit *kit, const char *topic) {
    int32_t found = 0;
    assert_int_equal(vt_kafka_topic_partitions(kit->handle, topic, KAFKA_KIT_TIMEOUT_MS, &found), VT_OK);
    return found;
}

static void delete_topic(const topic_kit *kit, const char *topic) {
    const struct timespec pause = {.tv_nsec = ASK_AGAIN_MS * 1000000};
    int64_t deadline_ns = vt_clock_monotonic_ns() + (int64_t) KAFKA_KIT_TIMEOUT_MS * 1000000;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kit->handle);
    rd_kafka_DeleteTopic_t *wish = rd_kafka_DeleteTopic_new(topic);
    rd_kafka_DeleteTopics(kit->handle, &wish, 1, NULL, queue);
    await(queue);
    rd_kafka_DeleteTopic_destroy(wish);
    while (partitions_of(kit, topic) > 0) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        nanosleep(&pause, NULL);
    }
}

void topic_kit_close(topic_kit *kit) {
    char dead[VT_KAFKA_TOPIC_BYTES_MAX + sizeof VT_KAFKA_DEAD_SUFFIX];
    snprintf(dead, sizeof dead, "%s" VT_KAFKA_DEAD_SUFFIX, topic_of(kit));
    if (partitions_of(kit, dead) > 0) {
        delete_topic(kit, dead);
    }
    delete_topic(kit, topic_of(kit));
    rd_kafka_destroy(kit->handle);
}

void topic_kit_votes(const topic_kit *kit, int32_t partition, int first, int count) {
    kafka_kit_record *records = calloc((size_t) count, sizeof *records);
    char *texts = malloc((size_t) count * TEXT_MAX);
    for (int i = 0; i < count; i++) {
        char *text = texts + (size_t) i * TEXT_MAX;
        snprintf(text, TEXT_MAX, "{\"name\":\"Band %d-%d\",\"album\":\"Re\",\"year\":\"2001\",\"rank\":\"1\"}",
                 partition, first + i);
        records[i].value = vt_slice_str(text);
    }
    kafka_kit_produce(&kit->target, topic_of(kit), partition, records, (size_t) count);
    free(texts);
    free(records);
}

void topic_kit_garbage(const topic_kit *kit, int32_t partition, vt_slice key, vt_slice value) {
    kafka_kit_record record = {.key = key, .value = value};
    kafka_kit_produce(&kit->target, topic_of(kit), partition, &record, 1);
}

void topic_kit_remake(const topic_kit *kit) {
    delete_topic(kit, topic_of(kit));
    kafka_kit_make_topic(kit->handle, topic_of(kit), kit->partitions, NULL);
}

void topic_kit_delete_before(const topic_kit *kit, int32_t partition, int64_t offset) {
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kit->handle);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic_of(kit), partition)->offset = offset;
    rd_kafka_DeleteRecords_t *wish = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(kit->handle, &wish, 1, NULL, queue);
    await(queue);
    rd_kafka_DeleteRecords_destroy(wish);
    rd_kafka_topic_partition_list_destroy(list);
}

int64_t topic_kit_committed(const topic_kit *kit, int32_t partition) {
    char reason[VT_KAFKA_REASON_MAX] = "";
    rd_kafka_conf_t *conf;
    assert_int_equal(vt_kafka_conf_make(&kit->target, "test", &conf, reason), VT_OK);
    vt_kafka_conf_set(conf, "group.id", kit->group);
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    assert_non_null(handle);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic_of(kit), partition);
    assert_int_equal(rd_kafka_committed(handle, list, KAFKA_KIT_TIMEOUT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(handle);
    return offset < 0 ? -1 : offset;
}

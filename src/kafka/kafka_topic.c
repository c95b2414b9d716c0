#include "kafka/kafka_topic.h"

#include "base/clock.h"

#include <stdio.h>
#include <time.h>

enum {
    ASK_AGAIN_MS = 50,
    QUEUE_SLACK_MS = 500, /* librdkafka's own deadline ends a request first */
    ERROR_TEXT_MAX = 512,
};

vt_err vt_kafka_err(rd_kafka_resp_err_t code) {
    switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return VT_OK;
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        return VT_ERR_SYSTEM;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
        return VT_ERR_NOT_FOUND;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
        return VT_ERR_CORRUPT;
    default:
        return VT_ERR_BUSY;
    }
}

/* ---- metadata ---- */

/* How many partitions there are, and whether each has a leader. VT_ERR_NOT_FOUND. */
static vt_err ask_partitions(rd_kafka_t *handle, rd_kafka_topic_t *topic, int timeout_ms, int32_t *partitions,
                             bool *has_leaders) {
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(handle, 0, topic, &metadata, timeout_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return vt_kafka_err(code);
    }
    vt_err err = VT_ERR_NOT_FOUND;
    if (metadata->topic_cnt == 1) {
        const struct rd_kafka_metadata_topic *found = &metadata->topics[0];
        err = found->err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ? VT_OK : vt_kafka_err(found->err);
        *partitions = found->partition_cnt;
        *has_leaders = found->partition_cnt > 0;
        for (int i = 0; i < found->partition_cnt; i++) {
            *has_leaders = *has_leaders && found->partitions[i].leader >= 0;
        }
    }
    rd_kafka_metadata_destroy(metadata);
    return err;
}

vt_err vt_kafka_topic_partitions(rd_kafka_t *handle, const char *topic, int timeout_ms, int32_t *out) {
    int32_t partitions = 0;
    bool has_leaders;
    rd_kafka_topic_t *local = rd_kafka_topic_new(handle, topic, NULL);
    if (local == NULL) {
        return VT_ERR_SYSTEM;
    }
    vt_err err = ask_partitions(handle, local, timeout_ms, &partitions, &has_leaders);
    rd_kafka_topic_destroy(local);
    if (err == VT_OK || err == VT_ERR_NOT_FOUND) {
        *out = err == VT_OK ? partitions : 0;
        return VT_OK;
    }
    return err;
}

static vt_err await_leaders(rd_kafka_t *handle, const char *topic, int64_t deadline_ns) {
    const struct timespec pause = {.tv_nsec = ASK_AGAIN_MS * 1000000};
    rd_kafka_topic_t *local = rd_kafka_topic_new(handle, topic, NULL);
    if (local == NULL) {
        return VT_ERR_SYSTEM;
    }
    vt_err err = VT_ERR_BUSY;
    bool has_leaders = false;
    while (!has_leaders && vt_clock_left_ms(deadline_ns) > 0) {
        int32_t partitions;
        err = ask_partitions(handle, local, vt_clock_left_ms(deadline_ns), &partitions, &has_leaders);
        if (err != VT_OK && err != VT_ERR_NOT_FOUND) {
            break;
        }
        has_leaders = has_leaders && err == VT_OK;
        if (!has_leaders) {
            nanosleep(&pause, NULL);
        }
    }
    rd_kafka_topic_destroy(local);
    return has_leaders ? VT_OK : err == VT_OK || err == VT_ERR_NOT_FOUND ? VT_ERR_BUSY : err;
}

/* ---- administration ---- */

/* One request to the brokers and the event with its answer. */
typedef struct request {
    rd_kafka_queue_t *queue;
    rd_kafka_AdminOptions_t *options;
    rd_kafka_event_t *event;
    int timeout_ms;
} request;

static vt_err request_init(request *self, rd_kafka_t *handle, rd_kafka_admin_op_t operation, int timeout_ms) {
    char text[ERROR_TEXT_MAX];
    *self = (request){.queue = rd_kafka_queue_new(handle), .timeout_ms = timeout_ms};
    self->options = rd_kafka_AdminOptions_new(handle, operation);
    bool fits = rd_kafka_AdminOptions_set_request_timeout(self->options, timeout_ms, text, sizeof text) ==
                RD_KAFKA_RESP_ERR_NO_ERROR;
    return fits ? VT_OK : VT_ERR_SYSTEM;
}

/* Waits for the answer; its error is the request's, not that of what was asked for. */
static rd_kafka_resp_err_t request_await(request *self) {
    self->event = rd_kafka_queue_poll(self->queue, self->timeout_ms + QUEUE_SLACK_MS);
    return self->event == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(self->event);
}

static void request_release(request *self) {
    if (self->event != NULL) {
        rd_kafka_event_destroy(self->event);
    }
    rd_kafka_AdminOptions_destroy(self->options);
    rd_kafka_queue_destroy(self->queue);
}

static rd_kafka_NewTopic_t *new_topic(const char *topic, const vt_kafka_topic_wish *wish, char *text,
                                      size_t text_size) {
    rd_kafka_NewTopic_t *made = rd_kafka_NewTopic_new(topic, wish->partitions, wish->replication, text, text_size);
    for (size_t i = 0; made != NULL && wish->config != NULL && wish->config[i] != NULL; i += 2) {
        if (rd_kafka_NewTopic_set_config(made, wish->config[i], wish->config[i + 1]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            snprintf(text, text_size, "the setting %s cannot be made", wish->config[i]);
            rd_kafka_NewTopic_destroy(made);
            return NULL;
        }
    }
    return made;
}

/* What the brokers said to making one topic. */
static vt_err read_created(const request *at, const char *topic, char *reason) {
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(at->event);
    size_t count = 0;
    const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(result, &count);
    if (count != 1) {
        snprintf(reason, VT_KAFKA_REASON_MAX, "the topic %s cannot be made: no answer", topic);
        return VT_ERR_BUSY;
    }
    rd_kafka_resp_err_t code = rd_kafka_topic_result_error(topics[0]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
        return VT_OK;
    }
    const char *words = rd_kafka_topic_result_error_string(topics[0]);
    snprintf(reason, VT_KAFKA_REASON_MAX, "the topic %s cannot be made: %s", topic,
             words == NULL ? rd_kafka_err2str(code) : words);
    bool is_passing = code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT || code == RD_KAFKA_RESP_ERR_NOT_CONTROLLER;
    return is_passing ? VT_ERR_BUSY : VT_ERR_SYSTEM;
}

static vt_err ask_to_create(rd_kafka_t *handle, const char *topic, rd_kafka_NewTopic_t *wished, int timeout_ms,
                            char *reason) {
    request at;
    vt_err err = request_init(&at, handle, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout_ms);
    if (err == VT_OK) {
        rd_kafka_CreateTopics(handle, &wished, 1, at.options, at.queue);
        rd_kafka_resp_err_t code = request_await(&at);
        err = vt_kafka_err(code);
        if (err == VT_OK) {
            err = read_created(&at, topic, reason);
        } else {
            snprintf(reason, VT_KAFKA_REASON_MAX, "the topic %s cannot be made: %s", topic, rd_kafka_err2str(code));
        }
    }
    request_release(&at);
    return err;
}

vt_err vt_kafka_topic_create(rd_kafka_t *handle, const char *topic, const vt_kafka_topic_wish *wish, int timeout_ms,
                             char reason[VT_KAFKA_REASON_MAX]) {
    int64_t deadline_ns = vt_clock_deadline_ns((uint32_t) timeout_ms);
    char text[ERROR_TEXT_MAX] = "";
    rd_kafka_NewTopic_t *wished = new_topic(topic, wish, text, sizeof text);
    if (wished == NULL) {
        snprintf(reason, VT_KAFKA_REASON_MAX, "the topic %.200s cannot be made: %.200s", topic, text);
        return VT_ERR_SYSTEM;
    }
    vt_err err = ask_to_create(handle, topic, wished, timeout_ms, reason);
    rd_kafka_NewTopic_destroy(wished);
    if (err == VT_OK) {
        err = await_leaders(handle, topic, deadline_ns);
        if (err != VT_OK) {
            snprintf(reason, VT_KAFKA_REASON_MAX, "the topic %s has no leaders yet", topic);
        }
    }
    return err;
}

static vt_err find_entry(const request *at, const char *name, char *out, size_t out_size) {
    const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(at->event);
    size_t count = 0;
    const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
    if (count != 1) {
        return VT_ERR_BUSY;
    }
    vt_err err = vt_kafka_err(rd_kafka_ConfigResource_error(resources[0]));
    if (err != VT_OK) {
        return err;
    }
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resources[0], &count);
    for (size_t i = 0; i < count; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        if (value != NULL && strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0) {
            if (strlen(value) >= out_size) {
                return VT_ERR_FULL;
            }
            memcpy(out, value, strlen(value) + 1);
            return VT_OK;
        }
    }
    return VT_ERR_NOT_FOUND;
}

vt_err vt_kafka_topic_config(rd_kafka_t *handle, const char *topic, const char *name, int timeout_ms, char *out,
                             size_t out_size) {
    request at;
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    if (resource == NULL) {
        return VT_ERR_SYSTEM;
    }
    vt_err err = request_init(&at, handle, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_ms);
    if (err == VT_OK) {
        rd_kafka_DescribeConfigs(handle, &resource, 1, at.options, at.queue);
        err = vt_kafka_err(request_await(&at));
    }
    if (err == VT_OK) {
        err = find_entry(&at, name, out, out_size);
    }
    request_release(&at);
    rd_kafka_ConfigResource_destroy(resource);
    return err;
}

/* `which` is RD_KAFKA_OFFSET_BEGINNING or RD_KAFKA_OFFSET_END. */
static vt_err ask_offset(rd_kafka_t *handle, const char *topic, int32_t partition, int64_t which, int timeout_ms,
                         int64_t *out) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *asked = rd_kafka_topic_partition_list_add(list, topic, partition);
    asked->offset = which;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(handle, list, timeout_ms);
    code = code == RD_KAFKA_RESP_ERR_NO_ERROR ? asked->err : code;
    vt_err err = vt_kafka_err(code);
    if (err == VT_OK && asked->offset < 0) {
        err = VT_ERR_BUSY; /* the time was up */
    }
    if (err == VT_OK) {
        *out = asked->offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return err;
}

/* rd_kafka_query_watermark_offsets asks the leader that it knows, and when that one died it does so until it comes
 * back, whatever the timeout. So the leader is asked for first, and then each offset in a way that ends in time. */
vt_err vt_kafka_topic_watermarks(rd_kafka_t *handle, const char *topic, int32_t partition, int timeout_ms, int64_t *low,
                                 int64_t *high) {
    int64_t deadline_ns = vt_clock_deadline_ns((uint32_t) timeout_ms);
    int32_t partitions = 0;
    int64_t found_low;
    int64_t found_high;
    vt_err err = vt_kafka_topic_partitions(handle, topic, timeout_ms, &partitions);
    if (err == VT_OK && partition >= partitions) {
        err = VT_ERR_NOT_FOUND;
    }
    if (err == VT_OK) {
        err =
            ask_offset(handle, topic, partition, RD_KAFKA_OFFSET_BEGINNING, vt_clock_left_ms(deadline_ns), &found_low);
    }
    if (err == VT_OK) {
        err = ask_offset(handle, topic, partition, RD_KAFKA_OFFSET_END, vt_clock_left_ms(deadline_ns), &found_high);
    }
    if (err == VT_OK) {
        *low = found_low;
        *high = found_high;
    }
    return err;
}

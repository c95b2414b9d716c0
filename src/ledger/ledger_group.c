#include "ledger/ledger_group.h"

#include "base/assert.h"
#include "base/clock.h"
#include "kafka/kafka_handle.h"
#include "kafka/kafka_topic.h"
#include "kafka/kafka_trouble.h"
#include "ledger/group_settings.h"
#include "ledger/kafka_record.h"
#include "ledger/message_backlog.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BOUNDS_TIMEOUT_MS = 2000,
    WAKE_TIMEOUT_MS = 100,
    STOP_STEPS = 2,
    PROBE_EVERY_MS = 1000,
    PROBE_TIMEOUT_MS = 300,
    CLOSE_TIMEOUT_MS = 2000,
    CLOSE_POLL_MS = 20,
};

/* What this member has to do with a partition. */
typedef struct share {
    bool is_ours;
    bool is_read; /* its position is known: it belongs on the list */
    int64_t next; /* what is given next is at or behind it */
    int64_t end;  /* librdkafka reached the end of the log here; -1: not since the last list */
} share;

struct vt_ledger_group {
    vt_ledger_group_options options;
    rd_kafka_t *handle;
    rd_kafka_queue_t *queue;
    share shares[VT_PARTITIONS_MAX];
    bool is_list_stale; /* librdkafka reads something else than what the shares say */
    uint64_t rebalances;
    vt_message_backlog backlog;
    bool was_full; /* librdkafka's queue reached its limit, and nobody has asked for more since */

    bool is_away; /* no broker answers */
    int64_t probe_at_ns;
    bool is_closing;
    vt_err fatal;  /* VT_OK, IN_USE or SYSTEM: for good */
    vt_err mishap; /* VT_OK, BUSY or GONE: to be told once */
    int32_t mishap_partition;
    char fatal_reason[VT_LEDGER_GROUP_REASON_MAX];
    char reason[VT_LEDGER_GROUP_REASON_MAX];
};

static const char *topic_of(const vt_ledger_group *group) {
    return group->options.target->url.topic;
}

static share *share_of(vt_ledger_group *group, int32_t partition) {
    return partition >= 0 && partition < VT_PARTITIONS_MAX ? &group->shares[partition] : NULL;
}

/* ---- trouble ---- */

static void fail_for_good(vt_ledger_group *group, vt_err err, const char *reason) {
    if (group->fatal == VT_OK) {
        group->fatal = err;
        snprintf(group->fatal_reason, sizeof group->fatal_reason, "%s", reason);
    }
}

/* librdkafka's consumer has stopped for good. */
static void learn_fatal(vt_ledger_group *group) {
    char text[VT_LEDGER_GROUP_REASON_MAX];
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(group->handle, text, sizeof text);
    if (code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
        fail_for_good(group, VT_ERR_IN_USE, "another member of the group took this instance id");
    } else if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail_for_good(group, VT_ERR_SYSTEM, text);
    }
}

__attribute__((format(printf, 4, 5))) static void note(vt_ledger_group *group, vt_err err, int32_t partition,
                                                       const char *format, ...);

/* Remembers the first mishap of a poll. */
static void note(vt_ledger_group *group, vt_err err, int32_t partition, const char *format, ...) {
    if (group->mishap != VT_OK) {
        return;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(group->reason, sizeof group->reason, format, args);
    va_end(args);
    group->mishap = err;
    group->mishap_partition = partition;
}

/* Nothing more comes of the partition until its owner seeks. */
static void lose_position(vt_ledger_group *group, int32_t partition, const char *reason) {
    share *own = share_of(group, partition);
    if (own != NULL && own->is_read) {
        own->is_read = false;
        group->is_list_stale = true;
        vt_message_backlog_drop(&group->backlog, partition);
        note(group, VT_ERR_GONE, partition, "partition %d: %s", (int) partition, reason);
    }
}

/* librdkafka leaves a damaged record out; read again from where we are, so that none is missed. */
static void read_again(vt_ledger_group *group, int32_t partition, const char *reason) {
    vt_message_backlog_drop(&group->backlog, partition);
    group->is_list_stale = true;
    note(group, VT_ERR_BUSY, partition, "partition %d: %s", (int) partition, reason);
}

static void learn_error(vt_ledger_group *group, const rd_kafka_message_t *message) {
    const char *reason = rd_kafka_message_errstr(message);
    switch (message->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        return;
    case RD_KAFKA_RESP_ERR__FATAL:
        learn_fatal(group);
        return;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        lose_position(group, message->partition, reason);
        return;
    default:
        break;
    }
    vt_err err = vt_kafka_err(message->err);
    if (err == VT_ERR_SYSTEM) {
        fail_for_good(group, err, reason);
    } else if (err == VT_ERR_CORRUPT) {
        read_again(group, message->partition, reason);
    } else if (err == VT_ERR_NOT_FOUND && message->rkt != NULL && message->partition >= 0) {
        lose_position(group, message->partition, reason);
    } else {
        note(group, VT_ERR_BUSY, message->partition, "%s", reason);
    }
}

static void on_error(rd_kafka_t *handle, int code, const char *reason, void *opaque) {
    (void) handle;
    (void) reason; /* it counts each address of the settings as a broker of its own */
    vt_ledger_group *group = opaque;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        group->is_away = true;
    } else if (code == RD_KAFKA_RESP_ERR__FATAL) {
        learn_fatal(group);
    }
}

/* Nothing tells that brokers are back when there is nothing to read. */
static void probe(vt_ledger_group *group) {
    int64_t now_ns = vt_clock_monotonic_ns();
    if (!group->is_away || now_ns < group->probe_at_ns) {
        return;
    }
    const struct rd_kafka_metadata *metadata = NULL;
    if (rd_kafka_metadata(group->handle, 0, NULL, &metadata, PROBE_TIMEOUT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_metadata_destroy(metadata);
        group->is_away = false;
    }
    group->probe_at_ns = now_ns + (int64_t) PROBE_EVERY_MS * 1000000;
}

/* ---- which partitions, and from where ---- */

/* librdkafka 2.0 aborts when it is to stop a partition that it is stopping: its main thread tells itself in two steps
 * that it has stopped, and takes questions in between in their order. Behind two of them it is through. */
static void await_stops(vt_ledger_group *group) {
    for (int i = 0; i < STOP_STEPS && !group->is_closing; i++) {
        rd_kafka_topic_partition_list_t *list = NULL;
        if (rd_kafka_assignment(group->handle, &list) == RD_KAFKA_RESP_ERR_NO_ERROR) {
            rd_kafka_topic_partition_list_destroy(list);
        }
    }
}

static vt_err assign(vt_ledger_group *group, const rd_kafka_topic_partition_list_t *list) {
    rd_kafka_resp_err_t code = rd_kafka_assign(group->handle, list);
    await_stops(group);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        note(group, VT_ERR_BUSY, -1, "the partitions cannot be assigned: %s", rd_kafka_err2str(code));
        return VT_ERR_BUSY;
    }
    return VT_OK;
}

/* Tells librdkafka what to read. All that it had fetched is void when this returns, and so is our backlog, and an end
 * that stood behind what is dropped: librdkafka tells it again. */
static void refresh_list(vt_ledger_group *group) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(VT_PARTITIONS_MAX);
    size_t ours = 0;
    for (int32_t i = 0; i < VT_PARTITIONS_MAX; i++) {
        ours += group->shares[i].is_ours;
        if (group->shares[i].is_read) {
            rd_kafka_topic_partition_list_add(list, topic_of(group), i)->offset = group->shares[i].next;
        }
    }
    /* While the group rebalances nothing is ours, and the list is not ours to make. */
    if (ours == 0 || assign(group, list) == VT_OK) {
        group->is_list_stale = false;
        vt_message_backlog_clear(&group->backlog);
        for (int32_t i = 0; i < VT_PARTITIONS_MAX; i++) {
            group->shares[i].end = -1;
        }
    }
    rd_kafka_topic_partition_list_destroy(list);
}

static void take_shares(vt_ledger_group *group, const rd_kafka_topic_partition_list_t *list) {
    rd_kafka_topic_partition_list_t *nothing = rd_kafka_topic_partition_list_new(0);
    vt_err err = assign(group, nothing);
    rd_kafka_topic_partition_list_destroy(nothing);
    if (err != VT_OK) {
        return;
    }
    group->rebalances++;
    group->is_away = false;
    for (int i = 0; i < list->cnt; i++) {
        share *own = share_of(group, list->elems[i].partition);
        if (own == NULL) {
            fail_for_good(group, VT_ERR_SYSTEM, "the topic has more partitions than votaton can count");
            continue;
        }
        *own = (share){.is_ours = true};
        group->options.assigned(group->options.context, list->elems[i].partition);
    }
}

static void give_shares_up(vt_ledger_group *group) {
    for (int32_t i = 0; i < VT_PARTITIONS_MAX; i++) {
        if (group->shares[i].is_ours) {
            group->shares[i] = (share){0};
            vt_message_backlog_drop(&group->backlog, i);
            if (!group->is_closing) {
                group->options.revoked(group->options.context, i);
            }
        }
    }
    group->is_list_stale = false;
    rd_kafka_assign(group->handle, NULL);
    await_stops(group);
}

static void on_rebalance(rd_kafka_t *handle, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
                         void *opaque) {
    (void) handle;
    vt_ledger_group *group = opaque;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && !group->is_closing) {
        take_shares(group, list);
    } else {
        give_shares_up(group);
    }
}

vt_err vt_ledger_group_seek(vt_ledger_group *group, int32_t partition, int64_t next) {
    VT_ASSERT(next >= 0);
    share *own = share_of(group, partition);
    if (own == NULL || !own->is_ours) {
        return VT_ERR_GONE;
    }
    own->is_read = true;
    own->next = next;
    group->is_list_stale = true;
    vt_message_backlog_drop(&group->backlog, partition);
    return VT_OK;
}

void vt_ledger_group_pause(vt_ledger_group *group, int32_t partition) {
    share *own = share_of(group, partition);
    if (own != NULL && own->is_read) {
        own->is_read = false;
        group->is_list_stale = true;
        vt_message_backlog_drop(&group->backlog, partition);
    }
}

/* ---- records ---- */

/* Keeps what is asked for; the rest is of partitions that were given up, or an error. */
static void sort(vt_ledger_group *group, rd_kafka_message_t **fresh, size_t count) {
    for (size_t i = 0; i < count; i++) {
        rd_kafka_message_t *message = fresh[i];
        share *own = share_of(group, message->partition);
        bool is_asked_for = !group->is_list_stale && own != NULL && own->is_read && message->offset >= own->next;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && is_asked_for) {
            own->end = message->offset;
        } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            learn_error(group, message);
        } else if (is_asked_for) {
            group->is_away = false;
            group->backlog.waiting[group->backlog.waiting_count++] = message;
            continue;
        }
        rd_kafka_message_destroy(message);
    }
}

/* A full queue makes librdkafka (before 2.2) stop fetching, and look at it again no sooner than a second later, unless
 * the threads that speak to the brokers have something else to do: a question to each of them. */
static void wake_fetchers(vt_ledger_group *group) {
    size_t length = rd_kafka_queue_length(group->queue);
    group->was_full = group->was_full || length >= VT_LEDGER_GROUP_BACKLOG_RECORDS;
    if (!group->was_full || length > VT_LEDGER_GROUP_BACKLOG_RECORDS / 2) {
        return;
    }
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(VT_PARTITIONS_MAX);
    for (int32_t i = 0; i < VT_PARTITIONS_MAX; i++) {
        if (group->shares[i].is_read) {
            rd_kafka_topic_partition_list_add(list, topic_of(group), i)->offset = RD_KAFKA_OFFSET_END;
        }
    }
    if (list->cnt > 0) {
        rd_kafka_offsets_for_times(group->handle, list, WAKE_TIMEOUT_MS);
    }
    rd_kafka_topic_partition_list_destroy(list);
    group->was_full = false;
}

static void fetch(vt_ledger_group *group, int timeout_ms) {
    rd_kafka_message_t *fresh[VT_MESSAGE_BACKLOG_MAX];
    VT_ASSERT(group->backlog.waiting_count == 0);
    /* With a timeout it would wait until there are as many. */
    ssize_t count = rd_kafka_consume_batch_queue(group->queue, 0, fresh, VT_MESSAGE_BACKLOG_MAX);
    if (count <= 0 && timeout_ms > 0) {
        fresh[0] = rd_kafka_consumer_poll(group->handle, timeout_ms);
        count = fresh[0] != NULL;
        if (count == 1) {
            ssize_t more = rd_kafka_consume_batch_queue(group->queue, 0, fresh + 1, VT_MESSAGE_BACKLOG_MAX - 1);
            count += more > 0 ? more : 0;
        }
    }
    sort(group, fresh, count > 0 ? (size_t) count : 0);
    wake_fetchers(group);
}

/* What is to be told before records are given. */
static vt_err tell(vt_ledger_group *group, int32_t *partition) {
    vt_err err = group->fatal;
    if (err != VT_OK) {
        snprintf(group->reason, sizeof group->reason, "%s", group->fatal_reason);
        return err;
    }
    err = group->mishap;
    group->mishap = VT_OK;
    if (err == VT_ERR_GONE) {
        *partition = group->mishap_partition;
    } else if (err == VT_OK && group->is_away) {
        vt_kafka_trouble_tell(group->reason, sizeof group->reason);
        err = VT_ERR_BUSY;
    }
    return err;
}

static size_t give(vt_ledger_group *group, vt_ledger_row *rows, size_t rows_max, int32_t *partition) {
    size_t count = vt_message_backlog_give(&group->backlog, rows_max);
    if (count == 0) {
        return 0;
    }
    share *own = share_of(group, group->backlog.given[0]->partition);
    const vt_kafka_record_place place = {group->options.ledger_id, group->options.partitions};
    for (size_t i = 0; i < count; i++) {
        const rd_kafka_message_t *message = group->backlog.given[i];
        VT_ASSERT(message->offset >= own->next);
        own->next = message->offset + 1;
        vt_kafka_record_read(message, &place, &rows[i]);
    }
    *partition = group->backlog.given[0]->partition;
    return count;
}

vt_err vt_ledger_group_poll(vt_ledger_group *group, int timeout_ms, vt_ledger_row *rows, size_t rows_max, size_t *count,
                            int32_t *partition) {
    VT_ASSERT(rows_max >= 1);
    *count = 0;
    vt_message_backlog_release_given(&group->backlog);
    if (group->is_list_stale) {
        refresh_list(group);
    }
    if (group->backlog.waiting_count == 0) {
        fetch(group, group->fatal == VT_OK ? timeout_ms : 0);
        probe(group);
    }
    vt_err err = tell(group, partition);
    if (err == VT_OK && !group->is_list_stale) {
        *count = give(group, rows, rows_max, partition);
    }
    return err;
}

const char *vt_ledger_group_reason(const vt_ledger_group *group) {
    return group->reason;
}

uint64_t vt_ledger_group_rebalances(const vt_ledger_group *group) {
    return group->rebalances;
}

vt_err vt_ledger_group_bounds(vt_ledger_group *group, int32_t partition, int64_t *first, int64_t *end) {
    vt_err err = vt_kafka_topic_watermarks(group->handle, topic_of(group), partition, BOUNDS_TIMEOUT_MS, first, end);
    if (err != VT_OK) {
        err = err == VT_ERR_SYSTEM ? VT_ERR_SYSTEM : VT_ERR_BUSY;
        snprintf(group->reason, sizeof group->reason, "partition %d: its bounds are not known: %s", (int) partition,
                 vt_err_text(err));
    }
    return err;
}

int64_t vt_ledger_group_read_until(const vt_ledger_group *group, int32_t partition) {
    VT_ASSERT(partition >= 0 && partition < VT_PARTITIONS_MAX);
    const share *own = &group->shares[partition];
    if (!own->is_read || group->is_list_stale) {
        return -1;
    }
    int64_t until = own->end > own->next ? own->end : own->next;
    for (size_t i = 0; i < group->backlog.waiting_count; i++) {
        const rd_kafka_message_t *message = group->backlog.waiting[i];
        if (message->partition == partition && message->offset < until) {
            until = message->offset;
        }
    }
    return until;
}

int64_t vt_ledger_group_lag(const vt_ledger_group *group, int32_t partition) {
    int64_t until = vt_ledger_group_read_until(group, partition);
    int64_t low;
    int64_t high;
    if (until < 0 ||
        rd_kafka_get_watermark_offsets(group->handle, topic_of(group), partition, &low, &high) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        high < 0) {
        return -1;
    }
    return high > until ? high - until : 0;
}

void vt_ledger_group_commit(vt_ledger_group *group, int32_t partition, int64_t next) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic_of(group), partition)->offset = next;
    /* Nothing is read from there: a commit that fails makes a dashboard older by one batch. */
    rd_kafka_commit(group->handle, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
}

/* ---- life ---- */

static rd_kafka_conf_t *settle(rd_kafka_conf_t *conf, vt_ledger_group *group) {
    const vt_ledger_group_options *options = &group->options;
    vt_group_settings_apply(conf, options->group, options->instance, options->session_timeout_ms);
    rd_kafka_conf_set_opaque(conf, group);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_error_cb(conf, on_error);
    return conf;
}

static vt_err connect_group(vt_ledger_group *group, char reason[VT_KAFKA_REASON_MAX]) {
    char text[VT_KAFKA_REASON_MAX];
    rd_kafka_conf_t *conf = NULL;
    vt_err err = vt_kafka_conf_make(group->options.target, "votaton", &conf, reason);
    if (err != VT_OK) {
        return err;
    }
    group->handle = rd_kafka_new(RD_KAFKA_CONSUMER, settle(conf, group), text, sizeof text);
    if (group->handle == NULL) {
        rd_kafka_conf_destroy(conf);
        snprintf(reason, VT_KAFKA_REASON_MAX, "no Kafka consumer can be made: %.400s", text);
        return VT_ERR_BAD_CONFIG;
    }
    rd_kafka_poll_set_consumer(group->handle);
    group->queue = rd_kafka_queue_get_consumer(group->handle);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic_of(group), RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(group->handle, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        snprintf(reason, VT_KAFKA_REASON_MAX, "the topic %s cannot be subscribed to: %s", topic_of(group),
                 rd_kafka_err2str(code));
        return VT_ERR_SYSTEM;
    }
    return VT_OK;
}

vt_err vt_ledger_group_open(const vt_ledger_group_options *options, vt_ledger_group **out,
                            char reason[VT_KAFKA_REASON_MAX]) {
    VT_ASSERT(options->assigned != NULL && options->revoked != NULL);
    vt_ledger_group *group = calloc(1, sizeof *group);
    if (group == NULL) {
        snprintf(reason, VT_KAFKA_REASON_MAX, "%s", vt_err_text(VT_ERR_NO_MEMORY));
        return VT_ERR_NO_MEMORY;
    }
    group->options = *options;
    vt_err err = connect_group(group, reason);
    if (err != VT_OK) {
        vt_ledger_group_close(group);
        return err;
    }
    *out = group;
    return VT_OK;
}

static void leave(vt_ledger_group *group) {
    int64_t deadline_ns = vt_clock_deadline_ns(CLOSE_TIMEOUT_MS);
    rd_kafka_queue_t *events = rd_kafka_queue_new(group->handle);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(group->handle, events);
    while (error == NULL && !rd_kafka_consumer_closed(group->handle) && vt_clock_monotonic_ns() < deadline_ns) {
        /* Beside the events there may be records that nobody will look at. */
        rd_kafka_message_t *last = NULL;
        if (rd_kafka_consume_batch_queue(events, CLOSE_POLL_MS, &last, 1) == 1) {
            rd_kafka_message_destroy(last);
        }
    }
    rd_kafka_error_destroy(error);
    rd_kafka_queue_destroy(events);
}

void vt_ledger_group_close(vt_ledger_group *group) {
    if (group == NULL) {
        return;
    }
    group->is_closing = true;
    vt_message_backlog_clear(&group->backlog);
    if (group->queue != NULL) {
        rd_kafka_queue_destroy(group->queue);
        leave(group);
    }
    if (vt_kafka_handle_close(group->handle)) {
        free(group); /* else its callbacks may use it still */
    }
}

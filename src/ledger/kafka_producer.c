#include "ledger/kafka_producer.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/queue.h"
#include "ledger/answers.h"
#include "ledger/kafka_condition.h"
#include "ledger/kafka_metrics.h"
#include "ledger/kafka_sender.h"
#include "obs/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    GROUP_RECORDS_MAX = 4096,
    POLL_IDLE_MS = 1000,
    POLL_BUSY_MS = 100,    /* while something has to be tried again */
    RENEW_PAUSE_MS = 500,  /* between two producers */
    CLOSE_SLACK_MS = 1000, /* librdkafka's own deadline ends a delivery first */
    ERROR_TEXT_MAX = 256,
};

/* What an item's `position.partition` says while it is on its way; `position.offset` is when it was taken, in ns. */
enum { NOT_IN_LOG, MAYBE_IN_LOG };

typedef struct item_list {
    vt_append *first;
    vt_append *last;
} item_list;

struct vt_kafka_producer {
    vt_kafka_sender_options sender_options;
    vt_kafka_metrics metrics;
    size_t queue_records_max;
    _Atomic size_t in_flight; /* taken and not answered */
    vt_queue *aside;          /* their `err` is the answer, or VT_OK: to be sent */

    pthread_rwlock_t lock; /* appending threads share it; of the sender's change and of closing */
    vt_kafka_sender *sender;
    bool is_closing;
    atomic_bool is_lost; /* the log went back: nothing is acknowledged any more */

    /* Of the thread. */
    pthread_t thread;
    bool has_thread;
    vt_answers *answers;
    vt_append *group[GROUP_RECORDS_MAX]; /* to be answered */
    size_t group_count;
    item_list unsent;                /* to be sent when there is a producer that works */
    int64_t ends[VT_PARTITIONS_MAX]; /* behind the last record of ours that was told of */
    int64_t renew_at_ns;
    int64_t purge_at_ns; /* when closing takes too long; 0: not closing */
    vt_kafka_condition condition;
};

static int64_t now_ns(void) {
    return vt_clock_monotonic_ns();
}

static int64_t ms_in_ns(int64_t ms) {
    return ms * 1000000;
}

/* ---- taking ---- */

/* Whether `count` more may be taken; they are then. */
static bool reserve(vt_kafka_producer *producer, size_t count) {
    size_t taken = atomic_load(&producer->in_flight);
    do {
        if (count > producer->queue_records_max - taken) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&producer->in_flight, &taken, taken + count));
    vt_gauge_add(producer->metrics.in_flight, (int64_t) count);
    return true;
}

static void give_back(vt_kafka_producer *producer, size_t count) {
    atomic_fetch_sub(&producer->in_flight, count);
    vt_gauge_add(producer->metrics.in_flight, -(int64_t) count);
}

/* Sends one vote; true: it has to go aside. It must not be looked at any more when it was sent. */
static bool take(vt_kafka_producer *producer, vt_append *item, int64_t at_ns) {
    item->position = (vt_position){NOT_IN_LOG, at_ns};
    item->verdict = VT_VERDICT_NONE;
    if (item->refusal != VT_OK) {
        item->err = item->refusal;
        return true;
    }
    vt_err err = vt_kafka_sender_send(producer->sender, item);
    if (err != VT_OK) {
        item->err = err == VT_ERR_GONE ? VT_OK : VT_ERR_RETRY;
    }
    return err != VT_OK;
}

static void put_aside(vt_kafka_producer *producer, vt_append *item) {
    void *pointer = item;
    vt_err err = vt_queue_push(producer->aside, &pointer, 1);
    VT_ASSERT(err == VT_OK); /* it has room for all that may be in flight */
}

vt_err vt_kafka_producer_append(vt_kafka_producer *producer, vt_append *const *items, size_t count) {
    bool wakes = false;
    if (atomic_load(&producer->is_lost)) {
        return VT_ERR_RETRY;
    }
    if (!reserve(producer, count)) {
        return VT_ERR_OVERLOADED;
    }
    pthread_rwlock_rdlock(&producer->lock);
    if (producer->is_closing) {
        pthread_rwlock_unlock(&producer->lock);
        give_back(producer, count);
        return VT_ERR_RETRY;
    }
    int64_t at_ns = now_ns();
    for (size_t i = 0; i < count; i++) {
        if (take(producer, items[i], at_ns)) {
            put_aside(producer, items[i]);
            wakes = true;
        }
    }
    if (wakes) {
        vt_kafka_sender_wake(producer->sender);
    }
    pthread_rwlock_unlock(&producer->lock);
    return VT_OK;
}

size_t vt_kafka_producer_in_flight(const vt_kafka_producer *producer) {
    return atomic_load(&producer->in_flight);
}

/* ---- answering ---- */

static void deliver(vt_kafka_producer *producer) {
    size_t count = producer->group_count;
    if (count > 0) {
        producer->group_count = 0;
        /* First: whoever gets an answer may append the next vote at once. */
        give_back(producer, count);
        vt_answers_deliver(producer->answers, producer->group, count);
    }
}

static void answer(vt_kafka_producer *producer, vt_append *item, vt_err err) {
    item->err = err;
    producer->group[producer->group_count++] = item;
    if (producer->group_count == GROUP_RECORDS_MAX) {
        deliver(producer);
    }
}

static void answer_recorded(vt_kafka_producer *producer, vt_append *item, const rd_kafka_message_t *report) {
    int64_t latency_us = rd_kafka_message_latency(report);
    item->position = (vt_position){report->partition, report->offset};
    vt_counter_add(producer->metrics.ok, 1);
    vt_histogram_observe(producer->metrics.seconds, (double) (latency_us < 0 ? 0 : latency_us) / 1e6);
    answer(producer, item, VT_OK);
}

/* The vote will not be sent any more. */
static void answer_failed(vt_kafka_producer *producer, vt_append *item) {
    bool is_unknown = item->position.partition == MAYBE_IN_LOG;
    vt_counter_add(is_unknown ? producer->metrics.unknown : producer->metrics.retry, 1);
    answer(producer, item, is_unknown ? VT_ERR_UNKNOWN : VT_ERR_RETRY);
}

/* ---- sending again ---- */

static void keep_unsent(vt_kafka_producer *producer, vt_append *item) {
    item->next = NULL;
    if (producer->unsent.first == NULL) {
        producer->unsent.first = item;
    } else {
        producer->unsent.last->next = item;
    }
    producer->unsent.last = item;
}

static void take_from_aside(vt_kafka_producer *producer) {
    void *items[256];
    size_t count;
    do {
        count = vt_queue_take(producer->aside, items, sizeof items / sizeof items[0], 0);
        for (size_t i = 0; i < count; i++) {
            vt_append *item = items[i];
            if (item->err == VT_OK) {
                keep_unsent(producer, item);
            } else if (item->err == item->refusal) {
                answer(producer, item, item->err);
            } else {
                answer_failed(producer, item);
            }
        }
    } while (count > 0);
}

/* Every vote of the list is sent, answered because it is too late, or kept because the producer is broken again. */
static void send_unsent(vt_kafka_producer *producer) {
    item_list list = producer->unsent;
    int64_t oldest_ns = now_ns() - ms_in_ns(producer->sender_options.delivery_timeout_ms);
    bool is_broken = false;
    producer->unsent = (item_list){0};
    while (list.first != NULL) {
        vt_append *item = list.first;
        list.first = item->next;
        vt_err err = VT_ERR_RETRY;
        if (item->position.offset >= oldest_ns) {
            err = is_broken ? VT_ERR_GONE : vt_kafka_sender_send(producer->sender, item);
        }
        if (err == VT_ERR_GONE) {
            is_broken = true;
            keep_unsent(producer, item);
        } else if (err != VT_OK) {
            answer_failed(producer, item);
        }
    }
}

/* ---- delivery reports ---- */

/* Whether the vote failed with its producer, and not by itself. */
static bool failed_with_producer(vt_kafka_sender *sender, rd_kafka_resp_err_t code) {
    char text[ERROR_TEXT_MAX];
    return code != RD_KAFKA_RESP_ERR__MSG_TIMED_OUT && vt_kafka_sender_is_broken(sender, text, sizeof text);
}

/* Nothing is acknowledged any more. */
static void lose_ledger(vt_kafka_producer *producer, const char *reason) {
    vt_log(VT_LOG_ERROR, "ledger_changed", VT_LOG_STR("reason", reason),
           VT_LOG_STR("hint", "nothing is acknowledged until this process is restarted on the right topic"));
    if (producer->condition.health != NULL) {
        vt_health_set(producer->condition.health, "ledger", reason);
    }
    atomic_store(&producer->is_lost, true);
}

/* Offsets of one partition only grow, unless its log was cut (an unclean election) or the topic was made anew: records
 * that were acknowledged are gone then, and what comes now may be another ledger. */
static void check_place(vt_kafka_producer *producer, const rd_kafka_message_t *report) {
    char reason[VT_HEALTH_REASON_MAX];
    if (atomic_load(&producer->is_lost)) {
        return;
    }
    int64_t *end = &producer->ends[report->partition];
    if (report->offset < *end) {
        snprintf(reason, sizeof reason, "the topic was made anew or cut: partition %" PRId32 " is back at %" PRId64,
                 report->partition, report->offset);
        lose_ledger(producer, reason);
    }
    *end = report->offset + 1;
}

static void handle_report(vt_kafka_producer *producer, vt_kafka_sender *sender, const rd_kafka_message_t *report) {
    vt_append *item = report->_private;
    /* A vote that is in the log, but nobody knows where, cannot be acknowledged: there is no position to give. */
    bool is_recorded = report->err == RD_KAFKA_RESP_ERR_NO_ERROR && report->offset >= 0;
    if (is_recorded) {
        check_place(producer, report);
    }
    if (is_recorded && !atomic_load(&producer->is_lost)) {
        answer_recorded(producer, item, report);
        vt_kafka_condition_delivered(&producer->condition);
        return;
    }
    if (rd_kafka_message_status(report) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED) {
        item->position.partition = MAYBE_IN_LOG;
    }
    if (failed_with_producer(sender, report->err)) {
        keep_unsent(producer, item);
    } else {
        answer_failed(producer, item);
        vt_kafka_condition_failed(&producer->condition, rd_kafka_err2str(report->err));
    }
}

static void handle_event(vt_kafka_producer *producer, vt_kafka_sender *sender, rd_kafka_event_t *event) {
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR) {
        vt_kafka_condition_error(&producer->condition, rd_kafka_event_error(event));
    } else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR) {
        const rd_kafka_message_t *report = vt_kafka_sender_report(sender, event);
        for (; report != NULL; report = vt_kafka_sender_report(sender, event)) {
            handle_report(producer, sender, report);
        }
    }
    rd_kafka_event_destroy(event);
}

/* Waits for a first event, then takes what is there, up to a group. */
static void handle_events(vt_kafka_producer *producer, int timeout_ms) {
    for (size_t i = 0; i < GROUP_RECORDS_MAX; i++) {
        rd_kafka_event_t *event = vt_kafka_sender_poll(producer->sender, i == 0 ? timeout_ms : 0);
        if (event == NULL) {
            break;
        }
        handle_event(producer, producer->sender, event);
    }
}

/* ---- a new producer ---- */

/* Takes back what a broken producer has not delivered. */
static void take_back(vt_kafka_producer *producer, vt_kafka_sender *broken) {
    vt_kafka_sender_purge(broken);
    /* Ends by itself: what is not purged times out. */
    while (vt_kafka_sender_on_their_way(broken) > 0) {
        rd_kafka_event_t *event = vt_kafka_sender_poll(broken, POLL_BUSY_MS);
        if (event != NULL) {
            handle_event(producer, broken, event);
        }
    }
    vt_kafka_sender_close(broken);
}

static void renew(vt_kafka_producer *producer, const char *why) {
    char reason[VT_KAFKA_REASON_MAX];
    vt_kafka_sender *fresh;
    producer->renew_at_ns = now_ns() + ms_in_ns(RENEW_PAUSE_MS);
    vt_kafka_condition_failed(&producer->condition, why);
    vt_err err = vt_kafka_sender_open(&producer->sender_options, &fresh, reason);
    if (err != VT_OK) {
        vt_log(VT_LOG_ERROR, "kafka_producer_not_replaced", VT_LOG_STR("error", vt_err_text(err)));
        return;
    }
    vt_log(VT_LOG_WARN, "kafka_producer_replaced", VT_LOG_STR("reason", why));
    vt_counter_add(producer->metrics.producers, 1);
    vt_kafka_sender *broken = producer->sender;
    pthread_rwlock_wrlock(&producer->lock);
    producer->sender = fresh;
    pthread_rwlock_unlock(&producer->lock);
    take_back(producer, broken);
}

/* ---- the thread ---- */

static void mend(vt_kafka_producer *producer) {
    char why[ERROR_TEXT_MAX];
    if (vt_kafka_sender_is_broken(producer->sender, why, sizeof why) && now_ns() >= producer->renew_at_ns) {
        renew(producer, why);
    }
    take_from_aside(producer);
    send_unsent(producer);
    if (vt_kafka_producer_in_flight(producer) == 0 || producer->condition.is_suspect) {
        vt_kafka_condition_tick(&producer->condition, producer->sender);
    }
}

static int poll_ms(const vt_kafka_producer *producer) {
    bool has_work = producer->unsent.first != NULL || producer->purge_at_ns != 0 ||
                    vt_kafka_condition_is_open(&producer->condition);
    return has_work ? POLL_BUSY_MS : POLL_IDLE_MS;
}

/* Whether everything is answered and nothing more can come. */
static bool is_over(vt_kafka_producer *producer) {
    pthread_rwlock_rdlock(&producer->lock);
    bool is_closing = producer->is_closing;
    pthread_rwlock_unlock(&producer->lock);
    if (!is_closing) {
        return false;
    }
    int64_t at_ns = now_ns();
    if (producer->purge_at_ns == 0) {
        producer->purge_at_ns =
            at_ns + ms_in_ns((int64_t) producer->sender_options.delivery_timeout_ms + CLOSE_SLACK_MS);
    } else if (at_ns >= producer->purge_at_ns) {
        vt_kafka_sender_purge(producer->sender);
    }
    return vt_kafka_producer_in_flight(producer) == 0;
}

static void *answer_votes(void *context) {
    vt_kafka_producer *producer = context;
    do {
        handle_events(producer, poll_ms(producer));
        mend(producer);
        deliver(producer);
    } while (!is_over(producer));
    return NULL;
}

/* ---- opening and closing ---- */

static vt_err open_parts(vt_kafka_producer *producer, const vt_kafka_producer_options *options, char *reason) {
    vt_err err = vt_answers_open(GROUP_RECORDS_MAX, &producer->answers);
    if (err == VT_OK) {
        err = vt_queue_open(options->queue_records_max, &producer->aside);
    }
    if (err == VT_OK) {
        err = vt_kafka_sender_open(&producer->sender_options, &producer->sender, reason);
    }
    if (err == VT_OK && pthread_create(&producer->thread, NULL, answer_votes, producer) != 0) {
        err = VT_ERR_SYSTEM;
    }
    producer->has_thread = err == VT_OK;
    return err;
}

vt_err vt_kafka_producer_open(const vt_kafka_producer_options *options, vt_kafka_producer **out,
                              char reason[VT_KAFKA_REASON_MAX]) {
    VT_ASSERT(options->queue_records_max >= 1);
    vt_kafka_producer *producer = calloc(1, sizeof *producer);
    if (producer == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    producer->sender_options = (vt_kafka_sender_options){
        .target = options->target,
        .partitions = options->partitions,
        .records_max = options->queue_records_max,
        .delivery_timeout_ms = options->delivery_timeout_ms,
    };
    producer->queue_records_max = options->queue_records_max;
    pthread_rwlock_init(&producer->lock, NULL);
    vt_kafka_metrics_init(&producer->metrics, options->metrics);
    vt_kafka_condition_init(&producer->condition, options->health);
    vt_counter_add(producer->metrics.producers, 1);
    vt_err err = open_parts(producer, options, reason);
    if (err != VT_OK) {
        vt_kafka_producer_close(producer);
        return err;
    }
    *out = producer;
    return VT_OK;
}

void vt_kafka_producer_close(vt_kafka_producer *producer) {
    if (producer == NULL) {
        return;
    }
    if (producer->has_thread) {
        pthread_rwlock_wrlock(&producer->lock);
        producer->is_closing = true;
        vt_kafka_sender_wake(producer->sender);
        pthread_rwlock_unlock(&producer->lock);
        pthread_join(producer->thread, NULL);
    }
    vt_kafka_sender_close(producer->sender);
    vt_queue_close(producer->aside);
    vt_answers_close(producer->answers);
    pthread_rwlock_destroy(&producer->lock);
    free(producer);
}

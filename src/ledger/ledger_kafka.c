#include "ledger/ledger_kafka.h"

#include "base/assert.h"
#include "kafka/kafka_handle.h"
#include "kafka/kafka_topic.h"
#include "kafka/kafka_trouble.h"
#include "ledger/kafka_contest.h"
#include "ledger/kafka_producer.h"
#include "ledger/kafka_record.h"
#include "ledger/kafka_settings.h"
#include "ledger/kafka_stream.h"
#include "obs/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
    TIMEOUT_MS = 10000,
    CONNECT_TIMEOUT_MS = 3000, /* of the first question; whoever asks again meanwhile looks for a signal in between */
};

typedef struct ledger_kafka {
    vt_ledger ledger; /* first: a vt_ledger * points here */
    vt_ledger_kafka_options options;
    const char *topic;      /* borrowed from the target */
    rd_kafka_t *reader;     /* a consumer without a group */
    vt_kafka_stream *votes; /* of whoever calls vt_ledger_read */
    vt_kafka_contest *contest;
    vt_metrics *own_metrics;     /* when nobody else wants them */
    vt_kafka_producer *producer; /* NULL: opened for reading */
} ledger_kafka;

/* ---- the port ---- */

static vt_err append(vt_ledger *ledger, vt_append *const *items, size_t count) {
    ledger_kafka *kafka = (ledger_kafka *) ledger;
    return kafka->producer == NULL ? VT_ERR_UNIMPLEMENTED : vt_kafka_producer_append(kafka->producer, items, count);
}

static vt_err set_fold(vt_ledger *ledger, vt_ledger_fold *fold, void *context) {
    (void) ledger;
    (void) fold;
    (void) context;
    return VT_ERR_UNIMPLEMENTED;
}

static vt_err read_rows(vt_ledger *ledger, vt_position after, vt_position until, vt_ledger_row *rows, size_t rows_max,
                        size_t *count) {
    ledger_kafka *kafka = (ledger_kafka *) ledger;
    rd_kafka_message_t *const *messages;
    VT_ASSERT(after.partition == until.partition && after.partition >= 0 && after.offset >= -1);
    if (after.offset == INT64_MAX) {
        *count = 0;
        return VT_OK;
    }
    vt_err err = vt_kafka_stream_read(kafka->votes, after.partition, after.offset + 1, until.offset, rows_max,
                                      TIMEOUT_MS, &messages, count);
    if (err != VT_OK) {
        return err == VT_ERR_SYSTEM ? VT_ERR_IO : err;
    }
    const vt_kafka_record_place place = {ledger->id, ledger->partitions};
    for (size_t i = 0; i < *count; i++) {
        vt_kafka_record_read(messages[i], &place, &rows[i]);
    }
    return VT_OK;
}

/* The id is that of the first version that counts; before there is one, a candidate for it. */
static void learn_id(ledger_kafka *kafka, const vt_kafka_contest_state *state) {
    if (state->version > 0 && !vt_id_eq(&state->ledger_id, &kafka->ledger.id)) {
        kafka->ledger.id = state->ledger_id;
    }
}

static vt_err contest_latest(vt_ledger *ledger, vt_buf *json, uint32_t *version) {
    ledger_kafka *kafka = (ledger_kafka *) ledger;
    vt_kafka_contest_state state;
    vt_err err = vt_kafka_contest_latest(kafka->contest, &state, json);
    if (err == VT_OK) {
        learn_id(kafka, &state);
        *version = state.version;
    }
    return err;
}

/* What version 1 says of the topic decides whether other settings are refused ever after. */
static vt_err topic_is_ours(const ledger_kafka *kafka, bool *is_ours) {
    char reason[VT_KAFKA_REASON_MAX];
    vt_err err = vt_kafka_settings_check(kafka->reader, kafka->topic, reason);
    *is_ours = err == VT_OK;
    return err == VT_ERR_BAD_CONFIG ? VT_OK : err;
}

static vt_err contest_append(vt_ledger *ledger, uint32_t version, vt_slice json) {
    ledger_kafka *kafka = (ledger_kafka *) ledger;
    vt_kafka_contest_state state = {.version = version, .ledger_id = ledger->id};
    vt_err err = version == 1 ? topic_is_ours(kafka, &state.made_topic) : VT_OK;
    if (err != VT_OK) {
        return err == VT_ERR_BUSY ? VT_ERR_BUSY : VT_ERR_IO;
    }
    return vt_kafka_contest_append(kafka->contest, &state, json);
}

static size_t queue_depth(const vt_ledger *ledger) {
    const ledger_kafka *kafka = (const ledger_kafka *) ledger;
    return kafka->producer == NULL ? 0 : vt_kafka_producer_in_flight(kafka->producer);
}

static void close_ledger(vt_ledger *ledger) {
    ledger_kafka *kafka = (ledger_kafka *) ledger;
    vt_kafka_producer_close(kafka->producer);
    vt_metrics_close(kafka->own_metrics);
    vt_kafka_contest_close(kafka->contest);
    vt_kafka_stream_close(kafka->votes);
    vt_kafka_handle_close(kafka->reader); /* no callback of it uses the ledger */
    free(kafka);
}

static const vt_ledger_backend backend = {
    .append = append,
    .set_fold = set_fold,
    .read = read_rows,
    .contest_latest = contest_latest,
    .contest_append = contest_append,
    .queue_depth = queue_depth,
    .close = close_ledger,
};

vt_err vt_ledger_kafka_bounds(vt_ledger *ledger, int32_t partition, int64_t *first, int64_t *end) {
    ledger_kafka *kafka = (ledger_kafka *) ledger;
    return vt_kafka_topic_watermarks(kafka->reader, kafka->topic, partition, TIMEOUT_MS, first, end);
}

/* ---- opening ---- */

static vt_err open_reader(ledger_kafka *kafka, char *reason) {
    rd_kafka_conf_t *conf;
    vt_err err = vt_kafka_conf_make(kafka->options.target, "votaton-reader", &conf, reason);
    if (err != VT_OK) {
        return err;
    }
    vt_kafka_stream_set_conf(conf);
    kafka->reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, VT_KAFKA_REASON_MAX);
    if (kafka->reader == NULL) {
        rd_kafka_conf_destroy(conf);
        return VT_ERR_BAD_CONFIG;
    }
    return VT_OK;
}

static vt_err count_partitions(const ledger_kafka *kafka, const char *topic, int32_t *partitions, char *reason) {
    vt_err err = vt_kafka_topic_partitions(kafka->reader, topic, CONNECT_TIMEOUT_MS, partitions);
    if (err != VT_OK) {
        char why[VT_KAFKA_TROUBLE_MAX];
        vt_kafka_trouble_explain(err, "DESCRIBE", why, sizeof why);
        snprintf(reason, VT_KAFKA_REASON_MAX, "the topic %.90s cannot be looked up: %s", topic, why);
    }
    return err;
}

static vt_err open_votes(ledger_kafka *kafka, char *reason) {
    const vt_ledger_kafka_options *options = &kafka->options;
    int32_t partitions = 0;
    vt_err err = count_partitions(kafka, kafka->topic, &partitions, reason);
    if (err == VT_OK && partitions == 0 && options->mode == VT_LEDGER_KAFKA_READ) {
        snprintf(reason, VT_KAFKA_REASON_MAX, "the topic %s does not exist yet", kafka->topic);
        return VT_ERR_BUSY;
    }
    if (err == VT_OK && partitions == 0) {
        err = vt_kafka_settings_make_votes(kafka->reader, kafka->topic, options->partitions, options->replication,
                                           reason);
        /* Another process may have made it meanwhile, with more or fewer. */
        err = err == VT_OK ? count_partitions(kafka, kafka->topic, &partitions, reason) : err;
    }
    if (err != VT_OK) {
        return err;
    }
    if (partitions < 1 || partitions > VT_PARTITIONS_MAX) {
        snprintf(reason, VT_KAFKA_REASON_MAX, "the topic %s has %d partitions, a ledger 1 to %d", kafka->topic,
                 partitions, VT_PARTITIONS_MAX);
        return VT_ERR_BAD_CONFIG;
    }
    kafka->ledger.partitions = partitions;
    return vt_kafka_stream_open(kafka->reader, kafka->topic, &kafka->votes);
}

static vt_err open_contest(ledger_kafka *kafka, char *reason) {
    char topic[VT_KAFKA_TOPIC_BYTES_MAX + sizeof VT_KAFKA_CONTEST_SUFFIX];
    int32_t partitions = 0;
    snprintf(topic, sizeof topic, "%s%s", kafka->topic, VT_KAFKA_CONTEST_SUFFIX);
    vt_err err = count_partitions(kafka, topic, &partitions, reason);
    if (err == VT_OK && partitions == 0) {
        err = vt_kafka_settings_make_contest(kafka->reader, topic, kafka->options.replication, reason);
        /* Who only reads may lack the right to make it: it waits for somebody who has it. */
        bool waits = err == VT_ERR_SYSTEM && kafka->options.mode == VT_LEDGER_KAFKA_READ;
        err = waits ? VT_ERR_BUSY : err;
    }
    if (err == VT_OK && partitions > 1) {
        snprintf(reason, VT_KAFKA_REASON_MAX, "the topic %s has %d partitions, but needs one", topic, partitions);
        err = VT_ERR_BAD_CONFIG;
    }
    return err == VT_OK ? vt_kafka_contest_open(kafka->reader, kafka->options.target, &kafka->contest) : err;
}

/* A contest's topic that began with our settings keeps them; one of others is theirs to care for. */
static vt_err check_settings(ledger_kafka *kafka, char *reason) {
    vt_kafka_contest_state state;
    vt_err err = vt_kafka_contest_latest(kafka->contest, &state, NULL);
    if (err != VT_OK) {
        snprintf(reason, VT_KAFKA_REASON_MAX, "the contest of the topic %s cannot be read: %s", kafka->topic,
                 vt_err_text(err));
        return err == VT_ERR_IO || err == VT_ERR_CORRUPT ? VT_ERR_SYSTEM : err;
    }
    learn_id(kafka, &state);
    err = vt_kafka_settings_check(kafka->reader, kafka->topic, reason);
    if (err != VT_ERR_BAD_CONFIG || (state.version > 0 && state.made_topic)) {
        return err;
    }
    vt_log(VT_LOG_WARN, "kafka_topic_settings", VT_LOG_STR("topic", kafka->topic), VT_LOG_STR("reason", reason));
    return VT_OK;
}

static vt_err open_producer(ledger_kafka *kafka, char *reason) {
    const vt_ledger_kafka_options *options = &kafka->options;
    if (options->mode == VT_LEDGER_KAFKA_READ) {
        return VT_OK;
    }
    if (options->metrics == NULL && vt_metrics_open(&kafka->own_metrics) != VT_OK) {
        return VT_ERR_NO_MEMORY;
    }
    vt_kafka_producer_options wanted = {
        .target = options->target,
        .partitions = kafka->ledger.partitions,
        .queue_records_max = options->queue_records_max,
        .delivery_timeout_ms = options->delivery_timeout_ms,
        .metrics = options->metrics == NULL ? kafka->own_metrics : options->metrics,
        .health = options->health,
    };
    return vt_kafka_producer_open(&wanted, &kafka->producer, reason);
}

static vt_err open_parts(ledger_kafka *kafka, char *reason) {
    if (getrandom(kafka->ledger.id.bytes, VT_ID_LEN, 0) != VT_ID_LEN) {
        return VT_ERR_SYSTEM;
    }
    vt_err err = open_reader(kafka, reason);
    if (err == VT_OK) {
        err = open_votes(kafka, reason);
    }
    if (err == VT_OK) {
        err = open_contest(kafka, reason);
    }
    if (err == VT_OK) {
        err = check_settings(kafka, reason);
    }
    return err == VT_OK ? open_producer(kafka, reason) : err;
}

vt_err vt_ledger_kafka_open(const vt_ledger_kafka_options *options, vt_ledger **out, char reason[VT_KAFKA_REASON_MAX]) {
    ledger_kafka *kafka = calloc(1, sizeof *kafka);
    snprintf(reason, VT_KAFKA_REASON_MAX, "%s", vt_err_text(kafka == NULL ? VT_ERR_NO_MEMORY : VT_ERR_SYSTEM));
    if (kafka == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    kafka->ledger = (vt_ledger){.backend = &backend};
    kafka->options = *options;
    kafka->topic = options->target->url.topic;
    vt_err err = open_parts(kafka, reason);
    if (err != VT_OK) {
        close_ledger(&kafka->ledger);
        return err;
    }
    *out = &kafka->ledger;
    return VT_OK;
}

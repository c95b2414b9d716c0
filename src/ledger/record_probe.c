#include "ledger/record_probe.h"

#include "kafka/kafka_handle.h"
#include "ledger/kafka_record.h"
#include "ledger/kafka_stream.h"

#include <stdio.h>
#include <stdlib.h>

enum { FETCH_KIB = 64, QUEUED_KIB = 1024 }; /* one record is wanted; what comes with it is dropped */

struct vt_record_probe {
    rd_kafka_t *handle;
    vt_kafka_stream *stream;
};

static vt_err make_handle(vt_record_probe *probe, const vt_kafka_target *target, char reason[VT_KAFKA_REASON_MAX]) {
    char text[VT_KAFKA_REASON_MAX];
    rd_kafka_conf_t *conf = NULL;
    vt_err err = vt_kafka_conf_make(target, "votaton-probe", &conf, reason);
    if (err != VT_OK) {
        return err;
    }
    vt_kafka_stream_set_conf(conf);
    vt_kafka_conf_set_number(conf, "fetch.message.max.bytes", (int64_t) FETCH_KIB * 1024);
    vt_kafka_conf_set_number(conf, "queued.max.messages.kbytes", QUEUED_KIB);
    probe->handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (probe->handle == NULL) {
        rd_kafka_conf_destroy(conf);
        snprintf(reason, VT_KAFKA_REASON_MAX, "no Kafka consumer can be made: %.400s", text);
        return VT_ERR_BAD_CONFIG;
    }
    return VT_OK;
}

vt_err vt_record_probe_open(const vt_kafka_target *target, vt_record_probe **out, char reason[VT_KAFKA_REASON_MAX]) {
    vt_record_probe *probe = calloc(1, sizeof *probe);
    vt_err err = probe == NULL ? VT_ERR_NO_MEMORY : VT_OK;
    snprintf(reason, VT_KAFKA_REASON_MAX, "%s", vt_err_text(err));
    if (err == VT_OK) {
        err = make_handle(probe, target, reason);
    }
    if (err == VT_OK) {
        err = vt_kafka_stream_open(probe->handle, target->url.topic, &probe->stream);
        snprintf(reason, VT_KAFKA_REASON_MAX, "%s", vt_err_text(err));
    }
    if (err != VT_OK) {
        vt_record_probe_close(probe);
        return err;
    }
    *out = probe;
    return VT_OK;
}

void vt_record_probe_close(vt_record_probe *probe) {
    if (probe == NULL) {
        return;
    }
    vt_kafka_stream_close(probe->stream);
    vt_kafka_handle_close(probe->handle); /* no callback of it uses the probe */
    free(probe);
}

vt_err vt_record_probe_mark(vt_record_probe *probe, int32_t partition, int64_t offset, int timeout_ms, vt_id *out) {
    static const vt_kafka_record_place anywhere = {.partitions = 1}; /* a mark does not depend on it */
    rd_kafka_message_t *const *messages;
    size_t count;
    vt_err err = vt_kafka_stream_read(probe->stream, partition, offset, offset, 1, timeout_ms, &messages, &count);
    if (err == VT_OK && count == 0) {
        err = VT_ERR_GONE;
    }
    if (err == VT_OK) {
        vt_ledger_row row;
        vt_kafka_record_read(messages[0], &anywhere, &row);
        *out = row.mark;
    }
    vt_kafka_stream_rest(probe->stream);
    return err == VT_ERR_CORRUPT ? VT_ERR_BUSY : err;
}

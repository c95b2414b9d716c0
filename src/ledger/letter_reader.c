#include "ledger/letter_reader.h"

#include "kafka/kafka_handle.h"
#include "kafka/kafka_topic.h"
#include "ledger/kafka_stream.h"
#include "vote/record.h"

#include <stdio.h>
#include <stdlib.h>

_Static_assert((int) VT_LETTERS_READ_MAX == (int) VT_KAFKA_STREAM_MESSAGES_MAX, "one call, one page");

struct vt_letter_reader {
    const vt_kafka_target *target;
    char topic[VT_LETTER_TOPIC_BYTES_MAX];
    char ledger[VT_UUID_TEXT_LEN];
    rd_kafka_t *handle;
    vt_kafka_stream *stream;
};

static vt_err open_handle(vt_letter_reader *reader, char *reason) {
    rd_kafka_conf_t *conf = NULL;
    vt_err err = vt_kafka_conf_make(reader->target, "votaton-dead-letters", &conf, reason);
    if (err != VT_OK) {
        return err;
    }
    vt_kafka_stream_set_conf(conf);
    reader->handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, VT_KAFKA_REASON_MAX);
    if (reader->handle == NULL) {
        rd_kafka_conf_destroy(conf);
        return VT_ERR_BAD_CONFIG;
    }
    err = vt_kafka_stream_open(reader->handle, reader->topic, &reader->stream);
    if (err != VT_OK) {
        snprintf(reason, VT_KAFKA_REASON_MAX, "%s", vt_err_text(err));
    }
    return err;
}

vt_err vt_letter_reader_open(const vt_kafka_target *target, const vt_id *ledger_id, vt_letter_reader **out,
                             char reason[VT_KAFKA_REASON_MAX]) {
    vt_letter_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        snprintf(reason, VT_KAFKA_REASON_MAX, "%s", vt_err_text(VT_ERR_NO_MEMORY));
        return VT_ERR_NO_MEMORY;
    }
    reader->target = target;
    snprintf(reader->topic, sizeof reader->topic, "%s" VT_KAFKA_DEAD_SUFFIX, target->url.topic);
    vt_uuid_format(ledger_id, reader->ledger);
    vt_err err = open_handle(reader, reason);
    if (err != VT_OK) {
        vt_letter_reader_close(reader);
        return err;
    }
    *out = reader;
    return VT_OK;
}

void vt_letter_reader_close(vt_letter_reader *reader) {
    if (reader == NULL) {
        return;
    }
    vt_kafka_stream_close(reader->stream);
    vt_kafka_handle_close(reader->handle); /* no callback of it uses the reader */
    free(reader);
}

const char *vt_letter_reader_topic(const vt_letter_reader *reader) {
    return reader->topic;
}

vt_err vt_letter_reader_bounds(vt_letter_reader *reader, int32_t partition, int timeout_ms, int64_t *first,
                               int64_t *end) {
    return vt_kafka_topic_watermarks(reader->handle, reader->topic, partition, timeout_ms, first, end);
}

vt_err vt_letter_reader_ledger_end(vt_letter_reader *reader, int32_t partition, int timeout_ms, int64_t *end) {
    int64_t first;
    return vt_kafka_topic_watermarks(reader->handle, reader->target->url.topic, partition, timeout_ms, &first, end);
}

static bool is_of_ledger(const vt_letter_reader *reader, const rd_kafka_message_t *message) {
    rd_kafka_headers_t *headers;
    const void *bytes;
    size_t len;
    return rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
           rd_kafka_header_get_last(headers, VT_LETTER_LEDGER_HEADER, &bytes, &len) == RD_KAFKA_RESP_ERR_NO_ERROR &&
           len == sizeof reader->ledger && memcmp(bytes, reader->ledger, len) == 0;
}

/* Which record the letter is of. */
static bool read_letter(const vt_letter_reader *reader, const rd_kafka_message_t *message, int64_t *offset) {
    vt_position position;
    if (message->key == NULL || !vt_position_parse(vt_slice_of(message->key, message->key_len), &position) ||
        position.partition != message->partition || !is_of_ledger(reader, message)) {
        return false;
    }
    *offset = position.offset;
    return true;
}

vt_err vt_letter_reader_read(vt_letter_reader *reader, int32_t partition, int64_t *next, int64_t end, int timeout_ms,
                             int64_t offsets[VT_LETTERS_READ_MAX], size_t *count) {
    rd_kafka_message_t *const *messages;
    size_t read = 0;
    size_t found = 0;
    vt_err err = vt_kafka_stream_read(reader->stream, partition, *next, end - 1, VT_LETTERS_READ_MAX, timeout_ms,
                                      &messages, &read);
    if (err != VT_OK) {
        return err;
    }
    for (size_t i = 0; i < read; i++) {
        found += read_letter(reader, messages[i], &offsets[found]);
    }
    *next = read == 0 ? end : messages[read - 1]->offset + 1;
    *count = found;
    return VT_OK;
}

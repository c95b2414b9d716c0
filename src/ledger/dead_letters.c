#include "ledger/dead_letters.h"

#include "base/clock.h"
#include "kafka/kafka_topic.h"
#include "kafka/kafka_trouble.h"
#include "ledger/letter_search.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    MESSAGE_BYTES_MAX = VT_DEAD_LETTER_VALUE_BYTES_MAX + VT_DEAD_LETTER_KEY_BYTES_MAX + 4096,
    QUEUE_LETTERS_MAX = 4096,
    QUEUE_KIB_MAX = 32 * 1024,
    OPEN_TIMEOUT_MS = 5000,
    POLL_MS = 100,
};

struct vt_dead_letters {
    const vt_kafka_target *target;
    char topic[VT_LETTER_TOPIC_BYTES_MAX];
    char ledger[VT_UUID_TEXT_LEN];
    rd_kafka_t *producer;
    vt_letter_reader *reader;
    bool is_broken; /* a letter was given up: the producer, and what we believe of the topic, must be made anew */
    size_t pending; /* letters without a delivery report */
    uint64_t delivered;
    vt_letter_search searches[VT_PARTITIONS_MAX]; /* `last` moves with what is handed over */
    char reason[VT_KAFKA_REASON_MAX];
};

/* ---- the producer ---- */

static void on_delivered(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque) {
    (void) handle;
    vt_dead_letters *letters = opaque;
    letters->pending--;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        letters->delivered++;
        return;
    }
    letters->is_broken = true;
    snprintf(letters->reason, sizeof letters->reason, "a letter cannot be written to %s: %s", letters->topic,
             rd_kafka_err2str(message->err));
}

static vt_err make_producer(vt_dead_letters *letters, char *reason) {
    rd_kafka_conf_t *conf = NULL;
    vt_err err = vt_kafka_conf_make(letters->target, "votaton-dead-letters", &conf, reason);
    if (err != VT_OK) {
        return err;
    }
    vt_kafka_conf_set(conf, "acks", "all");
    vt_kafka_conf_set(conf, "enable.idempotence", "true");
    /* What waits too long is waited for again by our caller. */
    vt_kafka_conf_set(conf, "message.timeout.ms", "0");
    vt_kafka_conf_set_number(conf, "message.max.bytes", MESSAGE_BYTES_MAX);
    vt_kafka_conf_set_number(conf, "queue.buffering.max.messages", QUEUE_LETTERS_MAX);
    vt_kafka_conf_set_number(conf, "queue.buffering.max.kbytes", QUEUE_KIB_MAX);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
    rd_kafka_conf_set_opaque(conf, letters);
    char text[VT_KAFKA_REASON_MAX];
    letters->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (letters->producer == NULL) {
        rd_kafka_conf_destroy(conf);
        snprintf(reason, VT_KAFKA_REASON_MAX, "no client for %s can be made: %.200s", letters->topic, text);
        return VT_ERR_BAD_CONFIG;
    }
    return VT_OK;
}

static void drop_producer(vt_dead_letters *letters) {
    if (letters->producer != NULL) {
        rd_kafka_purge(letters->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(letters->producer);
        letters->producer = NULL;
    }
    letters->pending = 0;
}

/* After a failure nobody knows which letters were written: they are looked up again. */
static vt_err mend(vt_dead_letters *letters) {
    if (!letters->is_broken) {
        return VT_OK;
    }
    drop_producer(letters);
    for (size_t i = 0; i < VT_PARTITIONS_MAX; i++) {
        letters->searches[i].stage = VT_LETTER_SEARCH_NONE;
    }
    if (make_producer(letters, letters->reason) != VT_OK) {
        return VT_ERR_BUSY;
    }
    letters->is_broken = false;
    return VT_OK;
}

/* Waits until every letter that was handed over is durable. */
static vt_err settle(vt_dead_letters *letters, int64_t deadline_ns) {
    while (letters->pending > 0 && !letters->is_broken) {
        int wait_ms = vt_clock_left_ms(deadline_ns);
        if (wait_ms == 0) {
            snprintf(letters->reason, sizeof letters->reason, "%zu letters wait for %s", letters->pending,
                     letters->topic);
            return VT_ERR_BUSY;
        }
        rd_kafka_poll(letters->producer, wait_ms < POLL_MS ? wait_ms : POLL_MS);
    }
    return letters->is_broken ? VT_ERR_BUSY : VT_OK;
}

/* ---- the last letters ---- */

static vt_err resume(vt_dead_letters *letters, int32_t partition, int64_t deadline_ns) {
    vt_err err = vt_letter_search_run(&letters->searches[partition], letters->reader, partition, deadline_ns);
    if (err != VT_OK) {
        snprintf(letters->reason, sizeof letters->reason, "the last letters in partition %d of %s are not known%s: %s",
                 (int) partition, letters->topic, err == VT_ERR_BUSY ? " yet" : "", vt_err_text(err));
        return VT_ERR_BUSY;
    }
    return VT_OK;
}

vt_err vt_dead_letters_resume(vt_dead_letters *letters, int32_t partition) {
    int64_t deadline_ns = vt_clock_deadline_ns(VT_DEAD_LETTERS_TIMEOUT_MS);
    if (letters->searches[partition].stage == VT_LETTER_SEARCH_DONE) {
        letters->searches[partition].stage = VT_LETTER_SEARCH_NONE; /* others may have had the partition meanwhile */
    }
    vt_err err = mend(letters);
    if (err == VT_OK) {
        err = settle(letters, deadline_ns);
    }
    return err == VT_OK ? resume(letters, partition, deadline_ns) : err;
}

/* ---- sending ---- */

static vt_slice cut(vt_slice text, size_t max) {
    return text.len > max ? vt_slice_of(text.ptr, max) : text;
}

static rd_kafka_headers_t *make_headers(const vt_dead_letters *letters, const vt_ledger_row *row) {
    const char *code = vt_err_code(row->fault);
    char length[24];
    rd_kafka_headers_t *headers = rd_kafka_headers_new(4);
    rd_kafka_header_add(headers, VT_LETTER_LEDGER_HEADER, -1, letters->ledger, sizeof letters->ledger);
    rd_kafka_header_add(headers, "reason", -1, code, -1);
    if (row->raw_key.ptr != NULL) {
        vt_slice key = cut(row->raw_key, VT_DEAD_LETTER_KEY_BYTES_MAX);
        rd_kafka_header_add(headers, "key", -1, key.ptr, (ssize_t) key.len);
    }
    if (row->raw_value.len > VT_DEAD_LETTER_VALUE_BYTES_MAX) {
        snprintf(length, sizeof length, "%zu", row->raw_value.len);
        rd_kafka_header_add(headers, "cut", -1, length, -1);
    }
    return headers;
}

static rd_kafka_resp_err_t produce(vt_dead_letters *letters, const vt_ledger_row *row) {
    char key[VT_POSITION_TEXT_MAX];
    size_t key_len = vt_position_format(row->position, key);
    vt_slice value = cut(row->raw_value, VT_DEAD_LETTER_VALUE_BYTES_MAX);
    rd_kafka_headers_t *headers = make_headers(letters, row);
    /* Without a value it would be a tombstone, which compaction takes away. */
    char nothing[1] = "";
    union {
        const char *read;
        void *handed;
    } bytes = {.read = value.len == 0 ? nothing : value.ptr}; /* RD_KAFKA_MSG_F_COPY: not written to */
    rd_kafka_resp_err_t code = rd_kafka_producev(
        letters->producer, RD_KAFKA_V_TOPIC(letters->topic), RD_KAFKA_V_PARTITION(row->position.partition),
        RD_KAFKA_V_KEY(key, key_len), RD_KAFKA_V_VALUE(bytes.handed, value.len), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_headers_destroy(headers);
    }
    return code;
}

static vt_err hand_over(vt_dead_letters *letters, const vt_ledger_row *row, int64_t deadline_ns) {
    rd_kafka_resp_err_t code = produce(letters, row);
    while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && !letters->is_broken && vt_clock_left_ms(deadline_ns) > 0) {
        rd_kafka_poll(letters->producer, POLL_MS);
        code = produce(letters, row);
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        letters->pending++;
        letters->searches[row->position.partition].last = row->position.offset;
        return VT_OK;
    }
    if (!letters->is_broken) {
        letters->is_broken = code != RD_KAFKA_RESP_ERR__QUEUE_FULL;
        snprintf(letters->reason, sizeof letters->reason, "a letter cannot be written to %s: %s", letters->topic,
                 rd_kafka_err2str(code));
    }
    return VT_ERR_BUSY;
}

static vt_err send_one(vt_dead_letters *letters, const vt_ledger_row *row, int64_t deadline_ns) {
    const vt_letter_search *known = &letters->searches[row->position.partition];
    bool is_known = known->stage == VT_LETTER_SEARCH_DONE;
    vt_err err = VT_OK;
    if (!is_known || letters->pending >= VT_LETTERS_IN_FLIGHT_MAX) {
        err = settle(letters, deadline_ns);
    }
    if (err == VT_OK && !is_known) {
        err = resume(letters, row->position.partition, deadline_ns);
    }
    if (err != VT_OK || vt_letter_search_has(known, row->position.offset)) {
        return err;
    }
    return hand_over(letters, row, deadline_ns);
}

vt_err vt_dead_letters_send(vt_dead_letters *letters, const vt_ledger_row *rows, size_t count) {
    int64_t deadline_ns = vt_clock_deadline_ns(VT_DEAD_LETTERS_TIMEOUT_MS);
    vt_err err = mend(letters);
    for (size_t i = 0; i < count && err == VT_OK; i++) {
        if (rows[i].fault != VT_OK) {
            err = send_one(letters, &rows[i], deadline_ns);
        }
    }
    return err == VT_OK ? settle(letters, deadline_ns) : err;
}

uint64_t vt_dead_letters_count(const vt_dead_letters *letters) {
    return letters->delivered;
}

const char *vt_dead_letters_reason(const vt_dead_letters *letters) {
    return letters->reason;
}

/* ---- life ---- */

static vt_err make_topic(vt_dead_letters *letters, int32_t partitions, char *reason) {
    char bytes_max[24];
    snprintf(bytes_max, sizeof bytes_max, "%d", MESSAGE_BYTES_MAX);
    const char *config[] = {"cleanup.policy", "compact", "max.message.bytes", bytes_max, NULL};
    vt_kafka_topic_wish wish = {.partitions = partitions, .replication = -1, .config = config};
    int32_t found = 0;
    vt_err err = vt_kafka_topic_partitions(letters->producer, letters->topic, OPEN_TIMEOUT_MS, &found);
    if (err != VT_OK) {
        char why[VT_KAFKA_TROUBLE_MAX];
        vt_kafka_trouble_explain(err, "DESCRIBE", why, sizeof why);
        snprintf(reason, VT_KAFKA_REASON_MAX, "the topic %.90s cannot be looked up: %s", letters->topic, why);
        return err;
    }
    if (found == 0) {
        return vt_kafka_topic_create(letters->producer, letters->topic, &wish, OPEN_TIMEOUT_MS, reason);
    }
    if (found < partitions) {
        snprintf(reason, VT_KAFKA_REASON_MAX, "the topic %s has %d partitions, but the ledger has %d", letters->topic,
                 (int) found, (int) partitions);
        return VT_ERR_BAD_CONFIG;
    }
    return VT_OK;
}

vt_err vt_dead_letters_open(const vt_kafka_target *target, const vt_id *ledger_id, int32_t partitions,
                            vt_dead_letters **out, char reason[VT_KAFKA_REASON_MAX]) {
    vt_dead_letters *letters = calloc(1, sizeof *letters);
    if (letters == NULL) {
        snprintf(reason, VT_KAFKA_REASON_MAX, "%s", vt_err_text(VT_ERR_NO_MEMORY));
        return VT_ERR_NO_MEMORY;
    }
    letters->target = target;
    snprintf(letters->topic, sizeof letters->topic, "%s" VT_KAFKA_DEAD_SUFFIX, target->url.topic);
    vt_uuid_format(ledger_id, letters->ledger);
    vt_err err = make_producer(letters, reason);
    if (err == VT_OK) {
        err = vt_letter_reader_open(target, ledger_id, &letters->reader, reason);
    }
    if (err == VT_OK) {
        err = make_topic(letters, partitions, reason);
    }
    if (err != VT_OK) {
        vt_dead_letters_close(letters);
        return err;
    }
    *out = letters;
    return VT_OK;
}

void vt_dead_letters_close(vt_dead_letters *letters) {
    if (letters == NULL) {
        return;
    }
    drop_producer(letters);
    vt_letter_reader_close(letters->reader);
    free(letters);
}

#include "ledger/dead_letters.h"

#include "base/clock.h"
#include "kafka/kafka_topic.h"
#include "ledger/kafka_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    MESSAGE_BYTES_MAX = VT_DEAD_LETTER_VALUE_BYTES_MAX + VT_DEAD_LETTER_KEY_BYTES_MAX + 4096,
    QUEUE_LETTERS_MAX = 4096,
    QUEUE_KIB_MAX = 32 * 1024,
    TOPIC_BYTES_MAX = VT_KAFKA_TOPIC_BYTES_MAX + sizeof VT_KAFKA_DEAD_SUFFIX,
    OPEN_TIMEOUT_MS = 5000,
    POLL_MS = 100,
    ASK_AGAIN_MS = 50,
    PIPELINE_MAX = 64, /* letters on their way: where one was refused, that many behind it may have been written */
    TAIL_MAX = 2 * PIPELINE_MAX,
};

/* What is known of a partition's letters: all records up to `last` have theirs, or it is on its way, and so have those
 * of `found`, the newest ones of the topic in ascending order. */
typedef struct lane {
    bool is_known;
    int64_t last; /* -1: none */
    int64_t found[TAIL_MAX];
    size_t found_count;
} lane;

struct vt_dead_letters {
    const vt_kafka_target *target;
    char topic[TOPIC_BYTES_MAX];
    rd_kafka_t *producer;
    rd_kafka_t *reader;
    vt_kafka_stream *stream;
    bool is_broken; /* a letter was given up: the producer, and what we believe of the lanes, must be made anew */
    size_t pending; /* letters without a delivery report */
    uint64_t delivered;
    lane lanes[VT_PARTITIONS_MAX];
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

static vt_err make_handle(vt_dead_letters *letters, rd_kafka_type_t type, rd_kafka_conf_t *conf, rd_kafka_t **out,
                          char *reason) {
    char text[VT_KAFKA_REASON_MAX];
    rd_kafka_conf_set_opaque(conf, letters);
    rd_kafka_t *handle = rd_kafka_new(type, conf, text, sizeof text);
    if (handle == NULL) {
        rd_kafka_conf_destroy(conf);
        snprintf(reason, VT_KAFKA_REASON_MAX, "no client for %s can be made: %.200s", letters->topic, text);
        return VT_ERR_BAD_CONFIG;
    }
    *out = handle;
    return VT_OK;
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
    return make_handle(letters, RD_KAFKA_PRODUCER, conf, &letters->producer, reason);
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
        letters->lanes[i].is_known = false;
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

/* Adds a record's offset to those that have a letter; the smallest one makes room. Returns whether it had to. */
static bool add_found(lane *own, int64_t offset) {
    size_t at = own->found_count;
    while (at > 0 && own->found[at - 1] > offset) {
        at--;
    }
    if (at > 0 && own->found[at - 1] == offset) {
        return false;
    }
    bool is_full = own->found_count == TAIL_MAX;
    if (is_full && at == 0) {
        return true;
    }
    if (is_full) {
        memmove(own->found, own->found + 1, (at - 1) * sizeof own->found[0]);
        own->found[at - 1] = offset;
        return true;
    }
    memmove(own->found + at + 1, own->found + at, (own->found_count - at) * sizeof own->found[0]);
    own->found[at] = offset;
    own->found_count++;
    return false;
}

static bool is_found(const lane *own, int64_t offset) {
    for (size_t i = 0; i < own->found_count; i++) {
        if (own->found[i] == offset) {
            return true;
        }
    }
    return false;
}

/* Which record a letter is of; false for what others wrote there. */
static bool read_key(const rd_kafka_message_t *message, int32_t partition, int64_t *offset) {
    vt_position position;
    if (message->key == NULL || !vt_position_parse(vt_slice_of(message->key, message->key_len), &position) ||
        position.partition != partition) {
        return false;
    }
    *offset = position.offset;
    return true;
}

/* Finds the letters that stand in [from, end) of the dead-letter topic; *is_whole becomes false when some were left
 * out. */
static vt_err find_letters(vt_dead_letters *letters, int32_t partition, int64_t from, int64_t end, int64_t deadline_ns,
                           bool *is_whole) {
    while (from < end) {
        rd_kafka_message_t *const *messages;
        size_t count;
        int64_t offset;
        vt_err err = vt_kafka_stream_read(letters->stream, partition, from, end - 1, VT_KAFKA_STREAM_MESSAGES_MAX,
                                          vt_clock_left_ms(deadline_ns), &messages, &count);
        if (err != VT_OK) {
            return err;
        }
        if (count == 0) {
            break;
        }
        for (size_t i = 0; i < count; i++) {
            if (read_key(messages[i], partition, &offset) && add_found(&letters->lanes[partition], offset)) {
                *is_whole = false;
            }
        }
        from = messages[count - 1]->offset + 1;
    }
    return VT_OK;
}

/* The leader of a topic that was just made does not know it yet: it is asked until the deadline. */
static vt_err ask_bounds(vt_dead_letters *letters, int32_t partition, int64_t deadline_ns, int64_t *low, int64_t *end) {
    const struct timespec pause = {.tv_nsec = ASK_AGAIN_MS * 1000000};
    vt_err err;
    for (;;) {
        err = vt_kafka_topic_watermarks(letters->reader, letters->topic, partition, vt_clock_left_ms(deadline_ns), low,
                                        end);
        if (err == VT_OK || err == VT_ERR_SYSTEM || vt_clock_left_ms(deadline_ns) <= ASK_AGAIN_MS) {
            return err;
        }
        nanosleep(&pause, NULL);
    }
}

/* Goes back from the end in growing steps, until it has met more letters than may be missing one among them. */
static vt_err find_last(vt_dead_letters *letters, int32_t partition, int64_t deadline_ns) {
    lane *own = &letters->lanes[partition];
    int64_t low;
    int64_t end;
    bool is_whole = true;
    own->found_count = 0;
    vt_err err = ask_bounds(letters, partition, deadline_ns, &low, &end);
    for (int64_t step = TAIL_MAX; err == VT_OK && own->found_count <= PIPELINE_MAX && low < end; step *= 2) {
        int64_t from = end - low > step ? end - step : low;
        err = find_letters(letters, partition, from, end, deadline_ns, &is_whole);
        end = from;
    }
    is_whole = is_whole && err == VT_OK && end <= low;
    own->last = is_whole || own->found_count == 0 ? -1 : own->found[0];
    return err;
}

static vt_err make_reader(vt_dead_letters *letters) {
    if (letters->stream != NULL) {
        return VT_OK;
    }
    rd_kafka_conf_t *conf = NULL;
    vt_err err = VT_OK;
    if (letters->reader == NULL) {
        err = vt_kafka_conf_make(letters->target, "votaton-dead-letters", &conf, letters->reason);
        if (err != VT_OK) {
            return err;
        }
        vt_kafka_conf_set_reader(conf);
        err = make_handle(letters, RD_KAFKA_CONSUMER, conf, &letters->reader, letters->reason);
    }
    return err == VT_OK ? vt_kafka_stream_open(letters->reader, letters->topic, &letters->stream) : err;
}

static vt_err resume(vt_dead_letters *letters, int32_t partition, int64_t deadline_ns) {
    lane *own = &letters->lanes[partition];
    vt_err err = make_reader(letters);
    if (err == VT_OK) {
        err = find_last(letters, partition, deadline_ns);
    }
    own->is_known = err == VT_OK;
    if (err != VT_OK) {
        snprintf(letters->reason, sizeof letters->reason, "the last letters in partition %d of %s are not known: %s",
                 (int) partition, letters->topic, vt_err_text(err));
        return VT_ERR_BUSY;
    }
    return VT_OK;
}

vt_err vt_dead_letters_resume(vt_dead_letters *letters, int32_t partition) {
    int64_t deadline_ns = vt_clock_deadline_ns(VT_DEAD_LETTERS_TIMEOUT_MS);
    letters->lanes[partition].is_known = false;
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

static rd_kafka_headers_t *make_headers(const vt_ledger_row *row) {
    const char *code = vt_err_code(row->fault);
    char length[24];
    rd_kafka_headers_t *headers = rd_kafka_headers_new(3);
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
    rd_kafka_headers_t *headers = make_headers(row);
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
        letters->lanes[row->position.partition].last = row->position.offset;
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
    lane *own = &letters->lanes[row->position.partition];
    vt_err err = VT_OK;
    if (!own->is_known || letters->pending >= PIPELINE_MAX) {
        err = settle(letters, deadline_ns);
    }
    if (err == VT_OK && !own->is_known) {
        err = resume(letters, row->position.partition, deadline_ns);
    }
    if (err != VT_OK || row->position.offset <= own->last) {
        return err;
    }
    return is_found(own, row->position.offset) ? VT_OK : hand_over(letters, row, deadline_ns);
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
        snprintf(reason, VT_KAFKA_REASON_MAX, "nothing is known of the topic %s: %s", letters->topic, vt_err_text(err));
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

vt_err vt_dead_letters_open(const vt_kafka_target *target, int32_t partitions, vt_dead_letters **out,
                            char reason[VT_KAFKA_REASON_MAX]) {
    vt_dead_letters *letters = calloc(1, sizeof *letters);
    if (letters == NULL) {
        snprintf(reason, VT_KAFKA_REASON_MAX, "%s", vt_err_text(VT_ERR_NO_MEMORY));
        return VT_ERR_NO_MEMORY;
    }
    letters->target = target;
    snprintf(letters->topic, sizeof letters->topic, "%s" VT_KAFKA_DEAD_SUFFIX, target->url.topic);
    vt_err err = make_producer(letters, reason);
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
    vt_kafka_stream_close(letters->stream);
    if (letters->reader != NULL) {
        rd_kafka_destroy(letters->reader);
    }
    free(letters);
}

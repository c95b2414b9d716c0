/* Reads one topic, partition by partition, from any offset to its end. One thread at a time.
 *
 * It goes on where it stopped as long as the caller does, and starts again otherwise. It is made for reading what is
 * there: at the end of a partition nothing is asked of the brokers before the next call.
 */
#ifndef VT_LEDGER_KAFKA_STREAM_H
#define VT_LEDGER_KAFKA_STREAM_H

#include "base/err.h"

#include <librdkafka/rdkafka.h>

enum { VT_KAFKA_STREAM_MESSAGES_MAX = 1000 }; /* that one call gives */

typedef struct vt_kafka_stream vt_kafka_stream;

/* What the handle of a stream needs, a consumer without a group; vt_kafka_conf_set_reader is part of it. */
void vt_kafka_stream_set_conf(rd_kafka_conf_t *conf);

/* A stream over `topic`. Borrows `handle`. The caller owns *out. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_kafka_stream_open(rd_kafka_t *handle, const char *topic, vt_kafka_stream **out);
void vt_kafka_stream_close(vt_kafka_stream *stream); /* accepts NULL */

/* Gives up to `max` messages at or behind offset `next` of a partition and not beyond offset `until`, none with an
 * error; they live until the next call. Waits until there is one, the end of the partition is reached (*count 0), or
 * `timeout_ms` has passed: VT_ERR_BUSY. VT_ERR_GONE: the log does not have `next`, and is not about to.
 * VT_ERR_CORRUPT: what a broker sent is damaged. VT_ERR_SYSTEM: the brokers refuse. */
VT_MUST_CHECK vt_err vt_kafka_stream_read(vt_kafka_stream *stream, int32_t partition, int64_t next, int64_t until,
                                          size_t max, int timeout_ms, rd_kafka_message_t *const **messages,
                                          size_t *count);

/* Drops what was given and fetched: nothing more is asked of the brokers before the next read. */
void vt_kafka_stream_rest(vt_kafka_stream *stream);

#endif

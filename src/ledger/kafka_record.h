/* A vote as a Kafka record, both ways: the layout that every reader of the topic relies on.
 *
 *   key     the vote's id (36 characters), or the voter's hash (32 hexadecimal digits) where votes are limited, so that
 *           a voter's votes share a partition
 *   value   the vote's JSON, {"name","album","year","rank"}, compact
 *   headers vt-id     16 bytes        the identity
 *           vt-fp     16 bytes        the content's fingerprint
 *           vt-at     decimal text    when ingest took it, ms, up to the year 9999
 *           vt-points decimal text
 *           vt-voter  16 bytes        where votes are limited
 *
 * A record stands in the partition murmur2(key) mod the number of partitions, so that all records of one identity meet
 * in one partition, whose fold knows repeats. One with a vt-id that stands elsewhere, by whatever key, is unreadable:
 * its identity could be counted once more there (docs/adr/0014-one-partition-for-an-identity.md).
 *
 * Records of other producers have no vt-id: their identity is made from (ledger id, partition, offset), their points
 * are 1, and their time is the append time, brought into the years 1970 to 9999. They may stand anywhere. */
#ifndef VT_LEDGER_KAFKA_RECORD_H
#define VT_LEDGER_KAFKA_RECORD_H

#include "ledger/ledger.h"

#include <librdkafka/rdkafka.h>

enum {
    VT_KAFKA_KEY_BYTES_MAX = 36,
    VT_KAFKA_VALUE_BYTES_MAX = 4 * 6 * VT_FIELD_BYTES_MAX + 64, /* every byte escaped */
};

typedef struct vt_kafka_value {
    char key[VT_KAFKA_KEY_BYTES_MAX];
    size_t key_len;
    char value[VT_KAFKA_VALUE_BYTES_MAX];
    size_t value_len;
} vt_kafka_value;

/* Which ledger's records are read. */
typedef struct vt_kafka_record_place {
    vt_id ledger_id;
    int32_t partitions; /* of the topic, 1..VT_PARTITIONS_MAX; it never changes */
} vt_kafka_record_place;

/* The partition of `partitions` where all records of this identity stand: by the key that we would give it. */
int32_t vt_kafka_record_home(const vt_record *record, int32_t partitions);

/* Writes key and value. Allocates nothing. */
void vt_kafka_record_write(const vt_record *record, vt_kafka_value *out);

/* The headers; the caller owns them (rd_kafka_headers_destroy) until a produced message takes them over. NULL when
 * there is no memory. */
rd_kafka_headers_t *vt_kafka_record_headers(const vt_record *record);

/* Reads a consumed message, which must carry no error. A record that cannot be read sets row->fault (MALFORMED_JSON,
 * EMPTY_NAME, …; BAD_ID for headers that are damaged or contradict the value; BODY_TOO_LARGE for a value beyond
 * VT_VOTE_JSON_BYTES_MAX; MISPLACED) and borrows raw_key and raw_value from the message. */
void vt_kafka_record_read(const rd_kafka_message_t *message, const vt_kafka_record_place *place, vt_ledger_row *row);

#endif

/* What the tests that need Kafka share: the broker that KAFKA names, topics of their own, records of other producers.
 */
#ifndef VT_TESTS_KAFKA_KIT_H
#define VT_TESTS_KAFKA_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kafka/kafka_topic.h"

enum { KAFKA_KIT_TIMEOUT_MS = 20000 };

/* Whether KAFKA (kafka://host:port) names a broker; says so when not. */
bool kafka_kit_is_there(void);

/* A target on that broker with a topic that nobody else uses; skips the test when there is no broker. */
void kafka_kit_target(vt_kafka_target *target);

/* A consumer without a group, as the program makes it. To be destroyed by the caller. */
rd_kafka_t *kafka_kit_reader(const vt_kafka_target *target);

/* Makes a topic with these settings (name, value, …, NULL; or NULL) and waits until its partitions are served. */
void kafka_kit_make_topic(rd_kafka_t *handle, const char *topic, int32_t partitions, const char *const *config);

/* A record as any producer may write it. NULL with length 0: absent. Headers: name, bytes, length; name NULL ends. */
typedef struct kafka_kit_header {
    const char *name;
    const void *bytes;
    size_t len;
} kafka_kit_header;

typedef struct kafka_kit_record {
    vt_slice key;
    vt_slice value;
    const kafka_kit_header *headers; /* NULL: none */
    int64_t created_ms;              /* 0: now */
} kafka_kit_record;

/* Writes records to a partition and waits until they are there. */
void kafka_kit_produce(const vt_kafka_target *target, const char *topic, int32_t partition,
                       const kafka_kit_record *records, size_t count);

/* Writes records inside of a transaction, which is then taken back or made to stand. */
void kafka_kit_produce_in_transaction(const vt_kafka_target *target, const char *topic, int32_t partition,
                                      const kafka_kit_record *records, size_t count, bool stands);

/* Deletes what stands in a partition before `offset`, as retention does. */
void kafka_kit_delete_before(rd_kafka_t *handle, const char *topic, int32_t partition, int64_t offset);

/* Deletes a topic, or changes one of its settings. */
void kafka_kit_delete_topic(rd_kafka_t *handle, const char *topic);
void kafka_kit_set_config(rd_kafka_t *handle, const char *topic, const char *name, const char *value);

#endif

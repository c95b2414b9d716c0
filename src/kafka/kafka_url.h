/* A ledger's URL: kafka://host:port[,host:port…]/topic, and the properties that are handed on to librdkafka. */
#ifndef VT_KAFKA_KAFKA_URL_H
#define VT_KAFKA_KAFKA_URL_H

#include "base/err.h"
#include "base/slice.h"

enum {
    VT_KAFKA_BROKERS_BYTES_MAX = 1024,
    VT_KAFKA_TOPIC_BYTES_MAX = 200, /* Kafka takes 249; the names of our further topics are longer than this one */
    VT_KAFKA_REASON_MAX = 512,
};

/* The endings of our further topics. */
#define VT_KAFKA_CONTEST_SUFFIX ".contest"
#define VT_KAFKA_DEAD_SUFFIX ".dead"

typedef struct vt_kafka_url {
    char brokers[VT_KAFKA_BROKERS_BYTES_MAX + 1]; /* "host:port,host:port", as bootstrap.servers */
    char topic[VT_KAFKA_TOPIC_BYTES_MAX + 1];     /* [a-zA-Z0-9._-], neither "." nor ".." */
} vt_kafka_url;

/* VT_ERR_BAD_CONFIG, and `reason` says what is wrong; *out is unchanged then. */
VT_MUST_CHECK vt_err vt_kafka_url_parse(vt_slice text, vt_kafka_url *out, char reason[VT_KAFKA_REASON_MAX]);

#endif

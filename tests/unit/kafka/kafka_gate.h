/* A network that a test can spoil: every producer of the program connects through it to the broker that it wants.
 *
 * Link with -Wl,--wrap=rd_kafka_new. One gate at a time.
 */
#ifndef VT_TESTS_KAFKA_GATE_H
#define VT_TESTS_KAFKA_GATE_H

#include "kafka_kit.h"

typedef enum kafka_gate_mode {
    KAFKA_GATE_OPEN,
    KAFKA_GATE_SILENT, /* nothing passes, nothing is cut: what was sent arrives when the gate opens */
    KAFKA_GATE_DEAF,   /* requests reach the broker, its replies do not come back before the gate opens */
    KAFKA_GATE_SHUT,   /* every connection is cut at once */
} kafka_gate_mode;

/* From now on producers that are made connect through the gate to the broker of `target`. */
void kafka_gate_raise(const vt_kafka_target *target, kafka_gate_mode mode);
void kafka_gate_set(kafka_gate_mode mode);

/* After all producers that went through it. */
void kafka_gate_remove(void);

/* The producer that was made last. */
rd_kafka_t *kafka_gate_producer(void);

/* A fatal error of the producer that was made last. Nobody destroys it meanwhile: librdkafka's own threads, which find
 * such errors, end before it does. Returns what rd_kafka_test_fatal_error does. */
rd_kafka_resp_err_t kafka_gate_break_producer(void);

#endif

/* Why no broker answers: what librdkafka said last of a connection that failed, be it the address, TLS or SASL.
 *
 * It says so in its log and to whoever polls a client's events, which not everybody does who has to tell people. So it
 * is kept here, once for the process: all its clients go to one cluster in one way. Any thread. */
#ifndef VT_KAFKA_KAFKA_TROUBLE_H
#define VT_KAFKA_KAFKA_TROUBLE_H

#include "base/err.h"

#include <stddef.h>

/* How long a trouble is worth telling: librdkafka repeats the same one after half a minute only. */
enum { VT_KAFKA_TROUBLE_FRESH_MS = 60000, VT_KAFKA_TROUBLE_MAX = 384 };

/* A line of librdkafka's log about a connection that failed (facility FAIL); it holds no secret. */
void vt_kafka_trouble_note(const char *line);

/* What is wrong with a broker's certificate (X509_V_ERR_…), as far as it is known before the line about it comes, on
 * the same thread. */
void vt_kafka_trouble_note_certificate(int x509_error);

/* Writes "no broker answers", and behind a colon what was noted lately; one line, cut to `size`. */
void vt_kafka_trouble_tell(char *out, size_t size);

/* Writes why a question about a topic failed: VT_ERR_BUSY as above; VT_ERR_SYSTEM, that the brokers refuse, and
 * `right`, what the user needs for it ("DESCRIBE"); of another error its text. Cut to `size`. */
void vt_kafka_trouble_explain(vt_err err, const char *right, char *out, size_t size);

/* Nothing is known any more: for tests. */
void vt_kafka_trouble_forget(void);

#endif

/* One producer of librdkafka: sends votes, tells of their delivery, and is thrown away when it is broken for good. */
#ifndef VT_LEDGER_KAFKA_SENDER_H
#define VT_LEDGER_KAFKA_SENDER_H

#include "kafka/kafka_conf.h"
#include "ledger/ledger.h"

typedef struct vt_kafka_sender vt_kafka_sender;

typedef struct vt_kafka_sender_options {
    const vt_kafka_target *target;
    int32_t partitions; /* the ledger's, however many the topic may get later */
    size_t records_max; /* that may be on their way */
    uint32_t delivery_timeout_ms;
} vt_kafka_sender_options;

/* acks=all, idempotent, partitions by murmur2 of the key, as Kafka's own clients choose them. Waits for no broker. The
 * caller owns *out. VT_ERR_BAD_CONFIG, VT_ERR_SYSTEM, VT_ERR_NO_MEMORY; `reason` says why. */
VT_MUST_CHECK vt_err vt_kafka_sender_open(const vt_kafka_sender_options *options, vt_kafka_sender **out,
                                          char reason[VT_KAFKA_REASON_MAX]);

/* Gives up what is on its way, untold, and frees. Accepts NULL. */
void vt_kafka_sender_close(vt_kafka_sender *sender);

/* Hands a vote to librdkafka, which copies it; its delivery is told by an event of vt_kafka_sender_poll with the item
 * as the message's _private. VT_ERR_GONE: the producer is broken for good. VT_ERR_RETRY: it cannot take the vote.
 * Nothing follows then. Any thread. */
VT_MUST_CHECK vt_err vt_kafka_sender_send(vt_kafka_sender *sender, vt_append *item);

/* The next event (RD_KAFKA_EVENT_DR, RD_KAFKA_EVENT_ERROR), which the caller destroys; NULL when there is none within
 * `timeout_ms` or vt_kafka_sender_wake was called, be it before. One thread. */
rd_kafka_event_t *vt_kafka_sender_poll(vt_kafka_sender *sender, int timeout_ms);
void vt_kafka_sender_wake(vt_kafka_sender *sender); /* any thread */

/* Whether it is broken for good; `text` says by what. */
bool vt_kafka_sender_is_broken(vt_kafka_sender *sender, char *text, size_t text_size);

/* Makes everything that is on its way fail at once, with RD_KAFKA_RESP_ERR__PURGE_QUEUE or …_INFLIGHT. */
void vt_kafka_sender_purge(vt_kafka_sender *sender);

/* The next delivery report of an RD_KAFKA_EVENT_DR; NULL behind the last. It lives as long as the event. */
const rd_kafka_message_t *vt_kafka_sender_report(vt_kafka_sender *sender, rd_kafka_event_t *event);

/* How many votes were sent and are not reported yet. Any thread. */
size_t vt_kafka_sender_on_their_way(const vt_kafka_sender *sender);

/* Whether a broker tells of the topic within `timeout_ms`. */
bool vt_kafka_sender_reaches_topic(vt_kafka_sender *sender, int timeout_ms);

#endif

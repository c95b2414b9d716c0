/* The dead-letter topic: each unreadable record of the ledger, in the partition that it came from.
 *
 * key "partition:offset", value as it was (none: empty), headers `ledger` (its id as a UUID: letters without it, or of
 * another ledger, are nobody's), `reason` (an error's code), `key` (the record's key, if any) and `cut` (the value's
 * length, when it is longer than VT_DEAD_LETTER_VALUE_BYTES_MAX and was cut to it).
 *
 * The topic is compacted, by these keys: letters never expire, and one that was sent twice is left once. Letters of a
 * partition are sent in the order of the ledger, few at a time, and none of the next few before all are durable. So the
 * last ones in the topic tell which records have theirs, whoever sent them and however it ended (letter_search.h).
 */
#ifndef VT_LEDGER_DEAD_LETTERS_H
#define VT_LEDGER_DEAD_LETTERS_H

#include "kafka/kafka_conf.h"
#include "ledger/ledger.h"

enum {
    VT_DEAD_LETTER_VALUE_BYTES_MAX = 8 * 1024 * 1024,
    VT_DEAD_LETTER_KEY_BYTES_MAX = 64 * 1024, /* of the header `key`; longer ones are cut */
    VT_DEAD_LETTERS_TIMEOUT_MS = 5000,        /* of one call */
};

typedef struct vt_dead_letters vt_dead_letters;

/* Opens a producer for <topic>.dead, which is made with as many partitions as the ledger has when it is missing.
 * Borrows the target. One thread at a time. VT_ERR_BUSY, VT_ERR_BAD_CONFIG, VT_ERR_SYSTEM, VT_ERR_NO_MEMORY; `reason`
 * says why. */
VT_MUST_CHECK vt_err vt_dead_letters_open(const vt_kafka_target *target, const vt_id *ledger_id, int32_t partitions,
                                          vt_dead_letters **out, char reason[VT_KAFKA_REASON_MAX]);

/* Makes the partition's last letters known, from the end of the topic: so that what is there is not sent again. To be
 * called when a partition was assigned. VT_ERR_BUSY: not yet; the next call goes on from there, so that large letters
 * over a slow network become known, too. */
VT_MUST_CHECK vt_err vt_dead_letters_resume(vt_dead_letters *letters, int32_t partition);

/* Sends the rows whose `fault` is set and that have no letter yet, in order; returns when all are durable.
 * VT_ERR_BUSY: some may be missing; to be called again with the same rows. A letter that the brokers refuse for good is
 * BUSY too: nobody may go on without it. */
VT_MUST_CHECK vt_err vt_dead_letters_send(vt_dead_letters *letters, const vt_ledger_row *rows, size_t count);

/* How many letters were made durable since open. */
uint64_t vt_dead_letters_count(const vt_dead_letters *letters);

/* Why the last call failed, one line; lives until the next call. */
const char *vt_dead_letters_reason(const vt_dead_letters *letters);

void vt_dead_letters_close(vt_dead_letters *letters); /* accepts NULL */

#endif

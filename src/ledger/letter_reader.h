/* Reads the dead-letter topic (dead_letters.h): which records of one ledger have a letter.
 *
 * Whoever may write to the brokers may write there. What is no letter of this ledger, by its key or its header
 * `ledger`, is passed over.
 */
#ifndef VT_LEDGER_LETTER_READER_H
#define VT_LEDGER_LETTER_READER_H

#include "kafka/kafka_conf.h"
#include "vote/identity.h"

enum {
    VT_LETTERS_READ_MAX = 1000, /* of one call */
    VT_LETTER_TOPIC_BYTES_MAX = VT_KAFKA_TOPIC_BYTES_MAX + sizeof VT_KAFKA_DEAD_SUFFIX,
};

#define VT_LETTER_LEDGER_HEADER "ledger" /* the ledger's id as a UUID of 36 characters */

typedef struct vt_letter_reader vt_letter_reader;

/* Asks nothing yet. Borrows the target. One thread at a time. The caller owns *out. VT_ERR_BAD_CONFIG, VT_ERR_SYSTEM,
 * VT_ERR_NO_MEMORY; `reason` says why. */
VT_MUST_CHECK vt_err vt_letter_reader_open(const vt_kafka_target *target, const vt_id *ledger_id,
                                           vt_letter_reader **out, char reason[VT_KAFKA_REASON_MAX]);
void vt_letter_reader_close(vt_letter_reader *reader); /* accepts NULL */

/* The name of the topic. */
const char *vt_letter_reader_topic(const vt_letter_reader *reader);

/* The first offset of a partition of letters that still exists, and the one behind the last. VT_ERR_NOT_FOUND (no such
 * topic, or it has fewer partitions), VT_ERR_BUSY, VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_letter_reader_bounds(vt_letter_reader *reader, int32_t partition, int timeout_ms,
                                             int64_t *first, int64_t *end);

/* The offset behind the last record of the ledger's partition. As vt_letter_reader_bounds. */
VT_MUST_CHECK vt_err vt_letter_reader_ledger_end(vt_letter_reader *reader, int32_t partition, int timeout_ms,
                                                 int64_t *end);

/* Reads what stands at *next and behind it, before `end`, up to VT_LETTERS_READ_MAX letters: `offsets` are those of
 * the records that they are of, in the order of the letters, perhaps none. Moves *next behind what was read: `end` when
 * there is no more. VT_ERR_BUSY (nothing came in time), VT_ERR_GONE (deleted meanwhile), VT_ERR_CORRUPT,
 * VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_letter_reader_read(vt_letter_reader *reader, int32_t partition, int64_t *next, int64_t end,
                                           int timeout_ms, int64_t offsets[VT_LETTERS_READ_MAX], size_t *count);

#endif

/* The contest's versions in the topic <topic>.contest, which has one partition.
 *
 *   key     the version, decimal text
 *   headers ledger-id   16 bytes   the ledger that it belongs to
 *           made-topic  "1"        of version 1, when the topic of votes had the settings of ours at that time
 *   value   the definition's JSON
 *
 * Any process may append. A record counts only when its version is the one behind the newest that counts, and its
 * ledger that of version 1: of several that were written at the same time, the first in the log stands, and whoever
 * wrote another one learns that when it reads back. All else is passed over. Any thread.
 */
#ifndef VT_LEDGER_KAFKA_CONTEST_H
#define VT_LEDGER_KAFKA_CONTEST_H

#include "base/buf.h"
#include "kafka/kafka_conf.h"
#include "vote/identity.h"

typedef struct vt_kafka_contest vt_kafka_contest;

/* What is known of the newest version. */
typedef struct vt_kafka_contest_state {
    uint32_t version; /* 0: there is none */
    vt_id ledger_id;  /* without meaning at version 0 */
    bool made_topic;  /* what version 1's header says */
} vt_kafka_contest_state;

/* Borrows the target and `handle` (kafka_stream.h) until close. The caller owns *out. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM.
 */
VT_MUST_CHECK vt_err vt_kafka_contest_open(rd_kafka_t *handle, const vt_kafka_target *target, vt_kafka_contest **out);
void vt_kafka_contest_close(vt_kafka_contest *contest); /* accepts NULL */

/* Reads to the topic's end and appends the newest version's JSON to `json` (NULL: not wanted). VT_ERR_BUSY,
 * VT_ERR_CORRUPT (the beginning of the log, or what was read before, is gone), VT_ERR_IO (the brokers refuse), those of
 * vt_buf_append. */
VT_MUST_CHECK vt_err vt_kafka_contest_latest(vt_kafka_contest *contest, vt_kafka_contest_state *state, vt_buf *json);

/* Appends a version and reads back whether it stands. `state` goes with it and is what stands then. VT_ERR_IN_USE:
 * another one was faster, or `version` is not the next. VT_ERR_TOO_LONG: beyond the topic's max.message.bytes.
 * VT_ERR_BUSY (it may be stored or not), VT_ERR_IO and VT_ERR_CORRUPT as above. */
VT_MUST_CHECK vt_err vt_kafka_contest_append(vt_kafka_contest *contest, const vt_kafka_contest_state *state,
                                             vt_slice json);

#endif

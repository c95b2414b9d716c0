/* Reads single records of a ledger's topic again, to see whether they are the ones that they were: a topic that was
 * deleted and made anew has others at the same offsets, and nothing else tells them from each other (this librdkafka
 * knows no topic ids). Asks nothing of the brokers between two calls. One thread at a time. */
#ifndef VT_LEDGER_RECORD_PROBE_H
#define VT_LEDGER_RECORD_PROBE_H

#include "kafka/kafka_conf.h"
#include "ledger/ledger.h"

typedef struct vt_record_probe vt_record_probe;

/* Waits for no broker. `target` is borrowed until close; the caller owns *out. On error `reason` says why:
 * VT_ERR_BAD_CONFIG, VT_ERR_SYSTEM, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_record_probe_open(const vt_kafka_target *target, vt_record_probe **out,
                                          char reason[VT_KAFKA_REASON_MAX]);

/* The mark (vt_ledger_row) of the record at `offset`. VT_ERR_GONE: none stands there, or not any more; VT_ERR_BUSY: no
 * answer within `timeout_ms`, or a damaged one; VT_ERR_SYSTEM: the brokers refuse us. */
VT_MUST_CHECK vt_err vt_record_probe_mark(vt_record_probe *probe, int32_t partition, int64_t offset, int timeout_ms,
                                          vt_id *out);

void vt_record_probe_close(vt_record_probe *probe); /* accepts NULL */

#endif

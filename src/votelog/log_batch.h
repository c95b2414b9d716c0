/* One bulk of documents into the vote log. */
#ifndef VT_VOTELOG_LOG_BATCH_H
#define VT_VOTELOG_LOG_BATCH_H

#include "votelog/log_access.h"
#include "votelog/log_writer.h"

typedef struct vt_log_batch vt_log_batch;

/* Room for VT_LOG_WRITER_RECORDS_MAX documents. The caller owns *out. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_log_batch_new(vt_log_batch **out);
void vt_log_batch_free(vt_log_batch *batch); /* accepts NULL */

/* Inserts the readable ones of `count` rows of one partition, which are in order. One that exists already is read back
 * and must have our identity and fingerprint. Errors of vt_log_writer_write, and access->reason. */
VT_MUST_CHECK vt_err vt_log_batch_insert(vt_log_batch *batch, vt_log_access *access, const vt_ledger_row *rows,
                                         size_t count);

#endif

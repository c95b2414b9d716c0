/* Compares the documents of one partition in the vote log with the ledger, record by record. */
#ifndef VT_COUNT_VERIFY_LOG_H
#define VT_COUNT_VERIFY_LOG_H

#include "count/difference.h"
#include "count/partition_recount.h"
#include "votelog/log_writer.h"

typedef struct vt_log_check {
    vt_ledger *ledger;
    vt_log_writer *log;
    int32_t partition;
    int64_t first;                /* the ledger's first offset */
    const vt_log_position *stand; /* where the log stands, by its own position: compared is what is before it */
    vt_differences *found;
    vt_recount_progress *progress; /* or NULL */
    void *progress_context;
    vt_patience *patience; /* for both; NULL: none */
} vt_log_check;

/* Walks both side by side, in pages: each readable record has one document with the same content, and there is no other
 * document. Behind a document that is no vote nothing more of the partition is compared. VT_ERR_GONE (progress said so,
 * or the ledger lost records meanwhile), errors of vt_ledger_read and vt_log_writer_read, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_log_check_run(const vt_log_check *check);

#endif

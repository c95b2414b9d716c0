/* Compares the letters of one partition (ledger/dead_letters.h) with the recount: each unreadable record has one, and
 * no other record has. */
#ifndef VT_COUNT_VERIFY_LETTERS_H
#define VT_COUNT_VERIFY_LETTERS_H

#include "count/difference.h"
#include "count/partition_recount.h"
#include "ledger/letter_reader.h"

typedef struct vt_letters_check {
    vt_letter_reader *reader;
    int32_t partition;
    vt_partition_recount *recount; /* its verdicts are used up: BAD becomes NONE where there is a letter */
    vt_differences *found;
    vt_recount_progress *progress; /* or NULL */
    void *progress_context;
    vt_patience *patience; /* NULL: none */

    /* Set on success. */
    uint64_t letters; /* how many of the unreadable records have one */
    int64_t deleted; /* how many offsets at the beginning of the letters were deleted: letters may rightly be missing */
} vt_letters_check;

/* Reads all letters of the partition. Those of records that were not recounted, and second ones, are passed over. Where
 * letters were deleted a missing one is no difference. VT_ERR_GONE (progress said so, or letters were deleted
 * meanwhile), errors of vt_letter_reader_read. */
VT_MUST_CHECK vt_err vt_letters_check_run(vt_letters_check *check);

#endif

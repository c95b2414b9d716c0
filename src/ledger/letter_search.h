/* Which records of a partition have their letter, as the newest letters in the topic tell.
 *
 * Letters of a partition are sent in the order of the ledger, at most VT_LETTERS_IN_FLIGHT_MAX at a time. So of the
 * newest ones a few may be missing, of what is before them none. The search goes back from the end of the topic until
 * it has met more letters than may be missing one among them. Where letters are large or brokers slow it takes several
 * calls: each goes on where the one before stopped.
 */
#ifndef VT_LEDGER_LETTER_SEARCH_H
#define VT_LEDGER_LETTER_SEARCH_H

#include "ledger/letter_reader.h"

enum {
    VT_LETTERS_IN_FLIGHT_MAX = 64, /* where one was refused, that many behind it may have been written */
    VT_LETTERS_KNOWN_MAX = 2 * VT_LETTERS_IN_FLIGHT_MAX,
};

typedef enum vt_letter_search_stage {
    VT_LETTER_SEARCH_NONE, /* zeroed: nothing is known */
    VT_LETTER_SEARCH_BEGUN,
    VT_LETTER_SEARCH_DONE,
} vt_letter_search_stage;

typedef struct vt_letter_search {
    vt_letter_search_stage stage;
    int64_t last;                        /* all records up to here have their letter; -1: none */
    int64_t found[VT_LETTERS_KNOWN_MAX]; /* and so have these, in ascending order */
    size_t found_count;
    bool is_whole; /* none of those that were met was left out of `found` */

    /* Of the letters' topic, while it is searched: read is [at, until), then what is before `from`. */
    int64_t first;
    int64_t from;
    int64_t at;
    int64_t until;
    int64_t end; /* what came behind it meanwhile was not seen yet */
    int64_t step;
    int64_t ledger_end; /* no record is there or behind, whatever a letter says */
} vt_letter_search;

/* Searches until the deadline, beginning where nothing is known. VT_OK: done. VT_ERR_BUSY, or another error of
 * vt_letter_reader_read: not yet, call again; what was read is not read again. */
VT_MUST_CHECK vt_err vt_letter_search_run(vt_letter_search *search, vt_letter_reader *reader, int32_t partition,
                                          int64_t deadline_ns);

/* Whether the record at this offset has its letter; once the search is done. */
bool vt_letter_search_has(const vt_letter_search *search, int64_t offset);

#endif

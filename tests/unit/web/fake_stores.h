/* A tally and a vote log in memory that implement the ports, and a contest to go with them. */
#ifndef VT_TESTS_WEB_FAKE_STORES_H
#define VT_TESTS_WEB_FAKE_STORES_H

#include "tally/tally.h"
#include "vote/contest.h"
#include "votelog/votelog.h"

#include <pthread.h>
#include <stdatomic.h>

enum { FAKE_ROWS_MAX = 1024 };

/* Both ports over one list of votes, which are counted unless a test says otherwise. */
typedef struct fake_stores {
    vt_tally tally;     /* first: the backend casts it back */
    vt_votelog votelog; /* found by its offset */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    vt_votelog_row rows[FAKE_ROWS_MAX]; /* oldest first; positions from 1 */
    uint32_t rows_count;
    uint64_t verdicts[VT_VERDICT_COUNT];
    vt_err tally_err; /* what every call answers, unless VT_OK */
    vt_err log_err;
    int32_t partitions; /* 0, or 1: a ledger as on Kafka, whose log tells no verdicts; set before the first vote */
    uint64_t generation;
    uint32_t folded;   /* with a partition: so many votes are folded */
    uint32_t archived; /* with a partition: so many votes are in the log */
    bool is_held;      /* reads wait while it is set */
    uint32_t waiting;  /* reads that wait now */
    uint32_t reads;    /* vt_tally_read calls begun */
    uint32_t listings; /* vt_votelog_list and _find calls */
    uint32_t asked;    /* questions of vt_tally_verdicts */
} fake_stores;

void fake_stores_init(fake_stores *stores);
void fake_stores_release(fake_stores *stores);

/* Adds a counted vote; returns its id: sixteen bytes of the position's number. */
vt_id fake_stores_add(fake_stores *stores, const char *name, const char *album);

/* Both stores; one of them. */
void fake_stores_fail(fake_stores *stores, vt_err err);
void fake_stores_fail_tally(fake_stores *stores, vt_err err);
void fake_stores_fail_log(fake_stores *stores, vt_err err);

/* Makes it a ledger with one partition, of whose votes so many are folded and archived. */
void fake_stores_part(fake_stores *stores, uint32_t folded, uint32_t archived);

void fake_stores_hold(fake_stores *stores, bool is_held);

/* Waits until so many reads wait at the hold; false after 20 s. */
bool fake_stores_wait_waiting(fake_stores *stores, uint32_t wanted);

/* Waits until the log was asked so often: the ticker of the live stream reads only the tally. False after 20 s. */
bool fake_stores_wait_listings(fake_stores *stores, uint32_t wanted);

uint32_t fake_stores_reads(fake_stores *stores);

/* A contest named "bandas": any band, always open, results shown; no catalogue. */
vt_contest fake_contest(void);

/* Puts a catalogue into it, of at most 4 bands that the contest borrows. */
typedef struct fake_catalogue {
    vt_band bands[4];
    const vt_band *by_name[4];
} fake_catalogue;
void fake_contest_set_bands(vt_contest *contest, fake_catalogue *catalogue, const char *const *names, uint32_t count);

#endif

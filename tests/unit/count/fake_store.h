/* A derived store in memory that several workers share, as they would share Redis; it checks what it is given, and can
 * be away, lose answers and be set back.
 *
 * Thread-safe. What it finds wrong is kept for the test's own thread, in `complaint`. */
#ifndef VT_TESTS_COUNT_FAKE_STORE_H
#define VT_TESTS_COUNT_FAKE_STORE_H

#include "count/worker.h"

#include <pthread.h>

enum { FAKE_PARTITIONS_MAX = 8, FAKE_OFFSETS_MAX = 20000 };

typedef struct fake_partition {
    bool exists;
    bool is_blocked;
    int64_t first; /* where it began */
    int64_t next;
    vt_id marks[FAKE_OFFSETS_MAX];     /* of the records by offset */
    uint8_t counted[FAKE_OFFSETS_MAX]; /* how often each was applied, as the store knows it now */
    int64_t begun_end;                 /* as begin was told */
} fake_partition;

typedef struct fake_store {
    pthread_mutex_t lock;
    fake_partition partitions[FAKE_PARTITIONS_MAX];
    bool allows_gaps; /* in the offsets */
    vt_err load_err;  /* what load answers; VT_OK: the truth */
    vt_err apply_err; /* what apply answers, without doing anything; VT_OK: it works */
    size_t slow_from; /* apply answers BUSY for so many records, as if they took too long; 0: it never does */
    int lost_one_in;  /* of so many batches one is applied and answered BUSY; 0: none */
    int applied;      /* batches */
    int moved;        /* batches that were refused, as they came from elsewhere */
    int loads;
    int forgotten;
    int ticks;
    int closed;
    uint64_t bad;
    char complaint[256]; /* "" : all is well */
} fake_store;

void fake_store_init(fake_store *store);
void fake_store_release(fake_store *store);

/* A worker's way to the store. */
vt_derived *fake_store_derived(fake_store *store);

/* The store as it was when it stood at `next`, as after a restart from an old copy. */
void fake_store_set_back(fake_store *store, int32_t partition, int64_t next);

/* Sets a field under the lock. */
void fake_store_answer(fake_store *store, vt_err load_err, vt_err apply_err);
void fake_store_block(fake_store *store, int32_t partition, bool is_blocked);

/* Whether the partition was applied up to `next`, each record once. */
bool fake_store_is_at(fake_store *store, int32_t partition, int64_t next);

/* One of the counters, under the lock. */
int fake_store_read(fake_store *store, const int *counter);

#endif

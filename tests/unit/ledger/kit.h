/* What the tests of the stores share: a data directory of their own, votes to append and a sink that waits. */
#ifndef VT_TESTS_LEDGER_KIT_H
#define VT_TESTS_LEDGER_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/ledger_sqlite.h"
#include "tally/tally_sqlite.h"

#include <pthread.h>
#include <stdatomic.h>

enum { KIT_PATH_MAX = 128, KIT_WAIT_MS = 20000 };

/* A new, empty directory under /tmp; kit_remove deletes it with the files in it. */
void kit_directory(char path[KIT_PATH_MAX]);
void kit_remove(const char *path);
void kit_path(char out[KIT_PATH_MAX], const char *dir, const char *file);

/* A sink that counts, checks that chains are in order of appending, and can be waited for. */
typedef struct kit_sink {
    vt_sink sink; /* first */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    size_t answered;
    size_t calls;
} kit_sink;

void kit_sink_init(kit_sink *sink);
void kit_sink_wait(kit_sink *sink, size_t answered); /* fails the test after KIT_WAIT_MS */

/* Fills one vote: `number` makes the identity. Points are 1, no voter, no refusal. */
void kit_vote(vt_append *item, kit_sink *sink, uint64_t number, const char *name, const char *album);
void kit_voter(vt_append *item, uint64_t voter);
vt_id kit_id(uint64_t number);

/* Appends `count` votes that lie one after the other, and waits for their answers; `sink` is that of all. */
void kit_append(vt_ledger *ledger, kit_sink *sink, vt_append *items, size_t count);
/* The same for one vote of its own; its answer is in *item. */
void kit_append_one(vt_ledger *ledger, vt_append *item);

/* An embedded votatón over `dir`: store, tally and ledger with the tally's fold. */
typedef struct test_kit {
    char dir[KIT_PATH_MAX];
    vt_store *store;
    vt_tally *tally;
    vt_ledger *ledger;
    vt_metrics *metrics;
    vt_health *health;
    size_t group_records_max;
    size_t queue_records_max;
    _Atomic int fatal_calls;
    vt_err fatal;
    char fatal_reason[256];
} test_kit;

/* Sets the usual sizes and makes the directory. */
void kit_init(test_kit *self);
/* Opens all three; kit_close closes them, in the order that a server does. Can be repeated: the files stay. */
void kit_open(test_kit *self);
void kit_close(test_kit *self);
/* Closes what is open and removes the directory. */
void kit_release(test_kit *self);

/* Runs SQL on a closed kit's file, as somebody with a shell might, with the checks of SQLite's schema off. */
void kit_tamper(const test_kit *self, const char *sql);
/* One number from a closed or open kit's file. */
int64_t kit_number(const test_kit *self, const char *sql);

#endif

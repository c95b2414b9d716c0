/* What group commit is worth: votes per second and CPU time per vote of the SQLite ledger with its tally, for groups of
 * 1, 100 and 5,000, each with synchronous=FULL and NORMAL.
 *
 *   bench_sqlite_groups DIR [ROUNDS]
 *
 * DIR is on the disk to be measured. Each cell is a database of its own in DIR, removed afterwards. The order of the
 * cells alternates from round to round; the table shows the median of the rounds and their range. CPU time is that of
 * the process; the feeding thread only hands over records that were made before.
 */
#include "base/clock.h"
#include "ledger/ledger_sqlite.h"
#include "tally/tally_sqlite.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ROUNDS_MAX = 99, ROUNDS = 5, BANDS = 40, VOTES_MAX = 400000 };

typedef struct cell {
    size_t group;
    size_t votes;
    bool is_full;
    double votes_per_second[ROUNDS_MAX];
    double cpu_us[ROUNDS_MAX];
} cell;

/* Counts what comes back. */
typedef struct counting_sink {
    vt_sink sink; /* first */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    size_t answered;
    size_t failed;
} counting_sink;

static void die(const char *what, const char *why) {
    fprintf(stderr, "bench_sqlite_groups: %s: %s\n", what, why);
    exit(1);
}

static void must(vt_err err, const char *what) {
    if (err != VT_OK) {
        die(what, vt_err_text(err));
    }
}

static void on_fatal(void *context, vt_err err, const char *reason) {
    (void) context;
    (void) err;
    die("ledger", reason);
}

static void done(vt_sink *sink, vt_append *chain) {
    counting_sink *counting = (counting_sink *) sink;
    size_t answered = 0;
    size_t failed = 0;
    for (; chain != NULL; chain = chain->next) {
        answered++;
        failed += chain->err != VT_OK || chain->verdict != VT_VERDICT_COUNTED;
    }
    pthread_mutex_lock(&counting->lock);
    counting->answered += answered;
    counting->failed += failed;
    pthread_cond_signal(&counting->moved);
    pthread_mutex_unlock(&counting->lock);
}

static vt_append *make_votes(counting_sink *sink) {
    vt_append *votes = calloc(VOTES_MAX, sizeof *votes);
    if (votes == NULL) {
        die("votes", "out of memory");
    }
    for (size_t i = 0; i < VOTES_MAX; i++) {
        char name[32];
        char album[32];
        uint8_t random[VT_UUID_RANDOM_LEN];
        for (size_t b = 0; b < sizeof random; b++) {
            random[b] = (uint8_t) (rand() >> 8);
        }
        snprintf(name, sizeof name, "Band number %d", (int) (i * 7919 % BANDS));
        snprintf(album, sizeof album, "Album %d", (int) (i * 104729 % 3));
        vt_vote vote = {0};
        vote.text[VT_FIELD_NAME] = vt_slice_str(name);
        vote.text[VT_FIELD_ALBUM] = vt_slice_str(album);
        vote.text[VT_FIELD_YEAR] = VT_SLICE("1997");
        vote.text[VT_FIELD_RANK] = VT_SLICE("12");
        vt_record_set_vote(&votes[i].record, &vote);
        votes[i].record.at_ms = 1800000000000 + (int64_t) i / 200;
        votes[i].record.id = vt_uuid_v7(votes[i].record.at_ms, random);
        votes[i].sink = &sink->sink;
    }
    return votes;
}

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Keeps the queue filled, so that every group is as large as it may be. */
static void feed(vt_ledger *ledger, counting_sink *sink, vt_append *votes, size_t count) {
    enum { CHUNK = 500 };
    vt_append *chunk[CHUNK];
    size_t sent = 0;
    sink->answered = 0;
    while (sent < count) {
        size_t chunk_len = count - sent < CHUNK ? count - sent : CHUNK;
        pthread_mutex_lock(&sink->lock);
        while (sent + chunk_len - sink->answered > VT_LEDGER_QUEUE_RECORDS_MAX) {
            pthread_cond_wait(&sink->moved, &sink->lock);
        }
        pthread_mutex_unlock(&sink->lock);
        for (size_t i = 0; i < chunk_len; i++) {
            chunk[i] = &votes[sent + i];
        }
        must(vt_ledger_append(ledger, chunk, chunk_len), "append");
        sent += chunk_len;
    }
    pthread_mutex_lock(&sink->lock);
    while (sink->answered < count) {
        pthread_cond_wait(&sink->moved, &sink->lock);
    }
    pthread_mutex_unlock(&sink->lock);
}

static void remove_database(const char *dir) {
    static const char *const names[] = {"votes.db", "votes.db-wal", "votes.db-shm", "lock"};
    char path[PATH_MAX + 16];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
}

static void measure(cell *to, int round, const char *parent, counting_sink *sink, vt_append *votes) {
    char dir[PATH_MAX];
    char reason[VT_STORE_REASON_MAX];
    vt_store *store = NULL;
    vt_tally *tally = NULL;
    vt_ledger *ledger = NULL;
    vt_metrics *metrics = NULL;
    vt_health *health = NULL;
    snprintf(dir, sizeof dir, "%s/bench_sqlite_groups.%d", parent, (int) getpid());
    if (vt_store_open(dir, VT_STORE_SERVE, &store, reason) != VT_OK) {
        die("open", reason);
    }
    must(vt_sql_exec(vt_store_writer(store), to->is_full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"),
         "synchronous");
    must(vt_metrics_open(&metrics), "metrics");
    must(vt_health_open(&health), "health");
    vt_ledger_sqlite_options options = {.queue_records_max = VT_LEDGER_QUEUE_RECORDS_MAX,
                                        .group_records_max = to->group,
                                        .metrics = metrics,
                                        .health = health,
                                        .on_fatal = on_fatal};
    must(vt_tally_sqlite_open(store, &tally), "tally");
    must(vt_ledger_sqlite_open(store, &options, &ledger), "ledger");
    must(vt_ledger_set_fold(ledger, vt_tally_sqlite_fold, tally), "fold");

    int64_t began_ns = vt_clock_monotonic_ns();
    double began_cpu = cpu_seconds();
    feed(ledger, sink, votes, to->votes);
    to->cpu_us[round] = (cpu_seconds() - began_cpu) * 1e6 / (double) to->votes;
    to->votes_per_second[round] = (double) to->votes * 1e9 / (double) (vt_clock_monotonic_ns() - began_ns);
    if (sink->failed != 0) {
        die("append", "votes were not counted");
    }
    vt_ledger_close(ledger);
    vt_tally_close(tally);
    vt_store_close(store);
    vt_metrics_close(metrics);
    vt_health_close(health);
    remove_database(dir);
}

static int by_value(const void *a, const void *b) {
    double left = *(const double *) a;
    double right = *(const double *) b;
    return (left > right) - (left < right);
}

static void print_cell(cell *to, int rounds) {
    qsort(to->votes_per_second, (size_t) rounds, sizeof(double), by_value);
    qsort(to->cpu_us, (size_t) rounds, sizeof(double), by_value);
    printf("%6zu  %-6s  %10.0f  (%.0f-%.0f)  %8.2f  (%.2f-%.2f)\n", to->group, to->is_full ? "FULL" : "NORMAL",
           to->votes_per_second[rounds / 2], to->votes_per_second[0], to->votes_per_second[rounds - 1],
           to->cpu_us[rounds / 2], to->cpu_us[0], to->cpu_us[rounds - 1]);
}

int main(int argc, char **argv) {
    int rounds = argc > 2 ? atoi(argv[2]) : ROUNDS;
    if (argc < 2 || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_sqlite_groups DIR [ROUNDS]\n");
        return 2;
    }
    static cell cells[] = {
        {.group = 1, .votes = 500, .is_full = true},       {.group = 1, .votes = 500, .is_full = false},
        {.group = 100, .votes = 20000, .is_full = true},   {.group = 100, .votes = 20000, .is_full = false},
        {.group = 5000, .votes = 400000, .is_full = true}, {.group = 5000, .votes = 400000, .is_full = false},
    };
    enum { CELLS = sizeof cells / sizeof cells[0] };
    counting_sink sink = {.sink = {done}, .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};
    vt_append *votes = make_votes(&sink);
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < CELLS; i++) {
            measure(&cells[round % 2 == 0 ? i : CELLS - 1 - i], round, argv[1], &sink, votes);
        }
    }
    printf(" group  sync        votes/s  (range)  CPU us/vote  (range)\n");
    for (int i = 0; i < CELLS; i++) {
        print_cell(&cells[i], rounds);
    }
    free(votes);
    return 0;
}

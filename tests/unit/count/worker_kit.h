/* What the tests of workers share: a topic, a store in memory, up to three workers on both, and waiting for what they
 * do.
 */
#ifndef VT_TESTS_WORKER_KIT_H
#define VT_TESTS_WORKER_KIT_H

#include "fake_store.h"
#include "topic_kit.h"

#include <stdatomic.h>

enum { WORKERS_MAX = 3 };

/* A worker and how it ended. */
typedef struct runner {
    vt_count_worker *worker;
    _Atomic int fatal_calls;
    vt_err fatal; /* valid when fatal_calls is 1 */
    char reason[VT_COUNT_REASON_MAX];
} runner;

extern topic_kit kit;
extern fake_store store;
extern vt_metrics *metrics;
extern vt_health *health;
extern vt_count_status *status;
extern runner runners[WORKERS_MAX];

int set_up(void **state);
int tear_down(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

void run(runner *self);
void run_in(runner *self, const char *group, const char *instance, bool sends_dead_letters);
void stop(runner *self);
void on_fatal(void *context, vt_err err, const char *reason); /* context: the runner */

/* Each fails the test when it waited in vain. */
void await_at(int32_t partition, int64_t next);
void await_fatal(runner *self);
void await_more(const int *counter, int than);
void await_health(const char *part);
void await_metric(const char *series, long long value);

/* For a wait of one's own: look_again pauses, and fails the test behind the deadline. */
int64_t deadline(void);
void look_again(int64_t deadline_ns, const char *what);

/* The value of a series; -1 when it is not there. */
long long metric(const char *series);

void health_text(char out[1024]);

#endif

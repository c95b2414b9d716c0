/* The rounds of one loop's viewers, with the network replaced: each turn of the loop is run by the test. */
#include "web/viewers.h"

#include "web/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static vt_task *posted;
static uint32_t offers;
static uint32_t writes;
static vt_audience audience;
static vt_viewers viewers;
static vt_metrics *metrics;

void vt_loop_post(vt_loop *loop, vt_task *task) {
    (void) loop;
    assert_null(posted);
    posted = task;
}

bool vt_reply_is_open(vt_reply reply) {
    (void) reply;
    return true;
}

vt_err vt_stream_start(vt_reply reply, const vt_http_answer *answer) {
    (void) reply;
    (void) answer;
    return VT_OK;
}

vt_err vt_stream_offer(vt_reply reply, vt_shared *shared) {
    (void) reply;
    assert_non_null(shared);
    offers++;
    return VT_OK;
}

vt_err vt_stream_write(vt_reply reply, vt_slice bytes) {
    (void) reply;
    (void) bytes;
    writes++;
    return VT_OK;
}

void vt_answer_lay_out(const vt_answer *answer, vt_header room[VT_REPLY_HEADERS_MAX], vt_http_answer *out) {
    (void) room;
    *out = (vt_http_answer){.status = answer->status};
}

static int set_up(void **state) {
    (void) state;
    posted = NULL;
    offers = 0;
    writes = 0;
    viewers = (vt_viewers){.audience = &audience};
    audience = (vt_audience){.count_max = 10000};
    vt_news_init(&audience.news);
    pthread_mutex_init(&audience.mutex, NULL);
    pthread_cond_init(&audience.idle, NULL);
    if (vt_metrics_open(&metrics) != VT_OK) {
        return -1;
    }
    audience.gauge = vt_metrics_gauge(metrics, "viewers", "", "Viewers");
    audience.events = vt_metrics_counter(metrics, "events_total", "", "Events");
    return 0;
}

static int tear_down(void **state) {
    (void) state;
    vt_viewers_release(&viewers);
    vt_news_release(&audience.news);
    pthread_cond_destroy(&audience.idle);
    pthread_mutex_destroy(&audience.mutex);
    vt_metrics_close(metrics);
    return 0;
}

static void add(uint32_t count) {
    static char loop;
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(vt_viewers_add(&viewers, (vt_reply){.loop = (vt_loop *) (void *) &loop, .slot = i}), VT_OK);
    }
    writes = 0;
}

static void publish(size_t bytes) {
    char *text = calloc(1, bytes);
    vt_shared *event = NULL;
    assert_non_null(text);
    assert_int_equal(vt_shared_new(vt_slice_of(text, bytes), &event), VT_OK);
    vt_news_publish(&audience.news, event, 1);
    free(text);
}

/* Runs the turns of one round, each of which offers at most `most` events; the number of turns. */
static uint32_t turns(uint32_t most) {
    uint32_t count = 0;
    vt_viewers_notify(&viewers);
    while (posted != NULL) {
        vt_task *task = posted;
        uint32_t before = offers;
        posted = NULL;
        task->run(task);
        assert_in_range(offers - before, 0, most);
        assert_in_range(++count, 1, 100000);
    }
    return count;
}

static void test_small_events_are_bound_by_viewers(void **state) {
    (void) state;
    add(2 * VT_VIEWERS_CHUNK + 1);
    publish(100);
    assert_int_equal(turns(VT_VIEWERS_CHUNK), 3);
    assert_int_equal(offers, 2 * VT_VIEWERS_CHUNK + 1);
}

static void test_large_events_are_bound_by_bytes(void **state) {
    (void) state;
    add(9);
    publish(VT_VIEWERS_TURN_BYTES / 2);
    assert_int_equal(turns(2), 5);
    assert_int_equal(offers, 9);
    publish(3 * VT_VIEWERS_TURN_BYTES);
    turns(1);
    assert_int_equal(offers, 18);
}

/* What is not sent costs no bytes: else one newcomer among many would take as many turns as there are viewers. */
static void test_who_has_the_event_costs_nothing(void **state) {
    (void) state;
    add(VT_VIEWERS_CHUNK - 1);
    publish(3 * VT_VIEWERS_TURN_BYTES);
    turns(1);
    offers = 0;
    add(1);
    assert_in_range(turns(1), 1, 2);
    assert_int_equal(offers, 1);
    vt_news_beat(&audience.news);
    assert_int_equal(turns(0), 1);
    assert_int_equal(writes, VT_VIEWERS_CHUNK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_small_events_are_bound_by_viewers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_large_events_are_bound_by_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_has_the_event_costs_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

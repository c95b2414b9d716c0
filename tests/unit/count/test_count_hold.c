#include "count/count_hold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

typedef struct kit {
    vt_metrics *metrics;
    vt_health *health;
    vt_count_hold hold;
} kit;

static void kit_init(kit *self) {
    *self = (kit){.hold = {.store = "log"}};
    assert_int_equal(vt_metrics_open(&self->metrics), VT_OK);
    assert_int_equal(vt_health_open(&self->health), VT_OK);
    assert_int_equal(vt_count_status_open("log", self->metrics, self->health, &self->hold.status), VT_OK);
    assert_int_equal(vt_count_status_join(self->hold.status, &self->hold.place), VT_OK);
}

static void kit_release(kit *self) {
    vt_count_status_close(self->hold.status);
    vt_health_close(self->health);
    vt_metrics_close(self->metrics);
}

static bool health_says(const kit *self, const char *text) {
    vt_buf out;
    const char *json = NULL;
    vt_buf_init(&out, 65536);
    assert_int_equal(vt_health_render(self->health, &out), VT_OK);
    assert_int_equal(vt_buf_cstr(&out, &json), VT_OK);
    bool is_there = strstr(json, text) != NULL;
    vt_buf_release(&out);
    return is_there;
}

/* libmongoc has much to say about a replica set of which nobody answers. */
static void test_a_long_reason_is_shown_whole(void **state) {
    (void) state;
    static const char reason[] =
        "MongoDB: No suitable servers found: `serverSelectionTimeoutMS` expired: [connection refused calling hello on "
        "'mongo-1.example.org:27017'] [connection refused calling hello on 'mongo-2.example.org:27017'] [connection "
        "refused calling hello on 'mongo-3.example.org:27017']. Topology type: ReplicaSetNoPrimary";
    kit self;
    kit_init(&self);
    vt_count_hold_begin(&self.hold, VT_COUNT_NEEDS_STORE, reason);
    assert_true(health_says(&self, "\"log\":\"away since 2"));
    assert_true(health_says(&self, reason));
    assert_false(vt_health_is_ready(self.health));
    vt_count_hold_end(&self.hold);
    assert_true(vt_health_is_ready(self.health));
    kit_release(&self);
}

static void test_waits_longer_each_time(void **state) {
    (void) state;
    kit self;
    kit_init(&self);
    uint32_t last_ms = 0;
    for (int i = 0; i < 10; i++) {
        vt_count_hold_begin(&self.hold, VT_COUNT_NEEDS_STORE, "away");
        assert_in_range(self.hold.wait_ms, last_ms, 2000);
        last_ms = self.hold.wait_ms;
    }
    assert_int_equal(last_ms, 2000);
    vt_count_hold_begin(&self.hold, VT_COUNT_NEEDS_LETTERS, "another need");
    assert_int_equal(self.hold.wait_ms, 100);
    kit_release(&self);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_long_reason_is_shown_whole),
        cmocka_unit_test(test_waits_longer_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

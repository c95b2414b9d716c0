#include "count/voter_counts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { VOTERS = 5000, MOST = 3 };

static vt_id voter_of(uint32_t number) {
    vt_id id = {{'v'}};
    memcpy(id.bytes + 8, &number, sizeof number);
    return id;
}

static bool add(vt_voter_counts *counts, uint32_t number) {
    vt_id voter = voter_of(number);
    bool is_counted;
    assert_int_equal(vt_voter_counts_add(counts, &voter, MOST, &is_counted), VT_OK);
    return is_counted;
}

static void test_each_voter_has_so_many_votes(void **state) {
    (void) state;
    vt_voter_counts counts;
    uint64_t sum = 0;
    assert_int_equal(vt_voter_counts_init(&counts), VT_OK);
    for (int round = 0; round < 2 * MOST; round++) {
        for (uint32_t i = 0; i < VOTERS; i++) { /* grows in the first round */
            assert_int_equal(add(&counts, i), round < MOST);
        }
    }
    assert_int_equal(counts.voters, VOTERS);
    assert_true(2 * counts.voters <= counts.places_count);
    for (size_t i = 0; i < counts.places_count; i++) {
        sum += counts.places[i].counted;
    }
    assert_int_equal(sum, MOST * VOTERS);
    vt_voter_counts_release(&counts);
    vt_voter_counts_release(&counts);
}

static void test_it_forgets(void **state) {
    (void) state;
    vt_voter_counts counts;
    assert_int_equal(vt_voter_counts_init(&counts), VT_OK);
    vt_voter_counts_clear(&counts);
    for (int i = 0; i < MOST; i++) {
        assert_true(add(&counts, 1));
    }
    assert_false(add(&counts, 1));
    vt_voter_counts_clear(&counts);
    assert_int_equal(counts.voters, 0);
    assert_true(add(&counts, 1));
    vt_voter_counts_release(&counts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_voter_has_so_many_votes),
        cmocka_unit_test(test_it_forgets),
    };
    return cmocka_run_group_tests_name("count/voter_counts", tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/nearest.h"

static void test_distance(void **state) {
    (void) state;
    assert_int_equal(vt_nearest_distance("", ""), 0);
    assert_int_equal(vt_nearest_distance("listen", "listen"), 0);
    assert_int_equal(vt_nearest_distance("", "abc"), 3);
    assert_int_equal(vt_nearest_distance("lisen", "listen"), 1);
    assert_int_equal(vt_nearest_distance("listten", "listen"), 1);
    assert_int_equal(vt_nearest_distance("lixten", "listen"), 1);
    assert_int_equal(vt_nearest_distance("kitten", "sitting"), 3);
}

static void test_long_words_are_near_to_nothing(void **state) {
    (void) state;
    char word[VT_NEAREST_WORD_MAX + 2] = {0};
    for (size_t i = 0; i < VT_NEAREST_WORD_MAX; i++) {
        word[i] = 'x';
    }
    assert_int_equal(vt_nearest_distance(word, word), 0);
    word[VT_NEAREST_WORD_MAX] = 'x';
    assert_int_equal(vt_nearest_distance(word, word), VT_NEAREST_WORD_MAX);
}

static void test_offer_keeps_the_nearest(void **state) {
    (void) state;
    const char *best = NULL;
    size_t distance = vt_nearest_limit("thread");
    vt_nearest_offer("thread", "connections-max", &best, &distance);
    assert_null(best);
    vt_nearest_offer("thread", "threads", &best, &distance);
    vt_nearest_offer("thread", "treads", &best, &distance);
    assert_string_equal(best, "threads");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_long_words_are_near_to_nothing),
        cmocka_unit_test(test_offer_keeps_the_nearest),
    };
    return cmocka_run_group_tests_name("cmd/nearest", tests, NULL, NULL);
}

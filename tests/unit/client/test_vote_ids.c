#include "client/vote_ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

enum { IDS = 10000 };

static char ids[IDS][VT_UUID_TEXT_LEN];

static int compare(const void *a, const void *b) {
    return memcmp(a, b, VT_UUID_TEXT_LEN);
}

static void test_distinct_and_ordered_by_time(void **state) {
    (void) state;
    vt_vote_ids source;
    vt_vote_ids_init(&source);
    for (int i = 0; i < IDS; i++) {
        vt_id id;
        assert_int_equal(vt_vote_ids_next(&source, 1700000000000 + i / 5000, ids[i]), VT_OK);
        assert_true(vt_uuid_parse(vt_slice_of(ids[i], VT_UUID_TEXT_LEN), &id));
        assert_int_equal(id.bytes[6] >> 4, 7);
    }
    assert_true(compare(ids[0], ids[IDS - 1]) < 0);
    qsort(ids, IDS, sizeof ids[0], compare);
    for (int i = 1; i < IDS; i++) {
        assert_int_not_equal(compare(ids[i - 1], ids[i]), 0);
    }
}

static void test_random(void **state) {
    (void) state;
    vt_vote_ids source;
    vt_vote_ids_init(&source);
    uint32_t first = 0;
    uint32_t same = 0;
    assert_int_equal(vt_vote_ids_random(&source, &first), VT_OK);
    for (int i = 0; i < 1000; i++) {
        uint32_t next = 0;
        assert_int_equal(vt_vote_ids_random(&source, &next), VT_OK);
        same += next == first;
    }
    assert_true(same < 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distinct_and_ordered_by_time),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

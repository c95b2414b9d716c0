#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/outbound.h"

static void offer(vt_outbound *outbound, const char *text) {
    vt_shared *shared;
    assert_int_equal(vt_shared_new(vt_slice_str(text), &shared), VT_OK);
    vt_outbound_offer(outbound, shared);
    vt_shared_unref(shared);
}

static void assert_reads(vt_outbound *outbound, size_t step, bool is_grpc, vt_slice wanted) {
    uint8_t bytes[64];
    size_t len = 0;
    size_t got;
    while ((got = vt_outbound_read(outbound, bytes + len, step, is_grpc)) > 0) {
        len += got;
    }
    assert_true(vt_outbound_is_empty(outbound));
    assert_int_equal(vt_outbound_waiting(outbound), 0);
    assert_int_equal(len, wanted.len);
    assert_memory_equal(bytes, wanted.ptr, len);
}

static void messages_are_framed_and_read_in_any_steps(void **state) {
    (void) state;
    for (size_t step = 1; step < 24; step++) {
        vt_outbound outbound;
        vt_outbound_init(&outbound);
        assert_int_equal(vt_outbound_append(&outbound, VT_SLICE("hi"), true), VT_OK);
        offer(&outbound, "dropped");
        offer(&outbound, "new");
        assert_reads(&outbound, step, true, VT_SLICE("\0\0\0\0\2hi\0\0\0\0\3new"));
        vt_outbound_release(&outbound);
    }
}

static void a_piece_under_way_is_finished_before_the_newest(void **state) {
    (void) state;
    vt_outbound outbound;
    uint8_t first[2];
    vt_outbound_init(&outbound);
    offer(&outbound, "one");
    assert_int_equal(vt_outbound_read(&outbound, first, sizeof first, false), 2);
    offer(&outbound, "two");
    offer(&outbound, "three");
    assert_reads(&outbound, 2, false, VT_SLICE("ethree"));
    vt_outbound_release(&outbound);
}

static void what_is_appended_follows_the_pieces(void **state) {
    (void) state;
    vt_outbound outbound;
    uint8_t first[7];
    vt_outbound_init(&outbound);
    offer(&outbound, "one");
    assert_int_equal(vt_outbound_read(&outbound, first, sizeof first, true), 7);
    offer(&outbound, "two");
    assert_int_equal(vt_outbound_append(&outbound, VT_SLICE("x"), true), VT_OK);
    assert_reads(&outbound, 64, true, VT_SLICE("e\0\0\0\0\3two\0\0\0\0\1x"));
    vt_outbound_release(&outbound);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_framed_and_read_in_any_steps),
        cmocka_unit_test(a_piece_under_way_is_finished_before_the_newest),
        cmocka_unit_test(what_is_appended_follows_the_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/output.h"

static vt_account account = {.bytes_max = 1 << 20};
static vt_spare spare = {.account = &account};

static vt_shared *share(const char *text) {
    vt_shared *shared;
    assert_int_equal(vt_shared_new(vt_slice_str(text), &shared), VT_OK);
    return shared;
}

static void append(vt_output *output, const char *text) {
    assert_int_equal(vt_output_append(output, &spare, text, strlen(text)), VT_OK);
}

/* Takes `step` bytes at a time and checks the whole. */
static void assert_drains(vt_output *output, size_t step, const char *wanted) {
    char text[64];
    size_t len = 0;
    while (!vt_output_is_empty(output)) {
        vt_slice parts[VT_OUTPUT_PARTS_MAX];
        unsigned count = vt_output_parts(output, parts);
        assert_true(count > 0 && parts[0].len > 0);
        size_t before = vt_output_waiting(output);
        size_t take = before < step ? before : step;
        size_t copied = 0;
        for (unsigned i = 0; i < count && copied < take; i++) {
            size_t piece = parts[i].len < take - copied ? parts[i].len : take - copied;
            memcpy(text + len, parts[i].ptr, piece);
            len += piece;
            copied += piece;
        }
        assert_int_equal(copied, take);
        vt_output_consume(output, &spare, take);
        assert_int_equal(vt_output_waiting(output), before - take);
    }
    assert_int_equal(len, strlen(wanted));
    assert_memory_equal(text, wanted, len);
}

static void bytes_piece_and_line_break_leave_in_order(void **state) {
    (void) state;
    for (size_t step = 1; step < 16; step++) {
        vt_output output;
        vt_output_init(&output);
        append(&output, "5\r\n");
        vt_output_share(&output, share("hello"), true);
        assert_drains(&output, step, "5\r\nhello\r\n");
        vt_output_release(&output, &spare);
    }
}

static void what_follows_a_piece_comes_behind_it(void **state) {
    (void) state;
    for (size_t sent = 0; sent <= 9; sent++) {
        vt_output output;
        vt_output_init(&output);
        append(&output, "ab");
        vt_output_share(&output, share("hello"), true);
        vt_output_consume(&output, &spare, sent);
        append(&output, "cd");
        assert_drains(&output, 3, &"abhello\r\ncd"[sent]);
        vt_output_release(&output, &spare);
    }
}

static void an_empty_output_gives_its_memory_back(void **state) {
    (void) state;
    vt_output output;
    vt_output_init(&output);
    append(&output, "ab");
    size_t before = spare.count;
    vt_output_consume(&output, &spare, 2);
    assert_int_equal(output.bytes.cap, 0);
    assert_int_equal(spare.count, before + 1);
    append(&output, "ab");
    assert_int_equal(spare.count, before);
    vt_output_release(&output, &spare);
}

static int release_spare(void **state) {
    (void) state;
    vt_spare_release(&spare);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_piece_and_line_break_leave_in_order),
        cmocka_unit_test(what_follows_a_piece_comes_behind_it),
        cmocka_unit_test(an_empty_output_gives_its_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, release_spare);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/grpc.h"

static void timeouts_are_rounded_up_to_milliseconds(void **state) {
    (void) state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1H", 3600000}, {"2M", 120000}, {"3S", 3000}, {"4m", 4}, {"1u", 1}, {"1n", 1}, {"99999999H", 359999996400000},
        {"1000001n", 2}, {"0m", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = -1;
        assert_true(vt_grpc_timeout_parse(vt_slice_str(cases[i].text), &ms));
        assert_true(ms == cases[i].ms);
    }
}

static void malformed_timeouts_are_refused(void **state) {
    (void) state;
    static const char *const cases[] = {"", "m", "5", "5x", "-1m", "1 m", "123456789m", "1mm", "+1m"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = -1;
        assert_false(vt_grpc_timeout_parse(vt_slice_str(cases[i]), &ms));
        assert_true(ms == -1);
    }
}

static void content_types_are_classified(void **state) {
    (void) state;
    static const struct {
        const char *text;
        vt_grpc_kind kind;
    } cases[] = {
        {"", VT_GRPC_NONE},
        {"application/json", VT_GRPC_NONE},
        {"application/grp", VT_GRPC_NONE},
        {"application/grpc", VT_GRPC_PROTO},
        {"APPLICATION/GRPC+PROTO ; a=b", VT_GRPC_PROTO},
        {"application/grpc;a", VT_GRPC_PROTO},
        {"application/grpc-web", VT_GRPC_FOREIGN},
        {"application/grpc+thrift", VT_GRPC_FOREIGN},
        {"application/grpc+protobuf", VT_GRPC_FOREIGN},
        {"application/grpcx", VT_GRPC_FOREIGN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(vt_grpc_kind_of(vt_slice_str(cases[i].text)), cases[i].kind);
    }
}

static void messages_are_read_in_any_pieces(void **state) {
    (void) state;
    const vt_slice input = VT_SLICE("\0\0\0\0\3abc\0\0\0\0\0\0\0\0\0\1d");
    for (size_t step = 1; step <= input.len; step++) {
        vt_grpc_reader reader = {0};
        vt_buf body;
        char seen[16] = {0};
        size_t seen_len = 0;
        vt_buf_init(&body, 1024);
        for (size_t at = 0; at < input.len; at += step) {
            vt_slice piece = vt_slice_of(input.ptr + at, input.len - at < step ? input.len - at : step);
            vt_err err = VT_OK;
            do {
                vt_grpc_progress progress = vt_grpc_read(&reader, 3, &piece, &body, &err);
                assert_int_not_equal(progress, VT_GRPC_FAILED);
                if (progress == VT_GRPC_MESSAGE) {
                    seen[seen_len++] = '|';
                    memcpy(seen + seen_len, body.ptr == NULL ? "" : body.ptr, body.len);
                    seen_len += body.len;
                    vt_buf_clear(&body);
                }
            } while (piece.len > 0);
        }
        assert_string_equal(seen, "|abc||d");
        assert_false(vt_grpc_is_partial(&reader));
        vt_buf_release(&body);
    }
}

static void prefixes_are_checked_before_anything_is_kept(void **state) {
    (void) state;
    static const struct {
        vt_slice prefix;
        vt_err err;
    } cases[] = {{{"\1\0\0\0\1", 5}, VT_ERR_UNIMPLEMENTED},
                 {{"\x80\0\0\0\1", 5}, VT_ERR_MALFORMED_REQUEST},
                 {{"\0\xff\xff\xff\xff", 5}, VT_ERR_BODY_TOO_LARGE},
                 {{"\0\0\0\0\x5", 5}, VT_ERR_BODY_TOO_LARGE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vt_grpc_reader reader = {0};
        vt_buf body;
        vt_buf_init(&body, 1024);
        vt_slice bytes = cases[i].prefix;
        vt_err err = VT_OK;
        assert_int_equal(vt_grpc_read(&reader, 4, &bytes, &body, &err), VT_GRPC_FAILED);
        assert_int_equal(err, cases[i].err);
        assert_int_equal(body.cap, 0);
    }
}

static void texts_are_percent_encoded(void **state) {
    (void) state;
    vt_buf out;
    vt_buf_init(&out, 64);
    assert_int_equal(vt_grpc_append_message(&out, VT_SLICE("a b%~\x7f\n\xc3\xa9")), VT_OK);
    assert_int_equal(out.len, 19);
    assert_memory_equal(out.ptr, "a b%25~%7F%0A%C3%A9", 19);
    vt_buf_release(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timeouts_are_rounded_up_to_milliseconds),
        cmocka_unit_test(malformed_timeouts_are_refused),
        cmocka_unit_test(content_types_are_classified),
        cmocka_unit_test(messages_are_read_in_any_pieces),
        cmocka_unit_test(prefixes_are_checked_before_anything_is_kept),
        cmocka_unit_test(texts_are_percent_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

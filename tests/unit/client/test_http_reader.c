#include "client/http_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char answer[] = "HTTP/1.1 100 Continue\r\n\r\n"
                             "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 5\r\n\r\nhello";

static void assert_answer(const vt_http_reader *reader) {
    assert_int_equal(vt_http_reader_status(reader), 503);
    assert_int_equal(reader->retry_after_ms, 2000);
    assert_true(reader->keep_alive);
    assert_true(vt_slice_eq(vt_buf_slice(&reader->body), VT_SLICE("hello")));
}

/* Whole, and cut at every place. */
static void test_any_cut(void **state) {
    (void) state;
    vt_http_reader reader;
    vt_http_reader_init(&reader, 100);
    for (size_t cut = 0; cut < sizeof answer - 1; cut++) {
        bool complete = false;
        assert_int_equal(vt_http_reader_feed(&reader, vt_slice_of(answer, cut), &complete), VT_OK);
        assert_false(complete);
        assert_int_equal(vt_http_reader_feed(&reader, vt_slice_of(answer + cut, sizeof answer - 1 - cut), &complete),
                         VT_OK);
        assert_true(complete);
        assert_answer(&reader);
        vt_http_reader_next(&reader);
    }
    vt_http_reader_release(&reader);
}

static vt_err feed(vt_http_reader *reader, const char *text, bool *complete) {
    vt_http_reader_reset(reader);
    return vt_http_reader_feed(reader, vt_slice_str(text), complete);
}

static void test_refused(void **state) {
    (void) state;
    vt_http_reader reader;
    bool complete = false;
    vt_http_reader_init(&reader, 4);
    assert_int_equal(feed(&reader, answer, &complete), VT_ERR_MALFORMED_REQUEST);
    assert_int_equal(feed(&reader, "SSH-2.0\r\n", &complete), VT_ERR_MALFORMED_REQUEST);
    assert_int_equal(feed(&reader, "HTTP/1.1 204 No Content\r\n\r\nmore", &complete), VT_ERR_MALFORMED_REQUEST);
    static char large[VT_HTTP_HEADER_BYTES_MAX + 100] = "HTTP/1.1 200 OK\r\nX: ";
    memset(large + strlen(large), 'x', sizeof large - 1 - strlen(large));
    assert_int_equal(feed(&reader, large, &complete), VT_ERR_MALFORMED_REQUEST);
    assert_false(complete);
    vt_http_reader_release(&reader);
}

static void test_end_of_connection(void **state) {
    (void) state;
    vt_http_reader reader;
    bool complete = false;
    vt_http_reader_init(&reader, 100);
    assert_int_equal(feed(&reader, "HTTP/1.0 200 OK\r\nRetry-After: soon\r\n\r\nhello", &complete), VT_OK);
    assert_false(complete);
    assert_true(vt_http_reader_end(&reader));
    assert_false(reader.keep_alive);
    assert_int_equal(reader.retry_after_ms, -1);
    assert_true(vt_slice_eq(vt_buf_slice(&reader.body), VT_SLICE("hello")));
    assert_int_equal(feed(&reader, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", &complete), VT_OK);
    assert_false(vt_http_reader_end(&reader));
    vt_http_reader_reset(&reader);
    assert_false(vt_http_reader_end(&reader));
    vt_http_reader_release(&reader);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_cut),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_end_of_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

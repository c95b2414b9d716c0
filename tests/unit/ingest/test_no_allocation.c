/* On the path of a vote nothing is allocated once the pools are warm: bytes in, engine, readers, ledger `null:`, bytes
 * out. Linked with --wrap for malloc, calloc and realloc, which catches the calls from votaton, and nghttp2's through
 * the allocator that it is given. */
#include "ingest/ingest.h"
#include "ledger/ledger_null.h"
#include "net/conn.h"
#include "net/loop_state.h"

#include <nghttp2/nghttp2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { CALLS_PER_ROUND = 50, WARM_ROUNDS = 20, COUNTED_ROUNDS = 100, BYTES_MAX = 1 << 20 };

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);

static bool is_counting;
static size_t allocations;

void *__wrap_malloc(size_t bytes) {
    allocations += is_counting;
    return __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes) {
    allocations += is_counting;
    return __real_calloc(count, bytes);
}

void *__wrap_realloc(void *old, size_t bytes) {
    allocations += is_counting;
    return __real_realloc(old, bytes);
}

/* A server of one connection, without a socket. */
typedef struct fixture {
    vt_ledger *ledger;
    vt_metrics *metrics;
    vt_ingest *ingest;
    vt_router *router;
    vt_loop loop;
    vt_conn conn;
    char out[BYTES_MAX]; /* what the server sent in this round */
    size_t out_len;
} fixture;

static const vt_contest contest = {.takes_unknown_bands = true};

static void wake(void *context) {
    (void) context;
}

static int open_fixture(void **state) {
    fixture *f = calloc(1, sizeof *f);
    assert_int_equal(vt_ledger_null_open(&f->ledger), VT_OK);
    assert_int_equal(vt_metrics_open(&f->metrics), VT_OK);
    vt_ingest_options options = {
        .ledger = f->ledger, .rules = {.contest = &contest}, .metrics = f->metrics, .loops = 1, .items_max = 1000};
    assert_int_equal(vt_ingest_open(&options, &f->ingest), VT_OK);
    vt_route_table table = vt_ingest_routes(f->ingest);
    assert_int_equal(vt_router_open(&table, 1, &f->router), VT_OK);
    vt_loop_options loop = {
        .router = f->router, .limits = vt_server_limits_default(), .metrics = f->metrics, .name = "test", .wake = wake};
    vt_loop_init(&f->loop, &loop);
    vt_conn_init(&f->conn, &f->loop, &(vt_peer){{0}});
    vt_conn_settle(&f->conn);
    *state = f;
    return 0;
}

static int close_fixture(void **state) {
    fixture *f = *state;
    vt_conn_release(&f->conn);
    vt_loop_release(&f->loop);
    vt_router_close(f->router);
    vt_ingest_close(f->ingest);
    vt_metrics_close(f->metrics);
    vt_ledger_close(f->ledger);
    free(f);
    return 0;
}

static void take_output(fixture *f) {
    vt_slice parts[VT_OUTPUT_PARTS_MAX];
    unsigned count = vt_output_parts(&f->conn.output, parts);
    for (unsigned i = 0; i < count; i++) {
        assert_true(parts[i].len <= sizeof f->out - f->out_len);
        memcpy(f->out + f->out_len, parts[i].ptr, parts[i].len);
        f->out_len += parts[i].len;
    }
    vt_output_consume(&f->conn.output, &f->loop.spare, vt_output_waiting(&f->conn.output));
}

/* One turn of the loop: everything that was sent is answered. */
static void serve(fixture *f, const char *bytes, size_t len, bool counted) {
    f->out_len = 0;
    is_counting = counted;
    vt_conn_feed(&f->conn, bytes, len);
    while (vt_loop_next_dirty(&f->loop) != NULL) {
        vt_conn_pull(&f->conn);
        take_output(f);
        vt_conn_settle(&f->conn);
    }
    is_counting = false;
}

static void test_http1(void **state) {
    fixture *f = *state;
    static const char request[] =
        "POST /grpc/insert HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 82\r\n\r\n"
        "{\"name\":\"Viernes Verde\",\"album\":\"Remedios\",\"year\":\"2001\",\"rank\":\"1\",\"extra\":null}\n";
    allocations = 0;
    for (int i = 0; i < (WARM_ROUNDS + COUNTED_ROUNDS) * CALLS_PER_ROUND; i++) {
        serve(f, request, sizeof request - 1, i >= WARM_ROUNDS * CALLS_PER_ROUND);
        assert_memory_equal(f->out, "HTTP/1.1 200", 12);
    }
    assert_int_equal(allocations, 0);
}

static int count_ok(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                    const uint8_t *value, size_t value_len, uint8_t flags, void *user_data) {
    (void) session;
    (void) frame;
    (void) flags;
    *(int *) user_data += name_len == 11 && memcmp(name, "grpc-status", 11) == 0 && value_len == 1 && *value == '0';
    return 0;
}

static ssize_t read_call(nghttp2_session *session, int32_t stream_id, uint8_t *buf, size_t length, uint32_t *flags,
                         nghttp2_data_source *source, void *user_data) {
    (void) session;
    (void) stream_id;
    (void) source;
    (void) user_data;
    static const char call[] = "\0\0\0\0\x11\x0a\x0dViernes Verde\x12\x00";
    assert_true(length >= sizeof call - 1);
    memcpy(buf, call, sizeof call - 1);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    return sizeof call - 1;
}

static void submit_calls(nghttp2_session *client) {
    static char names[][13] = {":method", ":scheme", ":path", ":authority", "content-type", "te"};
    static char values[][32] = {"POST", "http", "/votaton.v1.VoteService/Cast", "a", "application/grpc", "trailers"};
    nghttp2_nv headers[6];
    for (size_t i = 0; i < 6; i++) {
        headers[i] = (nghttp2_nv){(uint8_t *) names[i], (uint8_t *) values[i], strlen(names[i]), strlen(values[i]), 0};
    }
    nghttp2_data_provider body = {.read_callback = read_call};
    for (int i = 0; i < CALLS_PER_ROUND; i++) {
        assert_true(nghttp2_submit_request(client, NULL, headers, 6, &body, NULL) > 0);
    }
}

/* All that the client has to send, as one read of the server. */
static size_t collect(nghttp2_session *client, char *bytes) {
    size_t len = 0;
    const uint8_t *part;
    ssize_t part_len;
    while ((part_len = nghttp2_session_mem_send(client, &part)) > 0) {
        assert_true((size_t) part_len <= BYTES_MAX - len);
        memcpy(bytes + len, part, (size_t) part_len);
        len += (size_t) part_len;
    }
    return len;
}

static void test_grpc(void **state) {
    fixture *f = *state;
    int answered = 0;
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *client;
    assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, count_ok);
    assert_int_equal(nghttp2_session_client_new(&client, callbacks, &answered), 0);
    assert_int_equal(nghttp2_submit_settings(client, NGHTTP2_FLAG_NONE, NULL, 0), 0);
    char *bytes = malloc(BYTES_MAX);
    allocations = 0;
    for (int round = 0; round < WARM_ROUNDS + COUNTED_ROUNDS; round++) {
        submit_calls(client);
        /* The answer to the settings, and what flow control held back, come in further turns. */
        for (size_t len = collect(client, bytes); len > 0; len = collect(client, bytes)) {
            serve(f, bytes, len, round >= WARM_ROUNDS);
            assert_int_equal(nghttp2_session_mem_recv(client, (const uint8_t *) f->out, f->out_len), f->out_len);
        }
    }
    assert_int_equal(answered, (WARM_ROUNDS + COUNTED_ROUNDS) * CALLS_PER_ROUND);
    assert_int_equal(allocations, 0);
    free(bytes);
    nghttp2_session_del(client);
    nghttp2_session_callbacks_del(callbacks);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_http1, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_grpc, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests_name("ingest/no_allocation", tests, NULL, NULL);
}

#include "harness.h"

#include "contest/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

captured_answer captured;
fake_ledger fake;

static vt_ingest *ingest;
static vt_metrics *metrics;
static vt_secret secret = {.bytes = "0123456789abcdef", .len = 16};
static vt_trusted_proxies proxies;
static vt_task *posted;

void __wrap_vt_reply_http(vt_reply reply, const vt_http_answer *answer);
void __wrap_vt_reply_grpc(vt_reply reply, const vt_grpc_answer *answer);
void __wrap_vt_reply_note(vt_reply reply, vt_slice name, vt_slice value);
void __wrap_vt_loop_post(vt_loop *loop, vt_task *task);
uint32_t __wrap_vt_loop_index(const vt_loop *loop);
int64_t __wrap_vt_loop_wall_ms(const vt_loop *loop);

static void capture(bool is_grpc, int status, vt_slice body, const vt_header *headers, uint32_t count) {
    captured.count++;
    captured.is_grpc = is_grpc;
    captured.status = status;
    assert_true(body.len < sizeof captured.body);
    if (body.len > 0) {
        memcpy(captured.body, body.ptr, body.len);
    }
    captured.body[body.len] = '\0';
    captured.body_len = body.len;
    size_t used = 0;
    captured.headers[0] = '\0';
    for (uint32_t i = 0; i < count; i++) {
        used += (size_t) snprintf(captured.headers + used, sizeof captured.headers - used, "%.*s: %.*s\n",
                                  (int) headers[i].name.len, headers[i].name.ptr, (int) headers[i].value.len,
                                  headers[i].value.ptr);
    }
}

void __wrap_vt_reply_http(vt_reply reply, const vt_http_answer *answer) {
    (void) reply;
    capture(false, answer->status, answer->body, answer->headers, answer->headers_count);
}

void __wrap_vt_reply_grpc(vt_reply reply, const vt_grpc_answer *answer) {
    (void) reply;
    capture(true, answer->status, answer->message, answer->trailers, answer->trailers_count);
    snprintf(captured.text, sizeof captured.text, "%.*s", (int) answer->text.len, answer->text.ptr);
}

void __wrap_vt_reply_note(vt_reply reply, vt_slice name, vt_slice value) {
    (void) reply;
    assert_true(vt_slice_eq(name, VT_SLICE("votaton-id")));
    snprintf(captured.note, sizeof captured.note, "%.*s", (int) value.len, value.ptr);
}

void __wrap_vt_loop_post(vt_loop *loop, vt_task *task) {
    (void) loop;
    assert_null(posted);
    posted = task;
}

uint32_t __wrap_vt_loop_index(const vt_loop *loop) {
    (void) loop;
    return 0;
}

int64_t __wrap_vt_loop_wall_ms(const vt_loop *loop) {
    (void) loop;
    return 1000;
}

static void give_back(vt_append *const *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        items[i]->err = items[i]->refusal != VT_OK ? items[i]->refusal : fake.item_err;
        items[i]->verdict = fake.verdict;
        items[i]->position = (vt_position){-1, (int64_t) (i + 1)};
        items[i]->next = i + 1 < count ? items[i + 1] : NULL;
    }
    items[0]->sink->done(items[0]->sink, items[0]);
}

static vt_err fake_append(vt_ledger *ledger, vt_append *const *items, size_t count) {
    (void) ledger;
    if (fake.append_err != VT_OK) {
        return fake.append_err;
    }
    fake.last = *items[count - 1];
    fake.appended += count;
    if (fake.holds) {
        memcpy(fake.held + fake.held_count, items, count * sizeof items[0]);
        fake.held_count += count;
    } else {
        give_back(items, count);
    }
    return VT_OK;
}

static size_t fake_depth(const vt_ledger *ledger) {
    (void) ledger;
    return 0;
}

static void fake_close(vt_ledger *ledger) {
    (void) ledger;
}

static const vt_ledger_backend fake_backend = {.append = fake_append, .queue_depth = fake_depth, .close = fake_close};

void harness_open(const vt_contest *contest, uint32_t items_max) {
    harness_close();
    fake = (fake_ledger){.ledger = {.backend = &fake_backend, .answers_inline = true}, .verdict = VT_VERDICT_COUNTED};
    assert_int_equal(vt_metrics_open(&metrics), VT_OK);
    vt_ingest_options options = {
        .ledger = &fake.ledger,
        .rules = {.contest = contest, .secret = &secret, .trusted_proxies = &proxies},
        .metrics = metrics,
        .loops = 1,
        .items_max = items_max,
    };
    assert_int_equal(vt_ingest_open(&options, &ingest), VT_OK);
}

void harness_close(void) {
    vt_ingest_close(ingest);
    vt_metrics_close(metrics);
    ingest = NULL;
    metrics = NULL;
    posted = NULL;
}

void harness_request(const char *path, vt_slice body, const vt_header *headers, uint32_t headers_count) {
    memset(&captured, 0, sizeof captured);
    vt_route_table table = vt_ingest_routes(ingest);
    for (uint32_t i = 0; i < table.routes_count; i++) {
        if (strcmp(table.routes[i].path, path) == 0) {
            vt_request request = {
                .protocol = table.routes[i].kind == VT_ROUTE_GRPC ? VT_PROTOCOL_GRPC : VT_PROTOCOL_HTTP1,
                .method = VT_SLICE("POST"),
                .path = vt_slice_str(path),
                .body = body,
                .headers = headers,
                .headers_count = headers_count,
            };
            table.routes[i].handle(table.context, &request, (vt_reply){0});
            return;
        }
    }
    fail_msg("no route %s", path);
}

void harness_post(const char *path, const char *body) {
    harness_request(path, vt_slice_str(body), NULL, 0);
}

void fake_ledger_release(void) {
    size_t count = fake.held_count;
    fake.held_count = 0;
    if (count > 0) {
        give_back(fake.held, count);
    }
    if (posted != NULL) {
        vt_task *task = posted;
        posted = NULL;
        task->run(task);
    }
}

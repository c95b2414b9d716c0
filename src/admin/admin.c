#include "admin/admin.h"

#include "base/clock.h"
#include "base/hash.h"
#include "obs/escape.h"

#include <inttypes.h>
#include <stdlib.h>

enum { ANSWER_BYTES_MAX = 4 * 1024 * 1024, HTTP_OK = 200, HTTP_UNAUTHORIZED = 401, HTTP_UNAVAILABLE = 503 };

#define JSON VT_SLICE("application/json")

struct vt_admin {
    vt_admin_options options;
    uint8_t token_hash[VT_SHA256_LEN];
    int64_t opened_ns;
};

static void hash_text(vt_slice text, uint8_t out[VT_SHA256_LEN]) {
    vt_sha256 hash;
    vt_sha256_init(&hash);
    vt_sha256_update(&hash, text.ptr, text.len);
    vt_sha256_final(&hash, out);
}

static bool has_token(const vt_admin *admin) {
    return admin->options.token != NULL && admin->options.token[0] != '\0';
}

vt_err vt_admin_open(const vt_admin_options *options, vt_admin **out) {
    vt_admin *admin = calloc(1, sizeof *admin);
    if (admin == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    admin->options = *options;
    admin->opened_ns = vt_clock_monotonic_ns();
    if (has_token(admin)) {
        hash_text(vt_slice_str(options->token), admin->token_hash);
    }
    *out = admin;
    return VT_OK;
}

void vt_admin_close(vt_admin *admin) {
    free(admin);
}

/* Nothing here may be kept by a cache: it is true now only. */
static void answer(vt_reply reply, int status, vt_slice content_type, vt_slice body) {
    const vt_header header = {VT_SLICE("cache-control"), VT_SLICE("no-store")};
    vt_reply_http(
        reply,
        &(vt_http_answer){
            .status = status, .content_type = content_type, .headers = &header, .headers_count = 1, .body = body});
}

static void answer_error(vt_reply reply, vt_err err) {
    char bytes[256];
    vt_buf body = {.ptr = bytes, .cap = sizeof bytes, .max = sizeof bytes};
    vt_err full =
        vt_buf_appendf(&body, "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}", vt_err_code(err), vt_err_text(err));
    answer(reply, vt_err_http_status(err), JSON, full == VT_OK ? vt_buf_slice(&body) : VT_SLICE("{}"));
}

/* Answers with what `render` appends, or with its error. */
static void answer_rendered(vt_reply reply, int status, vt_slice content_type, const vt_admin *admin,
                            vt_err (*render)(const vt_admin *admin, vt_buf *out)) {
    vt_buf body;
    vt_buf_init(&body, ANSWER_BYTES_MAX);
    vt_err err = render(admin, &body);
    if (err == VT_OK) {
        answer(reply, status, content_type, vt_buf_slice(&body));
    } else {
        answer_error(reply, err);
    }
    vt_buf_release(&body);
}

/* Hashes are compared, so that the time says nothing about the token, its length included. */
static bool is_allowed(const vt_admin *admin, const vt_request *request) {
    if (!has_token(admin)) {
        return true;
    }
    const vt_slice scheme = VT_SLICE("Bearer ");
    vt_slice given = vt_request_header(request, VT_SLICE("authorization"));
    if (given.len < scheme.len || !vt_slice_eq_nocase(vt_slice_of(given.ptr, scheme.len), scheme)) {
        return false;
    }
    uint8_t given_hash[VT_SHA256_LEN];
    hash_text(vt_slice_of(given.ptr + scheme.len, given.len - scheme.len), given_hash);
    return vt_hash_equal(given_hash, admin->token_hash, VT_SHA256_LEN);
}

static void answer_unauthorized(vt_reply reply) {
    const vt_header header = {VT_SLICE("www-authenticate"), VT_SLICE("Bearer realm=\"votaton\"")};
    vt_reply_http(reply, &(vt_http_answer){
                             .status = HTTP_UNAUTHORIZED,
                             .content_type = JSON,
                             .headers = &header,
                             .headers_count = 1,
                             .body = VT_SLICE("{\"error\":{\"code\":\"unauthorized\",\"message\":\"the admin token is "
                                              "required\"}}"),
                         });
}

static vt_err render_metrics(const vt_admin *admin, vt_buf *out) {
    return vt_metrics_render(admin->options.metrics, out);
}

static vt_err render_health(const vt_admin *admin, vt_buf *out) {
    return vt_health_render(admin->options.health, out);
}

static vt_err render_stores(const vt_admin_state *state, vt_buf *out) {
    vt_err err = VT_OK;
    if (state->ledger != NULL) {
        err =
            vt_buf_appendf(out, "\"ledger\":{\"kind\":\"%s\",\"queue_depth\":%" PRIu64 ",\"partitions\":%" PRId32 "},",
                           state->ledger, state->queue_depth, state->partitions);
    }
    if (err == VT_OK && state->tally != NULL) {
        err = vt_buf_appendf(out, "\"tally\":{\"kind\":\"%s\"},", state->tally);
    }
    if (err == VT_OK && state->log != NULL) {
        err = vt_buf_appendf(out, "\"log\":{\"kind\":\"%s\"},", state->log);
    }
    return err;
}

static vt_err render_state(const vt_admin_state *state, vt_buf *out) {
    vt_err err = render_stores(state, out);
    if (err == VT_OK) {
        err = vt_buf_appendf(out, "\"contest\":{\"title\":\"");
    }
    if (err == VT_OK) {
        err = vt_escape_json(out, vt_slice_str(state->contest));
    }
    return err == VT_OK ? vt_buf_appendf(out, "\",\"version\":%" PRIu64 "}", state->contest_version) : err;
}

static vt_err render_status(const vt_admin *admin, vt_buf *out) {
    int64_t uptime_s = (vt_clock_monotonic_ns() - admin->opened_ns) / 1000000000;
    vt_admin_state state = {0};
    admin->options.state(admin->options.context, &state);
    vt_err err =
        vt_buf_appendf(out, "{\"version\":\"%s\",\"role\":\"%s\",\"uptime_s\":%" PRId64 ",\"health\":", VT_VERSION,
                       state.role == NULL ? "" : state.role, uptime_s);
    if (err == VT_OK) {
        err = vt_health_render(admin->options.health, out);
    }
    if (err == VT_OK) {
        err = vt_buf_append_char(out, ',');
    }
    if (err == VT_OK) {
        err = render_state(&state, out);
    }
    return err == VT_OK ? vt_buf_appendf(out, ",\"configuration\":%s}", admin->options.configuration) : err;
}

static void handle_metrics(void *context, const vt_request *request, vt_reply reply) {
    const vt_admin *admin = context;
    if (!is_allowed(admin, request)) {
        answer_unauthorized(reply);
        return;
    }
    answer_rendered(reply, HTTP_OK, VT_SLICE("text/plain; version=0.0.4; charset=utf-8"), admin, render_metrics);
}

static void handle_status(void *context, const vt_request *request, vt_reply reply) {
    const vt_admin *admin = context;
    if (!is_allowed(admin, request)) {
        answer_unauthorized(reply);
        return;
    }
    answer_rendered(reply, HTTP_OK, JSON, admin, render_status);
}

static void handle_live(void *context, const vt_request *request, vt_reply reply) {
    (void) context;
    (void) request;
    answer(reply, HTTP_OK, JSON, VT_SLICE("{\"live\":true}"));
}

static void handle_ready(void *context, const vt_request *request, vt_reply reply) {
    (void) request;
    const vt_admin *admin = context;
    int status = vt_health_is_ready(admin->options.health) ? HTTP_OK : HTTP_UNAVAILABLE;
    answer_rendered(reply, status, JSON, admin, render_health);
}

vt_route_table vt_admin_routes(vt_admin *admin) {
    static const vt_route routes[] = {
        {VT_ROUTE_HTTP, "GET", "/metrics", 0, handle_metrics, NULL},
        {VT_ROUTE_HTTP, "GET", "/status", 0, handle_status, NULL},
    };
    return (vt_route_table){routes, sizeof routes / sizeof *routes, admin};
}

vt_route_table vt_admin_health_routes(vt_admin *admin) {
    static const vt_route routes[] = {
        {VT_ROUTE_HTTP, "GET", "/livez", 0, handle_live, NULL},
        {VT_ROUTE_HTTP, "GET", "/readyz", 0, handle_ready, NULL},
        {VT_ROUTE_HTTP, "GET", "/healthz", 0, handle_ready, NULL},
    };
    return (vt_route_table){routes, sizeof routes / sizeof *routes, admin};
}

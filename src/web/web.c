#include "web/web.h"

#include "base/assert.h"
#include "base/clock.h"
#include "web/answer.h"
#include "web/assets.h"
#include "web/contest_info.h"
#include "web/live.h"
#include "web/page_none.h"
#include "web/read.h"
#include "web/record_log.h"
#include "web/results.h"
#include "web/series.h"
#include "web/vote_lookup.h"

#include <stdlib.h>

struct vt_web {
    const vt_contest *contest;
    bool posts_elsewhere;
    vt_views *views;
    vt_reader *reader;
    vt_live *live;
};

vt_web_limits vt_web_limits_default(uint32_t loops_count) {
    return (vt_web_limits){
        .pool_threads = 2,
        .queue_max = 1024,
        .read_deadline_ms = 5000,
        .loops_count = loops_count,
        .viewers_max = 10000,
    };
}

static void web_results(void *context, const vt_request *request, vt_reply reply) {
    vt_web *web = context;
    vt_results_serve(web->reader, VT_FORM_JSON, request, reply);
}

static void web_page_results(void *context, const vt_request *request, vt_reply reply) {
    vt_web *web = context;
    vt_form form = vt_lang_choose(request) == VT_LANG_EN ? VT_FORM_PAGE_EN : VT_FORM_PAGE_ES;
    vt_results_serve(web->reader, form, request, reply);
}

static void web_stream(void *context, const vt_request *request, vt_reply reply) {
    vt_web *web = context;
    vt_live_serve(web->live, request, reply);
}

static void web_vote(void *context, const vt_request *request, vt_reply reply) {
    vt_web *web = context;
    vt_vote_lookup_serve(web->reader, request, reply);
}

static void web_log(void *context, const vt_request *request, vt_reply reply) {
    vt_web *web = context;
    vt_record_log_serve(web->reader, VT_LOG_SHAPE_PAGED, request, reply);
}

static void web_log_alias(void *context, const vt_request *request, vt_reply reply) {
    vt_web *web = context;
    vt_record_log_serve(web->reader, VT_LOG_SHAPE_ALIAS, request, reply);
}

static void web_page_log(void *context, const vt_request *request, vt_reply reply) {
    vt_web *web = context;
    vt_record_log_serve(web->reader, VT_LOG_SHAPE_HTML, request, reply);
}

/* This one and the next need no store, so they are answered on the loop. */
static void web_no_page(void *context, const vt_request *request, vt_reply reply) {
    const vt_web *web = context;
    vt_page_none_serve(web->contest, VT_PAGE_NONE_AMONG_PAGES, request, reply);
}

static void web_contest(void *context, const vt_request *request, vt_reply reply) {
    (void) request;
    const vt_web *web = context;
    vt_buf buf;
    vt_buf_init(&buf, VT_CONTEST_INFO_BYTES_MAX);
    vt_text text = {.buf = &buf};
    const vt_contest *contest = vt_contest_now(web->contest);
    vt_contest_info_begin(contest, &text);
    vt_contest_info_end(contest, vt_clock_wall_ms(), &text);
    if (text.err == VT_OK) {
        vt_answer_send(reply, &(vt_answer){.kind = VT_ANSWER_JSON, .status = 200, .body = vt_buf_slice(&buf)});
    } else {
        vt_answer_error(reply, text.err, NULL);
    }
    vt_buf_release(&buf);
}

/* A proxy that routes by path only brings votes here, too. The request is repeated as it is at a path that leads to
 * whoever takes votes (RFC 9110 §15.4.9); an answer that was stored would outlive another deployment. */
static void web_post_elsewhere(void *context, const vt_request *request, vt_reply reply) {
    (void) context;
    (void) request;
    const vt_header headers[] = {
        {VT_SLICE("location"), VT_SLICE("/insert")},
        {VT_SLICE("cache-control"), VT_SLICE("no-store")},
    };
    vt_http_answer answer = {.status = 308, .headers = headers, .headers_count = sizeof headers / sizeof headers[0]};
    vt_reply_http(reply, &answer);
}

#define WEB_GET(at, handler)                                                                                           \
    { .kind = VT_ROUTE_HTTP, .method = "GET", .path = (at), .handle = (handler) }

#define WEB_POST(at, handler)                                                                                          \
    { .kind = VT_ROUTE_HTTP, .method = "POST", .path = (at), .body_bytes_max = VT_BATCH_BYTES_MAX, .handle = (handler) }

enum { POSTS_COUNT = 3 };

vt_route_table vt_web_routes(vt_web *web) {
    static const vt_route routes[] = {
        WEB_GET("/", web_page_results),
        WEB_GET("/log", web_page_log),
        WEB_GET("/v1/results", web_results),
        WEB_GET("/v1/results/stream", web_stream),
        WEB_GET("/v1/votes/*", web_vote),
        WEB_GET("/v1/contest", web_contest),
        WEB_GET("/v1/log", web_log),
        WEB_GET("/data", web_log_alias),
        WEB_GET("/logs", web_log_alias),
        WEB_GET("/api/logs", web_log_alias),
        WEB_GET("/votos", web_log_alias),
        WEB_GET("/datos", web_log_alias),
        WEB_GET("/assets/*", vt_assets_serve),
        {.kind = VT_ROUTE_NO_PAGE, .handle = web_no_page},
        /* The last POSTS_COUNT belong to ingest where it answers at the same address. */
        WEB_POST("/", web_post_elsewhere),
        WEB_POST("/vote", web_post_elsewhere),
        WEB_POST("/data", web_post_elsewhere),
    };
    const uint32_t count = sizeof routes / sizeof routes[0];
    return (vt_route_table){routes, web->posts_elsewhere ? count : count - POSTS_COUNT, web};
}

/* Whether the contest fits into an answer. */
static vt_err web_try_contest(const vt_contest *contest) {
    vt_buf buf;
    vt_buf_init(&buf, VT_CONTEST_INFO_BYTES_MAX);
    vt_text text = {.buf = &buf};
    vt_contest_info_begin(contest, &text);
    vt_buf_release(&buf);
    return text.err;
}

static vt_err web_open_parts(vt_web *web, const vt_web_options *options) {
    vt_err err = web_try_contest(web->contest);
    if (err != VT_OK) {
        return err;
    }
    err = vt_views_open(options->tally, options->contest, &web->views);
    if (err != VT_OK) {
        return err;
    }
    vt_reader_options reader = {
        .stores = {web->views, options->tally, options->votelog, options->contest},
        .metrics = options->metrics,
        .threads = options->limits.pool_threads,
        .queue_max = options->limits.queue_max,
        .deadline_ms = options->limits.read_deadline_ms,
    };
    err = vt_reader_open(&reader, &web->reader);
    if (err != VT_OK) {
        return err;
    }
    vt_live_options live = {web->views, options->metrics, options->limits.loops_count, options->limits.viewers_max};
    return vt_live_open(&live, &web->live);
}

vt_err vt_web_open(const vt_web_options *options, vt_web **out) {
    VT_ASSERT(options->limits.loops_count >= 1 && options->limits.loops_count <= VT_WEB_LOOPS_MAX);
    vt_web *web = calloc(1, sizeof *web);
    if (web == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    vt_assets_init();
    web->contest = options->contest;
    web->posts_elsewhere = options->posts_elsewhere;
    vt_err err = web_open_parts(web, options);
    if (err != VT_OK) {
        vt_web_close(web);
        return err;
    }
    vt_metrics_collect(options->metrics, vt_series_render, web->views);
    *out = web;
    return VT_OK;
}

void vt_web_stop(vt_web *web) {
    vt_live_stop(web->live);
    vt_reader_stop(web->reader);
}

void vt_web_close(vt_web *web) {
    if (web == NULL) {
        return;
    }
    vt_live_close(web->live);
    vt_reader_close(web->reader);
    vt_views_close(web->views);
    free(web);
}

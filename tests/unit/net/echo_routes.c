#include "echo_routes.h"

#include "base/assert.h"
#include "net/loop.h"
#include "net/stream.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct job {
    vt_task task; /* first: a job is found by its task */
    struct job *next;
    vt_reply reply;
    bool is_grpc;
    size_t len;
    char bytes[];
} job;

struct echo_later {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_t thread;
    bool is_stopping;
    job *first;
    job **last;
    unsigned posted;
    unsigned answered; /* under the mutex */
};

static echo_later *the_later;
echo_kept echo_kept_now;
atomic_uint echo_calls_count;

static void answer_http(vt_reply reply, vt_slice body) {
    vt_http_answer answer = {.status = 200, .content_type = VT_SLICE("text/plain"), .body = body};
    vt_reply_http(reply, &answer);
}

static void answer_grpc(vt_reply reply, vt_slice message) {
    vt_grpc_answer answer = {.status = 0, .message = message};
    vt_reply_grpc(reply, &answer);
}

static void run_job(vt_task *task) {
    job *done = (job *) (void *) task;
    if (done->is_grpc) {
        answer_grpc(done->reply, vt_slice_of(done->bytes, done->len));
    } else {
        answer_http(done->reply, vt_slice_of(done->bytes, done->len));
    }
    free(done);
    pthread_mutex_lock(&the_later->mutex);
    the_later->answered++;
    pthread_cond_broadcast(&the_later->changed);
    pthread_mutex_unlock(&the_later->mutex);
}

static void *run_later(void *context) {
    echo_later *later = context;
    pthread_mutex_lock(&later->mutex);
    while (!later->is_stopping || later->first != NULL) {
        job *taken = later->first;
        later->first = NULL;
        later->last = &later->first;
        if (taken == NULL) {
            pthread_cond_wait(&later->changed, &later->mutex);
            continue;
        }
        pthread_mutex_unlock(&later->mutex);
        while (taken != NULL) {
            job *next = taken->next;
            taken->task.run = run_job;
            vt_loop_post(taken->reply.loop, &taken->task);
            taken = next;
        }
        pthread_mutex_lock(&later->mutex);
    }
    while (later->answered < later->posted) {
        pthread_cond_wait(&later->changed, &later->mutex);
    }
    pthread_mutex_unlock(&later->mutex);
    return NULL;
}

echo_later *echo_later_open(void) {
    echo_later *later = calloc(1, sizeof *later);
    VT_ASSERT(later != NULL);
    later->last = &later->first;
    pthread_mutex_init(&later->mutex, NULL);
    pthread_cond_init(&later->changed, NULL);
    the_later = later;
    int failed = pthread_create(&later->thread, NULL, run_later, later);
    VT_ASSERT(failed == 0);
    return later;
}

void echo_later_close(echo_later *later) {
    pthread_mutex_lock(&later->mutex);
    later->is_stopping = true;
    pthread_cond_broadcast(&later->changed);
    pthread_mutex_unlock(&later->mutex);
    pthread_join(later->thread, NULL);
    pthread_cond_destroy(&later->changed);
    pthread_mutex_destroy(&later->mutex);
    free(later);
}

static void on_hello(void *context, const vt_request *request, vt_reply reply) {
    atomic_fetch_add(&echo_calls_count, 1);
    (void) context;
    (void) request;
    answer_http(reply, VT_SLICE("hello"));
}

static void on_echo(void *context, const vt_request *request, vt_reply reply) {
    atomic_fetch_add(&echo_calls_count, 1);
    (void) context;
    if (request->protocol == VT_PROTOCOL_GRPC) {
        answer_grpc(reply, request->body);
    } else {
        answer_http(reply, request->body);
    }
}

static void on_later(void *context, const vt_request *request, vt_reply reply) {
    atomic_fetch_add(&echo_calls_count, 1);
    echo_later *later = context;
    if (later == NULL) {
        VT_ASSERT(echo_kept_now.count < ECHO_KEPT_MAX);
        echo_kept_now.replies[echo_kept_now.count++] = reply;
        return;
    }
    job *added = malloc(sizeof *added + request->body.len);
    VT_ASSERT(added != NULL);
    *added = (job){.reply = reply, .is_grpc = request->protocol == VT_PROTOCOL_GRPC, .len = request->body.len};
    if (request->body.len > 0) {
        memcpy(added->bytes, request->body.ptr, request->body.len);
    }
    pthread_mutex_lock(&later->mutex);
    *later->last = added;
    later->last = &added->next;
    later->posted++;
    pthread_cond_signal(&later->changed);
    pthread_mutex_unlock(&later->mutex);
}

static void on_events(void *context, const vt_request *request, vt_reply reply) {
    atomic_fetch_add(&echo_calls_count, 1);
    (void) context;
    (void) request;
    vt_http_answer answer = {.status = 200, .content_type = VT_SLICE("text/event-stream")};
    vt_err err = vt_stream_start(reply, &answer);
    if (err == VT_OK) {
        err = vt_stream_write(reply, VT_SLICE("data: first\n\n"));
    }
    if (err == VT_OK && context == NULL && echo_kept_now.count < ECHO_KEPT_MAX) {
        echo_kept_now.replies[echo_kept_now.count++] = reply;
    }
}

static void on_stream_message(void *context, const vt_request *request, vt_reply reply) {
    atomic_fetch_add(&echo_calls_count, 1);
    (void) context;
    vt_err err = vt_stream_write(reply, request->body);
    if (err == VT_ERR_FULL) {
        vt_grpc_answer answer = {.status = 8, .text = VT_SLICE("read what was sent")};
        vt_stream_end_grpc(reply, &answer);
    }
}

static void on_stream_end(void *context, const vt_request *request, vt_reply reply) {
    atomic_fetch_add(&echo_calls_count, 1);
    (void) context;
    (void) request;
    echo_kept_now.half_closed++;
    vt_grpc_answer answer = {.status = 0};
    vt_stream_end_grpc(reply, &answer);
}

static const vt_route routes[] = {
    {VT_ROUTE_HTTP, "GET", "/", 0, on_hello, NULL},
    {VT_ROUTE_HTTP, "GET", "/hello", 0, on_hello, NULL},
    {VT_ROUTE_HTTP, "POST", "/", ECHO_BODY_BYTES_MAX, on_echo, NULL},
    {VT_ROUTE_HTTP, "POST", "/echo", ECHO_BODY_BYTES_MAX, on_echo, NULL},
    {VT_ROUTE_HTTP, "POST", "/later", ECHO_BODY_BYTES_MAX, on_later, NULL},
    {VT_ROUTE_HTTP, "GET", "/later", 0, on_later, NULL},
    {VT_ROUTE_HTTP, "GET", "/events", 0, on_events, NULL},
    {VT_ROUTE_GRPC, NULL, "/test.Echo/Unary", ECHO_BODY_BYTES_MAX, on_echo, NULL},
    {VT_ROUTE_GRPC, NULL, "/test.Echo/Later", ECHO_BODY_BYTES_MAX, on_later, NULL},
    {VT_ROUTE_GRPC_STREAM, NULL, "/test.Echo/Stream", ECHO_BODY_BYTES_MAX, on_stream_message, on_stream_end},
};

vt_route_table echo_routes(echo_later *later) {
    return (vt_route_table){routes, sizeof routes / sizeof *routes, later};
}

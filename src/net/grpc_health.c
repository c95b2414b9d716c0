#include "net/grpc_health.h"

#include "base/assert.h"
#include "health.pb-c.h"
#include "net/loop.h"
#include "net/stream.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

enum { LOOPS_MAX = 64, REQUEST_BYTES_MAX = 4096, RESPONSE_BYTES_MAX = 16 };

typedef Grpc__Health__V1__HealthCheckRequest health_request;
typedef Grpc__Health__V1__HealthCheckResponse health_response;
typedef Grpc__Health__V1__HealthCheckResponse__ServingStatus serving_status;

#define SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
#define NOT_SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
#define SERVICE_UNKNOWN GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN

typedef struct watch {
    vt_reply reply;
    bool is_known; /* the service; an unknown one never changes */
    serving_status last;
} watch;

/* What one loop's thread keeps. Other threads only read `loop`, set `is_posted` and post `task`. */
typedef struct loop_watches {
    vt_task task;
    vt_grpc_health *self;
    _Atomic(vt_loop *) loop; /* NULL until the first watch */
    atomic_bool is_posted;
    uint32_t watches_count;
    watch watches[VT_GRPC_HEALTH_WATCHES_MAX];
} loop_watches;

struct vt_grpc_health {
    vt_health *health;
    const char *const *services;
    uint32_t services_count;
    atomic_bool is_stopping;
    loop_watches loops[LOOPS_MAX];
};

static bool is_known(const vt_grpc_health *self, const char *service) {
    if (service[0] == '\0') {
        return true;
    }
    for (uint32_t i = 0; i < self->services_count; i++) {
        if (strcmp(self->services[i], service) == 0) {
            return true;
        }
    }
    return false;
}

static serving_status current_status(const vt_grpc_health *self) {
    return vt_health_is_ready(self->health) ? SERVING : NOT_SERVING;
}

/* Reads the name of the service that a request asks about, and whether it is a known one. */
static vt_err read_request(const vt_grpc_health *self, vt_slice body, bool *known) {
    const uint8_t empty = 0;
    const uint8_t *bytes = body.len == 0 ? &empty : (const uint8_t *) body.ptr;
    health_request *request = grpc__health__v1__health_check_request__unpack(NULL, body.len, bytes);
    if (request == NULL) {
        return VT_ERR_MALFORMED_PROTOBUF;
    }
    *known = is_known(self, request->service);
    grpc__health__v1__health_check_request__free_unpacked(request, NULL);
    return VT_OK;
}

/* Writes the response into `bytes` and borrows it. */
static vt_slice pack_response(serving_status status, uint8_t bytes[RESPONSE_BYTES_MAX]) {
    health_response response;
    grpc__health__v1__health_check_response__init(&response);
    response.status = status;
    VT_ASSERT(grpc__health__v1__health_check_response__get_packed_size(&response) <= RESPONSE_BYTES_MAX);
    size_t len = grpc__health__v1__health_check_response__pack(&response, bytes);
    return vt_slice_of((const char *) bytes, len);
}

static vt_grpc_answer answer_of(vt_err err) {
    return (vt_grpc_answer){.status = vt_err_grpc_status(err), .text = vt_slice_str(vt_err_text(err))};
}

static void handle_check(void *context, const vt_request *request, vt_reply reply) {
    const vt_grpc_health *self = context;
    bool known = false;
    vt_err err = read_request(self, request->body, &known);
    if (err == VT_OK && !known) {
        err = VT_ERR_NOT_FOUND;
    }
    uint8_t bytes[RESPONSE_BYTES_MAX];
    vt_grpc_answer answer =
        err == VT_OK ? (vt_grpc_answer){.message = pack_response(current_status(self), bytes)} : answer_of(err);
    vt_reply_grpc(reply, &answer);
}

static bool is_same_reply(vt_reply a, vt_reply b) {
    return a.loop == b.loop && a.slot == b.slot && a.generation == b.generation;
}

static bool is_watched(const loop_watches *here, vt_reply reply) {
    for (uint32_t i = 0; i < here->watches_count; i++) {
        if (is_same_reply(here->watches[i].reply, reply)) {
            return true;
        }
    }
    return false;
}

/* Forgets the watches whose clients have gone. Nothing tells when one goes, so this is done when others come. */
static void sweep(loop_watches *here) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < here->watches_count; i++) {
        if (vt_reply_is_open(here->watches[i].reply)) {
            here->watches[kept++] = here->watches[i];
        }
    }
    here->watches_count = kept;
}

static void end_with(vt_reply reply, vt_err err) {
    vt_grpc_answer answer = answer_of(err);
    vt_stream_end_grpc(reply, &answer);
}

/* A client that takes nothing until the stream's queue is full has not seen the last status; its stream ends, so that
 * it asks again. */
static void send_status(watch *one, serving_status status) {
    uint8_t bytes[RESPONSE_BYTES_MAX];
    one->last = status;
    if (vt_stream_write(one->reply, pack_response(status, bytes)) == VT_ERR_FULL) {
        end_with(one->reply, VT_ERR_OVERLOADED);
    }
}

static void run_changed(vt_task *task) {
    loop_watches *here = (loop_watches *) (void *) ((char *) task - offsetof(loop_watches, task));
    /* Cleared first: a change after the status is read below posts the task again. */
    atomic_store(&here->is_posted, false);
    serving_status status = current_status(here->self);
    sweep(here);
    for (uint32_t i = 0; i < here->watches_count; i++) {
        watch *one = &here->watches[i];
        if (one->is_known && one->last != status) {
            send_status(one, status);
        }
        if (atomic_load(&here->self->is_stopping)) {
            end_with(one->reply, VT_ERR_BUSY);
        }
    }
}

static void post_changed(void *context) {
    vt_grpc_health *self = context;
    for (uint32_t i = 0; i < LOOPS_MAX; i++) {
        loop_watches *here = &self->loops[i];
        vt_loop *loop = atomic_load(&here->loop);
        if (loop != NULL && !atomic_exchange(&here->is_posted, true)) {
            vt_loop_post(loop, &here->task);
        }
    }
}

static void handle_watch(void *context, const vt_request *request, vt_reply reply) {
    vt_grpc_health *self = context;
    uint32_t index = vt_loop_index(reply.loop);
    VT_ASSERT(index < LOOPS_MAX);
    loop_watches *here = &self->loops[index];
    sweep(here);
    bool known = false;
    vt_err err = is_watched(here, reply) ? VT_ERR_MALFORMED_REQUEST : read_request(self, request->body, &known);
    if (err == VT_OK && here->watches_count == VT_GRPC_HEALTH_WATCHES_MAX) {
        err = VT_ERR_OVERLOADED;
    }
    if (err != VT_OK) {
        end_with(reply, err);
        return;
    }
    /* Published before the status is read, so that a change in between is posted to this loop. */
    atomic_store(&here->loop, reply.loop);
    watch *added = &here->watches[here->watches_count++];
    *added = (watch){.reply = reply, .is_known = known};
    vt_stream_allow_silence(reply);
    send_status(added, known ? current_status(self) : SERVICE_UNKNOWN);
    if (atomic_load(&self->is_stopping)) {
        end_with(reply, VT_ERR_BUSY);
    }
}

/* A watch goes on after the client has said all; a call that said nothing has nothing to watch. */
static void half_close_watch(void *context, const vt_request *request, vt_reply reply) {
    (void) request;
    vt_grpc_health *self = context;
    if (!is_watched(&self->loops[vt_loop_index(reply.loop)], reply)) {
        end_with(reply, VT_ERR_MALFORMED_REQUEST);
    }
}

vt_err vt_grpc_health_open(vt_health *health, const char *const *services, uint32_t services_count,
                           vt_grpc_health **out) {
    vt_grpc_health *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    self->health = health;
    self->services = services;
    self->services_count = services_count;
    for (uint32_t i = 0; i < LOOPS_MAX; i++) {
        self->loops[i].self = self;
        self->loops[i].task.run = run_changed;
    }
    vt_health_listen(health, post_changed, self);
    *out = self;
    return VT_OK;
}

vt_route_table vt_grpc_health_routes(vt_grpc_health *self) {
    static const vt_route routes[] = {
        {VT_ROUTE_GRPC, NULL, "/grpc.health.v1.Health/Check", REQUEST_BYTES_MAX, handle_check, NULL},
        {VT_ROUTE_GRPC_STREAM, NULL, "/grpc.health.v1.Health/Watch", REQUEST_BYTES_MAX, handle_watch, half_close_watch},
    };
    return (vt_route_table){routes, sizeof routes / sizeof *routes, self};
}

void vt_grpc_health_stop(vt_grpc_health *self) {
    vt_health_listen(self->health, NULL, NULL);
    atomic_store(&self->is_stopping, true);
    post_changed(self);
}

void vt_grpc_health_close(vt_grpc_health *self) {
    if (self != NULL) {
        vt_health_listen(self->health, NULL, NULL);
        free(self);
    }
}

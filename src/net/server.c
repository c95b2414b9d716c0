#include "net/server.h"

#include "net/listen.h"
#include "net/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 64 };

struct vt_server {
    vt_worker_shared shared;
    char address[VT_LISTEN_TEXT_MAX];
    bool is_draining;
    bool is_sealing;
    uint32_t workers_count;
    vt_worker *workers[THREADS_MAX];
};

vt_server_limits vt_server_limits_default(void) {
    return (vt_server_limits){
        .connections_max = 20000,
        .headers_bytes_max = 16 * 1024,
        .headers_ms = 10 * 1000,
        .body_ms = 30 * 1000,
        .write_ms = 30 * 1000,
        .idle_ms = 75 * 1000,
        .streams_max = 128,
    };
}

static vt_err add_worker(vt_server *server, const vt_server_options *options, vt_listen_address *address,
                         char reason[VT_SERVER_REASON_MAX]) {
    int fd;
    vt_err err = vt_listen_bind(address, &fd, reason);
    if (err != VT_OK) {
        return err;
    }
    vt_worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL) {
        close(fd);
        snprintf(reason, VT_SERVER_REASON_MAX, "%s", vt_err_text(VT_ERR_NO_MEMORY));
        return VT_ERR_NO_MEMORY;
    }
    vt_loop_options loop_options = {
        .index = server->workers_count,
        .router = options->router,
        .limits = options->limits,
        .metrics = options->metrics,
        .name = options->name,
    };
    int error = 0;
    err = vt_worker_open(worker, loop_options, &server->shared, fd, &error);
    if (err != VT_OK) {
        char text[VT_LISTEN_TEXT_MAX];
        vt_listen_format(address, text);
        free(worker);
        snprintf(reason, VT_SERVER_REASON_MAX, "cannot listen on %s: %s", text, strerror(error));
        return err;
    }
    server->workers[server->workers_count++] = worker;
    return VT_OK;
}

static vt_err open_workers(vt_server *server, const vt_server_options *options, char reason[VT_SERVER_REASON_MAX]) {
    vt_listen_address address;
    vt_err err = vt_listen_parse(options->listen, &address, reason);
    if (err == VT_OK) {
        err = vt_listen_probe(&address, reason);
    }
    for (uint32_t i = 0; err == VT_OK && i < options->threads; i++) {
        err = add_worker(server, options, &address, reason);
    }
    if (err == VT_OK) {
        vt_listen_format(&address, server->address);
    }
    return err;
}

static void init_shared(vt_worker_shared *shared) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&shared->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&shared->mutex, NULL);
    atomic_init(&shared->connections, 0);
}

vt_err vt_server_open(const vt_server_options *options, vt_server **out, char reason[VT_SERVER_REASON_MAX]) {
    if (options->threads < 1 || options->threads > THREADS_MAX) {
        snprintf(reason, VT_SERVER_REASON_MAX, "the number of threads must be 1 to %d", THREADS_MAX);
        return VT_ERR_BAD_CONFIG;
    }
    vt_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        snprintf(reason, VT_SERVER_REASON_MAX, "%s", vt_err_text(VT_ERR_NO_MEMORY));
        return VT_ERR_NO_MEMORY;
    }
    init_shared(&server->shared);
    vt_err err = open_workers(server, options, reason);
    for (uint32_t i = 0; err == VT_OK && i < server->workers_count; i++) {
        err = vt_worker_start(server->workers[i]);
        if (err != VT_OK) {
            snprintf(reason, VT_SERVER_REASON_MAX, "cannot start a thread");
        }
    }
    if (err != VT_OK) {
        vt_server_close(server);
        return err;
    }
    *out = server;
    return VT_OK;
}

const char *vt_server_address(const vt_server *server) {
    return server->address;
}

static bool is_drained(const vt_server *server, uint32_t *unserved) {
    bool is_done = true;
    *unserved = 0;
    for (uint32_t i = 0; i < server->workers_count; i++) {
        is_done = is_done && server->workers[i]->is_drained;
        *unserved += server->workers[i]->unserved;
    }
    return is_done;
}

static bool is_sealed(const vt_server *server) {
    bool is_done = true;
    for (uint32_t i = 0; i < server->workers_count; i++) {
        is_done = is_done && server->workers[i]->is_sealed;
    }
    return is_done;
}

static struct timespec deadline_in(uint32_t ms) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (long) (ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* From its return on no loop calls a handler. */
static void seal(vt_server *server) {
    for (uint32_t i = 0; !server->is_sealing && i < server->workers_count; i++) {
        vt_worker_seal(server->workers[i]);
    }
    server->is_sealing = true;
    pthread_mutex_lock(&server->shared.mutex);
    while (!is_sealed(server)) {
        pthread_cond_wait(&server->shared.changed, &server->shared.mutex);
    }
    pthread_mutex_unlock(&server->shared.mutex);
}

uint32_t vt_server_drain(vt_server *server, uint32_t timeout_ms) {
    struct timespec deadline = deadline_in(timeout_ms);
    for (uint32_t i = 0; !server->is_draining && i < server->workers_count; i++) {
        vt_worker_drain(server->workers[i], timeout_ms);
    }
    server->is_draining = true;
    uint32_t unserved;
    int failed = 0;
    pthread_mutex_lock(&server->shared.mutex);
    while (!is_drained(server, &unserved) && failed == 0) {
        failed = pthread_cond_timedwait(&server->shared.changed, &server->shared.mutex, &deadline);
    }
    pthread_mutex_unlock(&server->shared.mutex);
    seal(server);
    return unserved;
}

void vt_server_close(vt_server *server) {
    if (server == NULL) {
        return;
    }
    for (uint32_t i = 0; i < server->workers_count; i++) {
        vt_worker_close(server->workers[i]);
        free(server->workers[i]);
    }
    pthread_cond_destroy(&server->shared.changed);
    pthread_mutex_destroy(&server->shared.mutex);
    free(server);
}

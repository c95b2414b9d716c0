#include "client/sender_state.h"

#include "base/assert.h"
#include "base/clock.h"

#include <signal.h>
#include <stdlib.h>

static void on_due(void *owner) {
    vt_sender *self = owner;
    if (!self->finished) {
        vt_sender_dispatch(self);
    }
}

static void on_sweep(uv_timer_t *timer) {
    vt_sender *self = timer->data;
    int64_t now_ns = vt_clock_monotonic_ns();
    for (uint32_t i = 0; i < self->lanes_count; i++) {
        vt_sender_wake_lane(self, i, now_ns);
    }
    vt_sender_dispatch(self);
    if (self->stopping && !self->finished && (now_ns >= self->stop_by_ns || self->busy_count == 0)) {
        vt_sender_finish(self);
    }
}

static void on_progress(uv_timer_t *timer) {
    vt_sender *self = timer->data;
    vt_reason why;
    if (self->started && self->options.progress != NULL) {
        vt_progress_tick(&self->progress, vt_sender_summary(self), vt_clock_monotonic_ns());
    }
    vt_err err = vt_account_flush(self->options.account, &why);
    if (err != VT_OK) {
        vt_sender_give_up(self, err, why.text);
    }
}

static void on_prepare(uv_prepare_t *prepare) {
    vt_sender *self = prepare->data;
    uint32_t count = self->dirty_count;
    self->dirty_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t channel = self->dirty[i];
        self->is_dirty[channel] = false;
        vt_channel_flush(self->channels[channel]);
    }
}

/* The first signal stops new votes; the second does not wait for answers either. */
static void on_signal(uv_signal_t *handle, int number) {
    (void) number;
    vt_sender *self = handle->data;
    if (self->stopping) {
        vt_sender_finish(self);
        return;
    }
    self->interrupted = true;
    self->stopping = true;
    self->stop_by_ns = vt_clock_monotonic_ns() + (int64_t) VT_SENDER_GRACE_MS * VT_NS_IN_MS;
    vt_sender_finish_if_done(self);
}

static void close_handle(void *handle) {
    uv_handle_t *opened = handle;
    if (uv_handle_get_type(opened) != UV_UNKNOWN_HANDLE && !uv_is_closing(opened)) {
        uv_close(opened, NULL);
    }
}

void vt_sender_finish(vt_sender *self) {
    if (self->finished) {
        return;
    }
    self->finished = true;
    for (uint32_t i = 0; i < self->lanes_count; i++) {
        if (self->lanes[i].state == VT_LANE_IN_FLIGHT || self->lanes[i].state == VT_LANE_BACKOFF) {
            vt_account_fail(self->options.account, self->lanes[i].parcel.count);
        }
    }
    for (uint32_t i = 0; i < self->options.connections; i++) {
        if (self->channels[i] != NULL) {
            vt_channel_stop(self->channels[i]);
        }
    }
    vt_pacer_close(&self->pacer);
    close_handle(&self->sweep_timer);
    close_handle(&self->progress_timer);
    close_handle(&self->flush_prepare);
    close_handle(&self->signals[0]);
    close_handle(&self->signals[1]);
}

void vt_sender_give_up(vt_sender *self, vt_err err, const char *why) {
    if (self->err == VT_OK) {
        self->err = err;
        vt_reason_set(self->reason, "%s", why);
    }
    vt_sender_finish(self);
}

static vt_err allocate(vt_sender *self) {
    const vt_sender_options *options = &self->options;
    self->lanes_each = options->target->scheme == VT_TARGET_GRPC ? options->streams : 1;
    uint32_t lanes_count = options->connections * self->lanes_each;
    self->channels = calloc(options->connections, sizeof(vt_channel *));
    self->dirty = calloc(options->connections, sizeof *self->dirty);
    self->is_dirty = calloc(options->connections, sizeof *self->is_dirty);
    self->idle = calloc(lanes_count, sizeof *self->idle);
    self->lanes = calloc(lanes_count, sizeof *self->lanes);
    if (self->channels == NULL || self->dirty == NULL || self->is_dirty == NULL || self->idle == NULL ||
        self->lanes == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    self->lanes_count = lanes_count;
    uint32_t capacity = options->batch == 0 ? 1 : options->batch;
    for (uint32_t i = 0; i < lanes_count; i++) {
        vt_err err = vt_parcel_init(&self->lanes[i].parcel, options->votes, options->batch != 0, capacity);
        if (err != VT_OK) {
            return err;
        }
        self->lanes[i].state = VT_LANE_PARKED;
    }
    return VT_OK;
}

static vt_err open_channels(vt_sender *self) {
    bool grpc = self->options.target->scheme == VT_TARGET_GRPC;
    vt_channel_options options = {.loop = &self->loop,
                                  .target = self->options.target,
                                  .events = &vt_sender_events,
                                  .owner = self,
                                  .read_bytes = self->read_bytes,
                                  .lanes = self->lanes_each,
                                  .timeout_ms = self->options.timeout_ms};
    for (uint32_t i = 0; i < self->options.connections; i++) {
        options.number = i;
        vt_err err = grpc ? vt_grpc_channel_new(&options, &self->channels[i])
                          : vt_http_channel_new(&options, &self->channels[i]);
        if (err != VT_OK) {
            return err;
        }
    }
    return VT_OK;
}

static vt_err open_handles(vt_sender *self) {
    static const int signal_numbers[2] = {SIGINT, SIGTERM};
    vt_err err = vt_pacer_open(&self->pacer, &self->loop, self->options.rate, on_due, self);
    if (err != VT_OK) {
        return err;
    }
    self->sweep_timer.data = self;
    self->progress_timer.data = self;
    self->flush_prepare.data = self;
    uv_timer_init(&self->loop, &self->sweep_timer);
    uv_timer_init(&self->loop, &self->progress_timer);
    uv_prepare_init(&self->loop, &self->flush_prepare);
    int status = uv_timer_start(&self->sweep_timer, on_sweep, VT_SENDER_SWEEP_MS, VT_SENDER_SWEEP_MS);
    if (status == 0) {
        status = uv_timer_start(&self->progress_timer, on_progress, VT_PROGRESS_TICK_MS, VT_PROGRESS_TICK_MS);
    }
    if (status == 0) {
        status = uv_prepare_start(&self->flush_prepare, on_prepare);
    }
    for (size_t i = 0; i < 2 && status == 0; i++) {
        self->signals[i].data = self;
        status = uv_signal_init(&self->loop, &self->signals[i]);
        if (status == 0) {
            status = uv_signal_start(&self->signals[i], on_signal, signal_numbers[i]);
        }
    }
    return status == 0 ? VT_OK : VT_ERR_SYSTEM;
}

static void free_all(vt_sender *self) {
    for (uint32_t i = 0; self->channels != NULL && i < self->options.connections; i++) {
        vt_channel_free(self->channels[i]);
    }
    for (uint32_t i = 0; i < self->lanes_count; i++) {
        vt_parcel_release(&self->lanes[i].parcel);
    }
    vt_send_answers_release(&self->answers);
    free(self->channels);
    free(self->dirty);
    free(self->is_dirty);
    free(self->idle);
    free(self->lanes);
    free(self);
}

static void report(vt_sender *self) {
    int64_t now_ns = vt_clock_monotonic_ns();
    vt_sender_summary(self)->interrupted = self->interrupted;
    vt_account_finish(self->options.account, self->started ? now_ns - self->started_ns : 0);
    if (self->started && self->options.progress != NULL) {
        vt_progress_end(&self->progress, vt_sender_summary(self), now_ns);
    }
}

/* A peer that resets its connection must not end the program, and libuv does not prevent SIGPIPE. */
static void run_loop(vt_sender *self) {
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    sigaction(SIGPIPE, &ignore, &before);
    uv_run(&self->loop, UV_RUN_DEFAULT);
    sigaction(SIGPIPE, &before, NULL);
    VT_ASSERT(self->finished);
}

vt_err vt_sender_run(const vt_sender_options *options, vt_reason *reason) {
    vt_sender *self = calloc(1, sizeof *self);
    if (self == NULL) {
        vt_reason_set(reason, "out of memory");
        return VT_ERR_NO_MEMORY;
    }
    self->options = *options;
    self->reason = reason;
    self->pacer.fd = -1;
    vt_vote_ids_init(&self->ids);
    vt_err err = allocate(self);
    if (err == VT_OK && uv_loop_init(&self->loop) != 0) {
        err = VT_ERR_SYSTEM;
    }
    if (err != VT_OK) {
        vt_reason_set(reason, "cannot start to send: %s", vt_err_text(err));
        free_all(self);
        return err;
    }
    err = open_handles(self);
    if (err == VT_OK) {
        err = open_channels(self);
    }
    if (err != VT_OK) {
        vt_sender_give_up(self, err, "cannot start to send: the system refused a connection or a timer");
    }
    run_loop(self);
    report(self);
    int open_still = uv_loop_close(&self->loop);
    VT_ASSERT(open_still == 0);
    err = self->err;
    free_all(self);
    return err;
}

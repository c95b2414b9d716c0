#include "client/sender.h"

#include "base/assert.h"
#include "base/clock.h"
#include "client/backoff.h"
#include "client/channel.h"
#include "client/lane.h"
#include "client/pacer.h"
#include "client/progress.h"

#include <signal.h>
#include <stdlib.h>

enum { NS_IN_MS = 1000000 };

typedef struct sender {
    vt_sender_options options;
    uv_loop_t loop;
    vt_channel **channels;
    uint32_t lanes_each; /* of a channel */
    uint32_t lanes_count;
    vt_lane *lanes;  /* lane i belongs to channel i / lanes_each */
    uint32_t *idle;  /* a stack of free lanes */
    uint32_t *dirty; /* channels that were submitted to since the last flush */
    bool *is_dirty;  /* by channel */
    uint32_t idle_count;
    uint32_t dirty_count;
    uint32_t busy_count; /* lanes in flight or in back-off */
    uint64_t taken;      /* votes handed to lanes */
    bool started;
    bool stopping; /* no new votes */
    bool finished;
    bool interrupted;
    int64_t started_ns;
    int64_t stop_by_ns;
    vt_pacer pacer;
    vt_progress progress;
    uv_timer_t sweep_timer;
    uv_timer_t progress_timer;
    uv_prepare_t flush_prepare;
    uv_signal_t signals[2];
    vt_vote_ids ids;
    vt_answers answers;
    vt_err err;
    vt_reason *reason;
    char read_bytes[VT_WIRE_READ_BYTES];
} sender;

static void finish(sender *self);

static vt_channel *channel_of(const sender *self, uint32_t lane) {
    return self->channels[lane / self->lanes_each];
}

static vt_send_summary *summary_of(const sender *self) {
    return vt_account_summary(self->options.account);
}

/* Ends the run because of us, not because of the server. */
static void give_up(sender *self, vt_err err, const char *why) {
    if (self->err == VT_OK) {
        self->err = err;
        vt_reason_set(self->reason, "%s", why);
    }
    finish(self);
}

static void push_idle(sender *self, uint32_t lane) {
    VT_ASSERT(self->idle_count < self->lanes_count);
    self->lanes[lane].state = VT_LANE_IDLE;
    self->idle[self->idle_count++] = lane;
}

static void submit(sender *self, uint32_t number) {
    vt_lane *lane = &self->lanes[number];
    vt_channel *channel = channel_of(self, number);
    int64_t timeout_ms = self->options.timeout_ms;
    if (self->options.target->scheme == VT_TARGET_GRPC) {
        timeout_ms += VT_SENDER_DEADLINE_MARGIN_MS;
    }
    lane->state = VT_LANE_IN_FLIGHT;
    lane->until_ns = vt_clock_monotonic_ns() + timeout_ms * NS_IN_MS;
    uint32_t index = channel->options.number;
    if (!self->is_dirty[index]) {
        self->is_dirty[index] = true;
        self->dirty[self->dirty_count++] = index;
    }
    vt_channel_submit(channel, number % self->lanes_each, &lane->parcel);
}

/* Takes the next votes into the lane's parcel, each under an id that it keeps through all attempts. */
static vt_err fill(sender *self, vt_lane *lane) {
    vt_parcel *parcel = &lane->parcel;
    uint32_t file_count = vt_votes_count(self->options.votes);
    int64_t wall_ms = vt_clock_wall_ms();
    size_t bytes = 0;
    parcel->count = 0;
    while (parcel->count < parcel->capacity && self->taken < self->options.total) {
        vt_parcel_item *item = &parcel->items[parcel->count];
        item->vote = (uint32_t) (self->taken % file_count);
        bytes += vt_parcel_item_len_max(parcel, item->vote);
        if (bytes > VT_BATCH_BYTES_MAX) {
            VT_ASSERT(parcel->count > 0);
            break;
        }
        vt_err err = vt_vote_ids_next(&self->ids, wall_ms, item->id);
        if (err != VT_OK) {
            return err;
        }
        parcel->count++;
        self->taken++;
    }
    summary_of(self)->sent = self->taken;
    return VT_OK;
}

/* When the next request is due: with a batch, when its first vote is. */
static bool is_due(sender *self, int64_t now_ns, int64_t *due_ns) {
    if (self->options.rate == 0) {
        *due_ns = now_ns;
        return true;
    }
    *due_ns = vt_pacer_due_ns(&self->pacer, self->taken);
    if (*due_ns <= now_ns) {
        return true;
    }
    vt_pacer_alarm(&self->pacer, *due_ns);
    return false;
}

static bool has_more(const sender *self) {
    return self->started && !self->stopping && self->taken < self->options.total;
}

static void finish_if_done(sender *self) {
    if (self->started && self->busy_count == 0 && !has_more(self)) {
        finish(self);
    }
}

/* Sends on free lanes whatever is due. */
static void dispatch(sender *self) {
    while (self->idle_count > 0 && has_more(self)) {
        uint32_t number = self->idle[self->idle_count - 1];
        vt_lane *lane = &self->lanes[number];
        if (!vt_channel_is_ready(channel_of(self, number))) {
            lane->state = VT_LANE_PARKED;
            self->idle_count--;
            continue;
        }
        if (!is_due(self, vt_clock_monotonic_ns(), &lane->since_ns)) {
            return;
        }
        vt_err err = fill(self, lane);
        if (err != VT_OK) {
            give_up(self, err, "the system gives no entropy for vote ids");
            return;
        }
        lane->retries = 0;
        self->idle_count--;
        self->busy_count++;
        submit(self, number);
    }
    finish_if_done(self);
}

static void free_lane(sender *self, uint32_t number) {
    self->busy_count--;
    push_idle(self, number);
}

/* The parcel's votes, all of them, need another attempt, or have had the last one. */
static void retry_lane(sender *self, uint32_t number, int64_t retry_after_ms) {
    vt_lane *lane = &self->lanes[number];
    uint32_t random = 0;
    if (lane->retries == self->options.retries || vt_vote_ids_random(&self->ids, &random) != VT_OK) {
        vt_account_fail(self->options.account, lane->parcel.count);
        free_lane(self, number);
        return;
    }
    lane->retries++;
    summary_of(self)->retries++;
    lane->state = VT_LANE_BACKOFF;
    lane->until_ns = vt_clock_monotonic_ns() + vt_backoff_ms(lane->retries, retry_after_ms, random) * NS_IN_MS;
}

static void enter_acceptance(sender *self, const vt_parcel_item *item, const vt_answer *answer, uint64_t waited_ns) {
    vt_slice id = answer->id;
    if (id.len == 0 && !vt_votes_has_id(self->options.votes, item->vote)) {
        id = vt_slice_of(item->id, VT_UUID_TEXT_LEN);
    }
    vt_account_accept(self->options.account, item->vote, answer->outcome, id, waited_ns);
}

/* Enters what is settled and keeps the rest in the parcel. */
static void settle(sender *self, vt_lane *lane) {
    int64_t waited_ns = vt_clock_monotonic_ns() - lane->since_ns;
    uint64_t latency_ns = waited_ns > 0 ? (uint64_t) waited_ns : 0;
    vt_parcel *parcel = &lane->parcel;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < parcel->count; i++) {
        const vt_answer *answer = &self->answers.items[i];
        if (answer->outcome == VT_OUTCOME_RETRY) {
            vt_reason_set(&summary_of(self)->trouble, "the server answered %.*s", (int) answer->code.len,
                          answer->code.ptr);
            parcel->items[kept++] = parcel->items[i];
        } else if (answer->outcome == VT_OUTCOME_REFUSED) {
            vt_account_refuse(self->options.account, answer->code, latency_ns);
        } else {
            enter_acceptance(self, &parcel->items[i], answer, latency_ns);
        }
    }
    parcel->count = kept;
}

static void on_answered(void *owner, vt_channel *channel, uint32_t lane, const vt_response *response) {
    sender *self = owner;
    uint32_t number = channel->options.number * self->lanes_each + lane;
    vt_parcel *parcel = &self->lanes[number].parcel;
    if (self->finished) {
        return;
    }
    if (self->options.target->scheme == VT_TARGET_GRPC) {
        vt_answers_read_grpc(&self->answers, response, parcel->batch, parcel->count);
    } else {
        vt_answers_read_http(&self->answers, response, parcel->batch, parcel->count);
    }
    settle(self, &self->lanes[number]);
    if (parcel->count > 0) {
        retry_lane(self, number, response->retry_after_ms);
    } else {
        free_lane(self, number);
    }
    dispatch(self);
}

static void on_lost(void *owner, vt_channel *channel, uint32_t lane) {
    sender *self = owner;
    if (!self->finished) {
        vt_reason_set(&summary_of(self)->trouble, "a connection was lost: %s", vt_wire_trouble(&channel->wire));
        retry_lane(self, channel->options.number * self->lanes_each + lane, -1);
    }
}

/* A lane that waits for its connection or for the time of its next attempt. */
static void wake_lane(sender *self, uint32_t number, int64_t now_ns) {
    vt_lane *lane = &self->lanes[number];
    bool ready = vt_channel_is_ready(channel_of(self, number));
    if (lane->state == VT_LANE_BACKOFF && lane->until_ns <= now_ns && ready) {
        submit(self, number);
    } else if (lane->state == VT_LANE_PARKED && ready) {
        push_idle(self, number);
    } else if (lane->state == VT_LANE_IN_FLIGHT && lane->until_ns <= now_ns) {
        vt_channel *channel = channel_of(self, number);
        vt_channel_cancel(channel, number % self->lanes_each);
        vt_reason_set(&summary_of(self)->trouble, "no answer within %u ms", (unsigned) self->options.timeout_ms);
        retry_lane(self, number, -1);
    }
}

static void on_ready(void *owner, vt_channel *channel) {
    sender *self = owner;
    int64_t now_ns = vt_clock_monotonic_ns();
    if (self->finished) {
        return;
    }
    if (!self->started) {
        self->started = true;
        self->started_ns = now_ns;
        vt_pacer_start(&self->pacer, now_ns);
        vt_progress_init(&self->progress, self->options.progress != NULL ? self->options.progress : stderr, now_ns);
    }
    uint32_t first = channel->options.number * self->lanes_each;
    for (uint32_t i = 0; i < self->lanes_each; i++) {
        wake_lane(self, first + i, now_ns);
    }
    dispatch(self);
}

/* As long as one connection is up, or has not failed often enough, there is hope. */
static void on_unreachable(void *owner, vt_channel *channel) {
    sender *self = owner;
    vt_reason_set(&summary_of(self)->trouble, "cannot connect to %s: %s", self->options.target->authority,
                  vt_wire_trouble(&channel->wire));
    for (uint32_t i = 0; i < self->options.connections; i++) {
        if (self->channels[i] == NULL || self->channels[i]->wire.failures <= self->options.retries) {
            return;
        }
    }
    finish(self);
}

static void on_due(void *owner) {
    sender *self = owner;
    if (!self->finished) {
        dispatch(self);
    }
}

static void on_sweep(uv_timer_t *timer) {
    sender *self = timer->data;
    int64_t now_ns = vt_clock_monotonic_ns();
    for (uint32_t i = 0; i < self->lanes_count; i++) {
        wake_lane(self, i, now_ns);
    }
    dispatch(self);
    if (self->stopping && !self->finished && (now_ns >= self->stop_by_ns || self->busy_count == 0)) {
        finish(self);
    }
}

static void on_progress(uv_timer_t *timer) {
    sender *self = timer->data;
    vt_reason why;
    if (self->started && self->options.progress != NULL) {
        vt_progress_tick(&self->progress, summary_of(self), vt_clock_monotonic_ns());
    }
    vt_err err = vt_account_flush(self->options.account, &why);
    if (err != VT_OK) {
        give_up(self, err, why.text);
    }
}

static void on_prepare(uv_prepare_t *prepare) {
    sender *self = prepare->data;
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
    sender *self = handle->data;
    if (self->stopping) {
        finish(self);
        return;
    }
    self->interrupted = true;
    self->stopping = true;
    self->stop_by_ns = vt_clock_monotonic_ns() + (int64_t) VT_SENDER_GRACE_MS * NS_IN_MS;
    finish_if_done(self);
}

static void close_handle(void *handle) {
    uv_handle_t *opened = handle;
    if (uv_handle_get_type(opened) != UV_UNKNOWN_HANDLE && !uv_is_closing(opened)) {
        uv_close(opened, NULL);
    }
}

/* Closes everything, so that the loop ends. What has no answer by now has failed. */
static void finish(sender *self) {
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

static vt_err allocate(sender *self) {
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

static vt_err open_channels(sender *self) {
    static const vt_channel_events events = {on_ready, on_answered, on_lost, on_unreachable};
    bool grpc = self->options.target->scheme == VT_TARGET_GRPC;
    vt_channel_options options = {.loop = &self->loop,
                                  .target = self->options.target,
                                  .events = &events,
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

static vt_err open_handles(sender *self) {
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

static void free_all(sender *self) {
    for (uint32_t i = 0; self->channels != NULL && i < self->options.connections; i++) {
        vt_channel_free(self->channels[i]);
    }
    for (uint32_t i = 0; i < self->lanes_count; i++) {
        vt_parcel_release(&self->lanes[i].parcel);
    }
    vt_answers_release(&self->answers);
    free(self->channels);
    free(self->dirty);
    free(self->is_dirty);
    free(self->idle);
    free(self->lanes);
    free(self);
}

static void report(sender *self) {
    int64_t now_ns = vt_clock_monotonic_ns();
    summary_of(self)->interrupted = self->interrupted;
    vt_account_finish(self->options.account, self->started ? now_ns - self->started_ns : 0);
    if (self->started && self->options.progress != NULL) {
        vt_progress_end(&self->progress, summary_of(self), now_ns);
    }
}

vt_err vt_sender_run(const vt_sender_options *options, vt_reason *reason) {
    sender *self = calloc(1, sizeof *self);
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
        give_up(self, err, "cannot start to send: the system refused a connection or a timer");
    }
    uv_run(&self->loop, UV_RUN_DEFAULT);
    VT_ASSERT(self->finished);
    report(self);
    int open_still = uv_loop_close(&self->loop);
    VT_ASSERT(open_still == 0);
    err = self->err;
    free_all(self);
    return err;
}

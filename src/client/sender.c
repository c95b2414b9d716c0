#include "client/sender_state.h"

#include "base/assert.h"
#include "base/clock.h"
#include "client/backoff.h"

static vt_channel *channel_of(const vt_sender *self, uint32_t lane) {
    VT_ASSERT(self->lanes_each > 0);
    return self->channels[lane / self->lanes_each];
}

static void push_idle(vt_sender *self, uint32_t lane) {
    VT_ASSERT(self->idle_count < self->lanes_count);
    self->lanes[lane].state = VT_LANE_IDLE;
    self->idle[self->idle_count++] = lane;
}

static void submit(vt_sender *self, uint32_t number) {
    vt_lane *lane = &self->lanes[number];
    vt_channel *channel = channel_of(self, number);
    int64_t timeout_ms = self->options.timeout_ms;
    if (self->options.target->scheme == VT_TARGET_GRPC) {
        timeout_ms += VT_SENDER_DEADLINE_MARGIN_MS;
    }
    lane->state = VT_LANE_IN_FLIGHT;
    lane->until_ns = vt_clock_monotonic_ns() + timeout_ms * VT_NS_IN_MS;
    uint32_t index = channel->options.number;
    if (!self->is_dirty[index]) {
        self->is_dirty[index] = true;
        self->dirty[self->dirty_count++] = index;
    }
    vt_channel_submit(channel, number % self->lanes_each, &lane->parcel);
}

/* Takes the next votes into the lane's parcel, each under an id that it keeps through all attempts. */
static vt_err fill(vt_sender *self, vt_lane *lane) {
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
    vt_sender_summary(self)->sent = self->taken;
    return VT_OK;
}

/* When the next request is due: with a batch, when its first vote is. */
static bool is_due(vt_sender *self, int64_t now_ns, int64_t *due_ns) {
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

static bool has_more(const vt_sender *self) {
    return self->started && !self->stopping && self->taken < self->options.total;
}

void vt_sender_finish_if_done(vt_sender *self) {
    if (self->started && self->busy_count == 0 && !has_more(self)) {
        vt_sender_finish(self);
    }
}

/* Sends on free lanes whatever is due. */
void vt_sender_dispatch(vt_sender *self) {
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
            vt_sender_give_up(self, err, "the system gives no entropy for vote ids");
            return;
        }
        lane->retries = 0;
        self->idle_count--;
        self->busy_count++;
        submit(self, number);
    }
    vt_sender_finish_if_done(self);
}

static void free_lane(vt_sender *self, uint32_t number) {
    self->busy_count--;
    push_idle(self, number);
}

/* The parcel's votes, all of them, need another attempt, or have had the last one. */
static void retry_lane(vt_sender *self, uint32_t number, int64_t retry_after_ms) {
    vt_lane *lane = &self->lanes[number];
    uint32_t random = 0;
    if (lane->retries == self->options.retries || vt_vote_ids_random(&self->ids, &random) != VT_OK) {
        vt_account_fail(self->options.account, lane->parcel.count);
        free_lane(self, number);
        return;
    }
    lane->retries++;
    vt_sender_summary(self)->retries++;
    lane->state = VT_LANE_BACKOFF;
    lane->until_ns = vt_clock_monotonic_ns() + vt_backoff_ms(lane->retries, retry_after_ms, random) * VT_NS_IN_MS;
}

static void enter_acceptance(vt_sender *self, const vt_parcel_item *item, const vt_send_answer *answer,
                             uint64_t waited_ns) {
    vt_slice id = answer->id;
    if (id.len == 0 && !vt_votes_has_id(self->options.votes, item->vote)) {
        id = vt_slice_of(item->id, VT_UUID_TEXT_LEN);
    }
    vt_account_accept(self->options.account, item->vote, answer->outcome, id, answer->position, waited_ns);
}

/* Enters what is settled and keeps the rest in the parcel. */
static void settle(vt_sender *self, vt_lane *lane) {
    int64_t waited_ns = vt_clock_monotonic_ns() - lane->since_ns;
    uint64_t latency_ns = waited_ns > 0 ? (uint64_t) waited_ns : 0;
    vt_parcel *parcel = &lane->parcel;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < parcel->count; i++) {
        const vt_send_answer *answer = &self->answers.items[i];
        if (answer->outcome == VT_SEND_OUTCOME_RETRY) {
            vt_reason_set(&vt_sender_summary(self)->trouble, "the server answered %.*s", (int) answer->code.len,
                          answer->code.ptr);
            parcel->items[kept++] = parcel->items[i];
        } else if (answer->outcome == VT_SEND_OUTCOME_REFUSED) {
            vt_account_refuse(self->options.account, answer->code, latency_ns);
        } else {
            enter_acceptance(self, &parcel->items[i], answer, latency_ns);
        }
    }
    parcel->count = kept;
}

static void on_answered(void *owner, vt_channel *channel, uint32_t lane, const vt_response *response) {
    vt_sender *self = owner;
    uint32_t number = channel->options.number * self->lanes_each + lane;
    vt_parcel *parcel = &self->lanes[number].parcel;
    if (self->finished) {
        return;
    }
    if (self->options.target->scheme == VT_TARGET_GRPC) {
        vt_send_answers_read_grpc(&self->answers, response, parcel->batch, parcel->count);
    } else {
        vt_send_answers_read_http(&self->answers, response, parcel->batch, parcel->count);
    }
    settle(self, &self->lanes[number]);
    if (parcel->count > 0) {
        retry_lane(self, number, response->retry_after_ms);
    } else {
        free_lane(self, number);
    }
    vt_sender_dispatch(self);
}

static void on_lost(void *owner, vt_channel *channel, uint32_t lane) {
    vt_sender *self = owner;
    if (!self->finished) {
        vt_reason_set(&vt_sender_summary(self)->trouble, "a connection was lost: %s", vt_wire_trouble(&channel->wire));
        retry_lane(self, channel->options.number * self->lanes_each + lane, -1);
    }
}

/* A lane that waits for its connection or for the time of its next attempt. */
void vt_sender_wake_lane(vt_sender *self, uint32_t number, int64_t now_ns) {
    vt_lane *lane = &self->lanes[number];
    bool ready = vt_channel_is_ready(channel_of(self, number));
    if (lane->state == VT_LANE_BACKOFF && lane->until_ns <= now_ns && ready) {
        submit(self, number);
    } else if (lane->state == VT_LANE_PARKED && ready) {
        push_idle(self, number);
    } else if (lane->state == VT_LANE_IN_FLIGHT && lane->until_ns <= now_ns) {
        vt_channel *channel = channel_of(self, number);
        vt_channel_cancel(channel, number % self->lanes_each);
        vt_reason_set(&vt_sender_summary(self)->trouble, "no answer within %u ms", (unsigned) self->options.timeout_ms);
        retry_lane(self, number, -1);
    }
}

static void on_ready(void *owner, vt_channel *channel) {
    vt_sender *self = owner;
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
        vt_sender_wake_lane(self, first + i, now_ns);
    }
    vt_sender_dispatch(self);
}

/* As long as one connection is up, or has not failed often enough, there is hope. */
static void on_unreachable(void *owner, vt_channel *channel) {
    vt_sender *self = owner;
    vt_reason_set(&vt_sender_summary(self)->trouble, "cannot connect to %s: %s", self->options.target->authority,
                  vt_wire_trouble(&channel->wire));
    for (uint32_t i = 0; i < self->options.connections; i++) {
        if (self->channels[i] == NULL || self->channels[i]->wire.failures <= self->options.retries) {
            return;
        }
    }
    vt_sender_finish(self);
}

const vt_channel_events vt_sender_events = {
    .ready = on_ready,
    .answered = on_answered,
    .lost = on_lost,
    .unreachable = on_unreachable,
};

/* Inside the sender: what its two halves share. sender.c moves votes; sender_loop.c opens, ticks and closes. */
#ifndef VT_CLIENT_SENDER_STATE_H
#define VT_CLIENT_SENDER_STATE_H

#include "client/channel.h"
#include "client/lane.h"
#include "client/pacer.h"
#include "client/progress.h"
#include "client/sender.h"

enum { VT_NS_IN_MS = 1000000 };

typedef struct vt_sender {
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
    vt_send_answers answers;
    vt_err err;
    vt_reason *reason;
    char read_bytes[VT_WIRE_READ_BYTES];
} vt_sender;

/* What the channels report to, with the vt_sender as owner. */
extern const vt_channel_events vt_sender_events;

/* Sends on free lanes whatever is due, and finishes when nothing is left to do. */
void vt_sender_dispatch(vt_sender *self);

/* Looks after one lane whose time may have come: overdue, to be retried, or parked while its connection came back. */
void vt_sender_wake_lane(vt_sender *self, uint32_t number, int64_t now_ns);

/* Finishes if no vote is in flight and none is to be sent any more. */
void vt_sender_finish_if_done(vt_sender *self);

/* Closes everything, so that the loop ends. What has no answer by now has failed. */
void vt_sender_finish(vt_sender *self);

/* Finishes the run because of us, not because of the server: `err` and `why` are what vt_sender_run returns. */
void vt_sender_give_up(vt_sender *self, vt_err err, const char *why);

static inline vt_send_summary *vt_sender_summary(const vt_sender *self) {
    return vt_account_summary(self->options.account);
}

#endif

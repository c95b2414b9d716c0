/* The books of one run: every vote that is settled is entered once, with its band and its acknowledged id. */
#ifndef VT_CLIENT_ACCOUNT_H
#define VT_CLIENT_ACCOUNT_H

#include "client/answer.h"
#include "client/histogram.h"
#include "client/reach.h"
#include "client/summary.h"
#include "client/vote_ids.h"

enum { VT_ACCOUNT_SAMPLE_MAX = 1000 };

/* How much a band's count must have grown by the acknowledged votes. */
typedef struct vt_band_account {
    uint64_t sure;     /* acknowledged for the first time under an id of our own making */
    uint64_t possible; /* acknowledged under the file's id, which an earlier run may have brought */
} vt_band_account;

typedef struct vt_account vt_account;

typedef struct vt_account_options {
    const vt_votes *votes; /* borrowed */
    const char *acks_path; /* NULL: none; else created or emptied */
    uint64_t total;        /* votes that will be sent */
} vt_account_options;

/* The caller owns *out. NO_MEMORY; IO, with *reason, when the file of acknowledged ids cannot be made. */
VT_MUST_CHECK vt_err vt_account_open(const vt_account_options *options, vt_account **out, vt_reason *reason);

/* Accepts NULL. What is not flushed by vt_account_flush is flushed without a check. */
void vt_account_close(vt_account *account);

/* Enters the acceptance of a vote of the file. `id` is what the server calls it (copied; empty when it did not say, or
 * one of more than VT_VOTE_KEY_BYTES_MAX bytes: then it is neither written nor sampled), `position` where it put it
 * (copied; may be empty). `waited_ns` is its latency. */
void vt_account_accept(vt_account *account, uint32_t vote, vt_send_outcome outcome, vt_slice id, vt_slice position,
                       uint64_t waited_ns);

/* Enters a refusal for `code`, or `votes` that never got an answer that settles them. */
void vt_account_refuse(vt_account *account, vt_slice code, uint64_t waited_ns);
void vt_account_fail(vt_account *account, uint64_t votes);

/* Writes the acknowledged ids through to the file. IO: some could not be written. */
VT_MUST_CHECK vt_err vt_account_flush(vt_account *account, vt_reason *reason);

/* The counters so far; what only the end can tell (times) is filled in by vt_account_finish. */
vt_send_summary *vt_account_summary(vt_account *account);
void vt_account_finish(vt_account *account, int64_t elapsed_ns);

/* By the band's number. Borrowed. */
const vt_band_account *vt_account_band(const vt_account *account, uint32_t band);

/* A sample of the acknowledged ids, each vote with the same chance: all when there are at most VT_ACCOUNT_SAMPLE_MAX.
 * Borrowed until the account is closed. */
uint32_t vt_account_sample_count(const vt_account *account);
vt_slice vt_account_sample(const vt_account *account, uint32_t index);
/* Where the sampled vote stands; false when the server did not say. */
bool vt_account_sample_position(const vt_account *account, uint32_t index, vt_position *out);

/* The last positions of all that was acknowledged. Borrowed. */
const vt_reach *vt_account_reach(const vt_account *account);

#endif

/* The engine of `votaton send`: it keeps every lane of every connection busy, or the schedule kept, until each vote is
 * settled: accepted, refused, or failed after its last retry. One libuv loop, one thread.
 *
 *   votes ──take──▶ lane ──submit──▶ channel ──▶ server
 *                    ▲  ◀──answer── │
 *                    └─back-off─────┘          every settled vote is entered in the account
 */
#ifndef VT_CLIENT_SENDER_H
#define VT_CLIENT_SENDER_H

#include "client/account.h"
#include "client/target.h"

typedef struct vt_sender_options {
    const vt_target *target; /* resolved; borrowed */
    const vt_votes *votes;   /* borrowed */
    vt_account *account;     /* borrowed */
    uint64_t total;          /* votes to send: the file's, over and over */
    uint32_t connections;
    uint32_t streams; /* lanes of a gRPC connection; HTTP/1.1 has one */
    uint32_t batch;   /* votes in a request, as an array; 0: one, without an array */
    uint64_t rate;    /* votes a second; 0: as fast as they are answered */
    uint32_t retries;
    uint32_t timeout_ms; /* for each attempt */
    FILE *progress;      /* NULL: none */
} vt_sender_options;

enum {
    VT_SENDER_SWEEP_MS = 10,            /* how exactly time-outs and back-offs are kept */
    VT_SENDER_GRACE_MS = 5000,          /* for answers in flight after an interrupt */
    VT_SENDER_DEADLINE_MARGIN_MS = 500, /* a gRPC server that knows the deadline may answer that it has passed */
};

/* Sends everything and returns when all is settled, when SIGINT or SIGTERM has come and the answers in flight are there
 * or VT_SENDER_GRACE_MS is over, or when no connection could be made `retries` times in a row. What became of the votes
 * stands in the account. NO_MEMORY, SYSTEM, and IO when acknowledged ids cannot be written; *reason says why. */
VT_MUST_CHECK vt_err vt_sender_run(const vt_sender_options *options, vt_reason *reason);

#endif

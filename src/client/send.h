/* `votaton send`: votes from a file to any endpoint, with retries that never count twice and exact books. */
#ifndef VT_CLIENT_SEND_H
#define VT_CLIENT_SEND_H

#include "base/err.h"
#include "client/reason.h"
#include "client/summary.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    VT_SEND_CONNECTIONS_DEFAULT = 8,
    VT_SEND_CONNECTIONS_MAX = 4096,
    VT_SEND_STREAMS_DEFAULT = 32,
    VT_SEND_STREAMS_MAX = 1000,
    VT_SEND_RATE_MAX = 10000000,
    VT_SEND_REPEAT_MAX = 1000000000,
    VT_SEND_RETRIES_DEFAULT = 10,
    VT_SEND_RETRIES_MAX = 1000,
    VT_SEND_TIMEOUT_MS_DEFAULT = 10000,
    VT_SEND_TIMEOUT_MS_MAX = 3600000,
    VT_SEND_IN_FLIGHT_MAX = 1048576, /* connections × streams × batch */
};

typedef struct vt_send_options {
    const char *file;      /* a JSON array of votes or NDJSON; "-": standard input */
    const char *to;        /* http://HOST[:PORT][/path] or grpc://HOST:PORT */
    const char *results;   /* where `check` asks, a URL as `to`; NULL: at `to` */
    const char *acks_file; /* gets each acknowledged id, one a line; NULL: none */
    uint32_t connections;  /* 1 … VT_SEND_CONNECTIONS_MAX */
    uint32_t streams;      /* gRPC calls in flight on each connection: 1 … VT_SEND_STREAMS_MAX */
    uint32_t batch;        /* votes in a request, as an array: 1 … 1000; 0: one, without an array */
    uint64_t rate;         /* votes a second, open loop, up to VT_SEND_RATE_MAX; 0: as fast as they are answered */
    uint64_t repeat;       /* how often the file is sent: 1 … VT_SEND_REPEAT_MAX; > 1 gives every vote a fresh id */
    uint32_t retries;      /* further attempts for each request: 0 … VT_SEND_RETRIES_MAX */
    uint32_t timeout_ms;   /* of each attempt: 1 … VT_SEND_TIMEOUT_MS_MAX */
    bool check;            /* compare the results before and after (client/check.h) */
    FILE *progress;        /* NULL: none; usually stderr */
    FILE *report;          /* what --check finds; usually stdout; NULL only without `check` */
} vt_send_options;

/* The defaults; `file` and `to` are still to be set. */
void vt_send_options_init(vt_send_options *options);

/* Sends every vote until it is accepted, refused or out of retries. Takes SIGINT and SIGTERM while it runs: the first
 * stops new votes, and answers in flight are waited for. *out is written whenever anything may have been sent, an error
 * included; else it is all zero. *reason says why on an error: BAD_CONFIG (an option), those of vt_votes_load,
 * NOT_FOUND (the host), GONE (--check cannot ask the server), IO (the file of ids), NO_MEMORY, SYSTEM. */
VT_MUST_CHECK vt_err vt_send_run(const vt_send_options *options, vt_send_summary *out, vt_reason *reason);

/* The program's exit code: 2 after an error, else vt_summary_exit_code. */
int vt_send_exit_code(vt_err err, const vt_send_summary *summary);

#endif

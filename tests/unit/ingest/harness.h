/* Drives the routes of ingest without a network: requests in, captured answers out.
 *
 * The reply functions of net/ are replaced at link time (--wrap), so what ingest hands to the network is seen as it is.
 */
#ifndef VT_TEST_INGEST_HARNESS_H
#define VT_TEST_INGEST_HARNESS_H

#include "ingest/ingest.h"

enum { ANSWER_BYTES_MAX = 65536 };

/* The last answer. */
typedef struct captured_answer {
    int count; /* how many there were since harness_reset */
    bool is_grpc;
    int status;
    char body[ANSWER_BYTES_MAX]; /* terminated */
    size_t body_len;
    char headers[1024]; /* "name: value\n…"; trailers for gRPC */
    char text[256];     /* grpc-message */
    char note[64];      /* the value given to vt_reply_note */
} captured_answer;

extern captured_answer captured;

/* What the ledger of the harness does with votes. */
typedef struct fake_ledger {
    vt_ledger ledger;
    vt_err append_err; /* the whole append fails with it */
    vt_err item_err;   /* every vote comes back with it */
    vt_verdict verdict;
    bool holds; /* keep the votes until fake_ledger_release */
    vt_append *held[2048];
    size_t held_count;
    vt_append last; /* a copy of the vote that was appended last */
    size_t appended;
} fake_ledger;

extern fake_ledger fake;

/* Opens an ingest over the fake ledger and the given contest; closes the one before. */
void harness_open(const vt_contest *contest, uint32_t items_max);
void harness_close(void);

/* A POST (or a gRPC call, when `path` is one) with that body and headers; forgets the answer before. */
void harness_request(const char *path, vt_slice body, const vt_header *headers, uint32_t headers_count);
void harness_post(const char *path, const char *body);

/* Gives all held votes back, and runs the posted tasks. */
void fake_ledger_release(void);

#endif

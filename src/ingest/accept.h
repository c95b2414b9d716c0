/* From a checked vote to a record that the ledger can take: identity, voter, and what the contest says at once. */
#ifndef VT_INGEST_ACCEPT_H
#define VT_INGEST_ACCEPT_H

#include "contest/secret.h"
#include "contest/voter_address.h"
#include "ingest/intake.h"
#include "vote/contest.h"

/* What all votes are taken under. Immutable while the loops run, but for the version of the contest. */
typedef struct vt_accept_rules {
    const vt_contest *contest;
    const vt_secret *secret;                   /* needed where votes are limited, else may be NULL */
    const vt_trusted_proxies *trusted_proxies; /* needed where votes are limited by address */
} vt_accept_rules;

/* What a request says beside the vote itself, and what holds for all its votes. */
typedef struct vt_accept_request {
    const vt_contest *contest; /* the version that held when it came */
    vt_slice key;              /* Idempotency-Key or idempotency-key; ptr NULL when absent */
    bool has_two_keys;         /* the header came more than once */
    vt_slice voter_code;       /* votaton-voter-code; ptr NULL when absent */
    vt_id address_voter;       /* the voter by address; set where the contest limits by it */
    int64_t now_ms;            /* the server's clock */
} vt_accept_request;

/* What counts of a request. `now_ms` comes from the loop. Borrows from the request. */
vt_accept_request vt_accept_request_of(const vt_accept_rules *rules, const vt_request *request, int64_t now_ms);

/* Fills the item from a checked vote. `index` is the place in an array, or -1 for a single vote. When the vote is
 * refused at once, `item->append.err` and `item->field` say so; when the id has to be looked up first (closed, not open
 * yet, with a key of the client's), `item->append.refusal`. BAD_ID, ID_MISMATCH, BAD_VOTER_CODE, NOT_OPEN_YET, CLOSED,
 * UNKNOWN_BAND, SYSTEM (no entropy). */
void vt_accept(const vt_accept_rules *rules, vt_intake *intake, const vt_accept_request *request, const vt_vote *vote,
               int32_t index, vt_item *item);

#endif

/* The vote core as a WebAssembly module: what votecore.wasm exports, and what host and browser agree on.
 *
 * A vote is written to the buffer at vt_in(), one of the functions below is called, and what it returns says how much
 * there is to read at vt_out(). Both addresses stay the same for the life of an instance. An instance serves one
 * caller at a time. The same functions are compiled natively for the tests that compare the builds.
 */
#ifndef VT_WASM_GUEST_H
#define VT_WASM_GUEST_H

#include "vote/vote_proto.h"

enum {
    VT_GUEST_PREFIX_BYTES = 4, /* of each item of a batch, both ways */
    VT_GUEST_IN_BYTES = VT_BATCH_BYTES_MAX + VT_BATCH_VOTES_MAX * VT_GUEST_PREFIX_BYTES,
    VT_GUEST_OUT_BYTES = VT_BATCH_VOTES_MAX * (VT_GUEST_PREFIX_BYTES + VT_VOTE_PROTO_BYTES_MAX),
};

/* The buffers: VT_GUEST_IN_BYTES and VT_GUEST_OUT_BYTES. */
char *vt_in(void);
char *vt_out(void);

/* Reads one vote as JSON from the first `len` bytes at vt_in(), checks it and writes it as votaton.v1.Vote. Returns the
 * number of bytes at vt_out(), or -(error * 8 + field): vt_err and vt_field, as vt_vote_read_json gives them. A `len`
 * that no vote may have is BODY_TOO_LARGE, a negative one, too. */
int32_t vt_vote1(int32_t len);

/* The same for a vote that comes as votaton.v1.Vote. */
int32_t vt_proto1(int32_t len);

/* The same for confproto.requestId, whose fields after the rank mean nothing. */
int32_t vt_request1(int32_t len);

/* Many votes: at vt_in() each item is a u32le length and so many bytes of JSON. At vt_out() each gets an i32le, what
 * vt_vote1 would have returned, and the bytes where it is not an error. Returns the number of bytes at vt_out(), or an
 * error for all: BATCH_TOO_LARGE, EMPTY_BATCH, and MALFORMED_REQUEST where the lengths do not add up. */
int32_t vt_batch(int32_t len);

#endif

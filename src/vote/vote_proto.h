/* Reads and writes votes as protobuf (the proto3 wire format), for votaton.v1.Vote and confproto.requestId alike. */
#ifndef VT_VOTE_VOTE_PROTO_H
#define VT_VOTE_VOTE_PROTO_H

#include "vote/vote.h"

/* Reads one message and checks it (vt_vote_check). Unknown fields, and known ones of another wire type, are
 * skipped (groups are refused); of a repeated field
 * the last wins, as proto3 says, but each must be UTF-8; absent texts are empty, so an absent name is EMPTY_NAME.
 * vote_id and voter_code count as absent when empty, as proto3 has no presence here. `fields_max` is the highest field
 * number that means something: VT_FIELD_VOTER_CODE for Vote, VT_FIELD_RANK for requestId (higher ones are then skipped
 * as unknown). `bytes` must outlive `vote`. On error *field names the field or VT_FIELD_NONE. MALFORMED_PROTOBUF, and
 * those of vt_vote_check. */
VT_MUST_CHECK vt_err vt_vote_read_proto(vt_slice bytes, vt_field fields_max, vt_vote *vote, vt_field *field);

/* The most bytes that vt_vote_write_proto can write. */
enum {
    VT_VOTE_PROTO_BYTES_MAX = 4 * (3 + VT_FIELD_BYTES_MAX) + 3 + VT_VOTE_KEY_BYTES_MAX + 3 + VT_VOTER_CODE_BYTES_MAX
};

/* Writes a checked vote as votaton.v1.Vote, fields in order, empty ones left out. Returns the number of bytes. */
size_t vt_vote_write_proto(const vt_vote *vote, char out[VT_VOTE_PROTO_BYTES_MAX]);

/* A walk over the votes of one CastBatchRequest. */
typedef struct vt_proto_batch {
    vt_slice rest;
} vt_proto_batch;

/* Checks the framing of the whole message and counts its votes.
 * MALFORMED_PROTOBUF, EMPTY_BATCH, BATCH_TOO_LARGE. Borrows `bytes`. */
VT_MUST_CHECK vt_err vt_proto_batch_open(vt_slice bytes, vt_proto_batch *batch, size_t *count);

/* The next vote's bytes, for vt_vote_read_proto; false at the end. */
bool vt_proto_batch_next(vt_proto_batch *batch, vt_slice *item);

/* Low-level writers, shared by replies. Each returns the new end; the caller has made sure that there is room
 * (10 bytes for a varint). */
char *vt_proto_write_varint(char *out, uint64_t value);
/* A length-delimited field (wire type 2). Field numbers 1..15. Empty text is left out. */
char *vt_proto_write_text(char *out, unsigned field_number, vt_slice text);

#endif

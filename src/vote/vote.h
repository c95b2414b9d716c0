/* What a vote is: its fields, their limits and the one check that every way in shares.
 *
 * Everything under vote/ is pure: no I/O, no clock, no entropy, no allocation, and of libc only the memory functions.
 * The same files are compiled into the program and to WebAssembly.
 */
#ifndef VT_VOTE_VOTE_H
#define VT_VOTE_VOTE_H

#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

enum {
    VT_FIELD_BYTES_MAX = 128,       /* name, album, year, rank, after trimming */
    VT_VOTE_KEY_BYTES_MAX = 255,    /* vote_id or idempotency key */
    VT_VOTER_CODE_BYTES_MAX = 128,  /* voter_code */
    VT_VOTE_JSON_BYTES_MAX = 65536, /* the body of one vote */
    VT_BATCH_BYTES_MAX = 1048576,   /* the body of an array */
    VT_BATCH_VOTES_MAX = 1000,
    VT_JSON_DEPTH_MAX = 16,
};

/* Which field an error is about; also the protobuf field numbers of votaton.v1.Vote. */
typedef enum vt_field {
    VT_FIELD_NONE = 0,
    VT_FIELD_NAME = 1,
    VT_FIELD_ALBUM = 2,
    VT_FIELD_YEAR = 3,
    VT_FIELD_RANK = 4,
    VT_FIELD_VOTE_ID = 5,
    VT_FIELD_VOTER_CODE = 6,
} vt_field;

enum { VT_FIELD_COUNT = 7 };

/* "name", "album" …; "" for VT_FIELD_NONE. Static. */
vt_slice vt_field_name(vt_field field);

/* A vote as a reader found it. Every slice borrows from the input or from the reader's scratch.
 * An absent vote_id or voter_code has ptr NULL; an empty one has a ptr and len 0. */
typedef struct vt_vote {
    vt_slice text[VT_FIELD_COUNT]; /* by vt_field; text[VT_FIELD_NONE] is unused */
} vt_vote;

/* Room for the values that a reader must rewrite (JSON escapes). One for each vote that is alive. */
typedef struct vt_vote_scratch {
    char bytes[4 * VT_FIELD_BYTES_MAX + VT_VOTE_KEY_BYTES_MAX + VT_VOTER_CODE_BYTES_MAX];
    size_t used;
} vt_vote_scratch;

/* Whether a key of the client's, wherever it came from, can make an identity: 1 to VT_VOTE_KEY_BYTES_MAX bytes of valid
 * UTF-8 without control characters. BAD_ID. */
VT_MUST_CHECK vt_err vt_vote_check_key(vt_slice key);

/* Trims ASCII space (tab, LF, CR and U+0020 only) from both ends of the four texts, then checks them: name not empty,
 * at most VT_FIELD_BYTES_MAX bytes, valid UTF-8 (RFC 3629), no U+0000–U+001F or U+007F. A present vote_id has 1 to
 * VT_VOTE_KEY_BYTES_MAX bytes of valid UTF-8 without control characters; a present voter_code at most
 * VT_VOTER_CODE_BYTES_MAX. Neither is trimmed. The fields are checked in the order of their numbers, and each for the
 * errors in this order; on error *field names the field.
 * EMPTY_NAME, TOO_LONG, INVALID_UTF8, CONTROL_CHARACTER; for anything wrong with vote_id BAD_ID. */
VT_MUST_CHECK vt_err vt_vote_check(vt_vote *vote, vt_field *field);

#endif

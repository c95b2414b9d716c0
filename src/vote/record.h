/* The record: one vote as the ledger keeps it, and what the fold says of it. */
#ifndef VT_VOTE_RECORD_H
#define VT_VOTE_RECORD_H

#include "vote/identity.h"

/* The fold's verdict on a record. The numbers are stored. */
typedef enum vt_verdict {
    VT_VERDICT_NONE = 0, /* not folded yet */
    VT_VERDICT_COUNTED = 1,
    VT_VERDICT_DUPLICATE = 2,
    VT_VERDICT_CONFLICT = 3,
    VT_VERDICT_QUOTA = 4,
    VT_VERDICT_BAD = 5,
} vt_verdict;

enum { VT_VERDICT_COUNT = 6 };

/* "pending", "counted", "duplicate", "conflict", "quota", "bad". Static. */
vt_slice vt_verdict_name(vt_verdict verdict);

/* Where a record stands: a row of SQLite (partition -1, offset = the row) or a record of one Kafka partition. */
typedef struct vt_position {
    int32_t partition;
    int64_t offset;
} vt_position;

enum { VT_POSITION_TEXT_MAX = 32 };

/* "1234" or "3:1234". Returns the number of characters; no terminator. */
size_t vt_position_format(vt_position position, char out[VT_POSITION_TEXT_MAX]);

/* Reads either form, digits only, no signs; false when `text` is anything else or out of range. */
bool vt_position_parse(vt_slice text, vt_position *out);

/* The identity of a record of one Kafka partition that came without one: SHA-256(ledger id ‖ 0 ‖ "partition:offset"),
 * cut to 16 bytes. */
vt_id vt_position_identity(const vt_id *ledger_id, vt_position position);

/* A record owns its texts: name, album, year and rank, one after the other. */
typedef struct vt_record {
    vt_id id;
    vt_id fingerprint;
    vt_id voter; /* HMAC of the voter, cut to 16 bytes; meaningful when has_voter */
    bool has_voter;
    uint8_t text_len[4]; /* name, album, year, rank: <= VT_FIELD_BYTES_MAX each */
    uint32_t points;
    int64_t at_ms; /* when ingest took it, at the server's clock */
    char text[4 * VT_FIELD_BYTES_MAX];
} vt_record;

/* Copies a checked vote's four texts into the record and sets its fingerprint; points become 1. The rest is unchanged.
 */
void vt_record_set_vote(vt_record *record, const vt_vote *vote);

/* One of the four texts (VT_FIELD_NAME..VT_FIELD_RANK); borrows from the record. */
vt_slice vt_record_text(const vt_record *record, vt_field field);

#endif

/* The texts inside of a partition's hash, both ways: what the fence writes and all others read (tally_fence.h).
 *
 * Readers never trust them: whatever is not as the fence writes it is VT_ERR_CORRUPT. */
#ifndef VT_TALLY_FENCE_STATE_H
#define VT_TALLY_FENCE_STATE_H

#include "base/buf.h"
#include "vote/fold.h"

#include <hiredis/hiredis.h>

/* Redis computes with doubles inside of functions, so that no number may be larger. */
#define VT_FENCE_NUMBER_MAX ((INT64_C(1) << 53) - 1)

enum {
    VT_FENCE_PAIRS_MAX = VT_FOLD_PAIRS_MAX + 1, /* with the one for all others */
    VT_FENCE_NUMBER_TEXT_MAX = 24,
    VT_FENCE_SUMS_TEXT_MAX = 2 * VT_FENCE_NUMBER_TEXT_MAX,
    VT_FENCE_PAIR_FIELD_MAX = 8,             /* "b:4096", with the terminator */
    VT_FENCE_SEEN_FIELD_LEN = 1 + VT_ID_LEN, /* the field's name: 'i', id */
    VT_FENCE_SEEN_BYTES_MAX = 1 + VT_ID_LEN + 8,
    VT_FENCE_NAME_BYTES_MAX = 3 + 3 * VT_FIELD_BYTES_MAX,
    VT_FENCE_NAMES_BYTES_MAX = VT_FENCE_PAIRS_MAX * VT_FENCE_NAME_BYTES_MAX,
};

/* Reads a decimal from 0 to VT_FENCE_NUMBER_MAX: digits only, no leading zeros. */
VT_MUST_CHECK vt_err vt_fence_number_read(vt_slice text, int64_t *out);
/* Returns the number of characters; no terminator. */
size_t vt_fence_number_write(int64_t number, char out[VT_FENCE_NUMBER_TEXT_MAX]);

/* One pair of `names`. Borrows its texts. */
typedef struct vt_fence_name {
    vt_slice name;
    vt_slice album;
    vt_slice year;
} vt_fence_name;

/* Takes the first pair off `names`, which must not be empty; `names` is unchanged on error. */
VT_MUST_CHECK vt_err vt_fence_name_take(vt_slice *names, vt_fence_name *out);
/* How many pairs there are, at most VT_FENCE_PAIRS_MAX: more are damage, too. */
VT_MUST_CHECK vt_err vt_fence_names_count(vt_slice names, uint32_t *out);
/* Appends a pair. Errors of vt_buf_append. */
VT_MUST_CHECK vt_err vt_fence_name_append(vt_buf *names, const vt_fence_name *pair);

/* What a field b:<i> holds. */
typedef struct vt_fence_sums {
    int64_t votes;
    int64_t points;
} vt_fence_sums;

/* The field's name, terminated; i < VT_FENCE_PAIRS_MAX. Borrows from `out`. */
vt_slice vt_fence_pair_field(uint32_t i, char out[VT_FENCE_PAIR_FIELD_MAX]);
VT_MUST_CHECK vt_err vt_fence_sums_read(vt_slice text, vt_fence_sums *out);
size_t vt_fence_sums_write(const vt_fence_sums *sums, char out[VT_FENCE_SUMS_TEXT_MAX]);

/* What a field i<id> holds: of the first record with this identity. */
typedef struct vt_fence_seen {
    vt_verdict verdict; /* COUNTED or QUOTA */
    vt_id fingerprint;
    int64_t offset;
} vt_fence_seen;

VT_MUST_CHECK vt_err vt_fence_seen_read(vt_slice bytes, vt_fence_seen *out);
size_t vt_fence_seen_write(const vt_fence_seen *seen, char out[VT_FENCE_SEEN_BYTES_MAX]);
void vt_fence_seen_field(const vt_id *id, char out[VT_FENCE_SEEN_FIELD_LEN]);

/* The fields of one number or text each, in the order in which they are asked for. A hash has all of them from the
 * start, `last` excepted. */
typedef enum vt_fence_field {
    VT_FENCE_LEDGER,
    VT_FENCE_OFF,
    VT_FENCE_LAST,
    VT_FENCE_BORN,
    VT_FENCE_N,
    VT_FENCE_DUP,
    VT_FENCE_CONFLICT,
    VT_FENCE_QUOTA,
    VT_FENCE_BAD,
    VT_FENCE_NAMES,
    VT_FENCE_FIELDS,
} vt_fence_field;

extern const vt_slice vt_fence_fields[VT_FENCE_FIELDS];

/* What the answer to HMGET of these fields says. */
typedef struct vt_fence_head {
    bool exists;
    vt_id ledger_id; /* this and what follows: without meaning unless `exists` */
    vt_id born;
    int64_t next; /* the next offset */
    bool has_mark;
    vt_id mark;                          /* `last` */
    uint64_t verdicts[VT_VERDICT_COUNT]; /* COUNTED is what the others leave of `n`; NONE is 0 */
    vt_slice names;                      /* borrows from the reply */
} vt_fence_head;

/* Reads the first VT_FENCE_FIELDS elements of a reply to HMGET; there may be more. */
VT_MUST_CHECK vt_err vt_fence_head_read(const redisReply *reply, vt_fence_head *out);

/* Reads the next offset from the first two elements of a reply to HMGET of `ledger` and `off`; there may be more.
 * VT_ERR_NOT_FOUND without a hash, VT_ERR_OTHER_LEDGER. */
VT_MUST_CHECK vt_err vt_fence_next_read(const redisReply *reply, const vt_id *ledger_id, int64_t *next);

/* Reads `born`, one element of a reply to HMGET of a hash that exists. */
VT_MUST_CHECK vt_err vt_fence_born_read(const redisReply *reply, vt_id *out);

/* The text of a reply; VT_ERR_NOT_FOUND for nil, VT_ERR_CORRUPT for anything else. Borrows from the reply. */
VT_MUST_CHECK vt_err vt_fence_reply_text(const redisReply *reply, vt_slice *out);

#endif

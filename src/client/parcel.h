/* The votes of one request, each with the id under which it is sent at every attempt. */
#ifndef VT_CLIENT_PARCEL_H
#define VT_CLIENT_PARCEL_H

#include "base/buf.h"
#include "client/votes_file.h"
#include "vote/identity.h"

typedef struct vt_parcel_item {
    uint32_t vote;             /* its number in the file */
    char id[VT_UUID_TEXT_LEN]; /* not used when the file's own id is kept */
} vt_parcel_item;

typedef struct vt_parcel {
    const vt_votes *votes; /* borrowed */
    bool batch;            /* sent in the batch form, even if one vote is left */
    uint32_t count;
    uint32_t capacity;
    vt_parcel_item *items;
} vt_parcel;

/* An empty parcel for at most `capacity` votes. NO_MEMORY. */
VT_MUST_CHECK vt_err vt_parcel_init(vt_parcel *parcel, const vt_votes *votes, bool batch, uint32_t capacity);
void vt_parcel_release(vt_parcel *parcel); /* accepts a zeroed one */

/* The length of the request's body: JSON, or a protobuf message without its gRPC frame. */
size_t vt_parcel_json_len(const vt_parcel *parcel);
size_t vt_parcel_proto_len(const vt_parcel *parcel);

/* What one more vote would add to either body at most; a body must stay within VT_BATCH_BYTES_MAX. */
size_t vt_parcel_item_len_max(const vt_parcel *parcel, uint32_t vote);

/* Appends the body. A fresh id of a single JSON vote is not inside: it is sent as Idempotency-Key, which every path
 * understands. Errors as vt_buf_reserve. */
VT_MUST_CHECK vt_err vt_parcel_write_json(const vt_parcel *parcel, vt_buf *out);
VT_MUST_CHECK vt_err vt_parcel_write_proto(const vt_parcel *parcel, vt_buf *out);

/* The id for the Idempotency-Key header of a single JSON vote; empty when the body holds the file's own. */
vt_slice vt_parcel_key(const vt_parcel *parcel);

#endif

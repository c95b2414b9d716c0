/* The _id of a document in the vote log: the ledger's id, the partition and the offset of its record.
 *
 *   0   16 bytes  ledger id
 *   16  u32       partition, big-endian
 *   20  u64       offset, big-endian
 *
 * A BSON binary (subtype 0) of 28 bytes. Binaries of one length and subtype are ordered by their bytes, so the index on
 * _id walks a partition in the order of the log; a document inside of a document would be ordered likewise by MongoDB,
 * but not everything that speaks its protocol finds one by an index. */
#ifndef VT_VOTELOG_LOG_KEY_H
#define VT_VOTELOG_LOG_KEY_H

#include "vote/record.h"

#include <mongoc/mongoc.h>

enum { VT_LOG_KEY_PARTITION_LEN = VT_ID_LEN + 4, VT_LOG_KEY_LEN = VT_LOG_KEY_PARTITION_LEN + 8 };

typedef struct vt_log_key {
    uint8_t bytes[VT_LOG_KEY_LEN];
} vt_log_key;

/* `position` has a partition. */
vt_log_key vt_log_key_of(const vt_id *ledger_id, vt_position position);

/* Reads the document's _id; false when it is none of this ledger's keys. */
bool vt_log_key_read(const bson_t *document, const vt_id *ledger_id, vt_position *out);

/* Appends a key as field `name` ("_id", "$lt"). */
void vt_log_key_append(bson_t *to, const char *name, const vt_id *ledger_id, vt_position position);

/* Appends the _id of what concerns a whole partition: the key without its offset. */
void vt_log_key_append_partition(bson_t *to, const vt_id *ledger_id, int32_t partition);

/* Appends {_id: {$gte: key of low, $lt: key of high}}. */
void vt_log_key_append_range(bson_t *to, const vt_id *ledger_id, vt_position low, vt_position high);

/* {_id: {$in: [keys]}}: begin, add each, end. `filter` is not touched in between. */
typedef struct vt_log_key_list {
    bson_t id;
    bson_t in;
    uint32_t count;
} vt_log_key_list;

void vt_log_key_list_begin(vt_log_key_list *list, bson_t *filter);
void vt_log_key_list_add(vt_log_key_list *list, const vt_id *ledger_id, vt_position position);
void vt_log_key_list_end(vt_log_key_list *list, bson_t *filter);

/* Behind every record that a ledger can have. */
#define VT_LOG_KEY_END ((vt_position){INT32_MAX, INT64_MAX})

#endif

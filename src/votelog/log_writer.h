/* The writing side of the vote log in MongoDB: documents with deterministic ids, and for each partition a position that
 * only moves by compare-and-set.
 *
 * Documents first (unordered, w: majority, j: true; a document that exists already must have our identity and
 * fingerprint), then the position in <collection>.position (log_position.h). A MongoDB that was rolled back therefore
 * takes its position back with it, and a writer that believes another one is told (VT_ERR_MOVED). Each step is one
 * write of MongoDB: nothing here needs a transaction or a replica set. */
#ifndef VT_VOTELOG_LOG_WRITER_H
#define VT_VOTELOG_LOG_WRITER_H

#include "ledger/ledger.h"
#include "mongo/mongo_url.h"

enum { VT_LOG_WRITER_RECORDS_MAX = 1000 };

typedef struct vt_log_writer vt_log_writer;

/* One thread at a time; partitions are 0..VT_PARTITIONS_MAX - 1. Waits for no server. `timeout_ms` as in
 * vt_mongo_open. The caller owns *out. VT_ERR_BAD_CONFIG, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_log_writer_open(const vt_mongo_url *url, const vt_id *ledger_id, uint32_t timeout_ms,
                                        vt_log_writer **out, char reason[VT_MONGO_REASON_MAX]);
void vt_log_writer_close(vt_log_writer *writer); /* accepts NULL */

/* Why the last call failed: one line, no secrets; lives until the next call. */
const char *vt_log_writer_reason(const vt_log_writer *writer);

/* Makes the indexes, where they are not there. VT_ERR_BUSY, VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_log_writer_prepare(vt_log_writer *writer);

/* Where a partition stands. */
typedef struct vt_log_position {
    bool exists;
    int64_t next; /* all records before it are in the log */
    bool has_mark;
    vt_id mark;         /* of the record before `next` */
    bool is_rebuilding; /* a rebuild has begun and not ended: nobody writes but it */
} vt_log_position;

/* Reads the position afresh; what the writer writes next must find it unchanged but for its own steps. VT_ERR_BUSY,
 * VT_ERR_SYSTEM, VT_ERR_CORRUPT. */
VT_MUST_CHECK vt_err vt_log_writer_load(vt_log_writer *writer, int32_t partition, vt_log_position *out);

/* Makes the position at `next`. VT_ERR_MOVED when it exists. VT_ERR_BUSY, VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_log_writer_create(vt_log_writer *writer, int32_t partition, int64_t next);

/* Writes `count` (1..VT_LOG_WRITER_RECORDS_MAX) rows of one partition, in order and not before `from`, unreadable ones
 * left out, and moves the position from `from` behind the last row. VT_ERR_MOVED: another position stands there than
 * was loaded, or somebody else rebuilds it: load and seek. VT_ERR_BUSY: some may be written: load and go on from there.
 * VT_ERR_CORRUPT: a document exists with another content. VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_log_writer_write(vt_log_writer *writer, int32_t partition, int64_t from,
                                         const vt_ledger_row *rows, size_t count);

/* Marks the partition as being rebuilt, sets the position to `next` and deletes its documents. Then this writer writes,
 * and nobody else; vt_log_writer_end_rebuild lets others write again. Both may be repeated after a crash. VT_ERR_BUSY,
 * VT_ERR_SYSTEM; the second also VT_ERR_MOVED: another rebuild has begun since. */
VT_MUST_CHECK vt_err vt_log_writer_begin_rebuild(vt_log_writer *writer, int32_t partition, int64_t next);
VT_MUST_CHECK vt_err vt_log_writer_end_rebuild(vt_log_writer *writer, int32_t partition);

/* Walks the documents of a partition in offset order, for a comparison: up to `rows_max` behind `after` (-1: from the
 * start) and before `until`. Only record.id, fingerprint, texts, points, at_ms, position and appended_ms are set.
 * VT_ERR_BUSY, VT_ERR_SYSTEM, VT_ERR_CORRUPT (vt_log_writer_reason names the position). */
VT_MUST_CHECK vt_err vt_log_writer_read(vt_log_writer *writer, int32_t partition, int64_t after, int64_t until,
                                        vt_ledger_row *rows, size_t rows_max, size_t *count);

#endif

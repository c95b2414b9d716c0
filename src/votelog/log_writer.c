#include "votelog/log_writer.h"

#include "base/assert.h"
#include "votelog/log_batch.h"
#include "votelog/log_index.h"
#include "votelog/log_position.h"
#include "votelog/log_range.h"

#include <stdlib.h>

struct vt_log_writer {
    vt_mongo *mongo;
    vt_log_access access;
    mongoc_read_prefs_t *primary;
    vt_log_batch *batch;
    vt_log_claim claims[VT_PARTITIONS_MAX];
};

vt_err vt_log_writer_open(const vt_mongo_url *url, const vt_id *ledger_id, uint32_t timeout_ms, vt_log_writer **out,
                          char reason[VT_MONGO_REASON_MAX]) {
    reason[0] = '\0';
    vt_log_writer *writer = calloc(1, sizeof *writer);
    vt_err err = writer == NULL ? VT_ERR_NO_MEMORY : vt_log_batch_new(&writer->batch);
    if (err == VT_OK) {
        err = vt_mongo_open(url, timeout_ms, 1, &writer->mongo, reason);
    }
    if (err == VT_OK) {
        err = vt_log_access_init(&writer->access, writer->mongo, ledger_id);
    }
    if (err != VT_OK) {
        vt_log_writer_close(writer);
        return err;
    }
    /* What others wrote is looked at where we write. */
    writer->primary = mongoc_read_prefs_new(MONGOC_READ_PRIMARY);
    writer->access.preference = writer->primary;
    *out = writer;
    return VT_OK;
}

void vt_log_writer_close(vt_log_writer *writer) {
    if (writer == NULL) {
        return;
    }
    vt_log_access_release(&writer->access);
    mongoc_read_prefs_destroy(writer->primary);
    vt_mongo_close(writer->mongo);
    vt_log_batch_free(writer->batch);
    free(writer);
}

const char *vt_log_writer_reason(const vt_log_writer *writer) {
    return writer->access.reason;
}

vt_err vt_log_writer_prepare(vt_log_writer *writer) {
    vt_err err = vt_log_index_prepare(&writer->access);
    writer->access.was_let_in = writer->access.was_let_in || err == VT_OK;
    return err;
}

static vt_log_claim *claim_of(vt_log_writer *writer, int32_t partition) {
    VT_ASSERT(partition >= 0 && partition < VT_PARTITIONS_MAX);
    return &writer->claims[partition];
}

vt_err vt_log_writer_load(vt_log_writer *writer, int32_t partition, vt_log_position *out) {
    return vt_log_position_load(&writer->access, partition, claim_of(writer, partition), out);
}

vt_err vt_log_writer_create(vt_log_writer *writer, int32_t partition, int64_t next) {
    return vt_log_position_create(&writer->access, partition, next, claim_of(writer, partition));
}

vt_err vt_log_writer_write(vt_log_writer *writer, int32_t partition, int64_t from, const vt_ledger_row *rows,
                           size_t count) {
    VT_ASSERT(count >= 1 && count <= VT_LOG_WRITER_RECORDS_MAX);
    int64_t next = from;
    for (size_t i = 0; i < count; i++) {
        VT_ASSERT(rows[i].position.partition == partition && rows[i].position.offset >= next);
        next = rows[i].position.offset + 1;
    }
    vt_err err = vt_log_batch_insert(writer->batch, &writer->access, rows, count);
    if (err == VT_OK) {
        err = vt_log_position_move(&writer->access, partition, claim_of(writer, partition), from, next,
                                   &rows[count - 1].mark);
    }
    return err;
}

/* The position first: who wrote before cannot go on then, so nobody moves over what is deleted. */
vt_err vt_log_writer_begin_rebuild(vt_log_writer *writer, int32_t partition, int64_t next) {
    vt_err err = vt_log_position_begin_rebuild(&writer->access, partition, next, claim_of(writer, partition));
    if (err == VT_OK) {
        err = vt_log_range_delete(&writer->access, (vt_log_range){partition, 0, INT64_MAX});
    }
    return err;
}

vt_err vt_log_writer_end_rebuild(vt_log_writer *writer, int32_t partition) {
    return vt_log_position_end_rebuild(&writer->access, partition, claim_of(writer, partition));
}

vt_err vt_log_writer_read(vt_log_writer *writer, int32_t partition, int64_t after, int64_t until, vt_ledger_row *rows,
                          size_t rows_max, size_t *count) {
    VT_ASSERT(rows_max >= 1 && rows_max <= VT_LOG_WRITER_RECORDS_MAX && after >= -1 && until >= 0);
    return vt_log_range_read(&writer->access, (vt_log_range){partition, after + 1, until}, rows, rows_max, count);
}

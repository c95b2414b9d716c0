#include "count/log_store.h"

#include "votelog/log_writer.h"

#include <stdlib.h>

typedef struct log_store {
    vt_derived derived; /* first: a vt_derived * points here */
    vt_log_writer *writer;
    bool is_prepared;
} log_store;

static vt_err load(vt_derived *derived, int32_t partition, vt_store_state *out) {
    log_store *self = (log_store *) derived;
    if (!self->is_prepared) {
        vt_err err = vt_log_writer_prepare(self->writer);
        if (err != VT_OK) {
            return err;
        }
        self->is_prepared = true;
    }
    vt_log_position position;
    vt_err err = vt_log_writer_load(self->writer, partition, &position);
    if (err == VT_OK) {
        *out = (vt_store_state){.exists = position.exists,
                                .is_blocked = position.is_rebuilding,
                                .next = position.next,
                                .has_mark = position.has_mark,
                                .mark = position.mark};
    }
    return err;
}

/* A log can always be made from what there is. */
static vt_err begin(vt_derived *derived, int32_t partition, int64_t first, int64_t end) {
    (void) end;
    return vt_log_writer_create(((log_store *) derived)->writer, partition, first);
}

static vt_err apply(vt_derived *derived, int32_t partition, int64_t from, const vt_ledger_row *rows, size_t count,
                    uint64_t verdicts[VT_VERDICT_COUNT]) {
    vt_err err = vt_log_writer_write(((log_store *) derived)->writer, partition, from, rows, count);
    if (err == VT_OK) {
        memset(verdicts, 0, VT_VERDICT_COUNT * sizeof *verdicts);
        for (size_t i = 0; i < count; i++) {
            verdicts[rows[i].fault == VT_OK ? VT_VERDICT_NONE : VT_VERDICT_BAD]++;
        }
    }
    return err;
}

/* Nothing is kept that the next load does not replace. */
static void forget(vt_derived *derived, int32_t partition) {
    (void) derived;
    (void) partition;
}

static const char *reason_of(const vt_derived *derived) {
    return vt_log_writer_reason(((const log_store *) derived)->writer);
}

static void close_store(vt_derived *derived) {
    log_store *self = (log_store *) derived;
    vt_log_writer_close(self->writer);
    free(self);
}

static const vt_derived_kind kind = {
    .name = "log",
    .load = load,
    .begin = begin,
    .apply = apply,
    .forget = forget,
    .reason = reason_of,
    .close = close_store,
};

vt_err vt_log_store_open(const vt_log_store_options *options, vt_derived **out, char reason[VT_MONGO_REASON_MAX]) {
    reason[0] = '\0';
    log_store *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    self->derived.kind = &kind;
    vt_err err = vt_log_writer_open(options->url, &options->ledger_id, options->timeout_ms, &self->writer, reason);
    if (err != VT_OK) {
        free(self);
        return err;
    }
    *out = &self->derived;
    return VT_OK;
}

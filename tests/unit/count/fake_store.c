#include "fake_store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct fake_derived {
    vt_derived derived; /* first */
    fake_store *store;
    bool is_loaded[FAKE_PARTITIONS_MAX]; /* since it was told to forget, or failed */
    int64_t believed[FAKE_PARTITIONS_MAX];
} fake_derived;

__attribute__((format(printf, 2, 3))) static void complain(fake_store *store, const char *format, ...);

static void complain(fake_store *store, const char *format, ...) {
    if (store->complaint[0] == '\0') {
        va_list args;
        va_start(args, format);
        vsnprintf(store->complaint, sizeof store->complaint, format, args);
        va_end(args);
    }
}

static void note_mark(fake_partition *partition, const vt_ledger_row *row) {
    partition->marks[row->position.offset] = row->mark;
    partition->counted[row->position.offset]++;
}

static vt_err load(vt_derived *derived, int32_t partition, vt_store_state *out) {
    fake_derived *self = (fake_derived *) derived;
    fake_store *store = self->store;
    pthread_mutex_lock(&store->lock);
    const fake_partition *at = &store->partitions[partition];
    vt_err err = store->load_err;
    store->loads++;
    if (err == VT_OK) {
        *out = (vt_store_state){.exists = at->exists, .is_blocked = at->is_blocked, .next = at->next};
        if (at->exists && at->next > at->first && at->counted[at->next - 1] > 0) {
            out->has_mark = true;
            out->mark = at->marks[at->next - 1];
        }
        self->is_loaded[partition] = at->exists && !at->is_blocked;
        self->believed[partition] = at->next;
    }
    pthread_mutex_unlock(&store->lock);
    return err;
}

static vt_err begin(vt_derived *derived, int32_t partition, int64_t first, int64_t end) {
    fake_store *store = ((fake_derived *) derived)->store;
    pthread_mutex_lock(&store->lock);
    fake_partition *at = &store->partitions[partition];
    vt_err err = at->exists ? VT_ERR_MOVED : VT_OK;
    if (!at->exists) {
        at->exists = true;
        at->first = first;
        at->next = first;
        at->begun_end = end;
    }
    pthread_mutex_unlock(&store->lock);
    return err;
}

static void check_rows(fake_derived *self, int32_t partition, int64_t from, const vt_ledger_row *rows, size_t count) {
    fake_store *store = self->store;
    int64_t expected = from;
    if (!self->is_loaded[partition]) {
        complain(store, "partition %d: apply without load", partition);
    }
    if (self->believed[partition] != from) {
        complain(store, "partition %d: from %lld, but it was told %lld", partition, (long long) from,
                 (long long) self->believed[partition]);
    }
    for (size_t i = 0; i < count; i++) {
        int64_t offset = rows[i].position.offset;
        if (rows[i].position.partition != partition || offset < expected ||
            (offset > expected && !store->allows_gaps)) {
            complain(store, "partition %d: record %d:%lld instead of %lld", partition, rows[i].position.partition,
                     (long long) offset, (long long) expected);
        }
        expected = offset + 1;
    }
}

static vt_err apply(vt_derived *derived, int32_t partition, int64_t from, const vt_ledger_row *rows, size_t count,
                    uint64_t verdicts[VT_VERDICT_COUNT]) {
    fake_derived *self = (fake_derived *) derived;
    fake_store *store = self->store;
    pthread_mutex_lock(&store->lock);
    fake_partition *at = &store->partitions[partition];
    check_rows(self, partition, from, rows, count);
    vt_err err = store->apply_err;
    if (store->slow_from > 0 && count >= store->slow_from) {
        err = VT_ERR_BUSY;
    }
    if (err == VT_OK && (at->next != from || at->is_blocked)) {
        store->moved++;
        err = VT_ERR_MOVED;
    }
    if (err == VT_OK && rows[count - 1].position.offset >= FAKE_OFFSETS_MAX) {
        complain(store, "the fake store is too small");
        err = VT_ERR_INTERNAL;
    }
    if (err == VT_OK) {
        for (size_t i = 0; i < count; i++) {
            note_mark(at, &rows[i]);
            verdicts[rows[i].fault == VT_OK ? VT_VERDICT_COUNTED : VT_VERDICT_BAD]++;
            store->bad += rows[i].fault != VT_OK;
        }
        at->next = rows[count - 1].position.offset + 1;
        self->believed[partition] = at->next;
        store->applied++;
        if (store->lost_one_in > 0 && store->applied % store->lost_one_in == 0) {
            err = VT_ERR_BUSY;
        }
    }
    self->is_loaded[partition] = self->is_loaded[partition] && err == VT_OK;
    pthread_mutex_unlock(&store->lock);
    return err;
}

static void forget(vt_derived *derived, int32_t partition) {
    fake_derived *self = (fake_derived *) derived;
    pthread_mutex_lock(&self->store->lock);
    self->is_loaded[partition] = false;
    self->store->forgotten++;
    pthread_mutex_unlock(&self->store->lock);
}

static void tick(vt_derived *derived) {
    fake_store *store = ((fake_derived *) derived)->store;
    pthread_mutex_lock(&store->lock);
    store->ticks++;
    pthread_mutex_unlock(&store->lock);
}

static const char *reason(const vt_derived *derived) {
    (void) derived;
    return "the fake store was told to";
}

static void close_derived(vt_derived *derived) {
    fake_store *store = ((fake_derived *) derived)->store;
    pthread_mutex_lock(&store->lock);
    store->closed++;
    pthread_mutex_unlock(&store->lock);
    free(derived);
}

static const vt_derived_kind kind = {
    .name = "tally",
    .load = load,
    .begin = begin,
    .apply = apply,
    .forget = forget,
    .tick = tick,
    .reason = reason,
    .close = close_derived,
};

vt_derived *fake_store_derived(fake_store *store) {
    fake_derived *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return NULL;
    }
    self->derived.kind = &kind;
    self->store = store;
    return &self->derived;
}

void fake_store_init(fake_store *store) {
    memset(store, 0, sizeof *store);
    pthread_mutex_init(&store->lock, NULL);
}

void fake_store_release(fake_store *store) {
    pthread_mutex_destroy(&store->lock);
}

void fake_store_set_back(fake_store *store, int32_t partition, int64_t next) {
    pthread_mutex_lock(&store->lock);
    fake_partition *at = &store->partitions[partition];
    for (int64_t i = next; i < at->next; i++) {
        at->counted[i] = 0;
    }
    at->next = next < at->next ? next : at->next;
    pthread_mutex_unlock(&store->lock);
}

void fake_store_answer(fake_store *store, vt_err load_err, vt_err apply_err) {
    pthread_mutex_lock(&store->lock);
    store->load_err = load_err;
    store->apply_err = apply_err;
    pthread_mutex_unlock(&store->lock);
}

void fake_store_block(fake_store *store, int32_t partition, bool is_blocked) {
    pthread_mutex_lock(&store->lock);
    store->partitions[partition].is_blocked = is_blocked;
    pthread_mutex_unlock(&store->lock);
}

bool fake_store_is_at(fake_store *store, int32_t partition, int64_t next) {
    pthread_mutex_lock(&store->lock);
    const fake_partition *at = &store->partitions[partition];
    bool is_at = at->exists && at->next == next;
    for (int64_t i = at->first; i < at->next && is_at; i++) {
        if (at->counted[i] != 1 && !(store->allows_gaps && at->counted[i] == 0)) {
            complain(store, "partition %d: record %lld was counted %d times", partition, (long long) i, at->counted[i]);
        }
    }
    pthread_mutex_unlock(&store->lock);
    return is_at;
}

int fake_store_read(fake_store *store, const int *counter) {
    pthread_mutex_lock(&store->lock);
    int value = *counter;
    pthread_mutex_unlock(&store->lock);
    return value;
}

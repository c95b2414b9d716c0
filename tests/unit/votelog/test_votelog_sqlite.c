#include "contract.h"

#include "votelog/votelog_sqlite.h"

#include <stdlib.h>

typedef struct sqlite_log {
    test_kit kit;
    vt_votelog *log;
} sqlite_log;

static vt_votelog *open_sqlite(void **context) {
    sqlite_log *self = calloc(1, sizeof *self);
    kit_init(&self->kit);
    kit_open(&self->kit);
    assert_int_equal(vt_votelog_sqlite_open(self->kit.store, &self->log), VT_OK);
    *context = self;
    return self->log;
}

static void append_sqlite(void *context, vt_append *items, size_t count) {
    sqlite_log *self = context;
    kit_sink sink;
    kit_sink_init(&sink);
    for (size_t i = 0; i < count; i++) {
        items[i].sink = &sink.sink;
    }
    kit_append(self->kit.ledger, &sink, items, count);
}

static void close_sqlite(void *context) {
    sqlite_log *self = context;
    vt_votelog_close(self->log);
    vt_votelog_close(NULL);
    kit_release(&self->kit);
    free(self);
}

static vt_position position_sqlite(int64_t vote) {
    return (vt_position){-1, vote};
}

int main(void) {
    const votelog_factory factory = {.name = "sqlite",
                                     .votes = VOTELOG_VOTES_MAX,
                                     .verdict = VT_VERDICT_COUNTED,
                                     .position = position_sqlite,
                                     .open = open_sqlite,
                                     .append = append_sqlite,
                                     .close = close_sqlite};
    return votelog_contract(&factory);
}

#include "votelog/log_page.h"

#include "base/assert.h"
#include "mongo/mongo_bson.h"
#include "mongo/mongo_find.h"
#include "votelog/log_document.h"
#include "votelog/log_key.h"
#include "votelog/log_repeats.h"
#include "votelog/votelog_mongo.h"

#include <stdlib.h>

typedef struct page {
    vt_log_access *access;
    const vt_votelog_query *query;
    uint32_t queries_left;
    bool has_cursor; /* the entries go on behind this one */
    vt_position cursor;
    int64_t cursor_ms;
    bool is_end; /* of the log */
    uint32_t count;
    vt_position chosen[VT_VOTELOG_ROWS_MAX];
    size_t found; /* entries */
    vt_log_entry entries[VT_LOG_KEYS_MAX];
} page;

static vt_err find_rows(page *self, const vt_mongo_find *what, vt_mongo_row *row, void *context) {
    vt_mongo_find find = *what;
    bson_error_t error = {0};
    find.timeout_ms = vt_mongo_timeout_ms(self->access->mongo);
    find.preference = self->access->preference;
    self->queries_left -= self->queries_left > 0;
    vt_err err = vt_mongo_find_rows(self->access->log, &find, row, context, &error);
    return error.code != 0 ? vt_log_access_fail(self->access, &error) : err;
}

static vt_err take_cursor(void *context, const bson_t *document) {
    page *self = context;
    self->has_cursor = vt_bson_date(document, "timestamp", &self->cursor_ms);
    return self->has_cursor ? VT_OK : VT_ERR_CORRUPT;
}

/* A position says nothing of time: its document does. */
static vt_err look_up_cursor(page *self) {
    self->cursor = self->query->before;
    if (self->cursor.partition < 0 || self->cursor.offset < 0) {
        return VT_ERR_NOT_FOUND;
    }
    bson_t filter = BSON_INITIALIZER;
    vt_log_key_append(&filter, "_id", &self->access->ledger_id, self->cursor);
    bson_t *fields = BCON_NEW("timestamp", BCON_INT32(1));
    vt_err err = find_rows(self, &(vt_mongo_find){.filter = &filter, .fields = fields, .limit = 1}, take_cursor, self);
    bson_destroy(fields);
    bson_destroy(&filter);
    return err == VT_OK && !self->has_cursor ? VT_ERR_NOT_FOUND : err;
}

static vt_err take_entry(void *context, const bson_t *document) {
    page *self = context;
    vt_log_entry entry = {.standing = VT_LOG_UNKNOWN};
    if (!vt_log_key_read(document, &self->access->ledger_id, &entry.position) ||
        !vt_bson_date(document, "timestamp", &entry.appended_ms) ||
        !vt_bson_bytes(document, "vote_id", entry.vote_id.bytes, VT_ID_LEN)) {
        return VT_ERR_CORRUPT;
    }
    self->entries[self->found++] = entry;
    return VT_OK;
}

/* The two stretches behind a cursor, each one range of the index: the rest of its millisecond, and all that is older.
 * (One question with $or would leave it to the server whether it walks the index or sorts.) */
typedef enum stretch { SAME_TIME, OLDER } stretch;

static bson_t *stretch_filter(const page *self, stretch which) {
    bson_t *filter = bson_new();
    vt_slice band = self->query->band;
    if (band.ptr != NULL) {
        bson_append_utf8(filter, "data.name", -1, band.ptr, (int) band.len);
    }
    if (which == SAME_TIME) {
        BSON_APPEND_DATE_TIME(filter, "timestamp", self->cursor_ms);
    } else if (self->has_cursor) {
        bson_t range;
        BSON_APPEND_DOCUMENT_BEGIN(filter, "timestamp", &range);
        BSON_APPEND_DATE_TIME(&range, "$lt", self->cursor_ms);
        bson_append_document_end(filter, &range);
    }
    vt_log_key_append_range(filter, &self->access->ledger_id, (vt_position){0, 0},
                            which == SAME_TIME ? self->cursor : VT_LOG_KEY_END);
    return filter;
}

static vt_err read_stretch(page *self, stretch which, size_t wanted) {
    bson_t *filter = stretch_filter(self, which);
    bson_t *sort = BCON_NEW("timestamp", BCON_INT32(-1), "_id", BCON_INT32(-1));
    bson_t *fields = BCON_NEW("timestamp", BCON_INT32(1), "vote_id", BCON_INT32(1));
    vt_mongo_find find = {.filter = filter, .sort = sort, .fields = fields, .limit = (uint32_t) (wanted - self->found)};
    vt_err err = find_rows(self, &find, take_entry, self);
    bson_destroy(fields);
    bson_destroy(sort);
    bson_destroy(filter);
    return err;
}

/* The next entries, at most `wanted`. */
static vt_err read_entries(page *self, size_t wanted) {
    self->found = 0;
    vt_err err = self->has_cursor ? read_stretch(self, SAME_TIME, wanted) : VT_OK;
    if (err == VT_OK && self->found < wanted) {
        err = read_stretch(self, OLDER, wanted);
        self->is_end = self->found < wanted;
    }
    return err;
}

/* Stops at an entry whose standing could not be told: what is behind it would be out of order. */
static void choose(page *self) {
    for (size_t i = 0; i < self->found && self->count < self->query->limit; i++) {
        const vt_log_entry *entry = &self->entries[i];
        if (entry->standing == VT_LOG_UNKNOWN) {
            return;
        }
        if (entry->standing == VT_LOG_FIRST) {
            self->chosen[self->count++] = entry->position;
        }
    }
    if (self->found > 0) {
        self->has_cursor = true;
        self->cursor = self->entries[self->found - 1].position;
        self->cursor_ms = self->entries[self->found - 1].appended_ms;
    }
}

static vt_err choose_rows(page *self) {
    /* Most pages have no repeats; where they have, they have many. */
    size_t wanted = self->query->limit;
    vt_err err = VT_OK;
    while (err == VT_OK && !self->is_end && self->count < self->query->limit && self->queries_left > 0) {
        err = read_entries(self, wanted);
        if (err == VT_OK && self->found > 0) {
            err = vt_log_repeats_mark(self->access, self->entries, self->found, &self->queries_left);
        }
        if (err == VT_OK) {
            choose(self);
        }
        wanted = VT_LOG_KEYS_MAX;
    }
    return err == VT_OK && self->count == 0 && !self->is_end ? VT_ERR_FULL : err;
}

typedef struct filling {
    const page *page;
    vt_votelog_row *rows;
    bool is_set[VT_VOTELOG_ROWS_MAX];
} filling;

static vt_err take_row(void *context, const bson_t *document) {
    filling *to = context;
    vt_ledger_row row;
    vt_err err = vt_log_document_read(document, &to->page->access->ledger_id, &row);
    for (uint32_t i = 0; err == VT_OK && i < to->page->count; i++) {
        vt_position chosen = to->page->chosen[i];
        if (chosen.partition == row.position.partition && chosen.offset == row.position.offset) {
            to->rows[i] = (vt_votelog_row){row.record, row.position, VT_VERDICT_NONE};
            to->is_set[i] = true;
        }
    }
    return err;
}

static bson_t *chosen_filter(const page *self) {
    bson_t *filter = bson_new();
    vt_log_key_list list;
    vt_log_key_list_begin(&list, filter);
    for (uint32_t i = 0; i < self->count; i++) {
        vt_log_key_list_add(&list, &self->access->ledger_id, self->chosen[i]);
    }
    vt_log_key_list_end(&list, filter);
    return filter;
}

/* A document that a rebuild has deleted meanwhile is left out. */
static vt_err read_rows(page *self, vt_votelog_row *rows, uint32_t *count) {
    filling to = {.page = self, .rows = rows};
    bson_t *filter = chosen_filter(self);
    vt_err err = find_rows(self, &(vt_mongo_find){.filter = filter, .limit = self->count}, take_row, &to);
    bson_destroy(filter);
    if (err != VT_OK) {
        return err;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < self->count; i++) {
        if (to.is_set[i]) {
            rows[kept++] = rows[i];
        }
    }
    *count = kept;
    return VT_OK;
}

vt_err vt_log_page_read(vt_log_access *access, const vt_votelog_query *query, vt_votelog_row *rows, uint32_t *count) {
    VT_ASSERT(query->limit >= 1 && query->limit <= VT_VOTELOG_ROWS_MAX);
    page *self = malloc(sizeof *self);
    if (self == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    *self = (page){.access = access, .query = query, .queries_left = VT_LOG_QUERIES_MAX};
    vt_err err = query->has_before ? look_up_cursor(self) : VT_OK;
    if (err == VT_OK) {
        err = choose_rows(self);
    }
    if (err == VT_OK && self->count == 0) {
        *count = 0;
    } else if (err == VT_OK) {
        err = read_rows(self, rows, count);
    }
    free(self);
    return err;
}

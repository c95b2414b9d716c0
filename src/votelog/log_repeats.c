#include "votelog/log_repeats.h"

#include "base/assert.h"
#include "mongo/mongo_bson.h"
#include "mongo/mongo_find.h"
#include "votelog/log_key.h"

#include <stdlib.h>

enum { ROWS_MAX = 2 * VT_LOG_KEYS_MAX };

/* The votes of the entries in the order of their ids, which is also the index's. */
typedef struct vote {
    vt_id id;
    bool is_found;
    vt_position first;
} vote;

typedef struct search {
    const vt_id *ledger_id;
    vote *votes;
    size_t count;
    size_t at;   /* the vote whose records come now */
    size_t rows; /* of this query */
} search;

static int compare_votes(const void *a, const void *b) {
    return memcmp(((const vote *) a)->id.bytes, ((const vote *) b)->id.bytes, VT_ID_LEN);
}

static size_t collect(const vt_log_entry *entries, size_t count, vote *votes) {
    for (size_t i = 0; i < count; i++) {
        votes[i] = (vote){.id = entries[i].vote_id};
    }
    qsort(votes, count, sizeof *votes, compare_votes);
    size_t distinct = 1;
    for (size_t i = 1; i < count; i++) {
        if (!vt_id_eq(&votes[i].id, &votes[distinct - 1].id)) {
            votes[distinct++] = votes[i];
        }
    }
    return distinct;
}

static vt_err take(void *context, const bson_t *document) {
    search *self = context;
    vt_id id;
    vt_position position;
    if (!vt_bson_bytes(document, "vote_id", id.bytes, VT_ID_LEN) ||
        !vt_log_key_read(document, self->ledger_id, &position)) {
        return VT_ERR_CORRUPT;
    }
    while (self->at < self->count && !vt_id_eq(&self->votes[self->at].id, &id)) {
        self->at++;
    }
    if (self->at == self->count) {
        return VT_ERR_CORRUPT;
    }
    vote *found = &self->votes[self->at];
    if (!found->is_found) {
        found->is_found = true;
        found->first = position;
    }
    self->rows++;
    return VT_OK;
}

static bson_t *votes_filter(const search *self) {
    bson_t *filter = bson_new();
    bson_t vote_id;
    bson_t in;
    BSON_APPEND_DOCUMENT_BEGIN(filter, "vote_id", &vote_id);
    BSON_APPEND_ARRAY_BEGIN(&vote_id, "$in", &in);
    for (size_t i = self->at; i < self->count; i++) {
        char room[16];
        const char *index;
        bson_uint32_to_string((uint32_t) (i - self->at), &index, room, sizeof room);
        BSON_APPEND_BINARY(&in, index, BSON_SUBTYPE_UUID, self->votes[i].id.bytes, VT_ID_LEN);
    }
    bson_append_array_end(&vote_id, &in);
    bson_append_document_end(filter, &vote_id);
    vt_log_key_append_range(filter, self->ledger_id, (vt_position){0, 0}, VT_LOG_KEY_END);
    return filter;
}

/* The index gives each vote's records one after the other. Where the limit cuts them off, all votes before the last one
 * are done, and so is the last one: only its first record counts. */
static vt_err ask(vt_log_access *access, search *self) {
    bson_error_t error = {0};
    bson_t *filter = votes_filter(self);
    bson_t *sort = BCON_NEW("vote_id", BCON_INT32(1), "_id", BCON_INT32(1));
    bson_t *fields = BCON_NEW("vote_id", BCON_INT32(1));
    vt_mongo_find find = {.filter = filter,
                          .sort = sort,
                          .fields = fields,
                          .limit = ROWS_MAX,
                          .timeout_ms = vt_mongo_timeout_ms(access->mongo),
                          .preference = access->preference};
    self->rows = 0;
    vt_err err = vt_mongo_find_rows(access->log, &find, take, self, &error);
    self->at = self->rows == ROWS_MAX ? self->at + 1 : self->count;
    bson_destroy(fields);
    bson_destroy(sort);
    bson_destroy(filter);
    return error.code != 0 ? vt_log_access_fail(access, &error) : err;
}

static void mark(vt_log_entry *entries, size_t count, const search *self) {
    for (size_t i = 0; i < count; i++) {
        vote key = {.id = entries[i].vote_id};
        const vote *found = bsearch(&key, self->votes, self->count, sizeof *self->votes, compare_votes);
        VT_ASSERT(found != NULL);
        if (found->is_found) {
            bool is_first = found->first.partition == entries[i].position.partition &&
                            found->first.offset == entries[i].position.offset;
            entries[i].standing = is_first ? VT_LOG_FIRST : VT_LOG_REPEATED;
        }
    }
}

vt_err vt_log_repeats_mark(vt_log_access *access, vt_log_entry *entries, size_t count, uint32_t *queries_left) {
    VT_ASSERT(count >= 1 && count <= VT_LOG_KEYS_MAX);
    search self = {.ledger_id = &access->ledger_id, .votes = malloc(count * sizeof *self.votes)};
    if (self.votes == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    self.count = collect(entries, count, self.votes);
    vt_err err = VT_OK;
    while (err == VT_OK && *queries_left > 0 && self.at < self.count) {
        --*queries_left;
        err = ask(access, &self);
    }
    if (err == VT_OK) {
        mark(entries, count, &self);
    }
    free(self.votes);
    return err;
}

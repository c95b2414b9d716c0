#include "votelog/votelog_mongo.h"

#include "mongo/mongo_find.h"
#include "votelog/log_access.h"
#include "votelog/log_document.h"
#include "votelog/log_key.h"
#include "votelog/log_page.h"

#include <stdlib.h>

typedef struct votelog_mongo {
    vt_votelog log; /* first: a vt_votelog * points here */
    vt_mongo *mongo;
    vt_id ledger_id;
} votelog_mongo;

/* What MongoDB refuses is no error of the one who asks. */
static vt_err answer(vt_err err) {
    return err == VT_ERR_SYSTEM ? VT_ERR_IO : err;
}

static vt_err list(vt_votelog *log, const vt_votelog_query *query, vt_votelog_row *rows, uint32_t *count) {
    votelog_mongo *self = (votelog_mongo *) log;
    vt_log_access access;
    vt_err err = vt_log_access_init(&access, self->mongo, &self->ledger_id);
    if (err == VT_OK) {
        err = vt_log_page_read(&access, query, rows, count);
    }
    vt_log_access_release(&access);
    return answer(err);
}

typedef struct first_record {
    const vt_id *ledger_id;
    bool exists;
    vt_ledger_row row;
} first_record;

static vt_err take_first(void *context, const bson_t *document) {
    first_record *first = context;
    first->exists = true;
    return vt_log_document_read(document, first->ledger_id, &first->row);
}

static vt_err find_first(vt_log_access *access, const vt_id *id, vt_votelog_row *out) {
    first_record first = {.ledger_id = &access->ledger_id};
    bson_error_t error = {0};
    bson_t *sort = BCON_NEW("vote_id", BCON_INT32(1), "_id", BCON_INT32(1));
    bson_t *filter = BCON_NEW("vote_id", BCON_BIN(BSON_SUBTYPE_UUID, id->bytes, VT_ID_LEN));
    vt_log_key_append_range(filter, &access->ledger_id, (vt_position){0, 0}, VT_LOG_KEY_END);
    vt_mongo_find find = {.filter = filter,
                          .sort = sort,
                          .limit = 1,
                          .timeout_ms = vt_mongo_timeout_ms(access->mongo),
                          .preference = access->preference};
    vt_err err = vt_mongo_find_rows(access->log, &find, take_first, &first, &error);
    bson_destroy(filter);
    bson_destroy(sort);
    if (err == VT_OK && first.exists) {
        *out = (vt_votelog_row){first.row.record, first.row.position, VT_VERDICT_NONE};
    }
    return err == VT_OK && !first.exists ? VT_ERR_NOT_FOUND : err;
}

static vt_err find(vt_votelog *log, const vt_id *id, vt_votelog_row *out) {
    votelog_mongo *self = (votelog_mongo *) log;
    vt_log_access access;
    vt_err err = vt_log_access_init(&access, self->mongo, &self->ledger_id);
    if (err == VT_OK) {
        err = find_first(&access, id, out);
    }
    vt_log_access_release(&access);
    return answer(err);
}

static void close_log(vt_votelog *log) {
    votelog_mongo *self = (votelog_mongo *) log;
    vt_mongo_close(self->mongo);
    free(self);
}

static const vt_votelog_backend backend = {.list = list, .find = find, .close = close_log};

vt_err vt_votelog_mongo_open(const vt_mongo_url *url, const vt_id *ledger_id, uint32_t timeout_ms, vt_votelog **out,
                             char reason[VT_MONGO_REASON_MAX]) {
    reason[0] = '\0';
    votelog_mongo *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    self->log.backend = &backend;
    self->ledger_id = *ledger_id;
    vt_err err = vt_mongo_open(url, timeout_ms, VT_LOG_CONNECTIONS_MAX, &self->mongo, reason);
    if (err != VT_OK) {
        free(self);
        return err;
    }
    *out = &self->log;
    return VT_OK;
}

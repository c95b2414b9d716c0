#include "count/verify.h"

#include "count/contest_chain.h"
#include "count/difference.h"
#include "count/recount.h"
#include "count/sums.h"

#include <inttypes.h>

enum { VOTER_PAGE = 8192 };

/* The tally, as it stood when the recount began. */
typedef struct pinned {
    int64_t position;
    uint64_t counted;
    vt_id link;
    bool has_link;
    vt_sums *sums;
} pinned;

typedef struct verify {
    sqlite3 *db;
    pinned tally;
    vt_sums *sums;
    vt_recount *recount;
    vt_verify_report *report;
} verify;

/* ---- pinning ---- */

static vt_err read_state(verify *self) {
    sqlite3_stmt *state = NULL;
    bool has_row = false;
    vt_err err = vt_sql_prepare(self->db, "SELECT position, counted, link FROM tally_state", &state);
    if (err == VT_OK) {
        err = vt_sql_step(state, &has_row);
    }
    if (err == VT_OK && !has_row) {
        vt_difference(&self->report->found, "the tally has no position");
    }
    if (err == VT_OK && has_row) {
        vt_slice link = vt_sql_column(state, 2);
        self->tally.position = sqlite3_column_int64(state, 0);
        self->tally.counted = (uint64_t) sqlite3_column_int64(state, 1);
        self->tally.has_link = link.len == VT_ID_LEN;
        if (self->tally.has_link) {
            memcpy(self->tally.link.bytes, link.ptr, VT_ID_LEN);
        }
    }
    sqlite3_finalize(state);
    return err;
}

static void keep_pair(verify *self, sqlite3_stmt *pair) {
    vt_slice name = vt_sql_column(pair, 0);
    vt_slice album = vt_sql_column(pair, 1);
    bool fits = name.len <= VT_FIELD_BYTES_MAX && album.len <= VT_FIELD_BYTES_MAX;
    vt_sum *sum = fits ? vt_sums_find_or_add(self->tally.sums, name, album) : NULL;
    if (sum == NULL) {
        vt_difference(&self->report->found, "the tally has a pair that cannot be: band \"%.*s\"",
                      (int) (name.len < VT_FIELD_BYTES_MAX ? name.len : VT_FIELD_BYTES_MAX), name.ptr);
        return;
    }
    sum->votes = (uint64_t) sqlite3_column_int64(pair, 2);
    sum->points = (uint64_t) sqlite3_column_int64(pair, 3);
}

static vt_err read_pairs(verify *self) {
    sqlite3_stmt *pair = NULL;
    bool has_row = true;
    vt_err err = vt_sql_prepare(self->db, "SELECT name, album, votes, points FROM tally", &pair);
    while (err == VT_OK && has_row) {
        err = vt_sql_step(pair, &has_row);
        if (err == VT_OK && has_row) {
            keep_pair(self, pair);
        }
    }
    sqlite3_finalize(pair);
    return err;
}

/* One read transaction, so that the position, the sums and the end of the ledger belong together. */
static vt_err pin(verify *self, vt_id ledger_id) {
    vt_err err = vt_sql_exec(self->db, "BEGIN");
    if (err != VT_OK) {
        return err;
    }
    err = read_state(self);
    if (err == VT_OK) {
        err = read_pairs(self);
    }
    if (err == VT_OK) {
        err = vt_sql_number(self->db, "SELECT coalesce(max(position), 0) FROM vote", &self->report->ledger_end);
    }
    if (err == VT_OK) {
        err = vt_contest_chain_check(self->db, &ledger_id, self->report->ledger_end, self->report);
    }
    if (err == VT_ERR_CORRUPT) {
        vt_difference(&self->report->found, "the file cannot be read: %s", sqlite3_errmsg(self->db));
    }
    vt_err end_err = vt_sql_exec(self->db, "COMMIT");
    self->report->position = self->tally.position;
    return err == VT_OK ? end_err : err;
}

/* ---- the ledger ---- */

static vt_err recount(verify *self, const vt_store *store, vt_verify_progress *progress, void *context) {
    vt_recount_input input = {
        .db = self->db,
        .ledger_id = vt_store_ledger_id(store),
        .tally_position = self->tally.position,
        .sums = self->sums,
        .report = self->report,
    };
    int64_t position = 0;
    vt_err err = vt_recount_open(&input, &self->recount);
    while (err == VT_OK && position < self->report->ledger_end) {
        err = vt_recount_page(self->recount, self->report->ledger_end, &position);
        if (err == VT_OK && progress != NULL) {
            progress(context, position, self->report->ledger_end);
        }
    }
    if (err == VT_ERR_CORRUPT) {
        vt_difference(&self->report->found, "the file cannot be read behind position %" PRId64 ": %s", position,
                      sqlite3_errmsg(self->db));
    }
    return err;
}

/* ---- voters ---- */

/* Where the walk through the index of voters stands. */
typedef struct voter_walk {
    vt_id voter;
    int64_t position;
    uint64_t votes; /* of this voter, so far */
    uint64_t rows;  /* of all */
} voter_walk;

static void count_voter(verify *self, uint32_t votes_per_voter, vt_slice voter, int64_t position, voter_walk *walk) {
    vt_id id = {0};
    memcpy(id.bytes, voter.ptr, voter.len < VT_ID_LEN ? voter.len : VT_ID_LEN);
    bool is_same = walk->rows > 0 && vt_id_eq(&id, &walk->voter);
    walk->votes = is_same ? walk->votes + 1 : 1;
    walk->voter = id;
    walk->position = position;
    walk->rows++;
    if (votes_per_voter > 0 && walk->votes == (uint64_t) votes_per_voter + 1) {
        vt_difference(&self->report->found, "position %" PRId64 ": its voter has more than %" PRIu32 " votes", position,
                      votes_per_voter);
    }
}

static vt_err voter_page(verify *self, sqlite3_stmt *page, uint32_t votes_per_voter, voter_walk *walk, bool *is_end) {
    bool has_row = true;
    int rows = 0;
    int code = sqlite3_bind_blob(page, 1, walk->voter.bytes, walk->rows > 0 ? VT_ID_LEN : 0, SQLITE_STATIC);
    code |= sqlite3_bind_int64(page, 2, walk->position);
    code |= sqlite3_bind_int64(page, 3, self->report->ledger_end);
    code |= sqlite3_bind_int64(page, 4, VOTER_PAGE);
    vt_err err = code == SQLITE_OK ? VT_OK : VT_ERR_INTERNAL;
    while (err == VT_OK && has_row && rows < VOTER_PAGE) {
        err = vt_sql_step(page, &has_row);
        if (err == VT_OK && has_row) {
            count_voter(self, votes_per_voter, vt_sql_column(page, 0), sqlite3_column_int64(page, 1), walk);
            rows++;
        }
    }
    sqlite3_reset(page);
    *is_end = !has_row;
    return err;
}

/* Walks the index by which the ledger counts a voter's votes: it must hold every record that has a voter. */
static vt_err check_voters(verify *self, uint32_t votes_per_voter) {
    static const char sql[] = "SELECT voter, position FROM vote INDEXED BY vote_by_voter"
                              " WHERE voter IS NOT NULL AND (voter, position) > (?1, ?2) AND position <= ?3"
                              " ORDER BY voter, position LIMIT ?4";
    sqlite3_stmt *page = NULL;
    voter_walk walk = {0};
    bool is_end = false;
    vt_err err = vt_sql_prepare(self->db, sql, &page);
    while (err == VT_OK && !is_end) {
        err = voter_page(self, page, votes_per_voter, &walk, &is_end);
    }
    sqlite3_finalize(page);
    if (err == VT_OK && walk.rows != vt_recount_with_voter(self->recount)) {
        vt_difference(&self->report->found, "%" PRIu64 " votes have a voter, but the index of voters has %" PRIu64,
                      vt_recount_with_voter(self->recount), walk.rows);
    }
    return err;
}

/* ---- comparing ---- */

static void compare_state(verify *self) {
    const pinned *tally = &self->tally;
    if (tally->position != self->report->ledger_end) {
        vt_difference(&self->report->found, "the tally stands at position %" PRId64 ", the ledger ends at %" PRId64,
                      tally->position, self->report->ledger_end);
    }
    if (tally->counted != self->report->votes) {
        vt_difference(&self->report->found, "the tally has counted %" PRIu64 " votes, the ledger has %" PRIu64,
                      tally->counted, self->report->votes);
    }
    vt_id link = vt_recount_link(self->recount);
    if (!tally->has_link || (tally->position <= self->report->ledger_end && !vt_id_eq(&tally->link, &link))) {
        vt_difference(&self->report->found, "the tally was made from another record at position %" PRId64,
                      tally->position);
    }
}

static void compare_pair(verify *self, const vt_sum *counted, const vt_sum *stored) {
    const vt_sum *named = counted != NULL ? counted : stored;
    uint64_t votes[2] = {stored != NULL ? stored->votes : 0, counted != NULL ? counted->votes : 0};
    uint64_t points[2] = {stored != NULL ? stored->points : 0, counted != NULL ? counted->points : 0};
    if (stored == NULL || counted == NULL || votes[0] != votes[1] || points[0] != points[1]) {
        vt_difference(&self->report->found,
                      "band \"%.*s\", album \"%.*s\": the tally has %" PRIu64 " votes and %" PRIu64
                      " points, the ledger %" PRIu64 " and %" PRIu64,
                      named->name_len, named->name, named->album_len, named->album, votes[0], points[0], votes[1],
                      points[1]);
    }
}

static void compare_sums(verify *self) {
    vt_sums_sort(self->sums);
    vt_sums_sort(self->tally.sums);
    for (size_t i = 0; i < vt_sums_count(self->sums); i++) {
        const vt_sum *counted = vt_sums_at(self->sums, i);
        compare_pair(self, counted, vt_sums_find(self->tally.sums, vt_sum_name(counted), vt_sum_album(counted)));
    }
    for (size_t i = 0; i < vt_sums_count(self->tally.sums); i++) {
        const vt_sum *stored = vt_sums_at(self->tally.sums, i);
        if (vt_sums_find(self->sums, vt_sum_name(stored), vt_sum_album(stored)) == NULL) {
            compare_pair(self, NULL, stored);
        }
    }
    self->report->pairs = (uint32_t) vt_sums_count(self->sums);
}

vt_err vt_verify(const vt_store *store, uint32_t votes_per_voter, vt_verify_progress *progress, void *context,
                 vt_verify_report *report) {
    *report = (vt_verify_report){0};
    verify self = {.report = report, .sums = vt_sums_new(), .tally = {.sums = vt_sums_new()}};
    vt_err err = self.sums == NULL || self.tally.sums == NULL ? VT_ERR_NO_MEMORY : vt_store_connect(store, &self.db);
    if (err == VT_OK) {
        err = pin(&self, vt_store_ledger_id(store));
    }
    if (err == VT_OK) {
        err = recount(&self, store, progress, context);
    }
    if (err == VT_OK) {
        err = check_voters(&self, votes_per_voter);
    }
    if (err == VT_OK) {
        compare_state(&self);
        compare_sums(&self);
    }
    vt_recount_close(self.recount);
    sqlite3_close(self.db);
    vt_sums_free(self.sums);
    vt_sums_free(self.tally.sums);
    return err;
}

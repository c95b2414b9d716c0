#include "count/recount.h"

#include "base/hash.h"
#include "count/difference.h"
#include "sqlite/schema.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PAGE_RECORDS = 8192 };

typedef enum statement { PAGE, BY_ID, BLOCKS, STATEMENTS } statement;

static const char *const statements_sql[STATEMENTS] = {
    [PAGE] = "SELECT position, id, at_ms, name, album, year, rank, voter, points, fp, link FROM vote"
             " WHERE position > ? AND position <= ? ORDER BY position LIMIT ?",
    [BY_ID] = "SELECT position FROM vote WHERE id = ?",
    [BLOCKS] = "SELECT DISTINCT name, position / ?3 FROM vote WHERE position > ?1 AND position <= ?2 AND NOT EXISTS"
               " (SELECT 1 FROM log_block WHERE log_block.name = vote.name AND block = position / ?3)",
};

enum { POSITION, ID, AT_MS, NAME, ALBUM, YEAR, RANK, VOTER, POINTS, FINGERPRINT, LINK };

struct vt_recount {
    vt_recount_input input;
    sqlite3_stmt *statements[STATEMENTS];
    int64_t position; /* of the last record that was looked at */
    vt_id link;       /* its stored link */
    bool has_link;    /* false behind a gap: what came before is not known */
    vt_id tally_link;
    uint64_t with_voter;
};

/* A row as it lies in the file; slices borrow from the statement. */
typedef struct ledger_row {
    int64_t position;
    vt_slice id;
    int64_t at_ms;
    vt_vote vote;
    vt_slice voter;
    int64_t points;
    vt_slice fingerprint;
    vt_slice link;
} ledger_row;

vt_err vt_recount_open(const vt_recount_input *input, vt_recount **out) {
    vt_recount *recount = calloc(1, sizeof *recount);
    if (recount == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    recount->input = *input;
    recount->link = input->ledger_id;
    recount->has_link = true;
    recount->tally_link = input->ledger_id;
    vt_err err = VT_OK;
    for (int i = 0; err == VT_OK && i < STATEMENTS; i++) {
        err = vt_sql_prepare(input->db, statements_sql[i], &recount->statements[i]);
    }
    if (err != VT_OK) {
        vt_recount_close(recount);
        return err;
    }
    *out = recount;
    return VT_OK;
}

void vt_recount_close(vt_recount *recount) {
    if (recount == NULL) {
        return;
    }
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(recount->statements[i]);
    }
    free(recount);
}

vt_id vt_recount_link(const vt_recount *recount) {
    return recount->tally_link;
}

uint64_t vt_recount_with_voter(const vt_recount *recount) {
    return recount->with_voter;
}

static ledger_row read_row(sqlite3_stmt *stmt) {
    ledger_row found = {
        .position = sqlite3_column_int64(stmt, POSITION),
        .id = vt_sql_column(stmt, ID),
        .at_ms = sqlite3_column_int64(stmt, AT_MS),
        .voter = vt_sql_column(stmt, VOTER),
        .points = sqlite3_column_int64(stmt, POINTS),
        .fingerprint = vt_sql_column(stmt, FINGERPRINT),
        .link = vt_sql_column(stmt, LINK),
    };
    for (int i = 0; i < 4; i++) {
        found.vote.text[VT_FIELD_NAME + i] = vt_sql_column(stmt, NAME + i);
    }
    return found;
}

static bool is_id(vt_slice bytes) {
    return bytes.len == VT_ID_LEN;
}

static void hash_number(vt_sha256 *hash, uint64_t value, size_t len) {
    uint8_t bytes[8];
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t) (value >> (8 * i));
    }
    vt_sha256_update(hash, bytes, len);
}

/* As sqlite/link.h defines it. */
static vt_id expected_link(const vt_id *previous, const ledger_row *row) {
    static const uint8_t no_voter[VT_ID_LEN];
    uint8_t digest[VT_SHA256_LEN];
    vt_sha256 hash;
    vt_sha256_init(&hash);
    vt_sha256_update(&hash, previous->bytes, VT_ID_LEN);
    hash_number(&hash, (uint64_t) row->position, 8);
    vt_sha256_update(&hash, row->id.ptr, VT_ID_LEN);
    vt_sha256_update(&hash, row->fingerprint.ptr, VT_ID_LEN);
    hash_number(&hash, row->voter.ptr != NULL, 1);
    vt_sha256_update(&hash, row->voter.ptr != NULL ? (const void *) row->voter.ptr : no_voter, VT_ID_LEN);
    hash_number(&hash, (uint64_t) row->points, 4);
    hash_number(&hash, (uint64_t) row->at_ms, 8);
    vt_sha256_final(&hash, digest);
    vt_id link;
    memcpy(link.bytes, digest, VT_ID_LEN);
    return link;
}

static void check_gap(vt_recount *recount, int64_t position) {
    int64_t first = recount->position + 1;
    if (position <= first) {
        return;
    }
    if (position == first + 1) {
        vt_difference(&recount->input.report->found, "position %" PRId64 " is missing", first);
    } else {
        vt_difference(&recount->input.report->found, "positions %" PRId64 " to %" PRId64 " are missing", first,
                      position - 1);
    }
    recount->has_link = false;
}

static void check_link(vt_recount *recount, const ledger_row *row) {
    if (!recount->has_link) {
        return;
    }
    vt_id expected = expected_link(&recount->link, row);
    if (memcmp(expected.bytes, row->link.ptr, VT_ID_LEN) != 0) {
        vt_difference(&recount->input.report->found,
                      "position %" PRId64 " was changed: its link does not follow from it and the one before",
                      row->position);
    }
}

static void check_texts(vt_recount *recount, const ledger_row *row) {
    vt_vote vote = row->vote;
    vt_field field = VT_FIELD_NONE;
    vt_err err = vt_vote_check(&vote, &field);
    for (int i = VT_FIELD_NAME; err == VT_OK && i <= VT_FIELD_RANK; i++) {
        if (vote.text[i].len != row->vote.text[i].len) {
            vt_difference(&recount->input.report->found, "position %" PRId64 ": a text is not trimmed", row->position);
            return;
        }
    }
    if (err != VT_OK) {
        vt_difference(&recount->input.report->found, "position %" PRId64 ": %s: %s", row->position,
                      vt_field_name(field).ptr, vt_err_text(err));
        return;
    }
    vt_id fingerprint = vt_fingerprint(&row->vote);
    if (memcmp(fingerprint.bytes, row->fingerprint.ptr, VT_ID_LEN) != 0) {
        vt_difference(&recount->input.report->found,
                      "position %" PRId64 " was changed: its texts have another fingerprint", row->position);
    }
}

/* The index that finds duplicates and the vote log's look-ups must lead here. */
static vt_err check_id(vt_recount *recount, const ledger_row *row) {
    sqlite3_stmt *by_id = recount->statements[BY_ID];
    bool has_row = false;
    if (sqlite3_bind_blob(by_id, 1, row->id.ptr, (int) row->id.len, SQLITE_STATIC) != SQLITE_OK) {
        return VT_ERR_INTERNAL;
    }
    vt_err err = vt_sql_step(by_id, &has_row);
    if (err == VT_OK && (!has_row || sqlite3_column_int64(by_id, 0) != row->position)) {
        vt_difference(&recount->input.report->found, "position %" PRId64 " is not found by its id", row->position);
    }
    sqlite3_reset(by_id);
    return err;
}

static void add(vt_recount *recount, const ledger_row *row) {
    vt_slice name = row->vote.text[VT_FIELD_NAME];
    vt_slice album = row->vote.text[VT_FIELD_ALBUM];
    vt_sums *sums = recount->input.sums;
    if (row->position > recount->input.tally_position || name.len > VT_FIELD_BYTES_MAX ||
        album.len > VT_FIELD_BYTES_MAX) {
        return;
    }
    vt_sum *sum = vt_sums_find(sums, name, album);
    if (sum == NULL) {
        bool is_full = vt_sums_count(sums) >= VT_FOLD_PAIRS_MAX;
        sum = is_full ? vt_sums_find_or_add(sums, VT_SLICE(VT_FOLD_OTHER), VT_SLICE(""))
                      : vt_sums_find_or_add(sums, name, album);
    }
    sum->votes++;
    sum->points += (uint64_t) row->points;
    recount->input.report->votes++;
    recount->input.report->points += (uint64_t) row->points;
}

static vt_err check_row(vt_recount *recount, const ledger_row *row) {
    vt_err err = VT_OK;
    check_gap(recount, row->position);
    recount->position = row->position;
    recount->input.report->records++;
    recount->with_voter += row->voter.ptr != NULL;
    bool has_voter_shape = row->voter.ptr == NULL || is_id(row->voter);
    if (!is_id(row->id) || !is_id(row->fingerprint) || !is_id(row->link) || !has_voter_shape || row->points < 0 ||
        row->points > UINT32_MAX) {
        vt_difference(&recount->input.report->found, "position %" PRId64 " is damaged: a value has an impossible size",
                      row->position);
    } else {
        check_link(recount, row);
        check_texts(recount, row);
        err = check_id(recount, row);
        add(recount, row);
    }
    /* Goes on from what is stored, so that one changed record is one difference and not one for each that follows. */
    recount->has_link = is_id(row->link);
    if (recount->has_link) {
        memcpy(recount->link.bytes, row->link.ptr, VT_ID_LEN);
    }
    if (row->position == recount->input.tally_position) {
        recount->tally_link = recount->link;
    }
    return err;
}

static vt_err check_blocks(vt_recount *recount, int64_t after, int64_t until) {
    sqlite3_stmt *missing = recount->statements[BLOCKS];
    bool has_row = true;
    int code = sqlite3_bind_int64(missing, 1, after);
    code |= sqlite3_bind_int64(missing, 2, until);
    code |= sqlite3_bind_int64(missing, 3, VT_LOG_BLOCK_VOTES);
    vt_err err = code == SQLITE_OK ? VT_OK : VT_ERR_INTERNAL;
    while (err == VT_OK && has_row) {
        err = vt_sql_step(missing, &has_row);
        if (err == VT_OK && has_row) {
            vt_slice name = vt_sql_column(missing, 0);
            int64_t block = sqlite3_column_int64(missing, 1);
            vt_difference(&recount->input.report->found,
                          "positions %" PRId64 " to %" PRId64 ": the log does not find band \"%.*s\"",
                          block * VT_LOG_BLOCK_VOTES, (block + 1) * VT_LOG_BLOCK_VOTES - 1, (int) name.len, name.ptr);
        }
    }
    sqlite3_reset(missing);
    return err;
}

vt_err vt_recount_page(vt_recount *recount, int64_t until, int64_t *position) {
    sqlite3_stmt *page = recount->statements[PAGE];
    int64_t after = recount->position;
    int rows = 0;
    bool has_row = true;
    int code = sqlite3_bind_int64(page, 1, after);
    code |= sqlite3_bind_int64(page, 2, until);
    code |= sqlite3_bind_int64(page, 3, PAGE_RECORDS);
    vt_err err = code == SQLITE_OK ? VT_OK : VT_ERR_INTERNAL;
    while (err == VT_OK && has_row && rows < PAGE_RECORDS) {
        err = vt_sql_step(page, &has_row);
        if (err == VT_OK && has_row) {
            ledger_row row = read_row(page);
            err = check_row(recount, &row);
            rows++;
        }
    }
    sqlite3_reset(page);
    if (err == VT_OK && !has_row) {
        check_gap(recount, until + 1);
        recount->position = until;
    }
    if (err == VT_OK && rows > 0) {
        err = check_blocks(recount, after, recount->position);
    }
    if (err == VT_OK) {
        *position = recount->position;
    }
    return err;
}

#include "count/contest_chain.h"

#include "base/hash.h"
#include "count/difference.h"

#include <inttypes.h>

/* Up to where the versions were looked at. */
typedef struct chain {
    int64_t version;
    vt_id link;    /* its stored one */
    bool has_link; /* false behind a gap: what came before is not known */
    vt_verify_report *report;
} chain;

static void hash_number(vt_sha256 *hash, int64_t value) {
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t) ((uint64_t) value >> (8 * i));
    }
    vt_sha256_update(hash, bytes, sizeof bytes);
}

/* As sqlite/link.h defines it. */
static bool follows(const chain *at, int64_t version, int64_t at_ms, vt_slice definition, vt_slice link) {
    uint8_t digest[VT_SHA256_LEN];
    vt_sha256 hash;
    vt_sha256_init(&hash);
    vt_sha256_update(&hash, at->link.bytes, VT_ID_LEN);
    hash_number(&hash, version);
    hash_number(&hash, at_ms);
    vt_sha256_update(&hash, definition.ptr, definition.len);
    vt_sha256_final(&hash, digest);
    return link.len == VT_ID_LEN && memcmp(digest, link.ptr, VT_ID_LEN) == 0;
}

static void check_version(chain *at, sqlite3_stmt *row) {
    int64_t version = sqlite3_column_int64(row, 0);
    vt_slice link = vt_sql_column(row, 3);
    if (version != at->version + 1) {
        vt_difference(&at->report->found, "version %" PRId64 " of the contest is missing", at->version + 1);
        at->has_link = false;
    }
    if (at->has_link && !follows(at, version, sqlite3_column_int64(row, 1), vt_sql_column(row, 2), link)) {
        vt_difference(&at->report->found,
                      "version %" PRId64 " of the contest was changed: its link does not follow from it and the one "
                      "before",
                      version);
    }
    at->version = version;
    at->has_link = link.len == VT_ID_LEN;
    if (at->has_link) {
        memcpy(at->link.bytes, link.ptr, VT_ID_LEN);
    }
}

vt_err vt_contest_chain_check(sqlite3 *db, const vt_id *ledger_id, int64_t ledger_end, vt_verify_report *report) {
    chain at = {.link = *ledger_id, .has_link = true, .report = report};
    sqlite3_stmt *row = NULL;
    bool has_row = true;
    vt_err err = vt_sql_prepare(db, "SELECT version, at_ms, definition, link FROM contest ORDER BY version", &row);
    while (err == VT_OK && has_row) {
        err = vt_sql_step(row, &has_row);
        if (err == VT_OK && has_row) {
            check_version(&at, row);
        }
    }
    sqlite3_finalize(row);
    if (err == VT_OK && at.version == 0 && ledger_end > 0) {
        vt_difference(&report->found, "there are votes, but no contest");
    }
    return err;
}

#include "contest/establish.h"

#include "contest/change.h"

#include <stdarg.h>
#include <stdio.h>

typedef struct attempt {
    vt_ledger *ledger;
    const vt_secret *secret;
    bool takes_votes;            /* else the secret is not needed */
    const vt_definition *wanted; /* by the file; NULL without one */
    int64_t now_ms;
    char *reason;
} attempt;

__attribute__((format(printf, 3, 4))) static vt_err fail(const attempt *at, vt_err err, const char *format, ...);

static vt_err fail(const attempt *at, vt_err err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(at->reason, VT_REASON_MAX, format, args);
    va_end(args);
    return err;
}

/* A definition to be stored next, tied to this ledger. */
static vt_err make_next(const attempt *at, uint32_t version, vt_definition **out) {
    vt_definition *next;
    vt_err err = at->wanted != NULL ? vt_definition_copy(vt_definition_contest(at->wanted), &next)
                                    : vt_definition_open_default(VT_SLICE(VT_CONTEST_DEFAULT_NAME), &next);
    if (err != VT_OK) {
        return fail(at, err, "%s", vt_err_text(err));
    }
    bool limits = vt_definition_contest(next)->limit_by != VT_LIMIT_NONE;
    if (limits && at->secret == NULL) {
        vt_definition_free(next);
        return fail(at, VT_ERR_BAD_CONFIG, "a contest that limits votes needs a secret");
    }
    vt_definition_stamp stamp = {
        .version = version, .ledger_id = vt_ledger_id(at->ledger), .partitions = vt_ledger_partitions(at->ledger)};
    if (limits) {
        vt_secret_check(at->secret, &stamp.ledger_id, stamp.secret_check);
    }
    vt_definition_set_stamp(next, &stamp);
    *out = next;
    return VT_OK;
}

/* Whether the stored contest is this ledger's and this secret's. */
static vt_err check_stored(const attempt *at, const vt_contest *stored, uint32_t version) {
    vt_id ledger_id = vt_ledger_id(at->ledger);
    if (!vt_id_eq(&stored->ledger_id, &ledger_id) || stored->partitions != vt_ledger_partitions(at->ledger)) {
        return fail(at, VT_ERR_OTHER_LEDGER, "the stored contest belongs to another ledger");
    }
    if (stored->version != version) {
        return fail(at, VT_ERR_CORRUPT, "version %u of the stored contest calls itself %u", version, stored->version);
    }
    if (stored->limit_by == VT_LIMIT_NONE || !at->takes_votes) {
        return VT_OK;
    }
    if (at->secret == NULL) {
        return fail(at, VT_ERR_BAD_CONFIG, "the contest limits votes and needs its secret");
    }
    uint8_t check[VT_SECRET_CHECK_LEN];
    vt_secret_check(at->secret, &ledger_id, check);
    if (!vt_hash_equal(check, stored->secret_check, sizeof check)) {
        return fail(at, VT_ERR_OTHER_SECRET, "%s", vt_err_text(VT_ERR_OTHER_SECRET));
    }
    return VT_OK;
}

/* The newest stored version, or NULL when there is none. */
static vt_err read_stored(const attempt *at, vt_definition **out) {
    vt_buf json;
    vt_buf_init(&json, VT_CONTEST_JSON_BYTES_MAX);
    vt_definition *stored = NULL;
    uint32_t version;
    vt_err err = vt_ledger_contest_latest(at->ledger, &json, &version);
    if (err != VT_OK) {
        bool is_changed = err == VT_ERR_CORRUPT;
        err = is_changed ? fail(at, err, "a version of the stored contest is missing or was changed")
                         : fail(at, err, "the stored contest cannot be read: %s", vt_err_text(err));
        goto out;
    }
    if (version > 0) {
        vt_problem problem;
        err = vt_definition_read_json(vt_buf_slice(&json), &stored, &problem);
        if (err == VT_ERR_BAD_CONTEST) {
            err =
                fail(at, VT_ERR_CORRUPT, "the stored contest cannot be read: %.*s", VT_REASON_MAX - 48, problem.reason);
        } else if (err != VT_OK) {
            fail(at, err, "%s", vt_err_text(err));
        }
        if (err == VT_OK) {
            err = check_stored(at, vt_definition_contest(stored), version);
        }
    }
    if (err == VT_OK) {
        *out = stored;
        stored = NULL;
    }
out:
    vt_definition_free(stored);
    vt_buf_release(&json);
    return err;
}

static vt_err append(const attempt *at, const vt_contest *contest) {
    vt_buf json;
    vt_buf_init(&json, VT_CONTEST_JSON_BYTES_MAX);
    vt_err err = vt_definition_write_json(contest, &json);
    if (err == VT_OK) {
        err = vt_ledger_contest_append(at->ledger, contest->version, vt_buf_slice(&json));
    }
    vt_buf_release(&json);
    if (err == VT_ERR_UNIMPLEMENTED) {
        return VT_OK; /* a ledger that forgets everything */
    }
    return err == VT_OK ? VT_OK : fail(at, err, "the contest cannot be stored: %s", vt_err_text(err));
}

/* Only a ledger without votes may get its first version: another contest would count them by other rules. A topic is
 * excepted, as those of other producers come without a contest. */
static vt_err check_first(const attempt *at) {
    if (vt_ledger_partitions(at->ledger) > 0) {
        return VT_OK;
    }
    vt_ledger_row row;
    size_t count = 0;
    vt_position start = {-1, 0};
    vt_position end = {-1, INT64_MAX};
    vt_err err = vt_ledger_read(at->ledger, start, end, &row, 1, &count);
    if (err != VT_OK) {
        return fail(at, err, "the ledger cannot be read: %s", vt_err_text(err));
    }
    return count == 0 ? VT_OK : fail(at, VT_ERR_CORRUPT, "the ledger has votes, but its contest is missing");
}

/* Reads, compares, and appends if need be. VT_ERR_IN_USE: another process appended in between. */
static vt_err establish_once(const attempt *at, vt_definition **out) {
    vt_definition *stored = NULL;
    vt_definition *next = NULL;
    vt_err err = read_stored(at, &stored);
    if (err != VT_OK) {
        return err;
    }
    if (stored != NULL && at->wanted == NULL) {
        *out = stored;
        return VT_OK;
    }
    err = stored == NULL ? check_first(at) : VT_OK;
    if (err != VT_OK) {
        goto out;
    }
    err = make_next(at, stored == NULL ? 1 : vt_definition_contest(stored)->version + 1, &next);
    if (err != VT_OK) {
        goto out;
    }
    if (stored != NULL && vt_contest_same(vt_definition_contest(stored), vt_definition_contest(next))) {
        *out = stored;
        stored = NULL;
        goto out;
    }
    if (stored != NULL) {
        err = vt_contest_change(vt_definition_contest(stored), vt_definition_contest(next), at->now_ms, at->reason);
    }
    if (err == VT_OK) {
        err = append(at, vt_definition_contest(next));
    }
    if (err == VT_OK) {
        *out = next;
        next = NULL;
    }
out:
    vt_definition_free(stored);
    vt_definition_free(next);
    return err;
}

static vt_err load_file(const attempt *at, const char *file, vt_definition **out) {
    vt_problem problem;
    vt_err err = vt_definition_load_yaml(file, out, &problem);
    if (err == VT_ERR_BAD_CONTEST || err == VT_ERR_SYSTEM) {
        char text[VT_REASON_MAX];
        vt_problem_print(&problem, text);
        return fail(at, err, "%.*s: %.*s", VT_REASON_MAX / 3, file, VT_REASON_MAX - VT_REASON_MAX / 3 - 3, text);
    }
    return err == VT_OK ? VT_OK : fail(at, err, "%s", vt_err_text(err));
}

vt_err vt_contest_establish(vt_ledger *ledger, const char *file, const vt_secret *secret, int64_t now_ms,
                            vt_definition **out, char reason[VT_REASON_MAX]) {
    attempt at = {.ledger = ledger, .secret = secret, .takes_votes = true, .now_ms = now_ms, .reason = reason};
    vt_definition *wanted = NULL;
    vt_err err = file == NULL ? VT_OK : load_file(&at, file, &wanted);
    at.wanted = wanted;
    if (err == VT_OK) {
        err = establish_once(&at, out);
    }
    for (int i = 1; i < VT_ESTABLISH_ATTEMPTS_MAX && err == VT_ERR_IN_USE; i++) {
        err = establish_once(&at, out);
    }
    vt_definition_free(wanted);
    return err;
}

vt_err vt_contest_read(vt_ledger *ledger, vt_definition **out, char reason[VT_REASON_MAX]) {
    attempt at = {.ledger = ledger, .reason = reason};
    vt_definition *stored = NULL;
    vt_err err = read_stored(&at, &stored);
    if (err == VT_OK && stored == NULL) {
        return fail(&at, VT_ERR_NOT_FOUND, "the ledger has no contest yet");
    }
    if (err == VT_OK) {
        *out = stored;
    }
    return err;
}

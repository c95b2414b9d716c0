#include "client/check.h"

#include "base/clock.h"

#include <jansson.h>
#include <time.h>

static const vt_band_names *bands_of(const vt_check *check) {
    return vt_votes_bands(check->votes);
}

static void pause_a_little(void) {
    const struct timespec pause = {.tv_nsec = VT_CHECK_POLL_MS * 1000000L};
    nanosleep(&pause, NULL);
}

static int64_t wait_until(uint32_t wait_ms) {
    return vt_clock_monotonic_ns() + (int64_t) wait_ms * 1000000;
}

/* Whoever has just started may have no results yet. */
static vt_err fetch_before(vt_check *check, vt_reason *reason) {
    int64_t until_ns = wait_until(VT_CHECK_WAIT_MS);
    vt_err err = vt_results_fetch(&check->before, bands_of(check), &check->get, reason);
    while (err == VT_ERR_BUSY && vt_clock_monotonic_ns() < until_ns) {
        pause_a_little();
        err = vt_results_fetch(&check->before, bands_of(check), &check->get, reason);
    }
    return err;
}

vt_err vt_check_begin(vt_check *check, const vt_target *target, const vt_votes *votes, uint32_t timeout_ms, FILE *out,
                      vt_reason *reason) {
    *check = (vt_check){.votes = votes, .out = out};
    vt_http_get_init(&check->get, target, timeout_ms);
    vt_err err = vt_results_init(&check->before, bands_of(check));
    if (err == VT_OK) {
        err = vt_results_init(&check->after, bands_of(check));
    }
    if (err != VT_OK) {
        vt_reason_set(reason, "out of memory");
        return err;
    }
    err = fetch_before(check, reason);
    if (err == VT_ERR_NOT_FOUND) {
        check->hidden = true;
        fprintf(out, "check: %s; only ids are checked\n", reason->text);
        return VT_OK;
    }
    return err;
}

void vt_check_release(vt_check *check) {
    vt_http_get_release(&check->get);
    vt_results_release(&check->before);
    vt_results_release(&check->after);
}

/* Whether every band has grown by what is sure. */
static bool has_caught_up(const vt_check *check, const vt_account *account) {
    for (uint32_t i = 0; i < vt_band_names_count(bands_of(check)); i++) {
        if (check->after.bands[i] < check->before.bands[i] + vt_account_band(account, i)->sure) {
            return false;
        }
    }
    return true;
}

static uint32_t compare(const vt_check *check, const vt_account *account) {
    uint32_t less = 0;
    uint32_t more = 0;
    for (uint32_t i = 0; i < vt_band_names_count(bands_of(check)); i++) {
        vt_slice name = vt_band_names_at(bands_of(check), i);
        const vt_band_account *wanted = vt_account_band(account, i);
        int64_t grown = (int64_t) (check->after.bands[i] - check->before.bands[i]);
        bool is_less = grown < (int64_t) wanted->sure;
        bool is_more = grown > (int64_t) (wanted->sure + wanted->possible);
        less += is_less;
        more += is_more;
        if ((is_less && less <= VT_CHECK_LINES_MAX) || (is_more && more <= VT_CHECK_LINES_MAX)) {
            fprintf(check->out, "check: %s: %.*s: %llu acknowledged, grew by %lld\n", is_less ? "FAILED" : "warning",
                    (int) name.len, name.ptr, (unsigned long long) (wanted->sure + (is_more ? wanted->possible : 0)),
                    (long long) grown);
        }
    }
    if (more > 0) {
        fprintf(
            check->out,
            "check: warning: %u bands grew by more than this run sent: by votes from elsewhere, or of an earlier run "
            "that were counted only now\n",
            more);
    }
    return less;
}

/* Why acknowledged votes may rightly be missing from the count: the ledger took them, the fold did not. */
static void explain_verdicts(const vt_check *check) {
    uint64_t conflicts = check->after.conflict - check->before.conflict;
    uint64_t quotas = check->after.quota - check->before.quota;
    if (conflicts > 0 || quotas > 0) {
        fprintf(check->out, "check: meanwhile the count set %llu records aside as conflicts and %llu over the quota\n",
                (unsigned long long) conflicts, (unsigned long long) quotas);
    }
}

/* Until all that was acknowledged is counted, or nothing has come nearer to that for `wait_ms`. Where positions are not
 * told the bands tell; one that will never grow is then waited for in vain. */
static vt_err await_counts(vt_check *check, const vt_account *account, uint32_t wait_ms, vt_reason *reason) {
    const vt_reach *wanted = vt_account_reach(account);
    uint64_t nearest = UINT64_MAX;
    int64_t until_ns = wait_until(wait_ms);
    for (;;) {
        vt_err err = vt_results_fetch(&check->after, bands_of(check), &check->get, reason);
        bool is_told = err == VT_OK && vt_reach_is_known(wanted) && vt_reach_is_known(&check->after.reach);
        uint64_t missing = is_told ? vt_reach_short_of(&check->after.reach, wanted) : UINT64_MAX;
        bool is_counted = err == VT_OK && (missing == 0 || has_caught_up(check, account));
        if (missing < nearest) {
            nearest = missing;
            until_ns = wait_until(wait_ms);
        }
        if (is_counted || vt_clock_monotonic_ns() >= until_ns) {
            return err;
        }
        pause_a_little();
    }
}

static bool check_bands(vt_check *check, const vt_account *account, uint32_t wait_ms) {
    vt_reason reason;
    vt_err err = await_counts(check, account, wait_ms, &reason);
    if (err != VT_OK) {
        fprintf(check->out, "check: FAILED: %s\n", reason.text);
        return false;
    }
    uint32_t less = compare(check, account);
    if (less > 0) {
        explain_verdicts(check);
        fprintf(check->out, "check: FAILED: %u of %u bands grew by less than was acknowledged\n", less,
                vt_band_names_count(bands_of(check)));
        return false;
    }
    fprintf(check->out, "check: all %u bands grew by what was acknowledged\n", vt_band_names_count(bands_of(check)));
    return true;
}

typedef enum lookup { LOOKUP_COUNTED, LOOKUP_NOT_YET, LOOKUP_NOT_COUNTED } lookup;

/* "counted" and "duplicate" are counted; "pending" and a vote that is not found yet may still become so. */
static lookup look_up(vt_check *check, const vt_account *account, uint32_t index) {
    char path[VT_HTTP_GET_PATH_BYTES_MAX];
    char text[VT_POSITION_TEXT_MAX];
    vt_slice id = vt_account_sample(account, index);
    vt_position position;
    bool has_position = vt_account_sample_position(account, index, &position);
    int len = has_position ? (int) vt_position_format(position, text) : 0;
    int status = 0;
    vt_slice body = {0};
    snprintf(path, sizeof path, "/v1/votes/%.*s%s%.*s", (int) id.len, id.ptr, has_position ? "?position=" : "", len,
             text);
    if (vt_http_get_run(&check->get, path, &status, &body) != VT_OK || status != 200) {
        return LOOKUP_NOT_YET;
    }
    json_t *root = json_loadb(body.len > 0 ? body.ptr : "", body.len, JSON_ALLOW_NUL, NULL);
    const char *verdict = json_string_value(json_object_get(root, "status"));
    lookup found = LOOKUP_NOT_COUNTED;
    if (verdict == NULL || strcmp(verdict, "pending") == 0) {
        found = LOOKUP_NOT_YET;
    } else if (strcmp(verdict, "counted") == 0 || strcmp(verdict, "duplicate") == 0) {
        found = LOOKUP_COUNTED;
    }
    json_decref(root);
    return found;
}

static bool check_ids(vt_check *check, const vt_account *account, uint32_t wait_ms) {
    uint32_t count = vt_account_sample_count(account);
    uint32_t missing = 0;
    int64_t until_ns = wait_until(wait_ms);
    for (uint32_t i = 0; i < count; i++) {
        vt_slice id = vt_account_sample(account, i);
        lookup found = look_up(check, account, i);
        while (found == LOOKUP_NOT_YET && vt_clock_monotonic_ns() < until_ns) {
            pause_a_little();
            found = look_up(check, account, i);
            until_ns = found == LOOKUP_NOT_YET ? until_ns : wait_until(wait_ms);
        }
        missing += found != LOOKUP_COUNTED;
        if (found != LOOKUP_COUNTED && missing <= VT_CHECK_LINES_MAX) {
            fprintf(check->out, "check: FAILED: the acknowledged id %.*s is %s\n", (int) id.len, id.ptr,
                    found == LOOKUP_NOT_YET ? "not found, or not counted in time" : "not counted");
        }
    }
    fprintf(check->out, "check: %u of %u acknowledged ids looked up are counted\n", count - missing, count);
    return missing == 0;
}

vt_check_result vt_check_end(vt_check *check, const vt_account *account, uint32_t wait_ms) {
    bool bands_good = check->hidden || check_bands(check, account, wait_ms);
    bool ids_good = check_ids(check, account, wait_ms);
    return bands_good && ids_good ? VT_CHECK_PASSED : VT_CHECK_FAILED;
}

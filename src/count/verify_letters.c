#include "count/verify_letters.h"

#include <inttypes.h>

enum { TIMEOUT_MS = 10000 };

static bool tries_again(const vt_letters_check *check, vt_err err) {
    return check->patience != NULL && vt_patience_tries_again(check->patience, err);
}

/* No topic has no letters. */
static vt_err ask_bounds(vt_letters_check *check, int64_t *first, int64_t *end) {
    vt_err err;
    do {
        err = vt_letter_reader_bounds(check->reader, check->partition, TIMEOUT_MS, first, end);
    } while (tries_again(check, err));
    if (err == VT_ERR_NOT_FOUND) {
        *first = 0;
        *end = 0;
        return VT_OK;
    }
    return err;
}

static void take_letter(vt_letters_check *check, int64_t offset) {
    vt_verdict_map *verdicts = &check->recount->verdict_of;
    if (offset < verdicts->first || offset >= verdicts->end) {
        return;
    }
    vt_verdict verdict = vt_verdict_map_get(verdicts, offset);
    if (verdict == VT_VERDICT_BAD) {
        vt_verdict_map_set(verdicts, offset, VT_VERDICT_NONE);
        check->letters++;
    } else if (verdict != VT_VERDICT_NONE) {
        vt_difference(check->found, "letters: there is one of %" PRId32 ":%" PRId64 ", but that record can be read",
                      check->partition, offset);
    }
}

static vt_err read_page(vt_letters_check *check, int64_t *next, int64_t end) {
    int64_t offsets[VT_LETTERS_READ_MAX];
    size_t count = 0;
    vt_err err;
    do {
        err = vt_letter_reader_read(check->reader, check->partition, next, end, TIMEOUT_MS, offsets, &count);
    } while (tries_again(check, err));
    for (size_t i = 0; err == VT_OK && i < count; i++) {
        take_letter(check, offsets[i]);
    }
    bool goes_on = check->progress == NULL || check->progress(check->progress_context, 0);
    return err == VT_OK && !goes_on ? VT_ERR_GONE : err;
}

static void tell_missing(const vt_letters_check *check) {
    const vt_verdict_map *verdicts = &check->recount->verdict_of;
    uint64_t bad = check->recount->verdicts[VT_VERDICT_BAD];
    int64_t first = verdicts->first;
    if (check->letters == bad || check->deleted > 0) {
        return;
    }
    while (vt_verdict_map_get(verdicts, first) != VT_VERDICT_BAD) {
        first++;
    }
    vt_difference(check->found,
                  "letters: partition %" PRId32 ": %" PRIu64 " of %" PRIu64
                  " unreadable records have none, the first at offset %" PRId64,
                  check->partition, bad - check->letters, bad, first);
}

vt_err vt_letters_check_run(vt_letters_check *check) {
    int64_t next = 0;
    int64_t end = 0;
    check->letters = 0;
    vt_err err = ask_bounds(check, &next, &end);
    check->deleted = next;
    while (err == VT_OK && next < end) {
        err = read_page(check, &next, end);
    }
    if (err == VT_OK) {
        tell_missing(check);
    }
    return err;
}

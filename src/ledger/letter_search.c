#include "ledger/letter_search.h"

#include "base/clock.h"

#include <string.h>
#include <time.h>

enum { ASK_AGAIN_MS = 50 };

/* Adds a record's offset to those that have a letter; the smallest one makes room. */
static void add_found(vt_letter_search *search, int64_t offset) {
    size_t at = search->found_count;
    while (at > 0 && search->found[at - 1] > offset) {
        at--;
    }
    if (at > 0 && search->found[at - 1] == offset) {
        return;
    }
    bool is_full = search->found_count == VT_LETTERS_KNOWN_MAX;
    search->is_whole = search->is_whole && !is_full;
    if (is_full && at == 0) {
        return;
    }
    if (is_full) {
        memmove(search->found, search->found + 1, (at - 1) * sizeof search->found[0]);
        search->found[at - 1] = offset;
        return;
    }
    memmove(search->found + at + 1, search->found + at, (search->found_count - at) * sizeof search->found[0]);
    search->found[at] = offset;
    search->found_count++;
}

bool vt_letter_search_has(const vt_letter_search *search, int64_t offset) {
    bool has_it = offset <= search->last;
    for (size_t i = 0; i < search->found_count && !has_it; i++) {
        has_it = search->found[i] == offset;
    }
    return has_it;
}

/* The leader of a topic that was just made does not know it yet: it is asked until the deadline. */
static vt_err ask_bounds(vt_letter_reader *reader, int32_t partition, int64_t deadline_ns, int64_t *first,
                         int64_t *end) {
    const struct timespec pause = {.tv_nsec = ASK_AGAIN_MS * 1000000};
    vt_err err;
    for (;;) {
        err = vt_letter_reader_bounds(reader, partition, vt_clock_left_ms(deadline_ns), first, end);
        if (err == VT_OK || err == VT_ERR_SYSTEM || vt_clock_left_ms(deadline_ns) <= ASK_AGAIN_MS) {
            return err;
        }
        nanosleep(&pause, NULL);
    }
}

static void go_back(vt_letter_search *search) {
    search->until = search->from;
    search->from = search->until - search->first > search->step ? search->until - search->step : search->first;
    search->at = search->from;
    search->step *= 2;
}

static vt_err begin(vt_letter_search *search, vt_letter_reader *reader, int32_t partition, int64_t deadline_ns) {
    *search = (vt_letter_search){.is_whole = true, .last = -1, .step = VT_LETTERS_KNOWN_MAX};
    vt_err err = ask_bounds(reader, partition, deadline_ns, &search->first, &search->end);
    if (err == VT_OK) {
        err = vt_letter_reader_ledger_end(reader, partition, vt_clock_left_ms(deadline_ns), &search->ledger_end);
    }
    if (err == VT_OK) {
        search->from = search->end;
        go_back(search);
        search->stage = VT_LETTER_SEARCH_BEGUN;
    }
    return err;
}

/* Until [at, until) is read. */
static vt_err read_on(vt_letter_search *search, vt_letter_reader *reader, int32_t partition, int64_t deadline_ns) {
    vt_err err = VT_OK;
    while (err == VT_OK && search->at < search->until) {
        int64_t offsets[VT_LETTERS_READ_MAX];
        size_t count = 0;
        int left_ms = vt_clock_left_ms(deadline_ns);
        err = left_ms == 0
                  ? VT_ERR_BUSY
                  : vt_letter_reader_read(reader, partition, &search->at, search->until, left_ms, offsets, &count);
        for (size_t i = 0; i < count; i++) {
            if (offsets[i] < search->ledger_end) {
                add_found(search, offsets[i]);
            }
        }
    }
    return err;
}

/* Others may have written meanwhile. */
static vt_err look_behind(vt_letter_search *search, vt_letter_reader *reader, int32_t partition, int64_t deadline_ns,
                          bool *has_more) {
    int64_t first;
    int64_t end;
    vt_err err = ask_bounds(reader, partition, deadline_ns, &first, &end);
    if (err == VT_OK) {
        search->at = search->end;
        search->until = end;
        search->end = end;
        *has_more = search->at < search->until;
    }
    return err;
}

static void finish(vt_letter_search *search) {
    bool is_whole = search->is_whole && search->from <= search->first;
    search->last = is_whole || search->found_count == 0 ? -1 : search->found[0];
    search->stage = VT_LETTER_SEARCH_DONE;
}

vt_err vt_letter_search_run(vt_letter_search *search, vt_letter_reader *reader, int32_t partition,
                            int64_t deadline_ns) {
    vt_err err = search->stage == VT_LETTER_SEARCH_NONE ? begin(search, reader, partition, deadline_ns) : VT_OK;
    while (err == VT_OK && search->stage != VT_LETTER_SEARCH_DONE) {
        bool has_more = true;
        err = read_on(search, reader, partition, deadline_ns);
        if (err != VT_OK) {
            break;
        }
        if (search->found_count <= VT_LETTERS_IN_FLIGHT_MAX && search->from > search->first) {
            go_back(search);
            continue;
        }
        err = look_behind(search, reader, partition, deadline_ns, &has_more);
        if (err == VT_OK && !has_more) {
            finish(search);
        }
    }
    if (err != VT_OK && err != VT_ERR_BUSY) {
        search->stage = VT_LETTER_SEARCH_NONE; /* the topic is not what it was */
    }
    return err;
}

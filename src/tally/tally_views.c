#include "tally/tally_views.h"

#include "base/assert.h"
#include "base/clock.h"
#include "tally/fence_function.h"
#include "tally/tally_keys.h"
#include "tally/view_fields.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    KEYS = 3,      /* the hash of partition 0, that of what was published, the view */
    ARGUMENTS = 4, /* publish, ledger, offsets, kind */
    WORDS_MAX = VT_FENCE_CALL_HEAD + KEYS + ARGUMENTS + 2 * VT_VIEW_FIELDS_MAX,
    OFFSETS_MAX = VT_PARTITIONS_MAX * VT_FENCE_NUMBER_TEXT_MAX,
};

/* unpack() in Lua fails at 8,000 values. */
_Static_assert(2 * VT_VIEW_FIELDS_MAX + 1 < 8000, "one HSET takes all fields of a view");

struct vt_tally_views {
    vt_id ledger_id;
    vt_view_list list;
    vt_fence_function function;
    vt_fence_reader *reader;
    vt_view_fields *fields;
    bool has_written; /* all views, at `written` of `generation` */
    vt_positions written;
    uint64_t generation;
    int64_t rewrite_at_ns;
    char offsets[OFFSETS_MAX]; /* of the state that is being published: "17 22" */
    size_t offsets_len;
    char numbers[VT_VIEW_FIELDS_MAX][VT_FENCE_NUMBER_TEXT_MAX];
    vt_slice words[WORDS_MAX];
};

vt_err vt_tally_views_open(vt_slice list, const vt_id *ledger_id, int32_t partitions, vt_tally_views **out,
                           char reason[VT_REDIS_REASON_MAX]) {
    vt_tally_views *views = calloc(1, sizeof *views);
    (void) snprintf(reason, VT_REDIS_REASON_MAX, "%s", vt_err_text(VT_ERR_NO_MEMORY));
    if (views == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    views->ledger_id = *ledger_id;
    vt_fence_function_init(&views->function);
    vt_err err = vt_view_list_read(list, &views->list, reason);
    if (err == VT_OK) {
        err = vt_fence_reader_open(ledger_id, partitions, &views->reader);
    }
    if (err == VT_OK) {
        err = vt_view_fields_open(&views->fields);
    }
    if (err != VT_OK) {
        vt_tally_views_close(views);
        return err;
    }
    reason[0] = '\0';
    *out = views;
    return VT_OK;
}

void vt_tally_views_close(vt_tally_views *views) {
    if (views != NULL) {
        vt_view_fields_close(views->fields);
        vt_fence_reader_close(views->reader);
        free(views);
    }
}

static vt_err ask_whether_due(vt_tally_views *views, vt_redis *redis, bool *is_due) {
    vt_positions positions;
    uint64_t generation;
    vt_err err = vt_fence_reader_positions(views->reader, redis, &positions, &generation);
    *is_due = !views->has_written || vt_clock_monotonic_ns() >= views->rewrite_at_ns ||
              (err == VT_OK && (generation != views->generation || !vt_positions_eq(&positions, &views->written)));
    return err;
}

/* ---- writing ---- */

static void write_offsets(vt_tally_views *views, const vt_positions *positions) {
    char *end = views->offsets;
    for (int32_t i = 0; i < positions->partitions; i++) {
        if (i > 0) {
            *end++ = ' ';
        }
        end += vt_fence_number_write(positions->offsets[i] + 1, end);
    }
    views->offsets_len = (size_t) (end - views->offsets);
}

/* Puts the number's text into words[at]. */
static void set_number(vt_tally_views *views, size_t at, uint32_t i, uint64_t votes) {
    char *text = views->numbers[i];
    int len = snprintf(text, sizeof views->numbers[i], "%llu", (unsigned long long) votes);
    views->words[at] = vt_slice_of(text, (size_t) len);
}

static vt_err set_fields(vt_tally_views *views, const vt_view_template *view, const vt_fence_instant *instant,
                         size_t *count) {
    const vt_view_sum *sums = NULL;
    uint32_t sums_count = 0;
    vt_err err = vt_view_fields_sum(views->fields, view, instant, &sums, &sums_count);
    for (uint32_t i = 0; err == VT_OK && i < sums_count; i++) {
        views->words[(*count)++] = sums[i].field;
        set_number(views, (*count)++, i, sums[i].votes);
    }
    return err;
}

static vt_err write_view(vt_tally_views *views, vt_redis *redis, const vt_view_template *view,
                         const vt_fence_instant *instant, bool *is_done) {
    char partition_key[VT_TALLY_KEY_MAX];
    char published_key[VT_TALLY_KEY_MAX];
    size_t count = VT_FENCE_CALL_HEAD;
    vt_err err = VT_OK;
    views->words[count++] = vt_tally_key(vt_redis_key(redis), 0, false, partition_key);
    views->words[count++] = vt_tally_published_key(vt_redis_key(redis), published_key);
    views->words[count++] = view->key;
    views->words[count++] = VT_SLICE("publish");
    views->words[count++] = vt_slice_of((const char *) views->ledger_id.bytes, VT_ID_LEN);
    views->words[count++] = vt_slice_of(views->offsets, views->offsets_len);
    views->words[count++] = view->is_string ? VT_SLICE("string") : VT_SLICE("hash");
    if (view->is_string) {
        set_number(views, count++, 0, instant->verdicts[VT_VERDICT_COUNTED]);
    } else {
        err = set_fields(views, view, instant, &count);
    }
    VT_ASSERT(count <= WORDS_MAX);
    return err == VT_OK ? vt_fence_function_call(&views->function, redis, views->words, count, KEYS, is_done) : err;
}

static vt_err write_views(vt_tally_views *views, vt_redis *redis, const vt_fence_instant *instant) {
    bool has_written = true;
    vt_err err = VT_OK;
    write_offsets(views, &instant->positions);
    for (uint32_t i = 0; err == VT_OK && i < views->list.count; i++) {
        bool is_done = false;
        err = write_view(views, redis, &views->list.views[i], instant, &is_done);
        /* Refused: another process was faster and published more. */
        has_written = has_written && is_done;
    }
    if (err == VT_OK) {
        views->has_written = has_written;
        views->written = instant->positions;
        views->generation = instant->generation;
        views->rewrite_at_ns = vt_clock_deadline_ns(VT_VIEWS_REWRITE_MS);
    }
    return err;
}

vt_err vt_tally_views_publish(vt_tally_views *views, vt_redis *redis) {
    bool is_due = false;
    vt_fence_instant instant;
    if (views->list.count == 0) {
        return VT_OK;
    }
    vt_err err = ask_whether_due(views, redis, &is_due);
    if (err == VT_OK && !is_due) {
        return VT_OK;
    }
    views->has_written = false;
    if (err == VT_OK) {
        err = vt_fence_reader_read(views->reader, redis, &instant);
    }
    if (err == VT_OK) {
        err = write_views(views, redis, &instant);
    }
    /* The counters have not begun with a partition, or rebuild it. */
    return err == VT_ERR_NOT_FOUND ? VT_OK : err;
}

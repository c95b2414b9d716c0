#include "fake_stores.h"

#include <stdlib.h>
#include <time.h>

enum { PATIENCE_S = 20, FIRST_MS = 1000 };

static const int64_t fake_day_ms = 1794960000000; /* 2026-11-18T00:00:00Z */

static fake_stores *stores_of_tally(vt_tally *tally) {
    return (fake_stores *) tally;
}

static fake_stores *stores_of_log(vt_votelog *log) {
    return (fake_stores *) ((char *) log - offsetof(fake_stores, votelog));
}

/* Under the mutex. */
static void stores_gate(fake_stores *stores) {
    stores->waiting++;
    pthread_cond_broadcast(&stores->changed);
    while (stores->is_held) {
        pthread_cond_wait(&stores->changed, &stores->mutex);
    }
    stores->waiting--;
}

static vt_positions stores_positions(const fake_stores *stores) {
    uint32_t last = stores->partitions == 0 ? stores->rows_count : stores->folded;
    return (vt_positions){.partitions = stores->partitions, .offsets = {last}};
}

static int pair_order(const void *a, const void *b) {
    const vt_tally_pair *left = a;
    const vt_tally_pair *right = b;
    int order = vt_slice_cmp(left->name, right->name);
    return order != 0 ? order : vt_slice_cmp(left->album, right->album);
}

/* Adds one vote to the pairs, which are looked through one by one. */
static void tally_add(vt_tally_snapshot *out, const vt_record *record) {
    vt_slice name = vt_record_text(record, VT_FIELD_NAME);
    vt_slice album = vt_record_text(record, VT_FIELD_ALBUM);
    for (uint32_t i = 0; i < out->pairs_count; i++) {
        if (vt_slice_eq(out->pairs[i].name, name) && vt_slice_eq(out->pairs[i].album, album)) {
            out->pairs[i].votes++;
            out->pairs[i].points += record->points;
            return;
        }
    }
    out->pairs[out->pairs_count++] = (vt_tally_pair){name, album, 1, record->points};
}

static vt_err tally_read(vt_tally *tally, vt_tally_snapshot *out) {
    fake_stores *stores = stores_of_tally(tally);
    pthread_mutex_lock(&stores->mutex);
    stores->reads++;
    stores_gate(stores);
    vt_err err = stores->tally_err;
    if (err == VT_OK) {
        /* The rows never move, so the pairs may borrow their texts. */
        *out = (vt_tally_snapshot){.positions = stores_positions(stores), .generation = stores->generation};
        memcpy(out->verdicts, stores->verdicts, sizeof out->verdicts);
        out->pairs = calloc(stores->rows_count + 1, sizeof *out->pairs);
        out->memory = out->pairs;
        for (uint32_t i = 0; i < stores->rows_count; i++) {
            tally_add(out, &stores->rows[i].record);
        }
        qsort(out->pairs, out->pairs_count, sizeof *out->pairs, pair_order);
    }
    pthread_mutex_unlock(&stores->mutex);
    return err;
}

static vt_err tally_positions(vt_tally *tally, vt_positions *out, uint64_t *generation) {
    fake_stores *stores = stores_of_tally(tally);
    pthread_mutex_lock(&stores->mutex);
    vt_err err = stores->tally_err;
    *out = stores_positions(stores);
    *generation = stores->generation;
    pthread_mutex_unlock(&stores->mutex);
    return err;
}

/* Under the mutex: the first row of that id, or NULL. */
static const vt_votelog_row *stores_first(const fake_stores *stores, const vt_id *id) {
    for (uint32_t i = 0; i < stores->rows_count; i++) {
        if (vt_id_eq(&stores->rows[i].record.id, id)) {
            return &stores->rows[i];
        }
    }
    return NULL;
}

/* Under the mutex. */
static vt_verdict stores_verdict(const fake_stores *stores, const vt_tally_question *question) {
    vt_positions positions = stores_positions(stores);
    const vt_votelog_row *first = stores_first(stores, &question->id);
    if (!vt_positions_cover(&positions, question->position)) {
        return VT_VERDICT_NONE;
    }
    if (first == NULL) {
        return VT_VERDICT_BAD;
    }
    if (first->position.offset == question->position.offset) {
        return first->verdict;
    }
    bool is_same = vt_id_eq(&first->record.fingerprint, &question->fingerprint);
    return is_same ? VT_VERDICT_DUPLICATE : VT_VERDICT_CONFLICT;
}

static vt_err tally_verdicts(vt_tally *tally, vt_tally_question *questions, size_t count) {
    fake_stores *stores = stores_of_tally(tally);
    pthread_mutex_lock(&stores->mutex);
    vt_err err = stores->tally_err;
    stores->asked += (uint32_t) count;
    for (size_t i = 0; err == VT_OK && i < count; i++) {
        questions[i].verdict = stores_verdict(stores, &questions[i]);
    }
    pthread_mutex_unlock(&stores->mutex);
    return err;
}

static void tally_close(vt_tally *tally) {
    (void) tally;
}

static bool log_matches(const vt_votelog_row *row, const vt_votelog_query *query) {
    bool is_older = !query->has_before || row->position.offset < query->before.offset;
    return is_older &&
           (query->band.ptr == NULL || vt_slice_eq(query->band, vt_record_text(&row->record, VT_FIELD_NAME)));
}

/* Under the mutex: how many rows the log has; the row as the log gives it. */
static uint32_t log_count(const fake_stores *stores) {
    return stores->partitions == 0 ? stores->rows_count : stores->archived;
}

static vt_votelog_row log_row(const fake_stores *stores, const vt_votelog_row *row) {
    vt_votelog_row given = *row;
    given.verdict = stores->partitions == 0 ? row->verdict : VT_VERDICT_NONE;
    return given;
}

static vt_err log_list(vt_votelog *log, const vt_votelog_query *query, vt_votelog_row *rows, uint32_t *count) {
    fake_stores *stores = stores_of_log(log);
    pthread_mutex_lock(&stores->mutex);
    stores->listings++;
    stores_gate(stores);
    vt_err err = stores->log_err;
    uint32_t found = 0;
    for (uint32_t i = log_count(stores); err == VT_OK && i > 0 && found < query->limit; i--) {
        if (log_matches(&stores->rows[i - 1], query)) {
            rows[found++] = log_row(stores, &stores->rows[i - 1]);
        }
    }
    *count = found;
    pthread_mutex_unlock(&stores->mutex);
    return err;
}

static vt_err log_find(vt_votelog *log, const vt_id *id, vt_votelog_row *out) {
    fake_stores *stores = stores_of_log(log);
    pthread_mutex_lock(&stores->mutex);
    stores->listings++;
    stores_gate(stores);
    vt_err err = stores->log_err;
    const vt_votelog_row *first = stores_first(stores, id);
    if (err == VT_OK && (first == NULL || first - stores->rows >= (ptrdiff_t) log_count(stores))) {
        err = VT_ERR_NOT_FOUND;
    }
    if (err == VT_OK) {
        *out = log_row(stores, first);
    }
    pthread_mutex_unlock(&stores->mutex);
    return err;
}

static void log_close(vt_votelog *log) {
    (void) log;
}

void fake_stores_init(fake_stores *stores) {
    static const vt_tally_backend tally_backend = {tally_read, tally_positions, tally_verdicts, tally_close};
    static const vt_votelog_backend log_backend = {log_list, log_find, log_close};
    memset(stores, 0, sizeof *stores);
    stores->tally.backend = &tally_backend;
    stores->votelog.backend = &log_backend;
    pthread_mutex_init(&stores->mutex, NULL);
    pthread_cond_init(&stores->changed, NULL);
}

void fake_stores_release(fake_stores *stores) {
    pthread_cond_destroy(&stores->changed);
    pthread_mutex_destroy(&stores->mutex);
}

vt_id fake_stores_add(fake_stores *stores, const char *name, const char *album) {
    vt_vote vote = {.text = {[VT_FIELD_NAME] = vt_slice_str(name),
                             [VT_FIELD_ALBUM] = vt_slice_str(album),
                             [VT_FIELD_YEAR] = VT_SLICE("2001"),
                             [VT_FIELD_RANK] = VT_SLICE("5.2")}};
    pthread_mutex_lock(&stores->mutex);
    vt_votelog_row *row = &stores->rows[stores->rows_count++];
    vt_record_set_vote(&row->record, &vote);
    memset(&row->record.id, (int) stores->rows_count, sizeof row->record.id);
    row->record.at_ms = fake_day_ms + (int64_t) stores->rows_count * FIRST_MS;
    row->position = (vt_position){stores->partitions - 1, stores->rows_count};
    row->verdict = VT_VERDICT_COUNTED;
    stores->verdicts[VT_VERDICT_COUNTED]++;
    vt_id id = row->record.id;
    pthread_mutex_unlock(&stores->mutex);
    return id;
}

void fake_stores_fail_tally(fake_stores *stores, vt_err err) {
    pthread_mutex_lock(&stores->mutex);
    stores->tally_err = err;
    pthread_mutex_unlock(&stores->mutex);
}

void fake_stores_fail_log(fake_stores *stores, vt_err err) {
    pthread_mutex_lock(&stores->mutex);
    stores->log_err = err;
    pthread_mutex_unlock(&stores->mutex);
}

void fake_stores_fail(fake_stores *stores, vt_err err) {
    fake_stores_fail_tally(stores, err);
    fake_stores_fail_log(stores, err);
}

void fake_stores_part(fake_stores *stores, uint32_t folded, uint32_t archived) {
    pthread_mutex_lock(&stores->mutex);
    stores->partitions = 1;
    stores->folded = folded;
    stores->archived = archived;
    pthread_mutex_unlock(&stores->mutex);
}

void fake_stores_hold(fake_stores *stores, bool is_held) {
    pthread_mutex_lock(&stores->mutex);
    stores->is_held = is_held;
    pthread_cond_broadcast(&stores->changed);
    pthread_mutex_unlock(&stores->mutex);
}

/* Waits until *number, one of the counters of `stores`, is `wanted`. */
static bool stores_wait(fake_stores *stores, const uint32_t *number, uint32_t wanted) {
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&stores->mutex);
    while (*number < wanted && pthread_cond_timedwait(&stores->changed, &stores->mutex, &end) == 0) {
    }
    bool is_reached = *number >= wanted;
    pthread_mutex_unlock(&stores->mutex);
    return is_reached;
}

bool fake_stores_wait_waiting(fake_stores *stores, uint32_t wanted) {
    return stores_wait(stores, &stores->waiting, wanted);
}

bool fake_stores_wait_listings(fake_stores *stores, uint32_t wanted) {
    return stores_wait(stores, &stores->listings, wanted);
}

uint32_t fake_stores_reads(fake_stores *stores) {
    pthread_mutex_lock(&stores->mutex);
    uint32_t reads = stores->reads;
    pthread_mutex_unlock(&stores->mutex);
    return reads;
}

vt_contest fake_contest(void) {
    return (vt_contest){
        .version = 1,
        .name = VT_SLICE("bandas"),
        .title_es = VT_SLICE("Bandas de Guatemala"),
        .title_en = VT_SLICE("Bands of Guatemala"),
        .takes_unknown_bands = true,
        .results_shown = VT_RESULTS_ALWAYS,
    };
}

void fake_contest_set_bands(vt_contest *contest, fake_catalogue *catalogue, const char *const *names, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        catalogue->bands[i] = (vt_band){.name = vt_slice_str(names[i]), .color = VT_SLICE("#12ab9f")};
        uint32_t at = i;
        while (at > 0 && vt_slice_cmp(catalogue->by_name[at - 1]->name, catalogue->bands[i].name) > 0) {
            catalogue->by_name[at] = catalogue->by_name[at - 1];
            at--;
        }
        catalogue->by_name[at] = &catalogue->bands[i];
    }
    contest->bands = catalogue->bands;
    contest->bands_by_name = catalogue->by_name;
    contest->bands_count = count;
}

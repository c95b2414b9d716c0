#include "count/partition_recount.h"

#include "base/assert.h"
#include "count/spill.h"

#include <stdlib.h>
#include <sys/random.h>

enum { READINGS = 2, READINGS_LIMITED = 3 };

typedef struct recounting {
    uint64_t seed; /* of the folds */
    const vt_partition_input *input;
    vt_partition_recount *out;
    vt_ledger_row *rows; /* a page */
    vt_spill *by_id;
    vt_spill *by_voter; /* NULL where votes are not limited */
    vt_voter_counts counts;
    vt_recounted_id ids[VT_RECOUNT_PAGE_RECORDS]; /* not yet told */
    size_t ids_count;
} recounting;

uint32_t vt_partition_recount_readings(uint32_t votes_per_voter) {
    return votes_per_voter > 0 ? READINGS_LIMITED : READINGS;
}

static vt_err show(recounting *self, uint64_t records) {
    const vt_partition_input *input = self->input;
    bool goes_on = input->progress == NULL || input->progress(input->progress_context, records);
    return goes_on ? VT_OK : VT_ERR_GONE;
}

static vt_err read_page(recounting *self, vt_position after, vt_position until, size_t *count) {
    const vt_partition_input *input = self->input;
    vt_err err;
    do {
        err = vt_ledger_read(input->ledger, after, until, self->rows, VT_RECOUNT_PAGE_RECORDS, count);
    } while (input->patience != NULL && vt_patience_tries_again(input->patience, err));
    return err;
}

typedef vt_err take_row(recounting *self, const vt_ledger_row *row);

/* Reads the partition from its first to its last record. */
static vt_err read_all(recounting *self, take_row *take) {
    const vt_partition_input *input = self->input;
    vt_position after = {input->partition, input->first - 1};
    vt_position until = {input->partition, input->end - 1};
    size_t count = 1;
    vt_err err = VT_OK;
    while (err == VT_OK && count > 0 && after.offset < until.offset) {
        err = read_page(self, after, until, &count);
        for (size_t i = 0; err == VT_OK && i < count; i++) {
            err = take(self, &self->rows[i]);
        }
        if (err == VT_OK && count > 0) {
            after = self->rows[count - 1].position;
        }
        err = err == VT_OK ? show(self, count) : err;
    }
    return err;
}

typedef vt_err take_entry(recounting *self, void *context, const vt_spill_entry *entry);

static vt_err read_part(recounting *self, vt_spill *spill, uint32_t part, take_entry *take, void *context) {
    bool has_entry = true;
    vt_err err = vt_spill_rewind(spill, part);
    while (err == VT_OK && has_entry) {
        vt_spill_entry entry;
        err = vt_spill_next(spill, &entry, &has_entry);
        if (err == VT_OK && has_entry) {
            err = take(self, context, &entry);
        }
    }
    return err == VT_OK ? show(self, 0) : err;
}

static void note_misplaced(vt_partition_recount *out, const vt_ledger_row *row) {
    if (out->misplaced++ == 0) {
        out->first_misplaced = row->position.offset;
    }
}

/* First reading. */
static vt_err part_by_id(recounting *self, const vt_ledger_row *row) {
    self->out->records++;
    if (row->fault != VT_OK) {
        if (row->fault == VT_ERR_MISPLACED) {
            note_misplaced(self->out, row);
        }
        vt_verdict_map_set(&self->out->verdict_of, row->position.offset, VT_VERDICT_BAD);
        return VT_OK;
    }
    if (row->is_anonymous) {
        /* Nobody can repeat it. */
        vt_verdict_map_set(&self->out->verdict_of, row->position.offset, VT_VERDICT_COUNTED);
        return VT_OK;
    }
    return vt_spill_add(self->by_id, &row->record.id, row);
}

static vt_err decide_id(recounting *self, void *context, const vt_spill_entry *entry) {
    vt_record record = {.id = entry->id, .fingerprint = entry->fingerprint};
    vt_verdict verdict;
    vt_err err = vt_fold_apply(context, &record, &verdict);
    if (err == VT_OK) {
        vt_verdict_map_set(&self->out->verdict_of, entry->offset, verdict);
        self->out->ids += verdict == VT_VERDICT_COUNTED;
    }
    return err;
}

/* vote/fold.c is the specification of every fold; it decides here without texts and limits. A part has not many more
 * identities than the average, by its random seed; many more records are many of few identities. */
static vt_err decide_part(recounting *self, uint32_t part) {
    uint64_t records = vt_spill_records(self->by_id, part);
    uint64_t most = 4 * (self->out->records / vt_spill_parts(self->by_id) + VT_SPILL_PART_RECORDS);
    vt_fold_limits limits = {
        .ids_max = (uint32_t) (records < most ? records : most), .pairs_max = 1, .seed = self->seed};
    void *memory = malloc(vt_fold_bytes(&limits));
    if (memory == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    vt_err err = read_part(self, self->by_id, part, decide_id, vt_fold_init(memory, &limits));
    free(memory);
    return err;
}

/* Second reading, where votes are limited: what is not a repetition is counted as long as its voter has votes left. */
static vt_err part_by_voter(recounting *self, const vt_ledger_row *row) {
    bool is_first = vt_verdict_map_get(&self->out->verdict_of, row->position.offset) == VT_VERDICT_COUNTED;
    return is_first && row->record.has_voter ? vt_spill_add(self->by_voter, &row->record.voter, row) : VT_OK;
}

static vt_err decide_voter(recounting *self, void *context, const vt_spill_entry *entry) {
    (void) context;
    bool is_counted;
    vt_err err = vt_voter_counts_add(&self->counts, &entry->voter, self->input->votes_per_voter, &is_counted);
    if (err == VT_OK && !is_counted) {
        vt_verdict_map_set(&self->out->verdict_of, entry->offset, VT_VERDICT_QUOTA);
    }
    return err;
}

/* Moves the taken places to the front, as the table is not needed any more, and tells them page by page. */
static vt_err tell_voters(recounting *self) {
    vt_voter_counts *counts = &self->counts;
    const vt_recount_listener *listener = self->input->listener;
    size_t count = 0;
    for (size_t i = 0; i < counts->places_count; i++) {
        if (counts->places[i].counted > 0) {
            counts->places[count++] = counts->places[i];
        }
    }
    self->out->voters += count;
    vt_err err = VT_OK;
    for (size_t at = 0; err == VT_OK && listener != NULL && at < count; at += VT_RECOUNT_PAGE_RECORDS) {
        size_t page = count - at < VT_RECOUNT_PAGE_RECORDS ? count - at : VT_RECOUNT_PAGE_RECORDS;
        err = listener->voters(listener->context, counts->places + at, page);
    }
    vt_voter_counts_clear(counts);
    return err;
}

static vt_err decide_voters(recounting *self) {
    if (self->input->votes_per_voter == 0) {
        return VT_OK;
    }
    vt_err err = vt_spill_open(self->out->records, &self->by_voter);
    if (err == VT_OK) {
        err = vt_voter_counts_init(&self->counts);
    }
    if (err == VT_OK) {
        err = read_all(self, part_by_voter);
    }
    for (uint32_t i = 0; err == VT_OK && i < vt_spill_parts(self->by_voter); i++) {
        err = read_part(self, self->by_voter, i, decide_voter, NULL);
        err = err == VT_OK ? tell_voters(self) : err;
    }
    return err;
}

static vt_err tell_ids(recounting *self) {
    const vt_recount_listener *listener = self->input->listener;
    size_t count = self->ids_count;
    self->ids_count = 0;
    return count == 0 ? VT_OK : listener->ids(listener->context, self->ids, count);
}

static vt_err note_id(recounting *self, void *context, const vt_spill_entry *entry) {
    (void) context;
    vt_verdict verdict = vt_verdict_map_get(&self->out->verdict_of, entry->offset);
    if (verdict != VT_VERDICT_COUNTED && verdict != VT_VERDICT_QUOTA) {
        return VT_OK;
    }
    self->ids[self->ids_count++] = (vt_recounted_id){entry->id, entry->fingerprint, entry->offset, verdict};
    return self->ids_count == VT_RECOUNT_PAGE_RECORDS ? tell_ids(self) : VT_OK;
}

/* Each identity as its first record left it. */
static vt_err tell_all_ids(recounting *self) {
    vt_err err = VT_OK;
    if (self->input->listener == NULL) {
        return VT_OK;
    }
    for (uint32_t i = 0; err == VT_OK && i < vt_spill_parts(self->by_id); i++) {
        err = read_part(self, self->by_id, i, note_id, NULL);
    }
    return err == VT_OK ? tell_ids(self) : err;
}

/* The sum that a counted record belongs to. The fold's rule: once VT_FOLD_PAIRS_MAX pairs are known, a further one is
 * counted under VT_FOLD_OTHER, which has no year; the others have that of their first vote. */
static vt_sum *sum_of(vt_sums *sums, const vt_record *record) {
    vt_slice name = vt_record_text(record, VT_FIELD_NAME);
    vt_slice album = vt_record_text(record, VT_FIELD_ALBUM);
    vt_sum *sum = vt_sums_find(sums, name, album);
    if (sum != NULL) {
        return sum;
    }
    if (vt_sums_count(sums) >= VT_FOLD_PAIRS_MAX) {
        return vt_sums_find_or_add(sums, VT_SLICE(VT_FOLD_OTHER), VT_SLICE(""));
    }
    sum = vt_sums_find_or_add(sums, name, album);
    if (sum != NULL) {
        vt_sum_set_year(sum, vt_record_text(record, VT_FIELD_YEAR));
    }
    return sum;
}

/* Last reading. */
static vt_err sum_up(recounting *self, const vt_ledger_row *row) {
    vt_verdict verdict = vt_verdict_map_get(&self->out->verdict_of, row->position.offset);
    if (verdict == VT_VERDICT_NONE) {
        return VT_ERR_CORRUPT; /* a record that the first reading did not find */
    }
    self->out->verdicts[verdict]++;
    self->out->last = row->position;
    self->out->mark = row->mark;
    if (verdict == VT_VERDICT_COUNTED) {
        vt_sum *sum = sum_of(self->out->sums, &row->record);
        VT_ASSERT(sum != NULL);
        sum->votes++;
        sum->points += row->record.points;
    }
    return VT_OK;
}

static vt_err recount_all(recounting *self) {
    const vt_partition_input *input = self->input;
    uint64_t span = input->end > input->first ? (uint64_t) (input->end - input->first) : 0;
    vt_err err = getrandom(&self->seed, sizeof self->seed, 0) == sizeof self->seed ? VT_OK : VT_ERR_SYSTEM;
    if (err == VT_OK) {
        err = vt_spill_open(span, &self->by_id);
    }
    if (err == VT_OK) {
        err = vt_verdict_map_init(&self->out->verdict_of, input->first, input->end);
    }
    if (err == VT_OK) {
        err = read_all(self, part_by_id);
    }
    for (uint32_t i = 0; err == VT_OK && i < vt_spill_parts(self->by_id); i++) {
        err = decide_part(self, i);
    }
    if (err == VT_OK) {
        err = decide_voters(self);
    }
    if (err == VT_OK) {
        err = tell_all_ids(self);
    }
    if (err == VT_OK) {
        err = read_all(self, sum_up);
    }
    self->out->gaps = span - self->out->records;
    return err;
}

vt_err vt_partition_recount_run(const vt_partition_input *input, vt_partition_recount *out) {
    *out = (vt_partition_recount){.sums = vt_sums_new()};
    recounting *self = calloc(1, sizeof *self);
    vt_ledger_row *rows = calloc(VT_RECOUNT_PAGE_RECORDS, sizeof *rows);
    vt_err err = VT_ERR_NO_MEMORY;
    if (out->sums != NULL && self != NULL && rows != NULL) {
        self->input = input;
        self->out = out;
        self->rows = rows;
        err = recount_all(self);
        vt_spill_close(self->by_id);
        vt_spill_close(self->by_voter);
        vt_voter_counts_release(&self->counts);
    }
    free(rows);
    free(self);
    return err;
}

void vt_partition_recount_release(vt_partition_recount *out) {
    vt_sums_free(out->sums);
    vt_verdict_map_release(&out->verdict_of);
    *out = (vt_partition_recount){0};
}

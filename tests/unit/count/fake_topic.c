#include "fake_topic.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static vt_err read_rows(vt_ledger *ledger, vt_position after, vt_position until, vt_ledger_row *rows, size_t rows_max,
                        size_t *count) {
    fake_topic *topic = (fake_topic *) ledger;
    size_t low = 0;
    size_t high = topic->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (topic->rows[middle].position.offset <= after.offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *count = 0;
    while (low < topic->count && *count < rows_max && topic->rows[low].position.offset <= until.offset) {
        rows[(*count)++] = topic->rows[low++];
    }
    topic->reads += *count;
    return VT_OK;
}

void fake_topic_init(fake_topic *topic, size_t max) {
    static const vt_ledger_backend backend = {.read = read_rows};
    *topic = (fake_topic){.ledger = {.backend = &backend, .partitions = 1}, .max = max};
    memset(topic->ledger.id.bytes, 7, VT_ID_LEN);
    topic->rows = calloc(max, sizeof *topic->rows);
    assert(topic->rows != NULL);
}

void fake_topic_release(fake_topic *topic) {
    free(topic->rows);
}

static vt_id id_of(uint8_t kind, uint64_t number) {
    vt_id id = {.bytes = {kind}};
    memcpy(id.bytes + 8, &number, sizeof number);
    return id;
}

static void set_texts(vt_record *record, const fake_record *wanted) {
    char band[32];
    char album[32];
    snprintf(band, sizeof band, "band %u", wanted->band);
    snprintf(album, sizeof album, "album %u", wanted->album);
    vt_vote vote = {.text = {[VT_FIELD_NAME] = vt_slice_str(band), [VT_FIELD_ALBUM] = vt_slice_str(album)}};
    vt_record_set_vote(record, &vote);
    record->points = wanted->points;
}

vt_ledger_row *fake_topic_add(fake_topic *topic, const fake_record *record) {
    assert(topic->count < topic->max);
    vt_ledger_row *row = &topic->rows[topic->count++];
    row->position = (vt_position){0, record->offset};
    if (record->is_bad) {
        row->fault = VT_ERR_MALFORMED_JSON;
        return row;
    }
    set_texts(&row->record, record);
    row->is_anonymous = record->id == 0;
    row->record.id = row->is_anonymous ? vt_position_identity(&topic->ledger.id, row->position) : id_of(1, record->id);
    row->record.has_voter = record->voter != 0;
    row->record.voter = id_of(2, record->voter);
    return row;
}

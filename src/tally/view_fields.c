#include "tally/view_fields.h"

#include <stdlib.h>

#define TEXT_BYTES_MAX ((size_t) VT_PARTITIONS_MAX * VT_FENCE_PAIRS_MAX * VT_VIEW_FIELD_BYTES_MAX)

struct vt_view_fields {
    vt_buf text; /* the fields of all pairs, one after the other */
    vt_view_sum *sums;
    size_t cap;
};

vt_err vt_view_fields_open(vt_view_fields **out) {
    vt_view_fields *fields = calloc(1, sizeof *fields);
    if (fields == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    vt_buf_init(&fields->text, TEXT_BYTES_MAX);
    *out = fields;
    return VT_OK;
}

void vt_view_fields_close(vt_view_fields *fields) {
    if (fields != NULL) {
        vt_buf_release(&fields->text);
        free(fields->sums);
        free(fields);
    }
}

static vt_err reserve(vt_view_fields *fields, size_t count) {
    if (count <= fields->cap) {
        return VT_OK;
    }
    vt_view_sum *sums = realloc(fields->sums, count * sizeof *sums);
    if (sums == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    fields->sums = sums;
    fields->cap = count;
    return VT_OK;
}

/* One sum for each pair. */
static vt_err write_fields(vt_view_fields *fields, const vt_view_template *view, const vt_fence_instant *instant) {
    vt_buf_clear(&fields->text);
    vt_err err = reserve(fields, instant->pairs_count);
    for (uint32_t i = 0; err == VT_OK && i < instant->pairs_count; i++) {
        size_t start = fields->text.len;
        err = vt_view_field(view, &instant->pairs[i], &fields->text);
        fields->sums[i].field.len = fields->text.len - start;
        fields->sums[i].votes = instant->pairs[i].votes;
    }
    /* The texts may have moved while they were written. */
    const char *at = fields->text.ptr;
    for (uint32_t i = 0; err == VT_OK && i < instant->pairs_count; i++) {
        fields->sums[i].field.ptr = at;
        at += fields->sums[i].field.len;
    }
    return err;
}

static int compare_fields(const void *left, const void *right) {
    const vt_view_sum *a = left;
    const vt_view_sum *b = right;
    return vt_slice_cmp(a->field, b->field);
}

static uint32_t merge_equal(vt_view_sum *sums, uint32_t count) {
    uint32_t merged = 0;
    if (count > 0) {
        qsort(sums, count, sizeof *sums, compare_fields);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (merged > 0 && vt_slice_eq(sums[merged - 1].field, sums[i].field)) {
            sums[merged - 1].votes += sums[i].votes;
        } else {
            sums[merged++] = sums[i];
        }
    }
    return merged;
}

/* Most votes first; the field for all others at the end, so that it is one of those that are summed up. */
static int compare_votes(const void *left, const void *right) {
    const vt_view_sum *a = left;
    const vt_view_sum *b = right;
    int is_other_a = vt_slice_eq(a->field, VT_SLICE(VT_FOLD_OTHER));
    int is_other_b = vt_slice_eq(b->field, VT_SLICE(VT_FOLD_OTHER));
    if (is_other_a != is_other_b) {
        return is_other_a - is_other_b;
    }
    if (a->votes != b->votes) {
        return a->votes < b->votes ? 1 : -1;
    }
    return vt_slice_cmp(a->field, b->field);
}

static void keep_largest(vt_view_sum *sums, uint32_t count) {
    vt_view_sum other = {.field = VT_SLICE(VT_FOLD_OTHER)};
    qsort(sums, count, sizeof *sums, compare_votes);
    for (uint32_t i = VT_VIEW_FIELDS_MAX - 1; i < count; i++) {
        other.votes += sums[i].votes;
    }
    sums[VT_VIEW_FIELDS_MAX - 1] = other;
}

vt_err vt_view_fields_sum(vt_view_fields *fields, const vt_view_template *view, const vt_fence_instant *instant,
                          const vt_view_sum **sums, uint32_t *count) {
    vt_err err = write_fields(fields, view, instant);
    if (err != VT_OK) {
        return err;
    }
    uint32_t merged = merge_equal(fields->sums, instant->pairs_count);
    if (merged > VT_VIEW_FIELDS_MAX) {
        keep_largest(fields->sums, merged);
        merged = VT_VIEW_FIELDS_MAX;
    }
    *sums = fields->sums;
    *count = merged;
    return VT_OK;
}

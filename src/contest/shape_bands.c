#include "contest/shape_bands.h"

#include "contest/definition.h"

#include <stdlib.h>

/* What the readers of a band's keys write to: the last band of the list. */
static vt_band *band_of(vt_document_reader *reader) {
    vt_band_list *list = reader->target;
    return &list->bands[list->bands_count - 1];
}

static vt_err read_name(vt_document_reader *reader, const vt_node *node) {
    return vt_document_reader_text(reader, node, VT_FIELD_BYTES_MAX, &band_of(reader)->name);
}

static bool is_color(vt_slice text) {
    if (text.len != 7 || text.ptr[0] != '#') {
        return false;
    }
    for (size_t i = 1; i < text.len; i++) {
        char c = vt_ascii_lower(text.ptr[i]);
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
    }
    return true;
}

static vt_err read_color(vt_document_reader *reader, const vt_node *node) {
    if (node->kind != VT_NODE_TEXT || !is_color(vt_document_text(reader->document, node))) {
        return vt_document_reader_refuse(reader, node, "must be \"#rrggbb\", with its quotes");
    }
    band_of(reader)->color = vt_document_text(reader->document, node);
    return VT_OK;
}

static vt_err read_album(vt_document_reader *reader, const vt_node *node) {
    vt_band_list *list = reader->target;
    vt_band *band = band_of(reader);
    vt_slice album;
    vt_err err = vt_document_reader_text(reader, node, VT_FIELD_BYTES_MAX, &album);
    if (err != VT_OK) {
        return err;
    }
    for (uint32_t i = 0; i < band->albums_count; i++) {
        if (vt_slice_eq(band->albums[i], album)) {
            return vt_document_reader_refuse(reader, node, "is the same album as albums[%u]", i);
        }
    }
    if (list->albums_count == VT_CONTEST_PAIRS_MAX) {
        return vt_document_reader_refuse(reader, node, "all bands together have more than %d albums",
                                         VT_CONTEST_PAIRS_MAX);
    }
    list->albums[list->albums_count++] = album;
    band->albums_count++;
    return VT_OK;
}

static vt_err read_albums(vt_document_reader *reader, const vt_node *node) {
    return vt_document_reader_list(reader, node, VT_CONTEST_ALBUMS_MAX, read_album);
}

static vt_err read_band(vt_document_reader *reader, const vt_node *node) {
    static const vt_key keys[] = {
        {"name", read_name, true}, {"color", read_color, false}, {"albums", read_albums, false}};
    vt_band_list *list = reader->target;
    list->bands[list->bands_count++] = (vt_band){.albums = list->albums + list->albums_count};
    vt_err err = vt_document_reader_map(reader, node, keys, sizeof keys / sizeof keys[0]);
    if (err != VT_OK) {
        return err;
    }
    uint32_t albums_count = band_of(reader)->albums_count;
    list->pairs_count += albums_count > 0 ? albums_count : 1;
    if (list->pairs_count > VT_CONTEST_PAIRS_MAX) {
        return vt_document_reader_refuse(reader, node,
                                         "all bands together have more than %d albums (a band without any counts "
                                         "as one)",
                                         VT_CONTEST_PAIRS_MAX);
    }
    return VT_OK;
}

typedef struct named_node {
    vt_slice name;
    uint32_t index;
} named_node;

/* By name, then by place, so that of two equal names the later one is refused. */
static int compare_names(const void *a, const void *b) {
    const named_node *x = a;
    const named_node *y = b;
    int order = vt_slice_cmp(x->name, y->name);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

static const vt_node *item_at(vt_document_reader *reader, const vt_node *node, uint32_t index) {
    const vt_node *item = vt_document_first(reader->document, node);
    for (uint32_t i = 0; i < index; i++) {
        item = vt_document_next(reader->document, item);
    }
    return item;
}

static vt_err refuse_double(vt_document_reader *reader, const vt_node *node, const named_node *sorted, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) {
        if (vt_slice_eq(sorted[i - 1].name, sorted[i].name)) {
            return vt_document_reader_refuse(reader, item_at(reader, node, sorted[i].index),
                                             "the name of bands[%u] is already that of bands[%u]", sorted[i].index,
                                             sorted[i - 1].index);
        }
    }
    return VT_OK;
}

static vt_err check_unique(const vt_band_list *list, vt_document_reader *reader, const vt_node *node) {
    if (list->bands_count == 0) {
        return VT_OK;
    }
    named_node *sorted = calloc(list->bands_count, sizeof *sorted);
    if (sorted == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < list->bands_count; i++) {
        sorted[i] = (named_node){list->bands[i].name, i};
    }
    qsort(sorted, list->bands_count, sizeof *sorted, compare_names);
    vt_err err = refuse_double(reader, node, sorted, list->bands_count);
    free(sorted);
    return err;
}

vt_err vt_band_list_read(vt_band_list *list, vt_document_reader *reader, const vt_node *node) {
    list->bands = calloc(VT_CONTEST_BANDS_MAX, sizeof *list->bands);
    list->albums = calloc(VT_CONTEST_PAIRS_MAX, sizeof *list->albums);
    if (list->bands == NULL || list->albums == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    void *outer = reader->target;
    reader->target = list;
    vt_err err = vt_document_reader_list(reader, node, VT_CONTEST_BANDS_MAX, read_band);
    reader->target = outer;
    return err == VT_OK ? check_unique(list, reader, node) : err;
}

void vt_band_list_release(vt_band_list *list) {
    free(list->bands);
    free(list->albums);
    *list = (vt_band_list){0};
}

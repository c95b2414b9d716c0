/* The list of public views as text, and what it means (the grammar: tally_views.h). */
#ifndef VT_TALLY_VIEW_LIST_H
#define VT_TALLY_VIEW_LIST_H

#include "tally/fence_reader.h"
#include "tally/tally_views.h"

enum {
    VT_VIEW_LIST_BYTES_MAX = 4096,
    VT_VIEW_TEMPLATE_BYTES_MAX = 255,
    VT_VIEW_PARTS_MAX = 7, /* three parts of a vote, each at most once, with texts around them */
    VT_VIEW_FIELD_BYTES_MAX = VT_VIEW_TEMPLATE_BYTES_MAX + 3 * VT_FIELD_BYTES_MAX,
};

typedef enum vt_view_part_kind {
    VT_VIEW_TEXT,
    VT_VIEW_NAME,
    VT_VIEW_ALBUM,
    VT_VIEW_YEAR,
    VT_VIEW_PART_KINDS,
} vt_view_part_kind;

typedef struct vt_view_part {
    vt_view_part_kind kind;
    vt_slice text; /* of VT_VIEW_TEXT */
} vt_view_part;

typedef struct vt_view_template {
    bool is_string; /* one number, no template */
    vt_slice key;
    vt_view_part parts[VT_VIEW_PARTS_MAX];
    uint32_t parts_count;
} vt_view_template;

typedef struct vt_view_list {
    char text[VT_VIEW_LIST_BYTES_MAX]; /* what the views borrow from */
    vt_view_template views[VT_VIEWS_MAX];
    uint32_t count;
} vt_view_list;

/* Reads the list into *out, which must stay where it is. An empty list has no views. VT_ERR_BAD_CONFIG, and `reason`
 * says why. */
VT_MUST_CHECK vt_err vt_view_list_read(vt_slice text, vt_view_list *out, char reason[VT_REDIS_REASON_MAX]);

/* Appends the view's field for a pair. The pair for all that do not fit, (VT_FOLD_OTHER, ""), has VT_FOLD_OTHER as its
 * field, whatever the template. Errors of vt_buf_append. */
VT_MUST_CHECK vt_err vt_view_field(const vt_view_template *view, const vt_fence_pair *pair, vt_buf *out);

#endif

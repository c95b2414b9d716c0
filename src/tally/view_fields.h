/* The fields of one public view: the votes of all pairs that share a value of its template. One thread at a time. */
#ifndef VT_TALLY_VIEW_FIELDS_H
#define VT_TALLY_VIEW_FIELDS_H

#include "tally/view_list.h"

typedef struct vt_view_fields vt_view_fields;

typedef struct vt_view_sum {
    vt_slice field; /* borrows from the fields until the next vt_view_fields_sum */
    uint64_t votes;
} vt_view_sum;

/* The caller owns *out. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_view_fields_open(vt_view_fields **out);
void vt_view_fields_close(vt_view_fields *fields); /* accepts NULL */

/* Sums up for a view of kind hash. At most VT_VIEW_FIELDS_MAX fields come out: of more, those with the most votes
 * (among equals those whose bytes come first), and all others under VT_FOLD_OTHER. *sums lives until the next call.
 * VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_view_fields_sum(vt_view_fields *fields, const vt_view_template *view,
                                        const vt_fence_instant *instant, const vt_view_sum **sums, uint32_t *count);

#endif

/* The list of bands while it is read. */
#ifndef VT_CONTEST_SHAPE_BANDS_H
#define VT_CONTEST_SHAPE_BANDS_H

#include "contest/reader.h"
#include "vote/contest.h"

/* Texts borrow from the document. A zeroed one is empty. */
typedef struct vt_band_list {
    vt_band *bands;
    uint32_t bands_count;
    vt_slice *albums; /* of all bands, one after the other */
    uint32_t albums_count;
    uint32_t pairs_count;
} vt_band_list;

/* Reads the list at `node`. VT_ERR_BAD_CONTEST (by the reader), VT_ERR_NO_MEMORY. Release the list in any case. */
VT_MUST_CHECK vt_err vt_band_list_read(vt_band_list *list, vt_document_reader *reader, const vt_node *node);

void vt_band_list_release(vt_band_list *list);

#endif

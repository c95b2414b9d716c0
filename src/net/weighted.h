/* Lists with weights, in which clients say what they would rather have: Accept, Accept-Language (RFC 9110 §12.4.2). */
#ifndef VT_NET_WEIGHTED_H
#define VT_NET_WEIGHTED_H

#include "base/slice.h"

enum { VT_WEIGHT_MAX = 1000 };

typedef struct vt_weighted {
    vt_slice value; /* "text/html", "es-GT"; of the list */
    int weight;     /* thousandths, 0..VT_WEIGHT_MAX: "q=0.8" is 800; without one VT_WEIGHT_MAX; unreadable: 0 */
} vt_weighted;

/* Cuts the next member off the front of `list`. False at its end. */
bool vt_weighted_next(vt_slice *list, vt_weighted *out);

/* Whether who sends this Accept would rather have a page than JSON, as browsers would: it names HTML, and JSON at most
 * with the same weight. Whoever takes anything wants JSON. */
bool vt_weighted_wants_page(vt_slice accept);

#endif

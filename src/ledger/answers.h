/* Brings the votes of a group back to their sinks, one chain for each sink. */
#ifndef VT_LEDGER_ANSWERS_H
#define VT_LEDGER_ANSWERS_H

#include "ledger/ledger.h"

typedef struct vt_answers vt_answers;

/* For groups of at most `items_max` votes; nothing is allocated later. The caller owns *out. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_answers_open(size_t items_max, vt_answers **out);
void vt_answers_close(vt_answers *answers); /* accepts NULL */

/* Calls each sink once, with its votes in the order of `items`. They belong to the sinks then. One thread at a time. */
void vt_answers_deliver(vt_answers *answers, vt_append *const *items, size_t count);

#endif

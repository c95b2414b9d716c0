/* The ledger `null:`: takes votes, answers and forgets. For benchmarks only. */
#ifndef VT_LEDGER_LEDGER_NULL_H
#define VT_LEDGER_LEDGER_NULL_H

#include "ledger/ledger.h"

/* Answers inside of vt_ledger_append: recorded (VT_VERDICT_NONE) at a position that counts up; the order of two
 * appends at the same time is open. A vote with a `refusal` gets it. There is no contest (the newest version is 0;
 * appending one and setting a fold are VT_ERR_UNIMPLEMENTED) and nothing to read. The caller owns *out.
 * VT_ERR_NO_MEMORY, VT_ERR_SYSTEM (no entropy for the id). */
VT_MUST_CHECK vt_err vt_ledger_null_open(vt_ledger **out);

#endif

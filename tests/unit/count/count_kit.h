/* A ledger with some votes in it, and the recount of it. */
#ifndef VT_TESTS_COUNT_COUNT_KIT_H
#define VT_TESTS_COUNT_COUNT_KIT_H

#include "count/verify.h"
#include "kit.h"

enum { COUNT_KIT_VOTES = 3000, COUNT_KIT_VOTERS = 1000, COUNT_KIT_QUOTA = 2, COUNT_KIT_VERSIONS = 3 };

/* Opens a kit, appends COUNT_KIT_VOTES votes for "Band 0" to "Band 9", 2,000 of them of voters with two votes each, and
 * COUNT_KIT_VERSIONS of the contest, and closes it. */
void count_kit_fill(test_kit *kit);

/* Recounts on a store that is opened for reading. */
vt_err count_kit_verify(const test_kit *kit, vt_verify_report *report);

#endif

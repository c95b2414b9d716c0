/* `votaton send --check`: whether what the server acknowledged is what it counts and what can be looked up.
 *
 * Roles on many machines count and archive behind the answer, and results are at another address than votes.
 * The results are read before and after. Afterwards the check waits until they have grown by the votes that are sure to
 * be new, or reach up to the last position that was acknowledged: what is missing then stays missing. It goes on
 * waiting as long as they come nearer to that. A band that has grown by less than was acknowledged fails the check. One
 * that has grown by more is a warning: others may vote at the same time, and votes of before may be counted only now.
 * Then a sample of the acknowledged ids (all, when there are at most VT_ACCOUNT_SAMPLE_MAX) is looked up; each must be
 * found and counted. Hidden results are said so, and only ids are checked.
 */
#ifndef VT_CLIENT_CHECK_H
#define VT_CLIENT_CHECK_H

#include "client/account.h"
#include "client/results.h"

enum { VT_CHECK_WAIT_MS = 30000, VT_CHECK_POLL_MS = 100, VT_CHECK_LINES_MAX = 20 };

typedef struct vt_check {
    const vt_votes *votes; /* borrowed */
    FILE *out;             /* borrowed */
    vt_http_get get;
    vt_results before;
    vt_results after;
    bool hidden;
} vt_check;

/* Reads the results before anything is sent. In the caller's storage, which must not move; released by the caller even
 * after an error. Waits at most VT_CHECK_WAIT_MS while the results cannot be told. GONE and others with *reason:
 * `target` cannot be asked. */
VT_MUST_CHECK vt_err vt_check_begin(vt_check *check, const vt_target *target, const vt_votes *votes,
                                    uint32_t timeout_ms, FILE *out, vt_reason *reason);

/* Compares, and writes what it finds to `out`. Waits until all is counted, but at most `wait_ms` for the next step
 * towards it: for a position, where the server tells them, and then for an id. */
vt_check_result vt_check_end(vt_check *check, const vt_account *account, uint32_t wait_ms);

void vt_check_release(vt_check *check); /* accepts a zeroed one */

#endif

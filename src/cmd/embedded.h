/* The embedded votatón: everything that one process needs over one data directory, opened and closed in the right
 * order.
 */
#ifndef VT_CMD_EMBEDDED_H
#define VT_CMD_EMBEDDED_H

#include "cmd/config.h"
#include "contest/definition.h"
#include "contest/secret.h"
#include "ledger/ledger_sqlite.h"
#include "obs/health.h"
#include "obs/metrics.h"
#include "sqlite/store.h"
#include "tally/tally.h"
#include "votelog/votelog.h"

enum { VT_EMBEDDED_REASON_MAX = 512 };

/* NULL where the ledger is `null:`: store, tally and votelog. */
typedef struct vt_embedded {
    vt_store *store;
    vt_ledger *ledger;
    vt_tally *tally;
    vt_votelog *votelog;
    vt_definition *definition;
    vt_secret secret;
} vt_embedded;

/* Opens the data directory (made when missing), catches the tally up with the ledger and establishes the contest.
 * `on_fatal` is called once, with `context`, on the ledger's thread, when nothing can be acknowledged any more. On
 * error `reason` says in one line what is wrong, and nothing is open; VT_ERR_GONE when a signal that ends the process
 * came meanwhile. */
VT_MUST_CHECK vt_err vt_embedded_open(const vt_config *config, vt_metrics *metrics, vt_health *health,
                                      vt_ledger_fatal *on_fatal, void *context, vt_embedded *out,
                                      char reason[VT_EMBEDDED_REASON_MAX]);

/* Closes what is open; the ledger may have been closed before. Accepts a zeroed one. */
void vt_embedded_close(vt_embedded *embedded);

#endif

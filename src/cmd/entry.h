/* The entry of votes: what the roles that take them (`run`, `ingest`) make of their settings and their ledger. */
#ifndef VT_CMD_ENTRY_H
#define VT_CMD_ENTRY_H

#include "cmd/service.h"
#include "ingest/ingest.h"
#include "wasm/sandbox.h"

typedef struct vt_entry {
    vt_trusted_proxies proxies;
    vt_ingest *ingest;      /* NULL before vt_entry_open */
    uint32_t loops;         /* how many of the two below there are */
    vt_sandbox **sandboxes; /* one for each loop */
    vt_core **cores;        /* theirs */
} vt_entry;

/* The gRPC services of vt_ingest_routes. */
enum { VT_ENTRY_GRPC_SERVICES_COUNT = 2 };
extern const char *const vt_entry_grpc_services[VT_ENTRY_GRPC_SERVICES_COUNT];

/* Reads the settings. On error `reason` says what is wrong: VT_ERR_BAD_CONFIG. */
VT_MUST_CHECK vt_err vt_entry_init(vt_entry *entry, const vt_config *config, char reason[VT_SERVICE_REASON_MAX]);

/* Opens entry->ingest and registers the metrics. Everything is borrowed; the ledger until metrics are not rendered any
 * more. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_entry_open(vt_entry *entry, const vt_config *config, vt_ledger *ledger,
                                   const vt_contest *contest, const vt_secret *secret, vt_metrics *metrics);

/* The ledger is closed, and no loop serves the routes any more. Accepts a zeroed one. */
void vt_entry_close(vt_entry *entry);

#endif

#include "cmd/entry.h"

#include <stdio.h>
#include <stdlib.h>

const char *const vt_entry_grpc_services[VT_ENTRY_GRPC_SERVICES_COUNT] = {"votaton.v1.VoteService",
                                                                          "confproto.getInfo"};

vt_err vt_entry_init(vt_entry *entry, const vt_config *config, char reason[VT_SERVICE_REASON_MAX]) {
    vt_err err = vt_trusted_proxies_parse(vt_slice_str(config->trusted_proxies), &entry->proxies);
    if (err != VT_OK) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "--trusted-proxies: %.200s is no list of addresses and networks",
                 config->trusted_proxies);
    }
    return err;
}

static vt_err render_queue_depth(void *context, vt_buf *out) {
    return vt_buf_appendf(out,
                          "# HELP votaton_ledger_queue_records Votes that wait for the ledger\n"
                          "# TYPE votaton_ledger_queue_records gauge\n"
                          "votaton_ledger_queue_records %zu\n",
                          vt_ledger_queue_depth(context));
}

static vt_err open_sandboxes(vt_entry *entry, uint32_t loops) {
    entry->sandboxes = calloc(loops, sizeof *entry->sandboxes);
    entry->cores = calloc(loops, sizeof(vt_core *));
    vt_err err = entry->sandboxes != NULL && entry->cores != NULL ? VT_OK : VT_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < loops && err == VT_OK; i++) {
        err = vt_sandbox_open(&vt_guest_votecore, &entry->sandboxes[i]);
        if (err == VT_OK) {
            entry->cores[i] = vt_sandbox_core(entry->sandboxes[i]);
            entry->loops = i + 1;
        }
    }
    return err;
}

vt_err vt_entry_open(vt_entry *entry, const vt_config *config, vt_ledger *ledger, const vt_contest *contest,
                     const vt_secret *secret, vt_metrics *metrics) {
    vt_err err = open_sandboxes(entry, config->threads);
    if (err != VT_OK) {
        return err;
    }
    vt_ingest_options options = {
        .ledger = ledger,
        .rules = {.contest = contest, .secret = secret, .trusted_proxies = &entry->proxies},
        .metrics = metrics,
        .loops = config->threads,
        /* What waits, what is being committed, and one batch that is being read: so the ledger's queue fills first. */
        .items_max = config->queue_records_max + config->group_records_max + VT_BATCH_VOTES_MAX,
        .cores = config->core == VT_CONFIG_CORE_WASM ? entry->cores : NULL,
        .sandboxes = entry->cores,
    };
    err = vt_ingest_open(&options, &entry->ingest);
    if (err == VT_OK) {
        vt_metrics_collect(metrics, render_queue_depth, ledger);
    }
    return err;
}

void vt_entry_close(vt_entry *entry) {
    vt_ingest_close(entry->ingest);
    for (uint32_t i = 0; i < entry->loops; i++) {
        vt_sandbox_close(entry->sandboxes[i]);
    }
    free(entry->sandboxes);
    free(entry->cores);
    *entry = (vt_entry){0};
}

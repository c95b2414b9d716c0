/* `votaton rebuild`: throws the tally away and derives it again. Refused while a server holds the data
 * directory; from a ledger in Kafka it may be done beside servers, and for the vote log, too. */
#include "count/rebuild.h"

#include "cmd/config.h"
#include "cmd/logging.h"
#include "cmd/progress.h"
#include "cmd/rebuild_topic.h"
#include "tally/tally_sqlite.h"

#include <inttypes.h>
#include <stdio.h>

_Static_assert((int) VT_REBUILD_REASON_MAX == (int) VT_STORE_REASON_MAX, "one buffer for both reasons");

static bool show(void *bar, int64_t folded, int64_t records) {
    vt_progress_bar_show(bar, folded, records);
    return true;
}

static vt_err rebuild(vt_store *store, char reason[VT_REBUILD_REASON_MAX]) {
    vt_tally *tally;
    vt_err err = vt_tally_sqlite_open(store, &tally);
    if (err != VT_OK) {
        snprintf(reason, VT_REBUILD_REASON_MAX, "cannot open the tally: %s", vt_err_text(err));
        return err;
    }
    vt_progress_bar bar;
    vt_progress_bar_start(&bar, "rebuilding");
    err = vt_rebuild(store, tally, show, &bar, reason);
    vt_progress_bar_end(&bar);
    vt_positions positions;
    uint64_t generation;
    if (err == VT_OK && vt_tally_positions(tally, &positions, &generation) == VT_OK) {
        printf("rebuilt the tally from %" PRId64 " records\n", positions.offsets[0]);
    }
    vt_tally_close(tally);
    return err;
}

int vt_cmd_rebuild(const vt_config *config) {
    if (vt_config_is_in_kafka(config)) {
        return vt_rebuild_topic_command(config);
    }
    vt_logging_setup(config);
    char reason[VT_REBUILD_REASON_MAX];
    vt_store *store;
    /* First as a reader: to serve would make what is missing. */
    vt_err err = vt_store_open(config->data, VT_STORE_READ, &store, reason);
    if (err == VT_OK) {
        vt_store_close(store);
        err = vt_store_open(config->data, VT_STORE_SERVE, &store, reason);
    }
    if (err == VT_OK) {
        err = rebuild(store, reason);
        vt_store_close(store);
    }
    if (err != VT_OK) {
        fprintf(stderr, "votaton rebuild: %s\n", reason);
        return VT_EXIT_FAILED;
    }
    return VT_EXIT_OK;
}

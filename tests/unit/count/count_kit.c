#include "count_kit.h"

#include <stdio.h>

void count_kit_fill(test_kit *kit) {
    static vt_append items[COUNT_KIT_VOTES];
    kit_sink sink;
    kit_sink_init(&sink);
    kit_init(kit);
    kit_open(kit);
    for (uint32_t version = 1; version <= COUNT_KIT_VERSIONS; version++) {
        assert_int_equal(vt_ledger_contest_append(kit->ledger, version, VT_SLICE("{\"a\":1}")), VT_OK);
    }
    for (size_t i = 0; i < COUNT_KIT_VOTES; i++) {
        char name[16];
        snprintf(name, sizeof name, "Band %zu", i % 10);
        kit_vote(&items[i], &sink, i + 1, name, i % 2 == 0 ? "" : "Re");
        items[i].record.points = (uint32_t) (1 + i % 5);
        if (i < (size_t) COUNT_KIT_VOTERS * COUNT_KIT_QUOTA) {
            kit_voter(&items[i], i % COUNT_KIT_VOTERS);
        }
    }
    kit_append(kit->ledger, &sink, items, COUNT_KIT_VOTES);
    kit_close(kit);
}

vt_err count_kit_verify(const test_kit *kit, vt_verify_report *report) {
    char reason[VT_STORE_REASON_MAX] = "";
    vt_store *store = NULL;
    if (vt_store_open(kit->dir, VT_STORE_READ, &store, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
    vt_err err = vt_verify(store, COUNT_KIT_QUOTA, NULL, NULL, report);
    vt_store_close(store);
    return err;
}

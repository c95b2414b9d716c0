#include "cmd/store_url.h"

#include <stdio.h>

vt_err vt_store_url_tally(const vt_config *config, vt_redis_url *out, char reason[VT_SERVICE_REASON_MAX]) {
    char why[VT_REDIS_REASON_MAX];
    vt_err err = vt_redis_url_parse(vt_slice_str(config->tally), out, why);
    if (err != VT_OK) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "--tally: %s", why);
    }
    return err;
}

vt_err vt_store_url_log(const vt_config *config, vt_mongo_url *out, char reason[VT_SERVICE_REASON_MAX]) {
    char why[VT_MONGO_REASON_MAX];
    vt_err err = vt_mongo_url_parse(vt_slice_str(config->log), out, why);
    if (err != VT_OK) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "--log: %s", why);
    }
    return err;
}

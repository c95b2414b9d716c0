#include "cmd/store_url.h"

#include "mongo/mongo_client.h"

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

vt_err vt_store_url_find_log(const vt_mongo_url *url, uint32_t timeout_ms, char reason[VT_SERVICE_REASON_MAX]) {
    char why[VT_MONGO_REASON_MAX];
    vt_mongo *found;
    if (strncmp(url->uri, VT_MONGO_SRV_SCHEME, sizeof VT_MONGO_SRV_SCHEME - 1) != 0) {
        return VT_OK;
    }
    vt_err err = vt_mongo_open(url, timeout_ms, 1, &found, why);
    if (err == VT_OK) {
        vt_mongo_close(found);
    } else {
        snprintf(reason, VT_SERVICE_REASON_MAX, "--log: %s", why);
    }
    return err;
}

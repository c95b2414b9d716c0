#include "client/results.h"

#include <jansson.h>
#include <stdlib.h>

static const char results_path[] = "/v1/results";

vt_err vt_results_init(vt_results *results, const vt_band_names *names) {
    *results = (vt_results){.bands = calloc(vt_band_names_count(names), sizeof(uint64_t))};
    return results->bands == NULL ? VT_ERR_NO_MEMORY : VT_OK;
}

void vt_results_release(vt_results *results) {
    free(results->bands);
    *results = (vt_results){0};
}

static uint64_t number_at(const json_t *object, const char *key) {
    json_int_t number = json_integer_value(json_object_get(object, key));
    return number > 0 ? (uint64_t) number : 0;
}

static void read_band(vt_results *results, const vt_band_names *names, const json_t *band) {
    const json_t *name = json_object_get(band, "name");
    uint32_t number = 0;
    if (json_is_string(name) &&
        vt_band_names_find(names, vt_slice_of(json_string_value(name), json_string_length(name)), &number)) {
        results->bands[number] = number_at(band, "votes");
    }
}

static void read_reach(vt_results *results, const json_t *position) {
    vt_reach_init(&results->reach);
    if (json_is_string(position)) {
        vt_reach_add(&results->reach, vt_slice_of(json_string_value(position), json_string_length(position)));
    }
}

bool vt_results_read(vt_results *results, const vt_band_names *names, vt_slice body) {
    json_t *root = json_loadb(body.len > 0 ? body.ptr : "", body.len, JSON_ALLOW_NUL, NULL);
    const json_t *bands = json_object_get(root, "bands");
    bool is_result = json_is_array(bands) && json_is_integer(json_object_get(root, "total"));
    results->is_hidden = is_result && json_is_true(json_object_get(root, "hidden"));
    bool shown = is_result && !results->is_hidden;
    if (shown) {
        const json_t *verdicts = json_object_get(root, "verdicts");
        results->total = number_at(root, "total");
        results->conflict = number_at(verdicts, "conflict");
        results->quota = number_at(verdicts, "quota");
        read_reach(results, json_object_get(root, "position"));
        memset(results->bands, 0, vt_band_names_count(names) * sizeof *results->bands);
        for (size_t i = 0; i < json_array_size(bands); i++) {
            read_band(results, names, json_array_get(bands, i));
        }
    }
    json_decref(root);
    return shown;
}

vt_err vt_results_fetch(vt_results *results, const vt_band_names *names, vt_http_get *get, vt_reason *reason) {
    int status = 0;
    vt_slice body = {0};
    const char *at = get->target->authority;
    vt_err err = vt_http_get_run(get, results_path, &status, &body);
    if (err != VT_OK) {
        vt_reason_set(reason, "GET http://%s%s: %s", at, results_path, get->trouble.text);
        return err;
    }
    if (status == 200 && vt_results_read(results, names, body)) {
        return VT_OK;
    }
    if (status == 200 && results->is_hidden) {
        vt_reason_set(reason, "GET http://%s%s: the results are hidden", at, results_path);
        return VT_ERR_NOT_FOUND;
    }
    if (status == 503) {
        vt_reason_set(reason, "GET http://%s%s: status 503, it cannot tell them now", at, results_path);
        return VT_ERR_BUSY;
    }
    vt_reason_set(reason,
                  "GET http://%s%s: status %d without results: --results must name an address that has them, that of "
                  "`votaton web` or `votaton run`",
                  at, results_path, status);
    return VT_ERR_GONE;
}

#include "web/assets.h"

#include "base/assert.h"
#include "base/hash.h"
#include "web/answer.h"

#include <stdio.h>

enum { ASSET_VERSION_LEN = 12 };

extern const unsigned char vt_asset_style_css[];
extern const size_t vt_asset_style_css_len;
extern const unsigned char vt_asset_results_js[];
extern const size_t vt_asset_results_js_len;
extern const unsigned char vt_asset_log_js[];
extern const size_t vt_asset_log_js_len;
extern const unsigned char vt_asset_favicon_svg[];
extern const size_t vt_asset_favicon_svg_len;

typedef struct asset {
    const char *name;
    vt_slice type;
    const unsigned char *bytes;
    const size_t *len;
    char etag[ASSET_VERSION_LEN + 3]; /* the version between quotes */
    char version[ASSET_VERSION_LEN + 1];
} asset;

#define ASSET_SCRIPT                                                                                                   \
    { "text/javascript; charset=utf-8", 30 }

static asset assets[] = {
    {"style.css", {"text/css; charset=utf-8", 23}, vt_asset_style_css, &vt_asset_style_css_len, "", ""},
    {"results.js", ASSET_SCRIPT, vt_asset_results_js, &vt_asset_results_js_len, "", ""},
    {"log.js", ASSET_SCRIPT, vt_asset_log_js, &vt_asset_log_js_len, "", ""},
    {"favicon.svg", {"image/svg+xml", 13}, vt_asset_favicon_svg, &vt_asset_favicon_svg_len, "", ""},
};

enum { ASSETS_COUNT = sizeof assets / sizeof assets[0] };

static const asset *asset_find(vt_slice name) {
    for (size_t i = 0; i < ASSETS_COUNT; i++) {
        if (vt_slice_eq(name, vt_slice_str(assets[i].name))) {
            return &assets[i];
        }
    }
    return NULL;
}

void vt_assets_init(void) {
    for (size_t i = 0; i < ASSETS_COUNT; i++) {
        asset *file = &assets[i];
        uint8_t digest[VT_SHA256_LEN];
        vt_sha256 hash;
        vt_sha256_init(&hash);
        vt_sha256_update(&hash, file->bytes, *file->len);
        vt_sha256_final(&hash, digest);
        for (size_t j = 0; j < ASSET_VERSION_LEN / 2; j++) {
            snprintf(file->version + 2 * j, 3, "%02x", digest[j]);
        }
        snprintf(file->etag, sizeof file->etag, "\"%s\"", file->version);
    }
}

const char *vt_asset_version(const char *name) {
    const asset *file = asset_find(vt_slice_str(name));
    VT_ASSERT(file != NULL);
    return file->version;
}

void vt_assets_serve(void *context, const vt_request *request, vt_reply reply) {
    (void) context;
    const size_t prefix_len = sizeof "/assets/" - 1;
    const asset *file = asset_find(vt_slice_of(request->path.ptr + prefix_len, request->path.len - prefix_len));
    if (file == NULL) {
        vt_answer_error(reply, VT_ERR_NOT_FOUND, NULL);
        return;
    }
    vt_slice etag = vt_slice_str(file->etag);
    bool is_unchanged = vt_answer_matches(vt_request_header(request, VT_SLICE("if-none-match")), etag);
    vt_header headers[] = {
        {VT_SLICE("x-content-type-options"), VT_SLICE("nosniff")},
        {VT_SLICE("cache-control"), VT_SLICE("public, max-age=86400")},
        {VT_SLICE("etag"), etag},
    };
    vt_http_answer answer = {
        .status = is_unchanged ? 304 : 200,
        .content_type = is_unchanged ? (vt_slice){NULL, 0} : file->type,
        .headers = headers,
        .headers_count = sizeof headers / sizeof headers[0],
        .body = is_unchanged ? (vt_slice){NULL, 0} : vt_slice_of((const char *) file->bytes, *file->len),
    };
    vt_reply_http(reply, &answer);
}

#include "contest/secret.h"

#include "base/assert.h"
#include "contest/secret_file.h"

#include <stdio.h>

static vt_err take(vt_slice text, const char *whose, vt_secret *out, char reason[VT_REASON_MAX]) {
    while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r')) {
        text.len--;
    }
    if (text.len < VT_SECRET_BYTES_MIN || text.len > VT_SECRET_BYTES_MAX) {
        snprintf(reason, VT_REASON_MAX, "%s must have %d to %d bytes", whose, VT_SECRET_BYTES_MIN, VT_SECRET_BYTES_MAX);
        return VT_ERR_BAD_CONFIG;
    }
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char) text.ptr[i] < 0x20 || text.ptr[i] == 0x7F) {
            snprintf(reason, VT_REASON_MAX, "%s must not hold control characters", whose);
            return VT_ERR_BAD_CONFIG;
        }
    }
    memcpy(out->bytes, text.ptr, text.len);
    out->len = text.len;
    return VT_OK;
}

static vt_err load(const char *value, const char *dir, bool makes, vt_secret *out, char reason[VT_REASON_MAX]) {
    if (value != NULL) {
        return take(vt_slice_str(value), "the contest's secret", out, reason);
    }
    vt_secret_text text;
    vt_err err = vt_secret_file_read(dir, makes, &text, reason);
    if (err == VT_OK) {
        err = take(vt_slice_of(text.bytes, text.len), "the secret in its file", out, reason);
    }
    explicit_bzero(&text, sizeof text);
    return err;
}

vt_err vt_secret_load(const char *value, const char *dir, vt_secret *out, char reason[VT_REASON_MAX]) {
    return load(value, dir, true, out, reason);
}

vt_err vt_secret_find(const char *value, const char *dir, vt_secret *out, char reason[VT_REASON_MAX]) {
    return load(value, dir, false, out, reason);
}

void vt_secret_release(vt_secret *secret) {
    if (secret != NULL) {
        explicit_bzero(secret, sizeof *secret);
    }
}

void vt_secret_mac(const vt_secret *secret, vt_slice label, const vt_id *ledger_id, vt_slice message,
                   uint8_t out[VT_SHA256_LEN]) {
    VT_ASSERT(secret->len >= VT_SECRET_BYTES_MIN);
    vt_slice parts[] = {label, vt_slice_of("", 1), vt_slice_of((const char *) ledger_id->bytes, VT_ID_LEN), message};
    vt_hmac_sha256(vt_slice_of(secret->bytes, secret->len), parts, sizeof parts / sizeof parts[0], out);
}

void vt_secret_check(const vt_secret *secret, const vt_id *ledger_id, uint8_t out[VT_SECRET_CHECK_LEN]) {
    uint8_t mac[VT_SHA256_LEN];
    vt_secret_mac(secret, VT_SLICE("votaton check"), ledger_id, VT_SLICE(""), mac);
    memcpy(out, mac, VT_SECRET_CHECK_LEN);
}

vt_id vt_secret_voter(const vt_secret *secret, const vt_id *ledger_id, vt_limit_by kind, vt_slice what) {
    VT_ASSERT(kind == VT_LIMIT_CODE || kind == VT_LIMIT_ADDRESS);
    vt_slice label = kind == VT_LIMIT_CODE ? VT_SLICE("votaton voter code") : VT_SLICE("votaton voter address");
    uint8_t mac[VT_SHA256_LEN];
    vt_secret_mac(secret, label, ledger_id, what, mac);
    vt_id voter;
    memcpy(voter.bytes, mac, sizeof voter.bytes);
    return voter;
}

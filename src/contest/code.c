#include "contest/code.h"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum {
    BITS_PER_CHARACTER = 5,
    SERIAL_CHARACTERS = VT_CODE_SERIAL_LEN * 8 / BITS_PER_CHARACTER,
    PROOF_CHARACTERS = VT_CODE_CHARACTERS - SERIAL_CHARACTERS,
    GROUP_CHARACTERS = 5, /* between dashes */
};

/* Spreads the first `count` groups of five bits, highest first, over one byte each. */
static void split_bits(const uint8_t *bytes, size_t count, uint8_t *out) {
    uint32_t held = 0;
    unsigned held_bits = 0;
    for (size_t i = 0; i < count; i++) {
        if (held_bits < BITS_PER_CHARACTER) {
            held = held << 8 | *bytes++;
            held_bits += 8;
        }
        held_bits -= BITS_PER_CHARACTER;
        out[i] = (uint8_t) (held >> held_bits & 31U);
    }
}

static void join_serial(const uint8_t groups[SERIAL_CHARACTERS], uint8_t out[VT_CODE_SERIAL_LEN]) {
    uint64_t bits = 0;
    for (size_t i = 0; i < SERIAL_CHARACTERS; i++) {
        bits = bits << BITS_PER_CHARACTER | groups[i];
    }
    for (size_t i = 0; i < VT_CODE_SERIAL_LEN; i++) {
        out[i] = (uint8_t) (bits >> 8 * (VT_CODE_SERIAL_LEN - 1 - i));
    }
}

static vt_slice serial_slice(const uint8_t serial[VT_CODE_SERIAL_LEN]) {
    return vt_slice_of((const char *) serial, VT_CODE_SERIAL_LEN);
}

static void prove(const vt_secret *secret, const vt_id *ledger_id, const uint8_t serial[VT_CODE_SERIAL_LEN],
                  uint8_t out[PROOF_CHARACTERS]) {
    uint8_t mac[VT_SHA256_LEN];
    vt_secret_mac(secret, VT_SLICE("votaton code"), ledger_id, serial_slice(serial), mac);
    split_bits(mac, PROOF_CHARACTERS, out);
}

void vt_code_make(const vt_secret *secret, const vt_id *ledger_id, const uint8_t serial[VT_CODE_SERIAL_LEN],
                  char out[VT_CODE_TEXT_LEN + 1]) {
    uint8_t groups[VT_CODE_CHARACTERS];
    split_bits(serial, SERIAL_CHARACTERS, groups);
    prove(secret, ledger_id, serial, groups + SERIAL_CHARACTERS);
    for (size_t i = 0; i < VT_CODE_CHARACTERS; i++) {
        if (i > 0 && i % GROUP_CHARACTERS == 0) {
            *out++ = '-';
        }
        *out++ = alphabet[groups[i]];
    }
    *out = '\0';
}

/* The five bits of a character, or -1. */
static int bits_of(char c) {
    char upper = c >= 'a' && c <= 'z' ? (char) (c - ('a' - 'A')) : c;
    if (upper == 'O') {
        return 0;
    }
    if (upper == 'I' || upper == 'L') {
        return 1;
    }
    const char *found = memchr(alphabet, upper, sizeof alphabet - 1);
    return found != NULL ? (int) (found - alphabet) : -1;
}

static bool read_groups(vt_slice text, uint8_t out[VT_CODE_CHARACTERS]) {
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '-' || text.ptr[i] == ' ') {
            continue;
        }
        int bits = bits_of(text.ptr[i]);
        if (bits < 0 || count == VT_CODE_CHARACTERS) {
            return false;
        }
        out[count++] = (uint8_t) bits;
    }
    return count == VT_CODE_CHARACTERS;
}

vt_err vt_code_check(const vt_secret *secret, const vt_id *ledger_id, vt_slice text, vt_id *voter) {
    uint8_t groups[VT_CODE_CHARACTERS];
    if (text.len > VT_VOTER_CODE_BYTES_MAX || !read_groups(text, groups)) {
        return VT_ERR_BAD_VOTER_CODE;
    }
    uint8_t serial[VT_CODE_SERIAL_LEN];
    uint8_t proof[PROOF_CHARACTERS];
    join_serial(groups, serial);
    prove(secret, ledger_id, serial, proof);
    if (!vt_hash_equal(proof, groups + SERIAL_CHARACTERS, PROOF_CHARACTERS)) {
        return VT_ERR_BAD_VOTER_CODE;
    }
    *voter = vt_secret_voter(secret, ledger_id, VT_LIMIT_CODE, serial_slice(serial));
    return VT_OK;
}

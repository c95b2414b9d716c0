#include "contest/voter_address.h"

#include "vote/text.h"

#include <arpa/inet.h>

enum {
    IPV4_LEN = 4,
    IPV4_OFFSET = VT_ADDRESS_LEN - IPV4_LEN, /* in the mapped form */
    IPV4_PREFIX_BITS = 8 * IPV4_OFFSET,
    IPV6_VOTER_BYTES = 8, /* a /64: what one line or one telephone is given */
    PREFIX_DIGITS_MAX = 3,
    PORT_DIGITS_MAX = 5,
};

static const uint8_t mapped_prefix[IPV4_OFFSET] = {[10] = 0xFF, [11] = 0xFF};

static bool is_ipv4(const vt_address *address) {
    return memcmp(address->bytes, mapped_prefix, sizeof mapped_prefix) == 0;
}

/* Cuts the text in two at the first `c`; *rest has ptr NULL when there is none. */
static vt_slice cut(vt_slice text, char c, vt_slice *rest) {
    const char *at = text.len == 0 ? NULL : memchr(text.ptr, c, text.len);
    if (at == NULL) {
        *rest = vt_slice_of(NULL, 0);
        return text;
    }
    size_t len = (size_t) (at - text.ptr);
    *rest = vt_slice_of(at + 1, text.len - len - 1);
    return vt_slice_of(text.ptr, len);
}

static bool parse_digits(vt_slice text, size_t digits_max, uint32_t *out) {
    if (text.len == 0 || text.len > digits_max) {
        return false;
    }
    uint32_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        value = value * 10 + (uint32_t) (text.ptr[i] - '0');
    }
    *out = value;
    return true;
}

/* A bare address. */
static bool parse_address(vt_slice text, vt_address *out) {
    char terminated[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof terminated || memchr(text.ptr, '\0', text.len) != NULL) {
        return false;
    }
    memcpy(terminated, text.ptr, text.len);
    terminated[text.len] = '\0';
    vt_address address;
    memcpy(address.bytes, mapped_prefix, sizeof mapped_prefix);
    if (inet_pton(AF_INET, terminated, address.bytes + IPV4_OFFSET) != 1 &&
        inet_pton(AF_INET6, terminated, address.bytes) != 1) {
        return false;
    }
    *out = address;
    return true;
}

static bool is_port(vt_slice text) {
    uint32_t ignored;
    return parse_digits(text, PORT_DIGITS_MAX, &ignored);
}

/* "2001:db8::1]" or "2001:db8::1]:443", behind the opening bracket. */
static bool parse_bracketed(vt_slice text, vt_address *out) {
    vt_slice behind;
    vt_slice port;
    vt_slice address = cut(text, ']', &behind);
    if (behind.ptr == NULL || memchr(address.ptr, ':', address.len) == NULL) {
        return false;
    }
    bool is_valid = behind.len == 0 || (cut(behind, ':', &port).len == 0 && is_port(port));
    return is_valid && parse_address(address, out);
}

/* "192.0.2.1", "192.0.2.1:443", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443". */
static bool parse_hop(vt_slice text, vt_address *out) {
    if (text.len > 0 && text.ptr[0] == '[') {
        return parse_bracketed(vt_slice_of(text.ptr + 1, text.len - 1), out);
    }
    vt_slice port;
    vt_slice address = cut(text, ':', &port);
    if (port.ptr != NULL && memchr(address.ptr, '.', address.len) != NULL) {
        return is_port(port) && parse_address(address, out);
    }
    return parse_address(text, out);
}

static bool parse_network(vt_slice text, vt_network *out) {
    vt_slice prefix;
    vt_slice address = cut(text, '/', &prefix);
    vt_network network = {.prefix_bits = 8 * VT_ADDRESS_LEN};
    if (!parse_address(address, &network.address)) {
        return false;
    }
    if (prefix.ptr != NULL) {
        /* The form that was written counts: ::ffff:192.0.2.0/120 has its prefix in the mapped form already. */
        uint32_t offset = memchr(address.ptr, ':', address.len) == NULL ? IPV4_PREFIX_BITS : 0;
        uint32_t bits;
        if (!parse_digits(prefix, PREFIX_DIGITS_MAX, &bits) || bits + offset > 8 * VT_ADDRESS_LEN) {
            return false;
        }
        network.prefix_bits = (uint8_t) (bits + offset);
    }
    *out = network;
    return true;
}

vt_err vt_trusted_proxies_parse(vt_slice text, vt_trusted_proxies *out) {
    vt_trusted_proxies proxies = {.count = 0};
    vt_slice rest = vt_text_trim(text);
    if (rest.len == 0) {
        rest.ptr = NULL;
    }
    while (rest.ptr != NULL) {
        vt_slice entry = cut(rest, ',', &rest);
        if (proxies.count == VT_TRUSTED_PROXIES_MAX ||
            !parse_network(vt_text_trim(entry), &proxies.networks[proxies.count])) {
            return VT_ERR_BAD_CONFIG;
        }
        proxies.count++;
    }
    *out = proxies;
    return VT_OK;
}

static bool network_has(const vt_network *network, const vt_address *address) {
    size_t whole = network->prefix_bits / 8;
    unsigned bits = network->prefix_bits % 8U;
    if (memcmp(network->address.bytes, address->bytes, whole) != 0) {
        return false;
    }
    return bits == 0 || ((network->address.bytes[whole] ^ address->bytes[whole]) >> (8 - bits)) == 0;
}

bool vt_trusted_proxies_have(const vt_trusted_proxies *proxies, const vt_address *address) {
    for (uint32_t i = 0; i < proxies->count; i++) {
        if (network_has(&proxies->networks[i], address)) {
            return true;
        }
    }
    return false;
}

/* The list of hops, taken from its right end. */
typedef struct hops {
    const vt_slice *lines;
    size_t lines_count; /* further ones, before `line` */
    vt_slice line;      /* what is left of the current one; ptr NULL: nothing */
} hops;

static bool take_last(hops *from, vt_slice *out) {
    if (from->line.ptr == NULL) {
        if (from->lines_count == 0) {
            return false;
        }
        from->line = from->lines[--from->lines_count];
    }
    vt_slice line = from->line;
    const char *comma = line.len == 0 ? NULL : memrchr(line.ptr, ',', line.len);
    if (comma == NULL) {
        *out = vt_text_trim(line);
        from->line = vt_slice_of(NULL, 0);
        return true;
    }
    size_t before = (size_t) (comma - line.ptr);
    *out = vt_text_trim(vt_slice_of(comma + 1, line.len - before - 1));
    from->line = vt_slice_of(line.ptr, before);
    return true;
}

vt_address vt_client_address(const uint8_t peer[VT_ADDRESS_LEN], const vt_slice *lines, size_t lines_count,
                             const vt_trusted_proxies *proxies) {
    vt_address client;
    memcpy(client.bytes, peer, sizeof client.bytes);
    hops from = {.lines = lines, .lines_count = lines_count};
    vt_slice hop;
    for (int i = 0; i < VT_FORWARDED_HOPS_MAX && vt_trusted_proxies_have(proxies, &client); i++) {
        if (!take_last(&from, &hop) || !parse_hop(hop, &client)) {
            break;
        }
    }
    return client;
}

vt_address vt_limiting_address(const vt_address *client) {
    vt_address limiting = *client;
    if (!is_ipv4(client)) {
        memset(limiting.bytes + IPV6_VOTER_BYTES, 0, VT_ADDRESS_LEN - IPV6_VOTER_BYTES);
    }
    return limiting;
}

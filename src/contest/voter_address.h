/* The address by which a contest limits votes, behind proxies that are trusted to name it.
 *
 * Addresses have 16 bytes: IPv6, or IPv4 mapped to ::ffff:a.b.c.d (RFC 4291 §2.5.5.2).
 */
#ifndef VT_CONTEST_VOTER_ADDRESS_H
#define VT_CONTEST_VOTER_ADDRESS_H

#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

enum {
    VT_ADDRESS_LEN = 16,
    VT_TRUSTED_PROXIES_MAX = 64,
    VT_FORWARDED_HOPS_MAX = 64, /* entries of X-Forwarded-For that are looked at */
};

typedef struct vt_address {
    uint8_t bytes[VT_ADDRESS_LEN];
} vt_address;

typedef struct vt_network {
    vt_address address;
    uint8_t prefix_bits; /* 0..128, counted in the mapped form */
} vt_network;

typedef struct vt_trusted_proxies {
    vt_network networks[VT_TRUSTED_PROXIES_MAX];
    uint32_t count;
} vt_trusted_proxies;

/* Reads a list such as "10.0.0.0/8, ::1": addresses or networks, separated by commas; empty: none. Bits behind the
 * prefix do not count. VT_ERR_BAD_CONFIG (an entry that is no address or network, or too many); *out is unchanged. */
VT_MUST_CHECK vt_err vt_trusted_proxies_parse(vt_slice text, vt_trusted_proxies *out);

bool vt_trusted_proxies_have(const vt_trusted_proxies *proxies, const vt_address *address);

/* Who the client is: the peer, unless that is a trusted proxy; then what the proxy says in X-Forwarded-For, from the
 * right, past further trusted ones. At an entry that is no address (a port behind it is allowed), and after
 * VT_FORWARDED_HOPS_MAX entries, the hop that named it is the answer. `lines` are the values of all X-Forwarded-For
 * field lines in the order of the request: together they are one list (RFC 9110 §5.3), and a client may have sent the
 * first ones itself. */
vt_address vt_client_address(const uint8_t peer[VT_ADDRESS_LEN], const vt_slice *lines, size_t lines_count,
                             const vt_trusted_proxies *proxies);

/* What votes are limited by: an IPv4 address whole, an IPv6 one by its /64, the rest zeroed. Give its 16 bytes to
 * vt_secret_voter with VT_LIMIT_ADDRESS. */
vt_address vt_limiting_address(const vt_address *client);

#endif

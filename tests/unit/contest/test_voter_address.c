#include "contest/voter_address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static vt_address address_of(const char *text) {
    vt_address address = {{[10] = 0xFF, [11] = 0xFF}};
    if (inet_pton(AF_INET, text, address.bytes + 12) != 1) {
        assert_int_equal(inet_pton(AF_INET6, text, address.bytes), 1);
    }
    return address;
}

static vt_trusted_proxies proxies_of(const char *text) {
    vt_trusted_proxies proxies;
    assert_int_equal(vt_trusted_proxies_parse(vt_slice_str(text), &proxies), VT_OK);
    return proxies;
}

static void test_networks(void **state) {
    (void) state;
    static const struct {
        const char *networks;
        const char *address;
        bool inside;
    } cases[] = {
        {"", "127.0.0.1", false},
        {" ", "127.0.0.1", false},
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.1.2.3/8", "10.9.9.9", true},
        {"10.128.0.0/9", "10.127.255.255", false},
        {"10.128.0.0/9", "10.128.0.0", true},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.1/32", "192.0.2.0", false},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "8.8.8.8", true},
        {"::1", "::1", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"::ffff:192.0.2.0/120", "192.0.2.200", true},
        {"::ffff:192.0.2.0/120", "192.0.3.200", false},
        {"10.0.0.0/8 ,\t::1 , 192.0.2.7", "192.0.2.7", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vt_trusted_proxies proxies = proxies_of(cases[i].networks);
        vt_address address = address_of(cases[i].address);
        if (vt_trusted_proxies_have(&proxies, &address) != cases[i].inside) {
            fail_msg("%s in %s", cases[i].address, cases[i].networks);
        }
    }
}

static void test_wrong_networks(void **state) {
    (void) state;
    static const char *const cases[] = {
        ",",         "10.0.0.0/8,",    ",10.0.0.0/8", "10.0.0.0/33",
        "10.0.0.0/", "10.0.0.0/-1",    "10.0.0/8",    "::/129",
        "::1/1 28",  "localhost",      "10.0.0.0 /8", "10.0.0.0/0008",
        "[::1]",     "10.0.0.0/8 ::1", "1.2.3.4:80",  "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vt_trusted_proxies proxies = {.count = 99};
        if (vt_trusted_proxies_parse(vt_slice_str(cases[i]), &proxies) != VT_ERR_BAD_CONFIG) {
            fail_msg("taken: %s", cases[i]);
        }
        assert_int_equal(proxies.count, 99);
    }
}

static void test_proxies_limit(void **state) {
    (void) state;
    char list[VT_TRUSTED_PROXIES_MAX * 8 + 8] = "";
    for (int i = 0; i < VT_TRUSTED_PROXIES_MAX; i++) {
        strcat(list, i == 0 ? "1.2.3.4" : ",1.2.3.4");
    }
    assert_int_equal(proxies_of(list).count, VT_TRUSTED_PROXIES_MAX);
    strcat(list, ",::1");
    vt_trusted_proxies proxies;
    assert_int_equal(vt_trusted_proxies_parse(vt_slice_str(list), &proxies), VT_ERR_BAD_CONFIG);
}

/* Trusted: 10.0.0.0/8 and fd00::/8. */
static void test_walk(void **state) {
    (void) state;
    static const struct {
        const char *peer;
        const char *lines[3];
        const char *client;
    } cases[] = {
        {"192.0.2.1", {NULL}, "192.0.2.1"},
        {"192.0.2.1", {"198.51.100.1"}, "192.0.2.1"}, /* anybody can write the header */
        {"10.0.0.1", {NULL}, "10.0.0.1"},
        {"10.0.0.1", {""}, "10.0.0.1"},
        {"10.0.0.1", {"198.51.100.1"}, "198.51.100.1"},
        {"10.0.0.1", {"198.51.100.1, 203.0.113.9"}, "203.0.113.9"}, /* the first is the client's own claim */
        {"10.0.0.1", {"198.51.100.1, 10.0.0.3 , 10.0.0.2"}, "198.51.100.1"},
        {"10.0.0.1", {"10.0.0.3,10.0.0.2"}, "10.0.0.3"}, /* everybody is trusted: the farthest */
        {"10.0.0.1", {"198.51.100.1, garbage"}, "10.0.0.1"},
        {"10.0.0.1", {"198.51.100.1, garbage, 10.0.0.2"}, "10.0.0.2"},
        {"10.0.0.1", {"198.51.100.1,"}, "10.0.0.1"},
        {"10.0.0.1", {"198.51.100.1, unknown"}, "10.0.0.1"},
        {"10.0.0.1", {"198.51.100.1:4711"}, "198.51.100.1"},
        {"10.0.0.1", {"198.51.100.1:"}, "10.0.0.1"},
        {"10.0.0.1", {"198.51.100.1:999999"}, "10.0.0.1"},
        {"10.0.0.1", {"2001:db8::1"}, "2001:db8::1"},
        {"10.0.0.1", {"[2001:db8::1]"}, "2001:db8::1"},
        {"10.0.0.1", {"[2001:db8::1]:443"}, "2001:db8::1"},
        {"10.0.0.1", {"[2001:db8::1]443"}, "10.0.0.1"},
        {"10.0.0.1", {"[2001:db8::1"}, "10.0.0.1"},
        {"10.0.0.1", {"["}, "10.0.0.1"},
        {"10.0.0.1", {"[1.2.3.4]"}, "10.0.0.1"},
        {"10.0.0.1", {"::ffff:198.51.100.1"}, "198.51.100.1"},
        {"fd00::1", {"198.51.100.1, fd00::2"}, "198.51.100.1"},
        /* One proxy appends to the line, another adds a line of its own: the last line is the nearest. */
        {"10.0.0.1", {"203.0.113.66", "198.51.100.1"}, "198.51.100.1"},
        {"10.0.0.1", {"203.0.113.66, 198.51.100.1", "10.0.0.4, 10.0.0.3", "10.0.0.2"}, "198.51.100.1"},
        {"10.0.0.1", {"198.51.100.1", ""}, "10.0.0.1"},
    };
    vt_trusted_proxies proxies = proxies_of("10.0.0.0/8, fd00::/8");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vt_slice lines[3];
        size_t count = 0;
        while (count < 3 && cases[i].lines[count] != NULL) {
            lines[count] = vt_slice_str(cases[i].lines[count]);
            count++;
        }
        vt_address peer = address_of(cases[i].peer);
        vt_address expected = address_of(cases[i].client);
        vt_address client = vt_client_address(peer.bytes, lines, count, &proxies);
        if (memcmp(&client, &expected, sizeof client) != 0) {
            fail_msg("case %zu: not %s", i, cases[i].client);
        }
    }
}

static void test_walk_ends(void **state) {
    (void) state;
    char line[(VT_FORWARDED_HOPS_MAX + 1) * 10] = "192.0.2.1";
    for (int i = 1; i < VT_FORWARDED_HOPS_MAX; i++) {
        strcat(line, ",10.0.0.2");
    }
    vt_trusted_proxies proxies = proxies_of("10.0.0.0/8");
    vt_address peer = address_of("10.0.0.1");
    vt_address outside = address_of("192.0.2.1");
    vt_address last = address_of("10.0.0.2");
    vt_slice text = vt_slice_str(line);
    vt_address client = vt_client_address(peer.bytes, &text, 1, &proxies);
    assert_memory_equal(&client, &outside, sizeof client);
    strcat(line, ",10.0.0.2");
    text = vt_slice_str(line);
    client = vt_client_address(peer.bytes, &text, 1, &proxies);
    assert_memory_equal(&client, &last, sizeof client);
}

static void test_limiting_address(void **state) {
    (void) state;
    static const struct {
        const char *client;
        const char *limiting;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
        {"2001:db8:1:2::", "2001:db8:1:2::"},
        {"::1", "::"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vt_address client = address_of(cases[i].client);
        vt_address limiting = vt_limiting_address(&client);
        vt_address expected = address_of(cases[i].limiting);
        assert_memory_equal(&limiting, &expected, sizeof limiting);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks), cmocka_unit_test(test_wrong_networks), cmocka_unit_test(test_proxies_limit),
        cmocka_unit_test(test_walk),     cmocka_unit_test(test_walk_ends),      cmocka_unit_test(test_limiting_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

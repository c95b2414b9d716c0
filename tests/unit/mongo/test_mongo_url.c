#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mongo/mongo_url.h"

static void assert_url(const char *text, const char *uri, const char *database, const char *collection) {
    vt_mongo_url url;
    char reason[VT_MONGO_REASON_MAX] = "";
    if (vt_mongo_url_parse(vt_slice_str(text), &url, reason) != VT_OK) {
        fail_msg("%s: %s", text, reason);
    }
    assert_string_equal(url.uri, uri);
    assert_string_equal(url.database, database);
    assert_string_equal(url.collection, collection);
}

static void assert_refused(const char *text, const char *why) {
    vt_mongo_url url = {.uri = "as it was"};
    char reason[VT_MONGO_REASON_MAX] = "";
    assert_int_equal(vt_mongo_url_parse(vt_slice_str(text), &url, reason), VT_ERR_BAD_CONFIG);
    assert_string_equal(url.uri, "as it was");
    if (strstr(reason, why) == NULL) {
        fail_msg("%s: %s", text, reason);
    }
    assert_null(strstr(reason, "s3cret"));
}

static void takes_the_path_off(void **state) {
    (void) state;
    assert_url("mongodb://localhost", "mongodb://localhost/", "votaton", "logs");
    assert_url("mongodb://localhost/", "mongodb://localhost/", "votaton", "logs");
    assert_url("mongodb://a:1,b:2/so1py2.bands", "mongodb://a:1,b:2/", "so1py2", "bands");
    assert_url("mongodb://a/db", "mongodb://a/", "db", "logs");
    assert_url("mongodb://a/db.of.2026?w=1", "mongodb://a/?w=1", "db", "of.2026");
    assert_url("mongodb://a?replicaSet=rs0", "mongodb://a/?replicaSet=rs0", "votaton", "logs");
    assert_url("mongodb://u:p%2F@a/x-1.y_2?authSource=x&tls=true", "mongodb://u:p%2F@a/?authSource=x&tls=true", "x-1",
               "y_2");
    assert_url("mongodb+srv://cluster.example.org/d.c", "mongodb+srv://cluster.example.org/", "d", "c");
    assert_url("mongodb://[::1]:27017/d.c", "mongodb://[::1]:27017/", "d", "c");
}

static void refuses_other_addresses(void **state) {
    (void) state;
    assert_refused("", "mongodb://");
    assert_refused("redis://localhost", "mongodb://");
    assert_refused("mongodb:/localhost", "mongodb://");
    assert_refused("mongodb://", "");
    assert_refused("mongodb://host:port/d.c", "");
    assert_refused("mongodb://local host/d.c", "printable");
    assert_refused("mongodb://h\xc3\xb6st/d.c", "printable");
    assert_refused("mongodb://host/d.c?w=majority&w", "");
}

static void refuses_other_names(void **state) {
    (void) state;
    assert_refused("mongodb://a/.c", "database");
    assert_refused("mongodb://a/d$.c", "database");
    assert_refused("mongodb://a/d/c", "database");
    assert_refused("mongodb://a/d%20.c", "database");
    assert_refused("mongodb://a/d.", "collection");
    assert_refused("mongodb://a/d.c.", "collection");
    assert_refused("mongodb://a/d..c", "collection");
    assert_refused("mongodb://a/d.c$", "collection");
    assert_refused("mongodb://a/d.system.users", "collection");
    char text[VT_MONGO_URI_BYTES_MAX + 64] = "mongodb://a/";
    memset(text + 12, 'd', VT_MONGO_NAME_BYTES_MAX);
    assert_url(text, "mongodb://a/", text + 12, "logs");
    text[12 + VT_MONGO_NAME_BYTES_MAX] = 'd';
    assert_refused(text, "database");
}

static void refuses_what_is_too_long(void **state) {
    (void) state;
    char text[VT_MONGO_URI_BYTES_MAX + 1] = "mongodb://a/d.c?appname=";
    size_t len = strlen(text);
    memset(text + len, 'x', VT_MONGO_URI_BYTES_MAX - len);
    assert_refused(text, "long");
}

static void keeps_secrets(void **state) {
    (void) state;
    assert_refused("mongodb://user:s3cret@h:port/d.c", "percent-encoded");
    assert_refused("mongodb://h:port/d.c?tlsCertificateKeyFilePassword=s3cret", "percent-encoded");
    assert_refused("mongodb://h:port/d.c?authMechanismProperties=AWS_SESSION_TOKEN:s3cret", "percent-encoded");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_path_off),  cmocka_unit_test(refuses_other_addresses),
        cmocka_unit_test(refuses_other_names), cmocka_unit_test(refuses_what_is_too_long),
        cmocka_unit_test(keeps_secrets),
    };
    return cmocka_run_group_tests_name("mongo url", tests, NULL, NULL);
}

#include "mongo_kit.h"

#include "base/clock.h"
#include "mongo/mongo_client.h"
#include "mongo/mongo_find.h"

#include <pthread.h>
#include <stdio.h>

static vt_err any_row(void *context, const bson_t *document) {
    (void) document;
    ++*(int *) context;
    return VT_OK;
}

/* Asks for one document; how long that took is in *took_ms. */
static vt_err ask(vt_mongo *mongo, int64_t *took_ms) {
    mongoc_client_t *client;
    bson_t filter = BSON_INITIALIZER;
    bson_error_t error = {0};
    int rows = 0;
    int64_t begin_ns = vt_clock_monotonic_ns();
    vt_err err = vt_mongo_borrow(mongo, &client);
    if (err == VT_OK) {
        mongoc_collection_t *log = vt_mongo_collection(mongo, client, "");
        vt_mongo_find find = {.filter = &filter, .limit = 1, .timeout_ms = vt_mongo_timeout_ms(mongo)};
        err = vt_mongo_find_rows(log, &find, any_row, &rows, &error);
        mongoc_collection_destroy(log);
        vt_mongo_return(mongo, client);
    }
    *took_ms = (vt_clock_monotonic_ns() - begin_ns) / 1000000;
    return err;
}

static vt_err ask_url(const char *text, uint32_t timeout_ms, int64_t *took_ms) {
    vt_mongo_url url;
    vt_mongo *mongo;
    char reason[VT_MONGO_REASON_MAX] = "";
    assert_int_equal(vt_mongo_url_parse(vt_slice_str(text), &url, reason), VT_OK);
    assert_int_equal(vt_mongo_open(&url, timeout_ms, 1, &mongo, reason), VT_OK);
    vt_err err = ask(mongo, took_ms);
    vt_mongo_close(mongo);
    return err;
}

static void is_busy_without_a_server(void **state) {
    (void) state;
    int64_t took_ms;
    /* Port 1 of the loopback refuses. */
    assert_int_equal(ask_url("mongodb://127.0.0.1:1", 300, &took_ms), VT_ERR_BUSY);
    assert_in_range(took_ms, 200, 5000);
}

static void takes_the_timeouts_of_the_url(void **state) {
    (void) state;
    int64_t took_ms;
    assert_int_equal(ask_url("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200", 60000, &took_ms), VT_ERR_BUSY);
    assert_in_range(took_ms, 100, 10000);
}

static void lends_no_more_than_it_has(void **state) {
    (void) state;
    vt_mongo_url url;
    vt_mongo *mongo;
    mongoc_client_t *first;
    mongoc_client_t *second;
    char reason[VT_MONGO_REASON_MAX];
    assert_int_equal(vt_mongo_url_parse(VT_SLICE("mongodb://127.0.0.1:1"), &url, reason), VT_OK);
    assert_int_equal(vt_mongo_open(&url, 50, 1, &mongo, reason), VT_OK);
    assert_int_equal(vt_mongo_borrow(mongo, &first), VT_OK);
    assert_int_equal(vt_mongo_borrow(mongo, &second), VT_ERR_BUSY);
    vt_mongo_return(mongo, first);
    assert_int_equal(vt_mongo_borrow(mongo, &second), VT_OK);
    vt_mongo_return(mongo, second);
    vt_mongo_return(mongo, NULL);
    vt_mongo_close(mongo);
    vt_mongo_close(NULL);
}

static void writes_as_we_say_whatever_the_url_says(void **state) {
    (void) state;
    vt_mongo_url url;
    vt_mongo *mongo;
    mongoc_client_t *client;
    char reason[VT_MONGO_REASON_MAX];
    assert_int_equal(
        vt_mongo_url_parse(VT_SLICE("mongodb://127.0.0.1:1/?w=1&journal=false&readConcernLevel=local"), &url, reason),
        VT_OK);
    assert_int_equal(vt_mongo_open(&url, 50, 1, &mongo, reason), VT_OK);
    assert_int_equal(vt_mongo_borrow(mongo, &client), VT_OK);
    mongoc_collection_t *log = vt_mongo_collection(mongo, client, ".position");
    assert_string_equal(mongoc_collection_get_name(log), "logs.position");
    const mongoc_write_concern_t *write_concern = mongoc_collection_get_write_concern(log);
    assert_true(mongoc_write_concern_get_wmajority(write_concern));
    assert_true(mongoc_write_concern_get_journal(write_concern));
    assert_string_equal(mongoc_read_concern_get_level(mongoc_collection_get_read_concern(log)), "majority");
    assert_false(mongoc_uri_get_option_as_bool(mongoc_client_get_uri(client), MONGOC_URI_RETRYWRITES, true));
    mongoc_collection_destroy(log);
    vt_mongo_return(mongo, client);
    vt_mongo_close(mongo);
}

static void tells_errors_apart(void **state) {
    (void) state;
    assert_int_equal(vt_mongo_code_err(11600), VT_ERR_BUSY);
    assert_int_equal(vt_mongo_code_err(10107), VT_ERR_BUSY);
    assert_int_equal(vt_mongo_code_err(14031), VT_ERR_BUSY);
    assert_int_equal(vt_mongo_code_err(13), VT_ERR_SYSTEM);
    assert_int_equal(vt_mongo_code_err(18), VT_ERR_SYSTEM);
    bson_error_t error = {.domain = MONGOC_ERROR_STREAM, .code = MONGOC_ERROR_STREAM_SOCKET};
    assert_int_equal(vt_mongo_err(&error), VT_ERR_BUSY);
    error = (bson_error_t){.domain = MONGOC_ERROR_WRITE_CONCERN, .code = 64};
    assert_int_equal(vt_mongo_err(&error), VT_ERR_BUSY);
    error = (bson_error_t){.domain = MONGOC_ERROR_CLIENT, .code = MONGOC_ERROR_CLIENT_AUTHENTICATE};
    assert_int_equal(vt_mongo_err(&error), VT_ERR_SYSTEM);
    assert_true(vt_mongo_is_refusal(&error));
    error = (bson_error_t){.domain = MONGOC_ERROR_SERVER, .code = 13};
    assert_true(vt_mongo_is_refusal(&error));
    error = (bson_error_t){.domain = MONGOC_ERROR_SERVER, .code = 11000};
    assert_false(vt_mongo_is_refusal(&error));
    error = (bson_error_t){.domain = MONGOC_ERROR_STREAM, .code = 13};
    assert_false(vt_mongo_is_refusal(&error));
}

enum { THREADS = 8, ASKS = 10 };

static void *ask_often(void *context) {
    int64_t took_ms;
    for (int i = 0; i < ASKS; i++) {
        if (ask(context, &took_ms) != VT_OK) {
            return NULL;
        }
    }
    return context;
}

static void serves_many_threads(void **state) {
    (void) state;
    vt_mongo_url url;
    vt_mongo *mongo;
    char reason[VT_MONGO_REASON_MAX];
    pthread_t threads[THREADS];
    mongo_kit_url(&url);
    assert_int_equal(vt_mongo_open(&url, MONGO_KIT_TIMEOUT_MS, 3, &mongo, reason), VT_OK);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, mongo), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *done;
        pthread_join(threads[i], &done);
        assert_ptr_equal(done, mongo);
    }
    vt_mongo_close(mongo);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_busy_without_a_server),  cmocka_unit_test(takes_the_timeouts_of_the_url),
        cmocka_unit_test(lends_no_more_than_it_has), cmocka_unit_test(writes_as_we_say_whatever_the_url_says),
        cmocka_unit_test(tells_errors_apart),        cmocka_unit_test(serves_many_threads),
    };
    return cmocka_run_group_tests_name("mongo client", tests, NULL, NULL);
}

/* The settings of the roles: ledger, stores, properties of Kafka. */
#include "config_kit.h"

#include "tally/tally_views.h"

static void test_ledger(void **state) {
    (void) state;
    assert_int_equal(PARSE(RUN, "--ledger", "sqlite:"), VT_OK);
    assert_int_equal(PARSE(RUN, "--ledger", "null:"), VT_OK);
    assert_string_equal(config.ledger, "null:");
    assert_refused(PARSE(RUN, "--ledger", "sqlite:elsewhere"), "--ledger (VOTATON_LEDGER): must be sqlite: or null:");
}

static void test_ledger_of_many_machines(void **state) {
    (void) state;
    const char *const form = "--ledger (VOTATON_LEDGER): must be kafka://HOST:PORT[,HOST:PORT…]/TOPIC, or set "
                             "KAFKA_BROKERS and KAFKA_TOPIC";
    assert_refused(PARSE(INGEST, NULL), form);
    assert_refused(PARSE(INGEST, "--ledger", "sqlite:"), form);
    assert_int_equal(PARSE(INGEST, "--ledger", "kafka://a:1,b:2/t"), VT_OK);
    assert_string_equal(config.ledger, "kafka://a:1,b:2/t");
    ENVIRONMENT("KAFKA_BROKERS", "a:1,b:2", "KAFKA_TOPIC", "votes");
    assert_int_equal(PARSE(INGEST, NULL), VT_OK);
    assert_string_equal(config.ledger, "kafka://a:1,b:2/votes");
    ENVIRONMENT("KAFKA_BROKERS", "a:1", "VOTATON_LEDGER", "kafka://c:1/t");
    assert_int_equal(PARSE(INGEST, NULL), VT_OK);
    assert_string_equal(config.ledger, "kafka://c:1/t");
    ENVIRONMENT("KAFKA_BROKERS", "a:1", "KAFKA_TOPIC", "t");
    assert_refused(PARSE(INGEST, "--ledger", "sqlite:"), form);
    ENVIRONMENT("KAFKA_BROKERS", "a:1", "KAFKA_TOPIC", "t");
    assert_int_equal(PARSE(RUN, NULL), VT_OK);
    assert_string_equal(config.ledger, "sqlite:");
    ENVIRONMENT("KAFKA_TOPIC", "t");
    assert_refused(PARSE(INGEST, NULL), "KAFKA_BROKERS and KAFKA_TOPIC: only both together name a ledger");
    char longest[VT_CONFIG_TEXT_MAX + 1];
    memset(longest, 'b', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ENVIRONMENT("KAFKA_BROKERS", longest, "KAFKA_TOPIC", "t");
    assert_refused(PARSE(INGEST, NULL), "KAFKA_BROKERS and KAFKA_TOPIC: are longer than 1023 bytes together");
}

static void test_stores_are_needed(void **state) {
    (void) state;
    const char *const tally = "--tally is missing (or VOTATON_TALLY, or REDIS_URL): redis://HOST:PORT";
    const char *const log = "--log is missing (or VOTATON_LOG, or MONGO_URL): mongodb://HOST:PORT/DATABASE.COLLECTION";
    const char *const ledger = "--ledger=kafka://h:1/t";
    assert_refused(PARSE(COUNT, ledger), tally);
    assert_refused(PARSE(ARCHIVE, ledger), log);
    assert_refused(PARSE(WEB, "--log", "mongodb://h"), tally);
    assert_refused(PARSE(WEB, "--tally", "redis://h"), log);
    assert_int_equal(PARSE(COUNT, ledger, "--tally", "redis://h"), VT_OK);
    assert_string_equal(config.group, "votaton-count-t");
    ENVIRONMENT("KAFKA_BROKERS", "a:1", "KAFKA_TOPIC", "votes");
    assert_int_equal(PARSE(COUNT, "--tally", "redis://h"), VT_OK);
    assert_string_equal(config.group, "votaton-count-votes");
    assert_string_equal(config.views, VT_VIEWS_DEFAULT);
    assert_in_range(config.workers, 1, 4);
    assert_int_equal(PARSE(ARCHIVE, ledger, "--log", "mongodb://h", "--group", "g"), VT_OK);
    assert_string_equal(config.group, "g");
    ENVIRONMENT("REDIS_URL", "redis://h", "MONGO_URL", "mongodb://h", "PORT", "3000");
    assert_int_equal(PARSE(WEB, NULL), VT_OK);
    assert_string_equal(config.web_listen, "0.0.0.0:3000");
    assert_string_equal(config.group, "");
}

static void test_secret_urls(void **state) {
    (void) state;
    ENVIRONMENT("REDIS_URL", "redis://me:hidden@h/2?key=k", "MONGO_URL", "mongodb://h");
    assert_int_equal(PARSE(WEB, NULL), VT_OK);
    assert_string_equal(config.tally, "redis://me:hidden@h/2?key=k");
    vt_buf out;
    vt_buf_init(&out, 65536);
    assert_int_equal(vt_config_render(&config, &out), VT_OK);
    assert_non_null(memmem(out.ptr, out.len, "redis://me:***@h/2?key=k", 24));
    assert_null(memmem(out.ptr, out.len, "hidden", 6));
    vt_buf_release(&out);
    write_secret("redis://:filed@h\n", 17);
    ENVIRONMENT("REDIS_URL_FILE", secret_path, "MONGO_URL", "mongodb://h");
    assert_int_equal(PARSE(WEB, NULL), VT_OK);
    assert_string_equal(config.tally, "redis://:filed@h");
    ENVIRONMENT("VOTATON_TALLY_FILE", secret_path, "MONGO_URL", "mongodb://h", "REDIS_URL", "redis://other");
    assert_int_equal(PARSE(WEB, NULL), VT_OK);
    assert_string_equal(config.tally, "redis://:filed@h");
    ENVIRONMENT("REDIS_URL_FILE", secret_path, "REDIS_URL", "redis://other", "MONGO_URL", "mongodb://h");
    assert_refused(PARSE(WEB, NULL), "REDIS_URL: set it or REDIS_URL_FILE, not both");
}

static void test_ledger_of_a_recount(void **state) {
    (void) state;
    const char *const ledger = "--ledger=kafka://h:1/t";
    assert_int_equal(PARSE(VERIFY, NULL), VT_OK);
    assert_string_equal(config.ledger, "sqlite:");
    assert_int_equal(PARSE(REBUILD, ledger, "--tally", "redis://h"), VT_OK);
    assert_string_equal(config.ledger, "kafka://h:1/t");
    assert_int_equal(PARSE(REBUILD, ledger, "--log", "mongodb://h"), VT_OK);
    assert_refused(PARSE(VERIFY, ledger),
                   "--tally and --log are missing: `votaton verify` of a ledger in Kafka needs at least one");
    assert_int_equal(PARSE(VERIFY, "--ledger", "null:"), VT_ERR_BAD_CONFIG);
    ENVIRONMENT("KAFKA_BROKERS", "a:1", "KAFKA_TOPIC", "votes", "REDIS_URL", "redis://h");
    assert_int_equal(PARSE(VERIFY, NULL), VT_OK);
    assert_string_equal(config.ledger, "kafka://a:1/votes");
    assert_int_equal(PARSE(VERIFY, "--data", "/d"), VT_OK);
    assert_string_equal(config.ledger, "sqlite:");
}

/* Whoever names these stores does not think of the data directory. */
static void test_stores_of_a_recount_need_their_ledger(void **state) {
    (void) state;
    const char *const missing =
        "--ledger is missing (or KAFKA_BROKERS and KAFKA_TOPIC): `votaton rebuild` of --tally or --log needs a ledger "
        "in Kafka; a data directory goes by --data without them";
    assert_refused(PARSE(REBUILD, "--tally", "redis://h"), missing);
    assert_refused(PARSE(REBUILD, "--log", "mongodb://h"), missing);
    assert_refused(PARSE(REBUILD, "--log", "mongodb://h", "--data", "/d"), missing);
    assert_refused(PARSE(REBUILD, "--log", "mongodb://h", "--ledger", "sqlite:"), missing);
    assert_int_equal(PARSE(VERIFY, "--tally", "redis://h"), VT_ERR_BAD_CONFIG);
    ENVIRONMENT("REDIS_URL", "redis://h");
    assert_refused(PARSE(REBUILD, NULL), missing);
    ENVIRONMENT("REDIS_URL", "redis://h", "KAFKA_BROKERS", "a:1", "KAFKA_TOPIC", "t");
    assert_int_equal(PARSE(REBUILD, "--data", "/d"), VT_OK);
    assert_string_equal(config.ledger, "sqlite:");
    ENVIRONMENT("REDIS_URL", "redis://h", "VOTATON_DATA", "/d");
    assert_int_equal(PARSE(REBUILD, NULL), VT_OK);
    ENVIRONMENT("REDIS_URL", "redis://h", "VOTATON_DATA", "/d");
    assert_refused(PARSE(REBUILD, "--tally", "redis://h"), missing);
}

static void test_kafka_properties(void **state) {
    (void) state;
    const char *const ledger = "--ledger=kafka://h:1/t";
    ENVIRONMENT("VOTATON_KAFKA_PROPERTIES", "\nsecurity.protocol=SSL\r\nlinger.ms=1", "VOTATON_KAFKA_SECRET_PROPERTIES",
                "sasl.password=x");
    assert_int_equal(PARSE(INGEST, ledger, "--kafka.linger.ms=2", "--kafka.a", "b=c"), VT_OK);
    assert_string_equal(config.kafka_properties, "security.protocol=SSL\nlinger.ms=1\nlinger.ms=2\na=b=c\n");
    assert_string_equal(config.kafka_secret_properties, "sasl.password=x");
    assert_int_equal(PARSE(INGEST, ledger, "--kafka.sasl.password=hidden"), VT_ERR_BAD_CONFIG);
    assert_non_null(strstr(reason, "--kafka.sasl.password: sasl.password is shown to other users"));
    assert_null(strstr(reason, "hidden"));
    ENVIRONMENT("VOTATON_KAFKA_PROPERTIES", "ssl.key.pem=hidden");
    assert_int_equal(PARSE(INGEST, ledger), VT_ERR_BAD_CONFIG);
    assert_non_null(strstr(reason, "VOTATON_KAFKA_SECRET_PROPERTIES_FILE"));
    ENVIRONMENT("VOTATON_KAFKA_PROPERTIES", "linger.ms");
    assert_refused(PARSE(INGEST, ledger), "VOTATON_KAFKA_PROPERTIES: each line must be NAME=VALUE");
    assert_refused(PARSE(INGEST, ledger, "--kafka.=1"), "--kafka.: must be NAME=VALUE without line breaks");
    assert_refused(PARSE(INGEST, ledger, "--kafka.a=1\nb=2"), "--kafka.a: must be NAME=VALUE without line breaks");
    assert_refused(PARSE(INGEST, ledger, "--kafka.a"), "--kafka.NAME: needs a value");
    assert_refused(PARSE(RUN, "--kafka.a=1"), "--kafka.a: `votaton run` has no such flag; see `votaton help run`");
    char longer[VT_CONFIG_TEXT_MAX + 16];
    snprintf(longer, sizeof longer, "--kafka.a=%0*d", VT_CONFIG_TEXT_MAX - 3, 0);
    assert_int_equal(PARSE(INGEST, ledger, longer), VT_OK);
    assert_refused(PARSE(INGEST, ledger, longer, "--kafka.b="),
                   "--kafka.b: all properties together are longer than 1023 bytes");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ledger),
        cmocka_unit_test(test_ledger_of_many_machines),
        cmocka_unit_test(test_stores_are_needed),
        cmocka_unit_test_setup_teardown(test_secret_urls, make_secret_file, remove_secret_file),
        cmocka_unit_test(test_ledger_of_a_recount),
        cmocka_unit_test(test_stores_of_a_recount_need_their_ledger),
        cmocka_unit_test(test_kafka_properties),
    };
    return cmocka_run_group_tests_name("cmd/config_roles", tests, NULL, NULL);
}

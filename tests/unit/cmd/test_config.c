#include "config_kit.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "tally/tally_views.h"

static void test_defaults(void **state) {
    (void) state;
    assert_int_equal(PARSE(RUN, NULL), VT_OK);
    assert_int_equal(config.command, VT_COMMAND_RUN);
    assert_string_equal(config.listen, "127.0.0.1:8080");
    assert_string_equal(config.admin_listen, "127.0.0.1:8081");
    assert_string_equal(config.admin_token, "");
    assert_string_equal(config.ledger, "sqlite:");
    assert_in_range(config.threads, 1, 4);
    assert_int_equal(config.queue_records_max, 16384);
    assert_int_equal(config.group_records_max, 5000);
    assert_int_equal(config.connections_max, 10000);
    assert_int_equal(config.drain_timeout_ms, 10000);
    assert_int_equal(config.log_level, 1);
    assert_int_equal(config.log_format, VT_CONFIG_LOG_AUTO);
    assert_false(config.help);
    assert_int_equal(config.arguments_count, 0);
}

/* A valid value that is not the default, and what it becomes as JSON. */
static const char *sample(const vt_config_row *row, char json[64]) {
    static char text[32];
    switch (row->type) {
    case VT_CONFIG_NUMBER:
        snprintf(text, sizeof text, "%u", row->most);
        snprintf(json, 64, "%u", row->most);
        return text;
    case VT_CONFIG_DURATION:
        snprintf(text, sizeof text, "%ums", row->most - 1);
        snprintf(json, 64, "%u", row->most - 1);
        return text;
    case VT_CONFIG_CHOICE:
        snprintf(text, sizeof text, "%s", strrchr(row->choices, '|') + 1);
        snprintf(json, 64, "\"%s\"", text);
        return text;
    case VT_CONFIG_SWITCH:
        strcpy(json, "true");
        return "true";
    case VT_CONFIG_ADDRESS:
        strcpy(json, "\"[::1]:99\"");
        return "[::1]:99";
    case VT_CONFIG_PROPERTIES:
        strcpy(json, "\"NAME=1\\n\"");
        return "NAME=1";
    case VT_CONFIG_URL:
        strcpy(json, "\"kafka://h:1/t\"");
        return "kafka://h:1/t";
    default:
        strcpy(json, "\"null:\"");
        return "null:"; /* a path, a text and a secret URL too */
    }
}

/* The member of that row in the rendered configuration, as JSON text. */
static void assert_member(const vt_config_row *row, const char *expected) {
    vt_buf out;
    vt_buf_init(&out, 65536);
    assert_int_equal(vt_config_render(&config, &out), VT_OK);
    json_t *all = json_loadb(out.ptr, out.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(all);
    char *text = json_dumps(json_object_get(all, row->field), JSON_ENCODE_ANY);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
    json_decref(all);
    vt_buf_release(&out);
}

/* What a command needs besides: all of it is familiar, so that it gives way to what the test sets. */
#define NEEDS "REDIS_URL", "redis://h", "MONGO_URL", "mongodb://h", "KAFKA_BROKERS", "h:1", "KAFKA_TOPIC", "t"

/* Sets the row for one command, by flag and by variable. */
static void assert_set(const vt_config_row *row, vt_command_id id) {
    const char *file = vt_commands[id].arguments_min > 0 ? "file" : NULL;
    bool only_embedded = row->type == VT_CONFIG_URL && id == VT_COMMAND_RUN;
    char json[64];
    char flag[128];
    const char *value = sample(row, json);
    if (only_embedded) {
        value = "null:";
        strcpy(json, "\"null:\"");
    }
    if (row->flag != NULL) {
        snprintf(flag, sizeof flag, "--%s=%s", row->flag,
                 row->type == VT_CONFIG_PROPERTIES ? strchr(value, '=') + 1 : value);
        ENVIRONMENT(NEEDS);
        assert_int_equal(parse(id, ARGS(flag, file)), VT_OK);
        assert_member(row, json);
    }
    ENVIRONMENT(row->environment, value, NEEDS);
    assert_int_equal(parse(id, ARGS(file)), VT_OK);
    assert_member(row, json);
}

static void test_every_row_by_flag_and_variable(void **state) {
    (void) state;
    for (size_t i = 0; i < vt_config_rows_count; i++) {
        const vt_config_row *row = &vt_config_rows[i];
        for (int id = 0; id < VT_COMMANDS_COUNT; id++) {
            bool is_taken = (row->commands & 1U << id) != 0;
            if (is_taken && row->type != VT_CONFIG_SECRET && row->environment != NULL) {
                assert_set(row, (vt_command_id) id);
            }
        }
    }
}

static void test_secrets_by_variable(void **state) {
    (void) state;
    ENVIRONMENT("VOTATON_ADMIN_TOKEN", "a token", "CONTEST_SECRET", "a secret", "VOTATON_ADMIN_LISTEN", "0.0.0.0:1");
    assert_int_equal(PARSE(RUN, NULL), VT_OK);
    assert_string_equal(config.admin_token, "a token");
    assert_string_equal(config.contest_secret, "a secret");
    vt_buf out;
    vt_buf_init(&out, 65536);
    assert_int_equal(vt_config_render(&config, &out), VT_OK);
    assert_null(memmem(out.ptr, out.len, "a token", 7));
    assert_null(memmem(out.ptr, out.len, "a secret", 8));
    vt_buf_release(&out);
}

static void test_secrets_have_no_flag(void **state) {
    (void) state;
    assert_refused(PARSE(RUN, "--admin-token", "x"),
                   "--admin-token: flags are seen by other users; set VOTATON_ADMIN_TOKEN, or VOTATON_ADMIN_TOKEN_FILE "
                   "to the path of a file that holds it");
    assert_int_equal(PARSE(RUN, "--contest-secret=x"), VT_ERR_BAD_CONFIG);
}

static vt_err parse_secret_file(void) {
    ENVIRONMENT("CONTEST_SECRET_FILE", secret_path);
    return PARSE(RUN, NULL);
}

static void test_secret_from_a_file(void **state) {
    (void) state;
    write_secret(" a secret \r\n\n", 13);
    assert_int_equal(parse_secret_file(), VT_OK);
    assert_string_equal(config.contest_secret, " a secret ");
    char big[VT_CONFIG_TEXT_MAX + 3];
    memset(big, 'x', sizeof big);
    big[VT_CONFIG_TEXT_MAX] = '\n';
    write_secret(big, VT_CONFIG_TEXT_MAX + 1);
    assert_int_equal(parse_secret_file(), VT_OK);
    assert_int_equal(strlen(config.contest_secret), VT_CONFIG_TEXT_MAX);
    big[VT_CONFIG_TEXT_MAX] = 'x';
    write_secret(big, VT_CONFIG_TEXT_MAX + 1);
    assert_int_equal(parse_secret_file(), VT_ERR_BAD_CONFIG);
    write_secret(big, sizeof big);
    assert_int_equal(parse_secret_file(), VT_ERR_BAD_CONFIG);
    assert_non_null(strstr(reason, "CONTEST_SECRET_FILE: "));
    assert_non_null(strstr(reason, " is bigger than 1023 bytes"));
    assert_null(strstr(reason, "xxx"));
}

static void test_bad_secret_files(void **state) {
    (void) state;
    const struct {
        const char *bytes;
        size_t len;
    } bad[] = {{"", 0}, {"\r\n", 2}, {"a\0b", 3}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_secret(bad[i].bytes, bad[i].len);
        assert_int_equal(parse_secret_file(), VT_ERR_BAD_CONFIG);
        assert_non_null(strstr(reason, "is empty or holds a zero byte"));
    }
    ENVIRONMENT("CONTEST_SECRET_FILE", "/tmp/no/such/file");
    assert_refused(PARSE(RUN, NULL), "CONTEST_SECRET_FILE: cannot read /tmp/no/such/file: No such file or directory");
    ENVIRONMENT("CONTEST_SECRET_FILE", "/tmp");
    assert_refused(PARSE(RUN, NULL), "CONTEST_SECRET_FILE: cannot read /tmp: Is a directory");
    ENVIRONMENT("CONTEST_SECRET_FILE", secret_path, "CONTEST_SECRET", "x");
    assert_refused(PARSE(RUN, NULL), "CONTEST_SECRET: set it or CONTEST_SECRET_FILE, not both");
}

static void test_precedence(void **state) {
    (void) state;
    ENVIRONMENT("VOTATON_LOG_LEVEL", "warn", "LOG_LEVEL", "error");
    assert_int_equal(PARSE(RUN, "--log-level", "debug"), VT_OK);
    assert_int_equal(config.log_level, 0);
    ENVIRONMENT("LOG_LEVEL", "error", "VOTATON_LOG_LEVEL", "warn");
    assert_int_equal(PARSE(RUN, NULL), VT_OK);
    assert_int_equal(config.log_level, 2);
    ENVIRONMENT("LOG_LEVEL", "error", "VOTATON_LOG_LEVEL", "");
    assert_int_equal(PARSE(RUN, NULL), VT_OK);
    assert_int_equal(config.log_level, 3);
    assert_int_equal(PARSE(RUN, "--threads", "2", "--threads=3"), VT_OK);
    assert_int_equal(config.threads, 3);
}

static void test_port(void **state) {
    (void) state;
    ENVIRONMENT("PORT", "3000");
    assert_int_equal(PARSE(RUN, NULL), VT_OK);
    assert_string_equal(config.listen, "127.0.0.1:3000");
    ENVIRONMENT("PORT", "3000", "VOTATON_LISTEN", "0.0.0.0:80");
    assert_int_equal(PARSE(RUN, NULL), VT_OK);
    assert_string_equal(config.listen, "0.0.0.0:80");
    const char *const bad[] = {"65536",      "x",   "-1",
                               "0.0.0.0:80", "80 ", "123456789012345678901234567890123456789012345678"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ENVIRONMENT("PORT", bad[i]);
        assert_refused(PARSE(RUN, NULL), "PORT: must be a port, 0 to 65535");
    }
}

static void test_settings_of_other_commands_keep_their_defaults(void **state) {
    (void) state;
    ENVIRONMENT("VOTATON_THREADS", "nonsense", "PORT", "nonsense", "VOTATON_CODES_COUNT", "7");
    assert_int_equal(PARSE(CODES, NULL), VT_OK);
    assert_int_equal(config.count, 7);
    assert_string_equal(config.listen, "127.0.0.1:8080");
}

static void test_numbers(void **state) {
    (void) state;
    const char *const bad[] = {"", "65", "-1", "+1", "1x", " 1", "99999999999999999999", "4294967297"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_refused(PARSE(RUN, "--threads", bad[i]), "--threads: must be a number from 0 to 64");
    }
    ENVIRONMENT("VOTATON_GROUP_RECORDS_MAX", "0");
    assert_refused(PARSE(RUN, NULL), "VOTATON_GROUP_RECORDS_MAX: must be a number from 1 to 100000");
}

static void test_durations(void **state) {
    (void) state;
    assert_int_equal(PARSE(RUN, "--drain-timeout", "10m"), VT_OK);
    assert_int_equal(config.drain_timeout_ms, 600000);
    assert_int_equal(PARSE(RUN, "--drain-timeout", "0ms"), VT_OK);
    assert_int_equal(config.drain_timeout_ms, 0);
    const char *const bad[] = {"", "s", "10", "10h", "10 s", "11m", "601s", "-1s", "71583m"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_refused(PARSE(RUN, "--drain-timeout", bad[i]),
                       "--drain-timeout: must be a time from 0ms to 600s, with its unit: 500ms, 10s, 5m");
    }
}

static void test_other_types(void **state) {
    (void) state;
    assert_refused(PARSE(RUN, "--log-format", "xml"), "--log-format: must be one of auto|text|json");
    assert_int_equal(PARSE(RUN, "--log-format", "aut"), VT_ERR_BAD_CONFIG);
    assert_int_equal(PARSE(RUN, "--log-format", ""), VT_ERR_BAD_CONFIG);
    const char *const bad[] = {"8080",  ":8080", "a:",    "a:b",    "a:65536", "",          "[:80",
                               "[]:80", "[a:80", "a]:80", "::1:80", "a b:1",   "http://a:1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_refused(PARSE(RUN, "--listen", bad[i]), "--listen: must be HOST:PORT, as 127.0.0.1:8080 or [::1]:8080");
    }
    assert_int_equal(PARSE(SEND, "--check=false", "f"), VT_OK);
    assert_false(config.check);
    assert_refused(PARSE(SEND, "--check=maybe", "f"), "--check: must be true or false");
    char longer[VT_CONFIG_TEXT_MAX + 2];
    memset(longer, 'x', sizeof longer);
    longer[VT_CONFIG_TEXT_MAX + 1] = '\0';
    assert_refused(PARSE(RUN, "--contest", longer), "--contest: is longer than 1023 bytes");
    longer[VT_CONFIG_TEXT_MAX] = '\0';
    assert_int_equal(PARSE(RUN, "--contest", longer), VT_OK);
}

static void test_admin_token_is_needed_for_others(void **state) {
    (void) state;
    const char *const open[] = {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::11]:1", "12.7.0.0:1", "127.0.0.1.nip.io:1"};
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
        assert_int_equal(PARSE(RUN, "--admin-listen", open[i]), VT_ERR_BAD_CONFIG);
        assert_non_null(strstr(reason, "VOTATON_ADMIN_TOKEN"));
        assert_int_equal(PARSE(HEALTH, "--admin-listen", open[i]), VT_OK);
    }
    const char *const loopback[] = {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "LocalHost:1"};
    for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++) {
        assert_int_equal(PARSE(RUN, "--admin-listen", loopback[i]), VT_OK);
    }
}

static void test_flags_that_are_wrong(void **state) {
    (void) state;
    assert_refused(PARSE(RUN, "--lisen", "x"), "--lisen: `votaton run` has no such flag; did you mean --listen?");
    assert_refused(PARSE(RUN, "--repeat", "2"), "--repeat: `votaton run` has no such flag; see `votaton help run`");
    assert_refused(PARSE(RUN, "--listen"), "--listen: needs a value");
    assert_refused(PARSE(RUN, "-v"), "-v: flags begin with two dashes");
    assert_int_equal(PARSE(RUN, "--="), VT_ERR_BAD_CONFIG);
    char longer[4096];
    memset(longer, '-', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(PARSE(RUN, longer), VT_ERR_BAD_CONFIG);
    assert_int_equal(PARSE(VERIFY, longer + 4000), VT_ERR_BAD_CONFIG);
}

static void test_arguments(void **state) {
    (void) state;
    assert_refused(PARSE(SEND, NULL), "FILE is missing: votaton send FILE");
    assert_refused(PARSE(SEND, "a", "b"), "b: `votaton send` takes FILE");
    assert_refused(PARSE(VERIFY, "a"), "a: `votaton verify` takes flags only");
    assert_int_equal(PARSE(SEND, "--check", "a.json", "--rate", "5"), VT_OK);
    assert_string_equal(config.arguments[0], "a.json");
    assert_int_equal(config.rate, 5);
    assert_int_equal(PARSE(SEND, "--", "--check"), VT_OK);
    assert_string_equal(config.arguments[0], "--check");
    assert_false(config.check);
    assert_int_equal(PARSE(SEND, "-"), VT_OK);
    assert_string_equal(config.arguments[0], "-");
}

static void test_help_needs_nothing_else(void **state) {
    (void) state;
    assert_int_equal(PARSE(SEND, "--help"), VT_OK);
    assert_true(config.help);
    assert_int_equal(PARSE(RUN, "-h", "--admin-listen", "0.0.0.0:1"), VT_OK);
    assert_true(config.help);
}

static void test_errors_leave_the_result_alone(void **state) {
    (void) state;
    assert_int_equal(PARSE(RUN, "--threads", "2"), VT_OK);
    assert_int_equal(PARSE(SEND, "--rate", "x", "f"), VT_ERR_BAD_CONFIG);
    assert_int_equal(config.command, VT_COMMAND_RUN);
    assert_int_equal(config.threads, 2);
}

static void test_render_without_settings(void **state) {
    (void) state;
    vt_buf out;
    vt_buf_init(&out, 64);
    assert_int_equal(PARSE(HELP, NULL), VT_OK);
    assert_int_equal(vt_config_render(&config, &out), VT_OK);
    assert_true(vt_slice_eq(vt_buf_slice(&out), VT_SLICE("{}")));
    vt_buf_release(&out);
}

static void test_commands(void **state) {
    (void) state;
    assert_int_equal(vt_command_find("verify"), VT_COMMAND_VERIFY);
    assert_int_equal(vt_command_find("Verify"), VT_COMMANDS_COUNT);
    for (int id = 0; id < VT_COMMANDS_COUNT; id++) {
        assert_int_equal(vt_command_find(vt_commands[id].name), id);
        assert_in_range(vt_commands[id].arguments_max, 0, VT_COMMAND_ARGUMENTS_MAX);
    }
}

/* The table itself: names are unique, each row has a way to be set, each default is valid. */
static void test_table(void **state) {
    (void) state;
    for (size_t i = 0; i < vt_config_rows_count; i++) {
        const vt_config_row *row = &vt_config_rows[i];
        assert_true(row->commands != 0 && row->commands <= VT_FOR_ALL);
        assert_true(row->flag != NULL ? row->type != VT_CONFIG_SECRET : row->environment != NULL);
        assert_true((row->type == VT_CONFIG_CHOICE) == (row->choices != NULL));
        for (size_t j = 0; j < i; j++) {
            const vt_config_row *other = &vt_config_rows[j];
            if ((row->commands & other->commands) == 0) {
                continue;
            }
            assert_false(row->flag != NULL && other->flag != NULL && strcmp(row->flag, other->flag) == 0);
            assert_false(row->environment != NULL && strcmp(row->environment, other->environment) == 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_row_by_flag_and_variable),
        cmocka_unit_test(test_secrets_by_variable),
        cmocka_unit_test(test_secrets_have_no_flag),
        cmocka_unit_test_setup_teardown(test_secret_from_a_file, make_secret_file, remove_secret_file),
        cmocka_unit_test_setup_teardown(test_bad_secret_files, make_secret_file, remove_secret_file),
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_port),
        cmocka_unit_test(test_settings_of_other_commands_keep_their_defaults),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_other_types),
        cmocka_unit_test(test_admin_token_is_needed_for_others),
        cmocka_unit_test(test_flags_that_are_wrong),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_help_needs_nothing_else),
        cmocka_unit_test(test_errors_leave_the_result_alone),
        cmocka_unit_test(test_render_without_settings),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests_name("cmd/config", tests, NULL, NULL);
}

#include "server_kit.h"

#include "base/clock.h"
#include "port_kit.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- against any server ---- */

static void takes_any_bytes(void **state) {
    (void) state;
    vt_redis_url url = server_kit_shared();
    vt_redis *redis = server_kit_open(&url);
    vt_slice key = vt_slice_str(url.key);
    const vt_slice values[] = {VT_SLICE("a\0b\r\n$-1\r\n"), VT_SLICE(""), VT_SLICE("\xff%s %b")};
    for (size_t i = 0; i < 3; i++) {
        redisReply *reply = NULL;
        assert_int_equal(vt_redis_call(redis, (vt_slice[]){VT_SLICE("SET"), key, values[i]}, 3, &reply), VT_OK);
        freeReplyObject(reply);
        assert_int_equal(vt_redis_call(redis, (vt_slice[]){VT_SLICE("GET"), key}, 2, &reply), VT_OK);
        assert_true(vt_slice_eq(vt_slice_of(reply->str, reply->len), values[i]));
        freeReplyObject(reply);
    }
    redisReply *gone = NULL;
    assert_int_equal(vt_redis_call(redis, (vt_slice[]){VT_SLICE("DEL"), key}, 2, &gone), VT_OK);
    freeReplyObject(gone);
    vt_redis_close(redis);
}

static void answers_a_flight_in_order(void **state) {
    (void) state;
    vt_redis_url url = server_kit_shared();
    vt_redis *redis = server_kit_open(&url);
    static vt_redis_answer answers[VT_REDIS_PIPELINE_MAX];
    char number[8];
    for (int i = 0; i < VT_REDIS_PIPELINE_MAX; i++) {
        (void) snprintf(number, sizeof number, "%d", i);
        vt_slice echo[] = {i % 7 == 3 ? VT_SLICE("NO-SUCH") : VT_SLICE("ECHO"), vt_slice_str(number)};
        assert_int_equal(vt_redis_add(redis, echo, 2), VT_OK);
    }
    assert_int_equal(vt_redis_flush(redis, answers, VT_REDIS_PIPELINE_MAX), VT_OK);
    for (int i = 0; i < VT_REDIS_PIPELINE_MAX; i++) {
        (void) snprintf(number, sizeof number, "%d", i);
        assert_int_equal(answers[i].err, i % 7 == 3 ? VT_ERR_SYSTEM : VT_OK);
        if (i % 7 == 3) {
            assert_null(answers[i].reply);
        } else {
            assert_string_equal(answers[i].reply->str, number);
        }
        freeReplyObject(answers[i].reply);
    }
    assert_int_equal(vt_redis_connections(redis), 1);
    vt_redis_close(redis);
}

static void sorts_errors(void **state) {
    (void) state;
    vt_redis_url url = server_kit_shared();
    vt_redis *redis = server_kit_open(&url);
    char words[192];
    assert_int_equal(server_kit_try(redis, "EVALSHA 0123456789012345678901234567890123456789 0"), VT_ERR_NOT_FOUND);
    assert_int_equal(server_kit_try(redis, "FCALL votaton_no_such 0"), VT_ERR_NOT_FOUND);
    (void) snprintf(words, sizeof words, "RENAMENX %s-none %s-other", url.key, url.key);
    assert_int_equal(server_kit_try(redis, words), VT_ERR_NOT_FOUND);
    assert_int_equal(server_kit_try(redis, "NO-SUCH-COMMAND"), VT_ERR_SYSTEM);
    assert_non_null(strstr(vt_redis_reason(redis), "NO-SUCH-COMMAND"));
    assert_non_null(strstr(vt_redis_reason(redis), url.host));
    server_kit_do(redis, "PING");
    assert_int_equal(vt_redis_connections(redis), 1);
    vt_redis_close(redis);
}

/* ---- errors of a server, as texts ---- */

typedef struct fake_server {
    int fd;
    vt_redis_url url;
} fake_server;

/* Takes connections and leaves it to the test to answer. */
static fake_server fake_open(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    fake_server fake = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .url = {.host = "127.0.0.1"}};
    assert_int_equal(bind(fake.fd, (struct sockaddr *) &address, len), 0);
    assert_int_equal(listen(fake.fd, 8), 0);
    assert_int_equal(getsockname(fake.fd, (struct sockaddr *) &address, &len), 0);
    fake.url.port = ntohs(address.sin_port);
    return fake;
}

/* What the client makes of this answer. */
static vt_err err_of(const char *answer) {
    fake_server fake = fake_open();
    vt_redis *redis = server_kit_open(&fake.url);
    vt_redis_answer slot = {0};
    assert_int_equal(vt_redis_add(redis, (vt_slice[]){VT_SLICE("PING")}, 1), VT_OK);
    int peer = accept(fake.fd, NULL, NULL);
    assert_int_equal(write(peer, answer, strlen(answer)), strlen(answer));
    vt_err err = vt_redis_flush(redis, &slot, 1);
    freeReplyObject(slot.reply);
    close(peer);
    close(fake.fd);
    vt_redis_close(redis);
    return err == VT_OK ? slot.err : err;
}

static void knows_the_servers_words(void **state) {
    (void) state;
    assert_int_equal(err_of("+OK\r\n"), VT_OK);
    assert_int_equal(err_of("-LOADING Redis is loading the dataset in memory\r\n"), VT_ERR_BUSY);
    assert_int_equal(err_of("-BUSY Redis is busy running a script.\r\n"), VT_ERR_BUSY);
    assert_int_equal(err_of("-BUSYKEY Target key name already exists.\r\n"), VT_ERR_SYSTEM);
    assert_int_equal(err_of("-READONLY You can't write against a read only replica.\r\n"), VT_ERR_BUSY);
    assert_int_equal(err_of("-MASTERDOWN Link with MASTER is down\r\n"), VT_ERR_BUSY);
    assert_int_equal(err_of("-CLUSTERDOWN The cluster is down\r\n"), VT_ERR_BUSY);
    assert_int_equal(err_of("-TRYAGAIN Multiple keys request during rehashing of slot\r\n"), VT_ERR_BUSY);
    assert_int_equal(err_of("-NOREPLICAS Not enough good replicas to write.\r\n"), VT_ERR_BUSY);
    assert_int_equal(err_of("-MISCONF Errors writing to the AOF file\r\n"), VT_ERR_BUSY);
    assert_int_equal(err_of("-ERR max number of clients reached\r\n"), VT_ERR_BUSY);
    assert_int_equal(err_of("-OOM command not allowed when used memory > 'maxmemory'.\r\n"), VT_ERR_FULL);
    assert_int_equal(err_of("-WRONGTYPE Operation against a key\r\n"), VT_ERR_SYSTEM);
    assert_int_equal(err_of("-NOPERM this user has no permissions\r\n"), VT_ERR_SYSTEM);
    assert_int_equal(err_of("-\r\n"), VT_ERR_SYSTEM);
    assert_int_equal(err_of("garbage\r\n"), VT_ERR_BUSY);
    assert_int_equal(err_of("*99999999999999999\r\n"), VT_ERR_BUSY);
}

/* ---- connections that break ---- */

static void fails_fast_while_it_pauses(void **state) {
    (void) state;
    fake_server fake = fake_open();
    vt_redis *redis = NULL;
    assert_int_equal(vt_redis_open(&fake.url, 50, &redis), VT_OK);
    int64_t began_ns = vt_clock_monotonic_ns();
    while (vt_redis_connections(redis) < 2) {
        assert_int_equal(server_kit_try(redis, "PING"), VT_ERR_BUSY);
        assert_non_null(strstr(vt_redis_reason(redis), "no answer within 50 ms"));
        assert_true(vt_clock_monotonic_ns() - began_ns < 10 * INT64_C(1000000000));
        usleep(1000);
    }
    /* Two answers were waited for, and between them was the pause: what was asked meanwhile made no connection. */
    assert_true(vt_clock_monotonic_ns() - began_ns >= (50 + 90 + 50) * INT64_C(1000000));
    /* Who knows better need not wait. */
    vt_redis_renew(redis);
    assert_int_equal(server_kit_try(redis, "PING"), VT_ERR_BUSY);
    assert_int_equal(vt_redis_connections(redis), 3);
    close(fake.fd);
    vt_redis_close(redis);
}

static void says_who_is_away(void **state) {
    (void) state;
    vt_redis_url url = {.host = "127.0.0.1", .port = port_kit_free(), .key = "k"};
    vt_redis *redis = server_kit_open(&url);
    char address[64];
    (void) snprintf(address, sizeof address, "127.0.0.1:%u: Connection refused", url.port);
    assert_int_equal(server_kit_try(redis, "PING"), VT_ERR_BUSY);
    assert_non_null(strstr(vt_redis_reason(redis), address));
    assert_int_equal(vt_redis_connections(redis), 0);
    vt_redis_close(redis);
}

/* A connection that breaks in a flight gives nothing of it. */
static void drops_a_flight_that_breaks(void **state) {
    (void) state;
    fake_server fake = fake_open();
    vt_redis *redis = server_kit_open(&fake.url);
    vt_redis_answer answers[2];
    assert_int_equal(vt_redis_add(redis, (vt_slice[]){VT_SLICE("PING")}, 1), VT_OK);
    assert_int_equal(vt_redis_add(redis, (vt_slice[]){VT_SLICE("PING")}, 1), VT_OK);
    int peer = accept(fake.fd, NULL, NULL);
    assert_int_equal(write(peer, "+PONG\r\n+PO", 10), 10);
    close(peer);
    assert_int_equal(vt_redis_flush(redis, answers, 2), VT_ERR_BUSY);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(answers[i].err, VT_ERR_BUSY);
        assert_null(answers[i].reply);
    }
    close(fake.fd);
    vt_redis_close(redis);
}

static void comes_back_by_itself(void **state) {
    (void) state;
    redis_server server;
    redis_server_make(&server, NULL);
    vt_redis_url url = redis_server_url(&server);
    vt_redis *redis = server_kit_open(&url);
    server_kit_do(redis, "PING");
    redis_server_kill(&server);
    assert_int_equal(server_kit_try(redis, "PING"), VT_ERR_BUSY);
    redis_server_start(&server);
    server_kit_do(redis, "PING");
    assert_int_equal(vt_redis_connections(redis), 2);
    vt_redis_close(redis);
    redis_server_remove(&server);
}

/* ---- passwords ---- */

static void assert_no_secret(const vt_redis *redis) {
    assert_null(strstr(vt_redis_reason(redis), "secret"));
}

static void enters_with_a_password(void **state) {
    (void) state;
    static const char *const extra[] = {"--requirepass", "secret-1", NULL};
    redis_server server;
    redis_server_make(&server, extra);
    vt_redis_url url = redis_server_url(&server);
    vt_redis_url wrong = url;
    vt_redis_url named = url;
    (void) snprintf(url.password, sizeof url.password, "secret-1");
    (void) snprintf(wrong.password, sizeof wrong.password, "secret-2");
    (void) snprintf(named.password, sizeof named.password, "secret-3");
    (void) snprintf(named.user, sizeof named.user, "anna");
    url.database = 5;

    vt_redis *redis = server_kit_open(&url);
    server_kit_do(redis, "ACL SETUSER anna on >secret-3 ~* +@all");
    server_kit_do(redis, "SET where five");
    vt_redis *other = server_kit_open(&wrong);
    assert_int_equal(server_kit_try(other, "PING"), VT_ERR_SYSTEM);
    assert_non_null(strstr(vt_redis_reason(other), "password was refused (WRONGPASS)"));
    assert_no_secret(other);
    assert_int_equal(server_kit_try(other, "PING"), VT_ERR_SYSTEM); /* whoever asks is told, not only the first */
    vt_redis_close(other);
    other = server_kit_open(&named);
    redisReply *reply = server_kit_ask(other, "EXISTS where");
    assert_int_equal(reply->integer, 0);
    freeReplyObject(reply);
    server_kit_do(other, "SELECT 5");
    reply = server_kit_ask(other, "GET where");
    assert_string_equal(reply->str, "five");
    freeReplyObject(reply);
    vt_redis_close(other);
    vt_redis_close(redis);
    redis_server_remove(&server);
}

/* Who was let in once waits for the password to fit again. */
static void waits_for_its_password(void **state) {
    (void) state;
    redis_server server;
    redis_server_make(&server, NULL);
    vt_redis_url url = redis_server_url(&server);
    vt_redis *shell = server_kit_open(&url);
    server_kit_do(shell, "ACL SETUSER anna on >secret-1 ~* +@all");
    (void) snprintf(url.user, sizeof url.user, "anna");
    (void) snprintf(url.password, sizeof url.password, "secret-1");
    vt_redis *redis = server_kit_open(&url);
    server_kit_do(redis, "PING");
    server_kit_do(shell, "ACL SETUSER anna <secret-1 >secret-2");
    server_kit_do(shell, "CLIENT KILL USER anna");
    int64_t deadline_ns = vt_clock_deadline_ns(SERVER_KIT_WAIT_MS);
    do {
        assert_int_equal(server_kit_try(redis, "PING"), VT_ERR_BUSY);
    } while (strstr(vt_redis_reason(redis), "password was refused (WRONGPASS)") == NULL &&
             vt_clock_left_ms(deadline_ns) > 0);
    assert_non_null(strstr(vt_redis_reason(redis), "password was refused (WRONGPASS)"));
    server_kit_do(shell, "ACL SETUSER anna >secret-1");
    server_kit_do(redis, "PING");
    vt_redis_close(redis);
    vt_redis_close(shell);
    redis_server_remove(&server);
}

/* A server that does not know AUTH quotes the password in its answer. */
static void never_tells_a_password(void **state) {
    (void) state;
    static const char *const extra[] = {"--rename-command", "AUTH", "", NULL};
    redis_server server;
    redis_server_make(&server, extra);
    vt_redis_url url = redis_server_url(&server);
    (void) snprintf(url.password, sizeof url.password, "secret-1");
    vt_redis *redis = server_kit_open(&url);
    assert_int_equal(server_kit_try(redis, "PING"), VT_ERR_SYSTEM);
    assert_non_null(strstr(vt_redis_reason(redis), "refused (ERR)"));
    assert_no_secret(redis);
    vt_redis_close(redis);
    redis_server_remove(&server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_any_bytes),
        cmocka_unit_test(answers_a_flight_in_order),
        cmocka_unit_test(sorts_errors),
        cmocka_unit_test(knows_the_servers_words),
        cmocka_unit_test(fails_fast_while_it_pauses),
        cmocka_unit_test(says_who_is_away),
        cmocka_unit_test(drops_a_flight_that_breaks),
        cmocka_unit_test(comes_back_by_itself),
        cmocka_unit_test(enters_with_a_password),
        cmocka_unit_test(waits_for_its_password),
        cmocka_unit_test(never_tells_a_password),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

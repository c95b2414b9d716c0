#include "server_kit.h"

#include "base/clock.h"
#include "port_kit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 32, ARGUMENTS_MAX = 48 };

vt_redis_url server_kit_shared(void) {
    const char *text = getenv("REDIS");
    vt_redis_url url;
    char reason[VT_REDIS_REASON_MAX];
    uint64_t number = 0;
    if (text == NULL) {
        print_message("skipped: REDIS does not name a server\n");
        skip();
    }
    assert_int_equal(vt_redis_url_parse(vt_slice_str(text), &url, reason), VT_OK);
    assert_int_equal(getrandom(&number, sizeof number, 0), sizeof number);
    (void) snprintf(url.key, sizeof url.key, "test-%016llx", (unsigned long long) number);
    return url;
}

/* ---- a server of the test's own ---- */

static void run_server(const redis_server *server) {
    char port[8];
    const char *arguments[ARGUMENTS_MAX] = {"redis-server", "--port",     port,     "--bind", "127.0.0.1",
                                            "--dir",        server->dir,  "--save", "",       "--daemonize",
                                            "no",           "--loglevel", "warning"};
    size_t count = 13;
    (void) snprintf(port, sizeof port, "%u", server->port);
    for (size_t i = 0; server->extra != NULL && server->extra[i] != NULL && count + 1 < ARGUMENTS_MAX; i++) {
        arguments[count++] = server->extra[i];
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execvp(arguments[0], (char *const *) (uintptr_t) arguments);
    _exit(127);
}

static bool takes_connections(const redis_server *server) {
    struct timeval timeout = {.tv_sec = 1};
    redisContext *context = redisConnectWithTimeout("127.0.0.1", server->port, timeout);
    redisReply *reply = context != NULL && context->err == 0 ? redisCommand(context, "PING") : NULL;
    bool is_up = reply != NULL && (reply->type != REDIS_REPLY_ERROR || strncmp(reply->str, "LOADING", 7) != 0);
    freeReplyObject(reply);
    if (context != NULL) {
        redisFree(context);
    }
    return is_up;
}

void redis_server_start(redis_server *server) {
    int64_t deadline_ns = vt_clock_monotonic_ns() + SERVER_KIT_WAIT_MS * INT64_C(1000000);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) {
        run_server(server);
    }
    while (!takes_connections(server)) {
        int status = 0;
        if (waitpid(server->pid, &status, WNOHANG) == server->pid) {
            server->pid = 0;
            fail_msg("redis-server ended with status %d", status);
        }
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        usleep(5000);
    }
}

void redis_server_make(redis_server *server, const char *const *extra) {
    if (system("command -v redis-server >/dev/null 2>&1") != 0) {
        print_message("skipped: there is no redis-server here\n");
        skip();
    }
    *server = (redis_server){.dir = "/tmp/vt-redis-XXXXXX", .extra = extra, .port = port_kit_free()};
    assert_non_null(mkdtemp(server->dir));
    redis_server_start(server);
}

void redis_server_kill(redis_server *server) {
    if (server->pid > 0) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
        server->pid = 0;
    }
}

void redis_server_remove(redis_server *server) {
    char command[SERVER_KIT_DIR_MAX + 16];
    redis_server_kill(server);
    if (server->dir[0] != '\0') {
        (void) snprintf(command, sizeof command, "rm -rf '%s'", server->dir);
        assert_int_equal(system(command), 0);
    }
    server->dir[0] = '\0';
}

vt_redis_url redis_server_url(const redis_server *server) {
    return (vt_redis_url){.host = "127.0.0.1", .port = server->port, .key = VT_REDIS_KEY_DEFAULT};
}

/* ---- commands ---- */

vt_redis *server_kit_open(const vt_redis_url *url) {
    vt_redis *redis = NULL;
    assert_int_equal(vt_redis_open(url, SERVER_KIT_TIMEOUT_MS, &redis), VT_OK);
    return redis;
}

static vt_err send_words(vt_redis *redis, const char *words, redisReply **reply) {
    vt_slice arguments[WORDS_MAX];
    size_t count = 0;
    for (const char *at = words; at != NULL; count++) {
        const char *space = strchr(at, ' ');
        assert_true(count < WORDS_MAX);
        arguments[count] = space != NULL ? vt_slice_of(at, (size_t) (space - at)) : vt_slice_str(at);
        at = space != NULL ? space + 1 : NULL;
    }
    return vt_redis_call(redis, arguments, count, reply);
}

redisReply *server_kit_ask(vt_redis *redis, const char *words) {
    int64_t deadline_ns = vt_clock_monotonic_ns() + SERVER_KIT_WAIT_MS * INT64_C(1000000);
    redisReply *reply = NULL;
    vt_err err = send_words(redis, words, &reply);
    while (err == VT_ERR_BUSY && vt_clock_monotonic_ns() < deadline_ns) {
        usleep(10000);
        err = send_words(redis, words, &reply);
    }
    if (err != VT_OK) {
        print_message("%s: %s\n", words, vt_redis_reason(redis));
    }
    assert_int_equal(err, VT_OK);
    return reply;
}

void server_kit_do(vt_redis *redis, const char *words) {
    freeReplyObject(server_kit_ask(redis, words));
}

vt_err server_kit_try(vt_redis *redis, const char *words) {
    redisReply *reply = NULL;
    vt_err err = send_words(redis, words, &reply);
    freeReplyObject(reply);
    return err;
}

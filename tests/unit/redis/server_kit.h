/* What the tests of Redis share: the server that REDIS names, or one of a test's own that may be killed. */
#ifndef VT_TESTS_SERVER_KIT_H
#define VT_TESTS_SERVER_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "redis/redis_client.h"

#include <sys/types.h>

enum { SERVER_KIT_DIR_MAX = 64, SERVER_KIT_TIMEOUT_MS = 5000, SERVER_KIT_WAIT_MS = 10000 };

/* The server that the environment variable REDIS names, with a random key. Skips the test when there is none. */
vt_redis_url server_kit_shared(void);

/* A server of its own, in a new directory, on a free port of 127.0.0.1, without snapshots. */
typedef struct redis_server {
    pid_t pid; /* 0: not running */
    uint16_t port;
    char dir[SERVER_KIT_DIR_MAX];
    const char *const *extra; /* further arguments, ended by NULL; or NULL */
} redis_server;

/* Makes the directory and starts; skips the test when there is no redis-server to run. */
void redis_server_make(redis_server *server, const char *const *extra);
/* Starts it (again) and waits until it takes connections. */
void redis_server_start(redis_server *server);
void redis_server_kill(redis_server *server); /* -9 */
void redis_server_remove(redis_server *server);
vt_redis_url redis_server_url(const redis_server *server);

vt_redis *server_kit_open(const vt_redis_url *url);
/* Sends words, parted by single spaces; the answer must be no error. The caller owns it. */
redisReply *server_kit_ask(vt_redis *redis, const char *words);
/* The same, when the answer does not matter; waits while the server is away. */
void server_kit_do(vt_redis *redis, const char *words);
vt_err server_kit_try(vt_redis *redis, const char *words);

#endif

/* What the tests of MongoDB share: a database of their own on the server that MONGO names, or a server of their own. */
#ifndef VT_TESTS_MONGO_MONGO_KIT_H
#define VT_TESTS_MONGO_MONGO_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mongo/mongo_url.h"

#include <mongoc/mongoc.h>
#include <sys/types.h>

enum { MONGO_KIT_TIMEOUT_MS = 20000, MONGO_KIT_PATH_MAX = 128 };

/* The collection `logs` of a database with a random name. Without MONGO the test is skipped, which is said. */
void mongo_kit_url(vt_mongo_url *out);

/* For a program whose tests all need the server (cmocka cannot skip in a set-up): false without MONGO, and one skipped
 * test says so; *failed is that group's result. */
bool mongo_kit_is_there(int *failed);

/* Somebody with a shell: one client, the collection and its positions. */
typedef struct mongo_shell {
    mongoc_client_t *client;
    mongoc_collection_t *log;
    mongoc_collection_t *positions;
} mongo_shell;

void mongo_shell_open(mongo_shell *shell, const vt_mongo_url *url);
void mongo_shell_close(mongo_shell *shell);
/* Deletes the whole database. */
void mongo_shell_drop(mongo_shell *shell, const vt_mongo_url *url);

/* A server process that a test may kill. Skips the test when the program is not there. */
typedef struct mongo_server {
    pid_t pid; /* 0: does not run */
    uint16_t port;
    char dir[MONGO_KIT_PATH_MAX];
} mongo_server;

void mongo_server_init(mongo_server *server, vt_mongo_url *url); /* and starts it */
void mongo_server_start(mongo_server *server);                   /* on the same files; returns when it answers */
void mongo_server_kill(mongo_server *server);                    /* -9 */
void mongo_server_release(mongo_server *server);                 /* kills it and deletes its files */

#endif

#include "mongo_kit.h"

#include "base/clock.h"
#include "port_kit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MAX_MS = 30000 };

static void url_of(const char *server, vt_mongo_url *out) {
    char text[VT_MONGO_URI_BYTES_MAX];
    char reason[VT_MONGO_REASON_MAX] = "";
    uint64_t random;
    assert_int_equal(getrandom(&random, sizeof random, 0), sizeof random);
    snprintf(text, sizeof text, "%s/test_%016lx", server, random);
    if (vt_mongo_url_parse(vt_slice_str(text), out, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
}

void mongo_kit_url(vt_mongo_url *out) {
    const char *server = getenv("MONGO");
    if (server == NULL) {
        print_message("skipped: MONGO names no server (mongodb://127.0.0.1:PORT)\n");
        skip();
    }
    url_of(server, out);
}

static void needs_a_server(void **state) {
    vt_mongo_url url;
    (void) state;
    mongo_kit_url(&url);
}

bool mongo_kit_is_there(int *failed) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(needs_a_server)};
    if (getenv("MONGO") != NULL) {
        return true;
    }
    *failed = cmocka_run_group_tests_name("MongoDB", tests, NULL, NULL);
    return false;
}

void mongo_shell_open(mongo_shell *shell, const vt_mongo_url *url) {
    char positions[VT_MONGO_NAME_BYTES_MAX + 16];
    snprintf(positions, sizeof positions, "%s.position", url->collection);
    shell->client = mongoc_client_new(url->uri);
    assert_non_null(shell->client);
    mongoc_client_set_error_api(shell->client, MONGOC_ERROR_API_VERSION_2);
    shell->log = mongoc_client_get_collection(shell->client, url->database, url->collection);
    shell->positions = mongoc_client_get_collection(shell->client, url->database, positions);
}

void mongo_shell_close(mongo_shell *shell) {
    mongoc_collection_destroy(shell->log);
    mongoc_collection_destroy(shell->positions);
    mongoc_client_destroy(shell->client);
}

void mongo_shell_drop(mongo_shell *shell, const vt_mongo_url *url) {
    mongoc_database_t *database = mongoc_client_get_database(shell->client, url->database);
    mongoc_database_drop(database, NULL);
    mongoc_database_destroy(database);
}

static const char *program(void) {
    const char *path = getenv("SECANTUSD");
    return path != NULL ? path : SECANTUSD_DEFAULT;
}

void mongo_server_init(mongo_server *server, vt_mongo_url *url) {
    char text[64];
    *server = (mongo_server){0};
    if (access(program(), X_OK) != 0) {
        print_message("skipped: no server of the MongoDB protocol to start: %s\n", program());
        skip();
    }
    snprintf(server->dir, sizeof server->dir, "/tmp/votaton-mongo-XXXXXX");
    assert_non_null(mkdtemp(server->dir));
    server->port = port_kit_free();
    mongo_server_start(server);
    snprintf(text, sizeof text, "mongodb://127.0.0.1:%u", server->port);
    url_of(text, url);
}

static void exec_server(const mongo_server *server) {
    char port[8];
    char path[MONGO_KIT_PATH_MAX + 8];
    snprintf(port, sizeof port, "%u", server->port);
    snprintf(path, sizeof path, "%s/db", server->dir);
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execl(program(), program(), "--host", "127.0.0.1", "--port", port, "--storage-path", path, (char *) NULL);
    _exit(127);
}

static bool answers(uint16_t port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_up = connect(fd, (struct sockaddr *) &address, sizeof address) == 0;
    close(fd);
    return is_up;
}

void mongo_server_start(mongo_server *server) {
    int64_t until_ns = vt_clock_monotonic_ns() + INT64_C(1000000) * START_MAX_MS;
    server->pid = fork();
    if (server->pid == 0) {
        exec_server(server);
    }
    assert_true(server->pid > 0);
    while (!answers(server->port)) {
        int status;
        assert_int_equal(waitpid(server->pid, &status, WNOHANG), 0);
        assert_true(vt_clock_monotonic_ns() < until_ns);
        poll(NULL, 0, 20);
    }
}

void mongo_server_kill(mongo_server *server) {
    if (server->pid > 0) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
        server->pid = 0;
    }
}

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *where) {
    (void) status;
    (void) flag;
    (void) where;
    return remove(path);
}

void mongo_server_release(mongo_server *server) {
    mongo_server_kill(server);
    nftw(server->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

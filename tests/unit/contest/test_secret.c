#include "contest/secret.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/votaton-contest-XXXXXX";
static char path[sizeof dir + 16];

static int make_dir(void **state) {
    (void) state;
    strcpy(dir, "/tmp/votaton-contest-XXXXXX");
    if (mkdtemp(dir) == NULL) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/" VT_SECRET_FILE_NAME, dir);
    return 0;
}

static int remove_dir(void **state) {
    (void) state;
    unlink(path);
    return rmdir(dir); /* fails when anything else was left behind */
}

static void write_file(const char *text, mode_t mode) {
    unlink(path);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(file, mode), 0);
    close(file);
}

static void assert_refused(vt_err expected, const char *part) {
    vt_secret secret = {.len = 99};
    char reason[VT_REASON_MAX] = "";
    assert_int_equal(vt_secret_load(NULL, dir, &secret, reason), expected);
    if (strstr(reason, part) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", part, reason);
    }
    assert_int_equal(secret.len, 99);
}

static void test_values(void **state) {
    (void) state;
    char longest[VT_SECRET_BYTES_MAX + 2];
    memset(longest, 'x', sizeof longest - 1);
    longest[VT_SECRET_BYTES_MAX + 1] = '\0';
    vt_secret secret = {.len = 99};
    char reason[VT_REASON_MAX] = "";
    assert_int_equal(vt_secret_load("", dir, &secret, reason), VT_ERR_BAD_CONFIG);
    assert_int_equal(vt_secret_load("fifteen bytes..\n", dir, &secret, reason), VT_ERR_BAD_CONFIG);
    assert_string_equal(reason, "the contest's secret must have 16 to 256 bytes");
    assert_int_equal(vt_secret_load(longest, dir, &secret, reason), VT_ERR_BAD_CONFIG);
    assert_int_equal(vt_secret_load("sixteen bytes\t..", dir, &secret, reason), VT_ERR_BAD_CONFIG);
    assert_string_equal(reason, "the contest's secret must not hold control characters");
    assert_int_equal(secret.len, 99);
    assert_int_equal(vt_secret_load("sixteen bytes...\r\n", dir, &secret, reason), VT_OK);
    assert_int_equal(secret.len, 16);
    longest[VT_SECRET_BYTES_MAX] = '\0';
    assert_int_equal(vt_secret_load(longest, dir, &secret, reason), VT_OK);
    assert_int_equal(secret.len, VT_SECRET_BYTES_MAX);
    assert_int_equal(access(path, F_OK), -1);
}

static void test_made_once(void **state) {
    (void) state;
    vt_secret first = {0};
    vt_secret second;
    char reason[VT_REASON_MAX];
    mode_t before = umask(0);
    assert_int_equal(vt_secret_load(NULL, dir, &first, reason), VT_OK);
    umask(before);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_nlink, 1);
    assert_int_equal(first.len, 2 * VT_SECRET_RANDOM_BYTES);
    assert_int_equal(strspn(first.bytes, "0123456789abcdef"), first.len);
    assert_int_equal(vt_secret_load(NULL, dir, &second, reason), VT_OK);
    assert_int_equal(second.len, first.len);
    assert_memory_equal(second.bytes, first.bytes, first.len);

    /* The file's text, given as a value elsewhere, is the same secret. */
    char text[VT_SECRET_BYTES_MAX] = "";
    int file = open(path, O_RDONLY);
    assert_int_equal(read(file, text, sizeof text - 1), first.len + 1);
    close(file);
    assert_int_equal(vt_secret_load(text, NULL, &second, reason), VT_OK);
    assert_int_equal(second.len, first.len);
    assert_memory_equal(second.bytes, first.bytes, first.len);

    unlink(path);
    assert_int_equal(vt_secret_load(NULL, dir, &second, reason), VT_OK);
    assert_memory_not_equal(second.bytes, first.bytes, first.len);
}

static void test_find_makes_none(void **state) {
    (void) state;
    vt_secret secret = {.len = 99};
    char reason[VT_REASON_MAX] = "";
    assert_int_equal(vt_secret_find(NULL, dir, &secret, reason), VT_ERR_BAD_CONFIG);
    assert_non_null(strstr(reason, "secret: is missing"));
    assert_int_equal(secret.len, 99);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(vt_secret_find("a secret of the tests", dir, &secret, reason), VT_OK);
    assert_int_equal(access(path, F_OK), -1);
    write_file("another secret of the tests\n", 0600);
    assert_int_equal(vt_secret_find(NULL, dir, &secret, reason), VT_OK);
    assert_int_equal(secret.len, strlen("another secret of the tests"));
}

static void test_modes(void **state) {
    (void) state;
    static const mode_t refused[] = {0640, 0604, 0660, 0666, 0610, 0601, 0620, 0602, 0777};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        write_file("a secret of the tests\n", refused[i]);
        assert_refused(VT_ERR_BAD_CONFIG, "must not be open to group or others");
    }
    vt_secret secret;
    char reason[VT_REASON_MAX];
    write_file("a secret of the tests\n", 0600);
    assert_int_equal(vt_secret_load(NULL, dir, &secret, reason), VT_OK);
    write_file("a secret of the tests\n", 0400);
    assert_int_equal(vt_secret_load(NULL, dir, &secret, reason), VT_OK);
    assert_int_equal(secret.len, 21);
}

static void test_other_files(void **state) {
    (void) state;
    write_file("short\n", 0600);
    assert_refused(VT_ERR_BAD_CONFIG, "the secret in its file must have 16 to 256 bytes");
    write_file("", 0600);
    assert_refused(VT_ERR_BAD_CONFIG, "must have 16 to 256 bytes");
    char longest[VT_SECRET_BYTES_MAX + 4];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    write_file(longest, 0600);
    assert_refused(VT_ERR_BAD_CONFIG, "too long");
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_refused(VT_ERR_BAD_CONFIG, "must be a regular file");
    rmdir(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(VT_ERR_BAD_CONFIG, "must be a regular file");
    unlink(path);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    assert_refused(VT_ERR_BAD_CONFIG, "symbolic link");
    unlink(path);
    assert_int_equal(symlink("nowhere", path), 0);
    assert_refused(VT_ERR_BAD_CONFIG, "symbolic link");
    if (geteuid() == 0) {
        write_file("a secret of the tests\n", 0600);
        assert_int_equal(chown(path, 65532, (gid_t) -1), 0);
        assert_refused(VT_ERR_BAD_CONFIG, "of the user who runs votaton");
    }
}

static void test_no_directory(void **state) {
    (void) state;
    vt_secret secret;
    char reason[VT_REASON_MAX];
    assert_int_equal(vt_secret_load(NULL, "/nonexistent", &secret, reason), VT_ERR_SYSTEM);
    assert_string_equal(reason, "/nonexistent/secret: cannot open its directory: No such file or directory");
}

enum { RACERS = 8 };

/* Each child loads and exits with one byte of the secret; all must have the same. */
static void test_racers_get_the_same(void **state) {
    (void) state;
    int start[2];
    int answers[2];
    assert_int_equal(pipe(start), 0);
    assert_int_equal(pipe(answers), 0);
    for (int i = 0; i < RACERS; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            char go;
            vt_secret secret;
            char reason[VT_REASON_MAX];
            close(start[1]);
            ssize_t ended = read(start[0], &go, 1); /* until the parent closes its end */
            bool done = ended == 0 && vt_secret_load(NULL, dir, &secret, reason) == VT_OK &&
                        write(answers[1], secret.bytes, 64) == 64;
            _exit(done ? 0 : 1);
        }
    }
    close(start[0]);
    close(start[1]);
    close(answers[1]); /* so that a child that fails is seen as the end of the pipe */
    char first[64];
    assert_int_equal(read(answers[0], first, sizeof first), sizeof first);
    for (int i = 1; i < RACERS; i++) {
        char next[64];
        assert_int_equal(read(answers[0], next, sizeof next), sizeof next);
        assert_memory_equal(next, first, sizeof first);
    }
    for (int i = 0; i < RACERS; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    close(answers[0]);
}

static void assert_hex(const uint8_t *bytes, const char *expected) {
    char text[2 * VT_ID_LEN + 1];
    for (size_t i = 0; i < VT_ID_LEN; i++) {
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    assert_string_equal(text, expected);
}

/* Known by HMAC-SHA-256 computed elsewhere, so that what is stored stays valid. */
static void test_derived(void **state) {
    (void) state;
    vt_secret secret;
    char reason[VT_REASON_MAX];
    vt_id ledger = {{1, 2, 3}};
    assert_int_equal(vt_secret_load("a secret of the tests", NULL, &secret, reason), VT_OK);
    uint8_t check[VT_SECRET_CHECK_LEN];
    vt_secret_check(&secret, &ledger, check);
    assert_hex(check, "e71eea9d214e353b4945d514bc50696f");
    vt_id voter = vt_secret_voter(&secret, &ledger, VT_LIMIT_CODE, VT_SLICE("abc"));
    assert_hex(voter.bytes, "72a59473169477c09b1ce37e31549905");
    voter = vt_secret_voter(&secret, &ledger, VT_LIMIT_ADDRESS, VT_SLICE("abc"));
    assert_hex(voter.bytes, "477af3347fcc8d4105d1869cbebc7cb4");
}

static void test_release_wipes(void **state) {
    (void) state;
    vt_secret secret;
    char reason[VT_REASON_MAX];
    assert_int_equal(vt_secret_load("a secret of the tests", NULL, &secret, reason), VT_OK);
    vt_secret_release(&secret);
    vt_secret zeros = {.len = 0};
    memset(&zeros, 0, sizeof zeros);
    assert_memory_equal(&secret, &zeros, sizeof zeros);
    vt_secret_release(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_values, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_made_once, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_find_makes_none, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_modes, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_other_files, make_dir, remove_dir),
        cmocka_unit_test(test_no_directory),
        cmocka_unit_test_setup_teardown(test_racers_get_the_same, make_dir, remove_dir),
        cmocka_unit_test(test_derived),
        cmocka_unit_test(test_release_wipes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

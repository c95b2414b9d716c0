#include "config_kit.h"

#include <stdlib.h>
#include <unistd.h>

/* The environment of one test: name, value, name, value, …, NULL. */
const char *const *variables;

static const char *environment(void *context, const char *name) {
    assert_ptr_equal(context, &variables);
    for (const char *const *at = variables; at != NULL && *at != NULL; at += 2) {
        if (strcmp(at[0], name) == 0) {
            return at[1];
        }
    }
    return NULL;
}

vt_config config;
char reason[VT_CONFIG_REASON_MAX];

/* Parses arguments that end with NULL, under the variables, which are then forgotten. */
vt_err parse(vt_command_id command, const char *const *argv) {
    int argc = 0;
    while (argv[argc] != NULL) {
        argc++;
    }
    reason[0] = '\0';
    vt_err err = vt_config_parse(command, argc, argv, environment, &variables, &config, reason);
    variables = NULL;
    return err;
}

void assert_refused(vt_err err, const char *expected) {
    assert_int_equal(err, VT_ERR_BAD_CONFIG);
    assert_string_equal(reason, expected);
}

char secret_path[64];

int make_secret_file(void **state) {
    (void) state;
    strcpy(secret_path, "/tmp/test_config.XXXXXX");
    int fd = mkstemp(secret_path);
    return fd < 0 || close(fd) != 0;
}

int remove_secret_file(void **state) {
    (void) state;
    return unlink(secret_path);
}

void write_secret(const char *bytes, size_t len) {
    FILE *file = fopen(secret_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* What the tests of the settings share: one parse, with its arguments and its environment. */
#ifndef VT_TESTS_CONFIG_KIT_H
#define VT_TESTS_CONFIG_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "cmd/config.h"

enum { ARGS_MAX = 8 };

/* The environment of the next parse: name, value, name, value, …, NULL. */
extern const char *const *variables;

/* What the last parse gave. */
extern vt_config config;
extern char reason[VT_CONFIG_REASON_MAX];

/* Parses arguments that end with NULL, under the variables, which are then forgotten. */
vt_err parse(vt_command_id command, const char *const *argv);

#define ARGS(...) ((const char *const[ARGS_MAX]){__VA_ARGS__})
#define PARSE(command, ...) parse(VT_COMMAND_##command, ARGS(__VA_ARGS__))
#define ENVIRONMENT(...) (variables = (const char *const[]){__VA_ARGS__, NULL})

void assert_refused(vt_err err, const char *expected);

/* Set-up and tear-down of a file for secrets. */
extern char secret_path[64];
int make_secret_file(void **state);
int remove_secret_file(void **state);
void write_secret(const char *bytes, size_t len);

#endif

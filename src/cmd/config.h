/* The settings of one run of the program: a flag before an environment variable before the default. */
#ifndef VT_CMD_CONFIG_H
#define VT_CMD_CONFIG_H

#include "base/buf.h"
#include "base/err.h"
#include "cmd/command.h"
#include "cmd/config_table.h"

enum { VT_CONFIG_TEXT_MAX = 1023, VT_CONFIG_REASON_MAX = 256 };

typedef enum vt_config_type {
    VT_CONFIG_TEXT,
    VT_CONFIG_PATH,
    VT_CONFIG_URL,
    VT_CONFIG_ADDRESS,
    VT_CONFIG_SECRET,
    VT_CONFIG_SECRET_URL,
    VT_CONFIG_PROPERTIES,
    VT_CONFIG_NUMBER,
    VT_CONFIG_DURATION,
    VT_CONFIG_CHOICE,
    VT_CONFIG_SWITCH,
} vt_config_type;

/* The values of log_format. Those of log_level are a vt_log_level (obs/log.h). */
typedef enum vt_config_log_format { VT_CONFIG_LOG_AUTO, VT_CONFIG_LOG_TEXT, VT_CONFIG_LOG_JSON } vt_config_log_format;

/* The values of core. */
typedef enum vt_config_core { VT_CONFIG_CORE_NATIVE, VT_CONFIG_CORE_WASM } vt_config_core;

/* What each type is in struct vt_config: a terminated text, or a number. */
#define VT_CONFIG_MEMBER_TEXT(field) char field[VT_CONFIG_TEXT_MAX + 1]
#define VT_CONFIG_MEMBER_PATH(field) char field[VT_CONFIG_TEXT_MAX + 1]
#define VT_CONFIG_MEMBER_URL(field) char field[VT_CONFIG_TEXT_MAX + 1]
#define VT_CONFIG_MEMBER_ADDRESS(field) char field[VT_CONFIG_TEXT_MAX + 1]
#define VT_CONFIG_MEMBER_SECRET(field) char field[VT_CONFIG_TEXT_MAX + 1]
#define VT_CONFIG_MEMBER_SECRET_URL(field) char field[VT_CONFIG_TEXT_MAX + 1]
#define VT_CONFIG_MEMBER_PROPERTIES(field) char field[VT_CONFIG_TEXT_MAX + 1]
#define VT_CONFIG_MEMBER_NUMBER(field) uint32_t field
#define VT_CONFIG_MEMBER_DURATION(field) uint32_t field
#define VT_CONFIG_MEMBER_CHOICE(field) uint32_t field
#define VT_CONFIG_MEMBER_SWITCH(field) bool field

/* A plain value that may be copied. Settings which the command does not take have their defaults, not what the
 * environment says. Texts that are not set are empty. */
struct vt_config {
    vt_command_id command;
    const char *arguments[VT_COMMAND_ARGUMENTS_MAX]; /* positional; borrowed from argv */
    uint32_t arguments_count;
#define VT_CONFIG_MEMBER(field, type, ...) VT_CONFIG_MEMBER_##type(field);
    VT_CONFIG_MAP(VT_CONFIG_MEMBER)
#undef VT_CONFIG_MEMBER
};

/* One row of the table. */
typedef struct vt_config_row {
    const char *field;
    vt_config_type type;
    size_t offset; /* in struct vt_config */
    const char *flag;
    const char *environment;
    const char *familiar;
    const char *fallback;
    uint32_t commands;
    uint32_t least;
    uint32_t most;
    const char *choices;
    const char *help;
} vt_config_row;

extern const vt_config_row vt_config_rows[];
extern const size_t vt_config_rows_count;

/* What getenv(3) does; `context` is the caller's. */
typedef const char *vt_config_environment(void *context, const char *name);

/* Reads the flags and positional arguments behind the command's name, then the environment. Flags are `--name value` or
 * `--name=value`, the last one counts; `-h` is --help, with which nothing else is required; behind `--` all is
 * positional. An empty variable counts as not set.
 * VT_ERR_BAD_CONFIG: `reason` says what is wrong and names the flag or the variable, never a secret; *out is
 * unchanged. */
VT_MUST_CHECK vt_err vt_config_parse(vt_command_id command, int argc, const char *const *argv,
                                     vt_config_environment *environment, void *context, vt_config *out,
                                     char reason[VT_CONFIG_REASON_MAX]);

/* Appends the settings of the configuration's command as one JSON object; secrets are left out, and the passwords of
 * URLs. Errors of vt_buf_append. */
VT_MUST_CHECK vt_err vt_config_render(const vt_config *config, vt_buf *out);

/* Whether the ledger is a topic in Kafka, and not the data directory. */
bool vt_config_is_in_kafka(const vt_config *config);

/* Whether "HOST:PORT" is an address that only this machine reaches: localhost, 127.0.0.0/8 or [::1]. */
bool vt_config_is_loopback(const char *address);

#endif

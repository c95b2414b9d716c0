/* The subcommands: one table, from which main, help and the flags know them. */
#ifndef VT_CMD_COMMAND_H
#define VT_CMD_COMMAND_H

#include <stdint.h>

typedef struct vt_config vt_config; /* cmd/config.h */

/* X(ID, name, summary, positional arguments, least, most); each has `int vt_cmd_<name>(const vt_config *)`. */
#define VT_COMMAND_MAP(X)                                                                                              \
    X(RUN, run, "serve a contest: take votes, count them, show the results", "", 0, 0)                                 \
    X(INGEST, ingest, "one role of many machines: take votes into Kafka", "", 0, 0)                                    \
    X(COUNT, count, "one role of many machines: count the votes of Kafka in Redis", "", 0, 0)                          \
    X(ARCHIVE, archive, "one role of many machines: write the votes of Kafka to MongoDB", "", 0, 0)                    \
    X(WEB, web, "one role of many machines: show results of Redis and votes of MongoDB", "", 0, 0)                     \
    X(SEND, send, "send the votes of a file to any endpoint", "FILE", 1, 1)                                            \
    X(VERIFY, verify, "recount from the ledger and compare; exit 1 on any difference", "", 0, 0)                       \
    X(REBUILD, rebuild, "throw away the tally, and the log in MongoDB; derive them again from the ledger", "", 0, 0)   \
    X(CODES, codes, "make voter codes for a contest that asks for them", "", 0, 0)                                     \
    X(HEALTH, health, "exit 0 when the server beside is ready, for container checks", "", 0, 0)                        \
    X(HELP, help, "explain a command, or `configuration`", "[COMMAND|configuration]", 0, 1)

typedef enum vt_command_id {
#define VT_COMMAND_ENUM(id, name, summary, arguments, least, most) VT_COMMAND_##id,
    VT_COMMAND_MAP(VT_COMMAND_ENUM)
#undef VT_COMMAND_ENUM
        VT_COMMANDS_COUNT
} vt_command_id;

enum { VT_COMMAND_ARGUMENTS_MAX = 1 };

typedef struct vt_command {
    const char *name;
    const char *summary;
    const char *arguments; /* for usage lines: "FILE" */
    uint32_t arguments_min;
    uint32_t arguments_max;
} vt_command;

/* Indexed by vt_command_id. */
extern const vt_command vt_commands[VT_COMMANDS_COUNT];

/* The command of that name, or VT_COMMANDS_COUNT. */
vt_command_id vt_command_find(const char *name);

/* What the process ends with: 0, 1 (the command says no: not ready, a difference, a vote not taken), 2 (could not run).
 */
typedef enum vt_exit { VT_EXIT_OK = 0, VT_EXIT_NO = 1, VT_EXIT_FAILED = 2 } vt_exit;

typedef int vt_command_function(const vt_config *config);

#define VT_COMMAND_PROTOTYPE(id, name, summary, arguments, least, most) vt_command_function vt_cmd_##name;
VT_COMMAND_MAP(VT_COMMAND_PROTOTYPE)
#undef VT_COMMAND_PROTOTYPE

#endif

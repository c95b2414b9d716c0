/* votaton: one program, several commands. */
#include "cmd/config.h"
#include "cmd/help.h"
#include "mongo/mongo_init.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *environment(void *context, const char *name) {
    (void) context;
    return getenv(name);
}

static vt_command_function *const functions[VT_COMMANDS_COUNT] = {
#define VT_COMMAND_FUNCTION(id, name, summary, arguments, least, most) [VT_COMMAND_##id] = vt_cmd_##name,
    VT_COMMAND_MAP(VT_COMMAND_FUNCTION)
#undef VT_COMMAND_FUNCTION
};

static int run(vt_command_id command, int argc, const char *const *argv) {
    vt_config config;
    char reason[VT_CONFIG_REASON_MAX];
    if (vt_config_parse(command, argc, argv, environment, NULL, &config, reason) != VT_OK) {
        fprintf(stderr, "votaton %s: %s\nTry `votaton help %s`.\n", vt_commands[command].name, reason,
                vt_commands[command].name);
        return VT_EXIT_FAILED;
    }
    return config.help ? vt_help_command(command) : functions[command](&config);
}

/* No library of ours can end the look-up of a host name, and what waits for one cannot stop. So it may take 2 s for
 * each name server that does not answer, instead of 10: resolv.conf(5). Who sets the variable decides. */
static void bound_name_lookups(void) {
    (void) setenv("RES_OPTIONS", "timeout:1 attempts:2", 0);
}

int main(int argc, char **argv) {
    vt_mongo_unlink_counters();
    bound_name_lookups();
    if (argc < 2) {
        fputs("usage: votaton COMMAND [FLAGS]\nTry `votaton help`.\n", stderr);
        return VT_EXIT_FAILED;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        return vt_help_overview();
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("votaton " VT_VERSION);
        return VT_EXIT_OK;
    }
    vt_command_id command = vt_command_find(argv[1]);
    if (command == VT_COMMANDS_COUNT) {
        return vt_help_unknown(argv[1]);
    }
    return run(command, argc - 2, (const char *const *) (argv + 2));
}

#include "cmd/command.h"

#include <string.h>

const vt_command vt_commands[VT_COMMANDS_COUNT] = {
#define VT_COMMAND_ROW(id, name, summary, arguments, least, most) {#name, summary, arguments, least, most},
    VT_COMMAND_MAP(VT_COMMAND_ROW)
#undef VT_COMMAND_ROW
};

vt_command_id vt_command_find(const char *name) {
    for (int id = 0; id < VT_COMMANDS_COUNT; id++) {
        if (strcmp(vt_commands[id].name, name) == 0) {
            return (vt_command_id) id;
        }
    }
    return VT_COMMANDS_COUNT;
}

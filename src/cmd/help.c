#include "cmd/help.h"

#include "cmd/config.h"
#include "cmd/config_value.h"
#include "cmd/nearest.h"

#include <stdio.h>
#include <string.h>

enum { HELP_BYTES_MAX = 65536, COLUMNS = 100, INDENT = 6 };

static vt_err append(vt_buf *out, const char *text) {
    return vt_buf_append_slice(out, vt_slice_str(text));
}

/* What stands for a value: HOST:PORT. NULL for a switch, which has none. */
static const char *placeholder(const vt_config_row *row) {
    switch (row->type) {
    case VT_CONFIG_PATH:
        return "PATH";
    case VT_CONFIG_URL:
    case VT_CONFIG_SECRET_URL:
        return "URL";
    case VT_CONFIG_PROPERTIES:
        return "VALUE";
    case VT_CONFIG_ADDRESS:
        return "HOST:PORT";
    case VT_CONFIG_NUMBER:
        return "N";
    case VT_CONFIG_DURATION:
        return "TIME";
    case VT_CONFIG_CHOICE:
        return row->choices;
    case VT_CONFIG_SWITCH:
        return NULL;
    default:
        return "TEXT";
    }
}

/* Appends the words of `text` in indented lines of at most COLUMNS. */
static vt_err append_wrapped(vt_buf *out, const char *text) {
    vt_err err = VT_OK;
    size_t column = COLUMNS;
    bool is_first = true;
    while (err == VT_OK && *text != '\0') {
        size_t len = strcspn(text, " ");
        bool breaks = column + 1 + len > COLUMNS;
        if (breaks) {
            err = vt_buf_appendf(out, "%s%*s%.*s", is_first ? "" : "\n", INDENT, "", (int) len, text);
        } else {
            err = vt_buf_appendf(out, " %.*s", (int) len, text);
        }
        column = (breaks ? INDENT : column + 1) + len;
        is_first = false;
        text += len + (text[len] == ' ' ? 1 : 0);
    }
    return err == VT_OK ? vt_buf_append_char(out, '\n') : err;
}

vt_err vt_help_render_overview(vt_buf *out) {
    vt_err err = append(out, "votaton counts the votes of a live contest.\n\n"
                             "usage: votaton COMMAND [FLAGS]\n\n");
    for (int id = 0; err == VT_OK && id < VT_COMMANDS_COUNT; id++) {
        err = vt_buf_appendf(out, "  %-9s%s\n", vt_commands[id].name, vt_commands[id].summary);
    }
    return err == VT_OK
               ? append(out, "\n`votaton COMMAND --help` explains a command, `votaton help configuration` every "
                             "setting; `votaton --version` says which version this is.\n")
               : err;
}

/* Each variable that may set the row, and the one that names a file, with a mark around each. */
static vt_err append_variables(const vt_config_row *row, const char *mark, vt_buf *out) {
    const char *const names[] = {row->environment, row->familiar};
    const char *before = "";
    vt_err err = VT_OK;
    for (size_t i = 0; err == VT_OK && i < sizeof names / sizeof *names; i++) {
        if (names[i] == NULL) {
            continue;
        }
        err = vt_buf_appendf(out, "%s%s%s%s", before, mark, names[i], mark);
        before = ", ";
        if (err == VT_OK && vt_config_value_is_secret(row)) {
            err = vt_buf_appendf(out, ", %s%s_FILE%s", mark, names[i], mark);
        }
    }
    return err;
}

static vt_err append_names(const vt_config_row *row, vt_buf *out) {
    const char *value = placeholder(row);
    if (row->flag == NULL) {
        vt_err err = append(out, "  ");
        return err == VT_OK ? append_variables(row, "", out) : err;
    }
    vt_err err = vt_buf_appendf(out, "  --%s%s%s", row->flag, value == NULL ? "" : " ", value == NULL ? "" : value);
    if (err != VT_OK || row->environment == NULL) {
        return err;
    }
    err = append(out, "  [");
    if (err == VT_OK) {
        err = append_variables(row, "", out);
    }
    return err == VT_OK ? append(out, "]") : err;
}

static vt_err append_setting(const vt_config_row *row, vt_buf *out) {
    vt_err err = append_names(row, out);
    if (err == VT_OK && row->fallback != NULL) {
        err = vt_buf_appendf(out, "  (%s)", row->fallback);
    }
    if (err == VT_OK) {
        err = vt_buf_append_char(out, '\n');
    }
    return err == VT_OK ? append_wrapped(out, row->help) : err;
}

vt_err vt_help_render_command(vt_command_id command, vt_buf *out) {
    const vt_command *self = &vt_commands[command];
    vt_err err = vt_buf_appendf(out, "votaton %s: %s\n\nusage: votaton %s [FLAGS]%s%s\n\n", self->name, self->summary,
                                self->name, self->arguments[0] == '\0' ? "" : " ", self->arguments);
    for (size_t i = 0; err == VT_OK && i < vt_config_rows_count; i++) {
        if ((vt_config_rows[i].commands & 1U << command) != 0) {
            err = append_setting(&vt_config_rows[i], out);
        }
    }
    return err;
}

/* Appends text for a cell of a Markdown table, in which a bar would end the cell. */
static vt_err append_cell(vt_buf *out, const char *text) {
    vt_err err = VT_OK;
    for (; err == VT_OK && *text != '\0'; text++) {
        err = *text == '|' ? append(out, "\\|") : vt_buf_append_char(out, *text);
    }
    return err;
}

static vt_err append_names_cell(const vt_config_row *row, vt_buf *out) {
    vt_err err = row->flag == NULL ? append(out, "| – | ") : vt_buf_appendf(out, "| `--%s` | ", row->flag);
    if (err == VT_OK) {
        err = row->environment == NULL ? append(out, "–") : append_variables(row, "`", out);
    }
    return err == VT_OK ? append(out, " | ") : err;
}

static vt_err append_value_cells(const vt_config_row *row, vt_buf *out) {
    const char *value = placeholder(row);
    vt_err err = value == NULL ? append(out, "–") : append(out, "`");
    if (err == VT_OK && row->type == VT_CONFIG_NUMBER) {
        err = vt_buf_appendf(out, "%u…%u", row->least, row->most);
    } else if (err == VT_OK && value != NULL) {
        err = append_cell(out, value);
    }
    if (err == VT_OK && value != NULL) {
        err = append(out, "`");
    }
    if (err == VT_OK) {
        err = row->fallback == NULL ? append(out, " | – | ") : vt_buf_appendf(out, " | `%s` | ", row->fallback);
    }
    return err;
}

static vt_err append_commands_cell(const vt_config_row *row, vt_buf *out) {
    if (row->commands == VT_FOR_ALL) {
        return append(out, "all");
    }
    const char *before = "";
    vt_err err = VT_OK;
    for (int id = 0; err == VT_OK && id < VT_COMMANDS_COUNT; id++) {
        if ((row->commands & 1U << id) != 0) {
            err = vt_buf_appendf(out, "%s%s", before, vt_commands[id].name);
            before = ", ";
        }
    }
    return err;
}

static vt_err append_row(const vt_config_row *row, vt_buf *out) {
    vt_err err = append_names_cell(row, out);
    if (err == VT_OK) {
        err = append_value_cells(row, out);
    }
    if (err == VT_OK) {
        err = append_commands_cell(row, out);
    }
    if (err == VT_OK) {
        err = append(out, " | ");
    }
    if (err == VT_OK) {
        err = append_cell(out, row->help);
    }
    return err == VT_OK ? append(out, " |\n") : err;
}

vt_err vt_help_render_configuration(vt_buf *out) {
    vt_err err = append(
        out,
        "# Configuration\n\n"
        "<!-- Made by `votaton help configuration`; do not edit. -->\n\n"
        "A flag counts before an environment variable, and that before the default. Flags are written `--flag VALUE` "
        "or "
        "`--flag=VALUE`. An empty variable counts as not set. What is wrong is refused at the start with exit code 2 "
        "and a line that names the flag or the variable.\n\n"
        "- `PORT` replaces the port of the default address: its host stays, which is 127.0.0.1 but for `web`. To be "
        "reached from other machines, set `VOTATON_LISTEN=0.0.0.0:8080`.\n"
        "- Secrets have no flag, because other users of a machine see a process's flags. They come from the variable, "
        "or "
        "from the file that the variable with `_FILE` names; line ends behind the secret do not count. Setting both is "
        "an error. They are never printed, logged or served. URLs that may hold a password are such secrets, too, but "
        "have a flag for those that hold none.\n"
        "- `TIME` is a number with its unit: `500ms`, `10s`, `5m`.\n\n"
        "| flag | environment | value | default | commands | meaning |\n"
        "|---|---|---|---|---|---|\n");
    for (size_t i = 0; err == VT_OK && i < vt_config_rows_count; i++) {
        err = append_row(&vt_config_rows[i], out);
    }
    return err;
}

vt_err vt_help_render_unknown(const char *name, vt_buf *out) {
    const char *nearest = NULL;
    size_t distance = vt_nearest_limit(name);
    for (int id = 0; id < VT_COMMANDS_COUNT; id++) {
        vt_nearest_offer(name, vt_commands[id].name, &nearest, &distance);
    }
    if (nearest == NULL) {
        return vt_buf_appendf(out, "votaton: no command `%.64s`; see `votaton help`\n", name);
    }
    return vt_buf_appendf(out, "votaton: no command `%.64s`; did you mean `%s`?\n", name, nearest);
}

/* Writes the text and releases it. `err` is what became of rendering it. */
static int print(vt_err err, vt_buf *text, FILE *to) {
    bool is_written = err == VT_OK && fwrite(text->ptr, 1, text->len, to) == text->len && fflush(to) == 0;
    vt_buf_release(text);
    return is_written ? VT_EXIT_OK : VT_EXIT_FAILED;
}

int vt_help_overview(void) {
    vt_buf text;
    vt_buf_init(&text, HELP_BYTES_MAX);
    return print(vt_help_render_overview(&text), &text, stdout);
}

int vt_help_command(vt_command_id command) {
    vt_buf text;
    vt_buf_init(&text, HELP_BYTES_MAX);
    return print(vt_help_render_command(command, &text), &text, stdout);
}

int vt_help_unknown(const char *name) {
    vt_buf text;
    vt_buf_init(&text, HELP_BYTES_MAX);
    (void) print(vt_help_render_unknown(name, &text), &text, stderr);
    return VT_EXIT_FAILED;
}

int vt_cmd_help(const vt_config *config) {
    const char *topic = config->arguments_count == 0 ? NULL : config->arguments[0];
    if (topic == NULL) {
        return vt_help_overview();
    }
    if (strcmp(topic, "configuration") == 0) {
        vt_buf text;
        vt_buf_init(&text, HELP_BYTES_MAX);
        return print(vt_help_render_configuration(&text), &text, stdout);
    }
    vt_command_id command = vt_command_find(topic);
    return command == VT_COMMANDS_COUNT ? vt_help_unknown(topic) : vt_help_command(command);
}

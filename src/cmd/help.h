/* What `votaton help` and `--help` say, and docs/configuration.md: made of the tables of commands and settings. */
#ifndef VT_CMD_HELP_H
#define VT_CMD_HELP_H

#include "base/buf.h"
#include "cmd/command.h"

/* Each appends a whole text that ends with a newline. Errors of vt_buf_append. */
VT_MUST_CHECK vt_err vt_help_render_overview(vt_buf *out);
VT_MUST_CHECK vt_err vt_help_render_command(vt_command_id command, vt_buf *out);

/* The Markdown page. docs/configuration.md is this text, which a test compares. */
VT_MUST_CHECK vt_err vt_help_render_configuration(vt_buf *out);

/* What to say about a first argument that is no command: the nearest one, if one is near. */
VT_MUST_CHECK vt_err vt_help_render_unknown(const char *name, vt_buf *out);

/* Print the same on standard output, and return VT_EXIT_OK, or VT_EXIT_FAILED when it cannot be written. */
int vt_help_overview(void);
int vt_help_command(vt_command_id command);

/* Prints on standard error; returns VT_EXIT_FAILED. */
int vt_help_unknown(const char *name);

#endif

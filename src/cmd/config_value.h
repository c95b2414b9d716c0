/* Reads one setting's text into struct vt_config, by the type of its row. */
#ifndef VT_CMD_CONFIG_VALUE_H
#define VT_CMD_CONFIG_VALUE_H

#include "cmd/config.h"

/* Whether its variables may name a file instead, by NAME_FILE. */
bool vt_config_value_is_secret(const vt_config_row *row);

/* Checks `text` and writes it; properties are added to those that are there. VT_ERR_BAD_CONFIG: `reason` begins with
 * `source`, the name of the flag or the variable that gave it, and does not repeat secrets. */
VT_MUST_CHECK vt_err vt_config_value_set(const vt_config_row *row, const char *text, const char *source,
                                         vt_config *config, char reason[VT_CONFIG_REASON_MAX]);

/* Reads a secret from a file: at most VT_CONFIG_TEXT_MAX bytes without NUL, line ends behind it trimmed, not empty.
 * Errors as above. */
VT_MUST_CHECK vt_err vt_config_value_read_secret(const vt_config_row *row, const char *path, const char *source,
                                                 vt_config *config, char reason[VT_CONFIG_REASON_MAX]);

/* Writes the reason (printf's rules) and gives VT_ERR_BAD_CONFIG. */
__attribute__((format(printf, 2, 3))) vt_err vt_config_refuse(char reason[VT_CONFIG_REASON_MAX], const char *format,
                                                              ...);

/* Where the row's member lies. */
void *vt_config_value_at(const vt_config_row *row, vt_config *config);

#endif

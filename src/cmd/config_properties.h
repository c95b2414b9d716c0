/* Properties: "NAME=VALUE" lines that are handed on to a library. */
#ifndef VT_CMD_CONFIG_PROPERTIES_H
#define VT_CMD_CONFIG_PROPERTIES_H

#include "cmd/config.h"

/* Appends one line to the `properties` of a configuration, which are terminated. VT_ERR_BAD_CONFIG: an empty name, a
 * name with a space or "=", a value with a line break, too much for the field, or a name that speaks of a secret;
 * `reason` begins with `source` and does not repeat the value. */
VT_MUST_CHECK vt_err vt_config_property_add(char properties[VT_CONFIG_TEXT_MAX + 1], const char *source, vt_slice name,
                                            vt_slice value, char reason[VT_CONFIG_REASON_MAX]);

/* The same for each line of a text; empty lines do not count. */
VT_MUST_CHECK vt_err vt_config_properties_add(char properties[VT_CONFIG_TEXT_MAX + 1], const char *source,
                                              const char *lines, char reason[VT_CONFIG_REASON_MAX]);

#endif

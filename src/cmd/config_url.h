/* URLs that may hold secrets, as they may be shown. */
#ifndef VT_CMD_CONFIG_URL_H
#define VT_CMD_CONFIG_URL_H

#include "base/err.h"
#include "base/slice.h"

#include <stddef.h>

/* Writes the URL, terminated, with "***" for the password in front of its last "@" and for the value of each option
 * whose name speaks of a password, a secret or a token, whatever else is wrong with it. What does not fit in `size`
 * bytes is cut. */
void vt_config_url_redact(const char *url, char *out, size_t size);

#endif

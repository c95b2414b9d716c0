/* Sets log lines up as the configuration says. */
#ifndef VT_CMD_LOGGING_H
#define VT_CMD_LOGGING_H

#include "cmd/config.h"

/* Before other threads are started. */
void vt_logging_setup(const vt_config *config);

#endif

#include "cmd/logging.h"

#include "obs/log.h"

#include <unistd.h>

void vt_logging_setup(const vt_config *config) {
    bool is_text =
        config->log_format == VT_CONFIG_LOG_TEXT || (config->log_format == VT_CONFIG_LOG_AUTO && isatty(STDERR_FILENO));
    vt_log_setup((vt_log_level) config->log_level, is_text ? VT_LOG_TEXT : VT_LOG_JSON);
}

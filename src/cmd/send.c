#include "cmd/config.h"
int vt_cmd_send(const vt_config *config) { (void) config; return VT_EXIT_FAILED; }

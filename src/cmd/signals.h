/* Waiting for the signal that ends a server. */
#ifndef VT_CMD_SIGNALS_H
#define VT_CMD_SIGNALS_H

#include "base/err.h"

/* Keeps SIGINT, SIGTERM and SIGHUP for vt_signals_wait in this thread and all that it starts, and ignores SIGPIPE.
 * Before any other thread is started. VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_signals_hold(void);

/* Returns the signal that came; a second SIGINT or SIGTERM after it ends the process at once. */
int vt_signals_wait(void);

/* Makes vt_signals_wait return SIGTERM. Any thread. */
void vt_signals_raise(void);

#endif

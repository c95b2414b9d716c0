/* Waiting for the end of a server: by a signal, or because it cannot go on. */
#ifndef VT_CMD_SIGNALS_H
#define VT_CMD_SIGNALS_H

#include "base/err.h"

#include <stdint.h>

/* Keeps SIGINT, SIGTERM and SIGHUP for vt_signals_wait in this thread and all that it starts, and ignores SIGPIPE.
 * Before any other thread is started. VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_signals_hold(void);

/* Returns when one of the signals has come or vt_signals_give_up was called. A further signal then ends the process at
 * once: whoever asks twice does not want to wait for the orderly end. */
void vt_signals_wait(void);

/* Whether vt_signals_wait would return at once. */
bool vt_signals_is_pending(void);

/* Waits until vt_signals_wait would return at once, at most so long; whether it would. */
bool vt_signals_come_within(uint32_t timeout_ms);

/* Makes vt_signals_wait return. Any thread, any number of times, also after it has returned. */
void vt_signals_give_up(void);

#endif

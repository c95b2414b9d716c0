/* What a person is told at the terminal when the server is ready: where it is, and what to try next. */
#ifndef VT_CMD_WELCOME_H
#define VT_CMD_WELCOME_H

#include "vote/contest.h"

/* Prints on standard output. `data` is the data directory, the addresses are "HOST:PORT". */
void vt_welcome_print(const vt_contest *contest, const char *data, const char *address, const char *admin);

#endif

/* How many files the process may have open (getrlimit(2)): each connection is one. */
#ifndef VT_CMD_FD_LIMIT_H
#define VT_CMD_FD_LIMIT_H

#include <stdint.h>

/* For all but the connections of the public listener: the admin listener's, loops, database, logs, libraries. */
enum { VT_FD_LIMIT_RESERVE = 512 };

/* Raises the soft limit, at most to the hard one, so that `connections_max` and the reserve fit. Returns how many
 * connections do fit: `connections_max`, or less where the hard limit is too low, but at least 1; of a limit that is
 * below twice the reserve the connections get half. Call it once, before other threads start. */
uint32_t vt_fd_limit_raise(uint32_t connections_max);

#endif

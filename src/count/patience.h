/* Waiting for a server that is away, in a command that somebody waits for. */
#ifndef VT_COUNT_PATIENCE_H
#define VT_COUNT_PATIENCE_H

#include "base/err.h"

#include <stdint.h>

enum { VT_PATIENCE_MS = 30000, VT_PATIENCE_PAUSE_MS = 200 };

/* Zeroed before the first use, but for the first two. */
typedef struct vt_patience {
    bool (*goes_on)(void *context); /* asked before each further attempt; false: nobody waits any more. NULL: always */
    void *context;
    int64_t since_ns; /* when the first of the failures in a row was; 0: the last call went well */
} vt_patience;

/* What comes after each call: whether to make it again. Only VT_ERR_BUSY is worth it, until it lasted VT_PATIENCE_MS;
 * pauses first. */
bool vt_patience_tries_again(vt_patience *patience, vt_err err);

#endif

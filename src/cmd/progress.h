/* Progress of a long command: a bar on a terminal, a line now and then elsewhere. On standard error. */
#ifndef VT_CMD_PROGRESS_H
#define VT_CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct vt_progress_bar {
    const char *what; /* "recounting" */
    bool is_terminal;
    int64_t started_ns;
    int64_t shown_ns;
} vt_progress_bar;

void vt_progress_bar_start(vt_progress_bar *bar, const char *what);

/* Shows how far it is; `context` is the vt_progress_bar. Called as often as one likes. */
void vt_progress_bar_show(void *context, int64_t done, int64_t total);

/* Ends the line on a terminal. */
void vt_progress_bar_end(const vt_progress_bar *bar);

#endif

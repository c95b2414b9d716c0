/* How far the sending is: a bar on a terminal, else plain lines (each second, after ten seconds each five). */
#ifndef VT_CLIENT_PROGRESS_H
#define VT_CLIENT_PROGRESS_H

#include "client/summary.h"

#include <stdbool.h>

enum { VT_PROGRESS_TICK_MS = 200, VT_PROGRESS_COLUMNS_DEFAULT = 80, VT_PROGRESS_LINE_BYTES = 512 };

typedef struct vt_progress {
    FILE *out;
    bool terminal;
    int64_t started_ns;
    int64_t written_ns;  /* when the last line or bar was */
    int64_t measured_ns; /* when the rate was last taken */
    uint64_t measured;   /* votes settled then */
    double votes_per_s;  /* smoothed */
} vt_progress;

/* `out` is borrowed; it is a terminal when isatty says so. Times are vt_clock_monotonic_ns. */
void vt_progress_init(vt_progress *progress, FILE *out, int64_t now_ns);

/* To be called each VT_PROGRESS_TICK_MS; writes when it is time to. */
void vt_progress_tick(vt_progress *progress, const vt_send_summary *summary, int64_t now_ns);

/* Writes the last state and leaves the line. */
void vt_progress_end(vt_progress *progress, const vt_send_summary *summary, int64_t now_ns);

/* The bar: at most `columns` − 1 characters, so that no terminal wraps; a narrow one loses the bar first, then details.
 */
void vt_progress_format_bar(const vt_send_summary *summary, double votes_per_s, uint32_t columns,
                            char out[VT_PROGRESS_LINE_BYTES]);

#endif

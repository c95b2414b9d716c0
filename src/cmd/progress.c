#include "cmd/progress.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { BAR_CELLS = 30 };
static const int64_t terminal_every_ns = 100000000; /* 10 a second */
static const int64_t line_every_ns = 5000000000;

void vt_progress_bar_start(vt_progress_bar *bar, const char *what) {
    int64_t now_ns = vt_clock_monotonic_ns();
    *bar = (vt_progress_bar){
        .what = what, .is_terminal = isatty(STDERR_FILENO) != 0, .started_ns = now_ns, .shown_ns = now_ns};
}

void vt_progress_bar_show(void *context, int64_t done, int64_t total) {
    vt_progress_bar *bar = context;
    int64_t now_ns = vt_clock_monotonic_ns();
    if (now_ns - bar->shown_ns < (bar->is_terminal ? terminal_every_ns : line_every_ns)) {
        return;
    }
    bar->shown_ns = now_ns;
    double share = total <= 0 || done >= total ? 1.0 : (double) done / (double) total;
    double rate = (double) done / ((double) (now_ns - bar->started_ns) / 1e9);
    double left_s = rate > 0 ? (double) (total - done) / rate : 0;
    if (bar->is_terminal) {
        char cells[BAR_CELLS + 1];
        for (int i = 0; i < BAR_CELLS; i++) {
            cells[i] = i < (int) (share * BAR_CELLS) ? '#' : '.';
        }
        cells[BAR_CELLS] = '\0';
        fprintf(stderr, "\r%s [%s] %3.0f %%  %.0f/s  %.0f s left \033[K", bar->what, cells, share * 100, rate, left_s);
    } else {
        fprintf(stderr, "%s: %" PRId64 " of %" PRId64 ", %.0f/s, %.0f s left\n", bar->what, done, total, rate, left_s);
    }
}

void vt_progress_bar_end(const vt_progress_bar *bar) {
    if (bar->is_terminal) {
        fputs("\r\033[K", stderr);
    }
}

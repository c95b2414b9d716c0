#include "client/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

enum {
    BAR_COLUMNS_MIN = 10,
    BAR_COLUMNS_MAX = 50,
    NS_IN_SECOND = 1000000000,
    EACH_SECOND_UNTIL = 10,
    LATER_EACH = 5,
    ETA_HOURS_MAX = 99,
    TEXT_BYTES = 160,
    COUNT_BYTES = 32,
};

void vt_progress_init(vt_progress *progress, FILE *out, int64_t now_ns) {
    *progress = (vt_progress){.out = out,
                              .terminal = isatty(fileno(out)) == 1,
                              .started_ns = now_ns,
                              .written_ns = now_ns,
                              .measured_ns = now_ns};
}

static uint64_t settled(const vt_send_summary *summary) {
    return summary->accepted + summary->refused + summary->failed;
}

/* "1,234,567" */
static void format_count(uint64_t count, char out[COUNT_BYTES]) {
    char digits[COUNT_BYTES];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long) count);
    size_t used = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            out[used++] = ',';
        }
        out[used++] = digits[i];
    }
    out[used] = '\0';
}

static void format_eta(const vt_send_summary *summary, double votes_per_s, char out[COUNT_BYTES]) {
    double seconds = votes_per_s > 0 ? (double) (summary->total - settled(summary)) / votes_per_s : -1;
    if (seconds < 0 || seconds > ETA_HOURS_MAX * 3600.0) {
        snprintf(out, COUNT_BYTES, "--:--");
        return;
    }
    unsigned whole = (unsigned) (seconds + 0.5);
    if (whole >= 3600) {
        snprintf(out, COUNT_BYTES, "%u:%02u:%02u", whole / 3600, whole / 60 % 60, whole % 60);
    } else {
        snprintf(out, COUNT_BYTES, "%u:%02u", whole / 60, whole % 60);
    }
}

static double part_done(const vt_send_summary *summary) {
    return summary->total == 0 ? 1.0 : (double) settled(summary) / (double) summary->total;
}

/* The text behind the bar; `details` adds what went wrong. */
static int format_text(const vt_send_summary *summary, double votes_per_s, bool details, char out[TEXT_BYTES]) {
    char done[COUNT_BYTES];
    char total[COUNT_BYTES];
    char rate[COUNT_BYTES];
    char eta[COUNT_BYTES];
    format_count(settled(summary), done);
    format_count(summary->total, total);
    format_count((uint64_t) (votes_per_s + 0.5), rate);
    format_eta(summary, votes_per_s, eta);
    int len = snprintf(out, TEXT_BYTES, "%3.0f%% %s/%s %s/s ETA %s", part_done(summary) * 100, done, total, rate, eta);
    if (details && (summary->refused > 0 || summary->failed > 0 || summary->retries > 0)) {
        len += snprintf(out + len, (size_t) (TEXT_BYTES - len), " (%llu refused, %llu failed, %llu retries)",
                        (unsigned long long) summary->refused, (unsigned long long) summary->failed,
                        (unsigned long long) summary->retries);
    }
    return len;
}

void vt_progress_format_bar(const vt_send_summary *summary, double votes_per_s, uint32_t columns,
                            char out[VT_PROGRESS_LINE_BYTES]) {
    char text[TEXT_BYTES];
    int room = columns < 2 ? 1 : columns > VT_PROGRESS_LINE_BYTES ? VT_PROGRESS_LINE_BYTES - 1 : (int) columns - 1;
    int len = format_text(summary, votes_per_s, true, text);
    if (len + BAR_COLUMNS_MIN > room) {
        len = format_text(summary, votes_per_s, false, text);
    }
    int bar = room - len - 3;
    bar = bar > BAR_COLUMNS_MAX ? BAR_COLUMNS_MAX : bar;
    if (bar < BAR_COLUMNS_MIN) {
        snprintf(out, VT_PROGRESS_LINE_BYTES, "%.*s", room, text);
        return;
    }
    int full = (int) (part_done(summary) * bar);
    out[0] = '[';
    for (int i = 0; i < bar; i++) {
        out[i + 1] = i < full ? '#' : '.';
    }
    snprintf(out + bar + 1, (size_t) (VT_PROGRESS_LINE_BYTES - bar - 1), "] %s", text);
}

static uint32_t columns_of(FILE *out) {
    struct winsize size = {0};
    if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return VT_PROGRESS_COLUMNS_DEFAULT;
    }
    return size.ws_col;
}

/* Half of what is new, half of what was: steady enough to read, quick enough to see a stall. */
static void measure(vt_progress *progress, const vt_send_summary *summary, int64_t now_ns) {
    double seconds = (double) (now_ns - progress->measured_ns) / NS_IN_SECOND;
    if (seconds <= 0) {
        return;
    }
    double rate = (double) (settled(summary) - progress->measured) / seconds;
    bool first = progress->measured_ns == progress->started_ns;
    progress->votes_per_s = first ? rate : (progress->votes_per_s + rate) / 2;
    progress->measured = settled(summary);
    progress->measured_ns = now_ns;
}

static void write_state(vt_progress *progress, const vt_send_summary *summary, int64_t now_ns) {
    progress->written_ns = now_ns;
    if (progress->terminal) {
        char line[VT_PROGRESS_LINE_BYTES];
        vt_progress_format_bar(summary, progress->votes_per_s, columns_of(progress->out), line);
        fprintf(progress->out, "\r%s\033[K", line);
    } else {
        char text[TEXT_BYTES];
        format_text(summary, progress->votes_per_s, true, text);
        fprintf(progress->out, "%s\n", text);
    }
    fflush(progress->out);
}

void vt_progress_tick(vt_progress *progress, const vt_send_summary *summary, int64_t now_ns) {
    if (!progress->terminal) {
        bool early = now_ns - progress->started_ns <= (int64_t) EACH_SECOND_UNTIL * NS_IN_SECOND;
        int64_t each_ns = (int64_t) (early ? 1 : LATER_EACH) * NS_IN_SECOND;
        if (now_ns - progress->written_ns < each_ns) {
            return;
        }
    }
    measure(progress, summary, now_ns);
    write_state(progress, summary, now_ns);
}

void vt_progress_end(vt_progress *progress, const vt_send_summary *summary, int64_t now_ns) {
    measure(progress, summary, now_ns);
    if (progress->terminal) {
        write_state(progress, summary, now_ns);
        fputc('\n', progress->out);
        fflush(progress->out);
    }
}

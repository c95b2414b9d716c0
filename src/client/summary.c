#include "client/summary.h"

static vt_summary_code *code_of(vt_send_summary *summary, vt_slice code) {
    if (code.len >= VT_SUMMARY_CODE_BYTES) {
        code.len = VT_SUMMARY_CODE_BYTES - 1;
    }
    for (uint32_t i = 0; i < summary->codes_count; i++) {
        if (vt_slice_eq(vt_slice_str(summary->codes[i].code), code)) {
            return &summary->codes[i];
        }
    }
    if (summary->codes_count == VT_SUMMARY_CODES_MAX) {
        return &summary->codes[VT_SUMMARY_CODES_MAX - 1];
    }
    if (summary->codes_count == VT_SUMMARY_CODES_MAX - 1) {
        code = VT_SLICE("other");
    }
    vt_summary_code *added = &summary->codes[summary->codes_count++];
    memcpy(added->code, code.ptr, code.len);
    added->code[code.len] = '\0';
    added->votes = 0;
    return added;
}

void vt_summary_refuse(vt_send_summary *summary, vt_slice code, uint64_t votes) {
    code_of(summary, code)->votes += votes;
    summary->refused += votes;
}

static void write_count(FILE *out, const char *label, uint64_t votes) {
    fprintf(out, "%-12s %llu\n", label, (unsigned long long) votes);
}

static double milliseconds(uint64_t ns) {
    return (double) ns / 1e6;
}

void vt_summary_write(const vt_send_summary *summary, FILE *out) {
    write_count(out, "votes", summary->total);
    write_count(out, "sent", summary->sent);
    write_count(out, "accepted", summary->accepted);
    write_count(out, "duplicates", summary->duplicates);
    write_count(out, "refused", summary->refused);
    for (uint32_t i = 0; i < summary->codes_count; i++) {
        fprintf(out, "  %-20s %llu\n", summary->codes[i].code, (unsigned long long) summary->codes[i].votes);
    }
    write_count(out, "failed", summary->failed);
    write_count(out, "retries", summary->retries);
    double seconds = (double) summary->elapsed_ns / 1e9;
    fprintf(out, "%-12s %.3f s\n", "elapsed", seconds);
    fprintf(out, "%-12s %.0f votes/s\n", "rate", seconds > 0 ? (double) summary->accepted / seconds : 0.0);
    fprintf(out, "%-12s p50 %.3f ms, p99 %.3f ms, max %.3f ms\n", "latency", milliseconds(summary->latency_p50_ns),
            milliseconds(summary->latency_p99_ns), milliseconds(summary->latency_max_ns));
    if (summary->trouble.text[0] != '\0') {
        fprintf(out, "%-12s %s\n", "last trouble", summary->trouble.text);
    }
    if (summary->hint.text[0] != '\0') {
        fprintf(out, "%-12s %s\n", "hint", summary->hint.text);
    }
    if (summary->total > summary->sent) {
        write_count(out, "not sent", summary->total - summary->sent);
    }
    if (summary->interrupted) {
        fputs("interrupted\n", out);
    }
}

int vt_summary_exit_code(const vt_send_summary *summary) {
    return summary->accepted == summary->total && summary->check != VT_CHECK_FAILED ? 0 : 1;
}

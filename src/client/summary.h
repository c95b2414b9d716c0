/* What became of the votes, for the person or the script that ran `votaton send`. */
#ifndef VT_CLIENT_SUMMARY_H
#define VT_CLIENT_SUMMARY_H

#include "base/slice.h"
#include "client/reason.h"

#include <stdint.h>
#include <stdio.h>

enum { VT_SUMMARY_CODES_MAX = 32, VT_SUMMARY_CODE_BYTES = 48 };

typedef struct vt_summary_code {
    char code[VT_SUMMARY_CODE_BYTES];
    uint64_t votes;
} vt_summary_code;

typedef enum vt_check_result { VT_CHECK_NOT_ASKED, VT_CHECK_PASSED, VT_CHECK_FAILED } vt_check_result;

/* Always: total >= sent = accepted + refused + failed, once the run is over. */
typedef struct vt_send_summary {
    uint64_t total;      /* votes that were to be sent */
    uint64_t sent;       /* distinct votes that were tried */
    uint64_t accepted;   /* acknowledged, duplicates included */
    uint64_t duplicates; /* acknowledged as recorded before */
    uint64_t refused;    /* by code: below */
    uint64_t failed;     /* without an answer that settles it, all retries included */
    uint64_t retries;    /* requests that were sent again */
    uint32_t codes_count;
    vt_summary_code codes[VT_SUMMARY_CODES_MAX]; /* the last one gathers the rest as "other" */
    int64_t elapsed_ns;
    uint64_t latency_p50_ns; /* from the scheduled time, with a rate; else from the first attempt */
    uint64_t latency_p99_ns;
    uint64_t latency_max_ns;
    bool interrupted;
    vt_check_result check;
    vt_reason trouble; /* the latest reason for a retry or failure; empty when there was none */
    vt_reason hint;    /* what to do about it; empty when nobody knows */
} vt_send_summary;

/* Counts `votes` refused for `code`; a code that is too long is cut. */
void vt_summary_refuse(vt_send_summary *summary, vt_slice code, uint64_t votes);

/* Writes the lines that a person reads. */
void vt_summary_write(const vt_send_summary *summary, FILE *out);

/* 0 when every vote was accepted and no check failed, else 1. */
int vt_summary_exit_code(const vt_send_summary *summary);

#endif

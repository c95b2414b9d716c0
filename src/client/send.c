#include "client/send.h"

#include "client/check.h"
#include "client/sender.h"

typedef struct send_run {
    const vt_send_options *options;
    vt_target target;
    vt_target results;
    vt_votes *votes;
    vt_account *account;
    vt_check check;
} send_run;

void vt_send_options_init(vt_send_options *options) {
    *options = (vt_send_options){.connections = VT_SEND_CONNECTIONS_DEFAULT,
                                 .streams = VT_SEND_STREAMS_DEFAULT,
                                 .repeat = 1,
                                 .retries = VT_SEND_RETRIES_DEFAULT,
                                 .timeout_ms = VT_SEND_TIMEOUT_MS_DEFAULT};
}

static vt_err check_ranges(const vt_send_options *options, vt_reason *reason) {
    const struct {
        const char *flag;
        uint64_t value;
        uint64_t min;
        uint64_t max;
    } ranges[] = {
        {"--connections", options->connections, 1, VT_SEND_CONNECTIONS_MAX},
        {"--streams", options->streams, 1, VT_SEND_STREAMS_MAX},
        {"--batch", options->batch, 0, VT_BATCH_VOTES_MAX},
        {"--rate", options->rate, 0, VT_SEND_RATE_MAX},
        {"--repeat", options->repeat, 1, VT_SEND_REPEAT_MAX},
        {"--retries", options->retries, 0, VT_SEND_RETRIES_MAX},
        {"--timeout (ms)", options->timeout_ms, 1, VT_SEND_TIMEOUT_MS_MAX},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (ranges[i].value < ranges[i].min || ranges[i].value > ranges[i].max) {
            vt_reason_set(reason, "%s %llu: must be from %llu to %llu", ranges[i].flag,
                          (unsigned long long) ranges[i].value, (unsigned long long) ranges[i].min,
                          (unsigned long long) ranges[i].max);
            return VT_ERR_BAD_CONFIG;
        }
    }
    return VT_OK;
}

static vt_err check_in_flight(const vt_send_options *options, const vt_target *target, vt_reason *reason) {
    uint64_t lanes = (uint64_t) options->connections * (target->scheme == VT_TARGET_GRPC ? options->streams : 1);
    if (lanes * (options->batch == 0 ? 1 : options->batch) > VT_SEND_IN_FLIGHT_MAX) {
        vt_reason_set(reason, "--connections × --streams × --batch: at most %d votes may be in flight",
                      VT_SEND_IN_FLIGHT_MAX);
        return VT_ERR_BAD_CONFIG;
    }
    return VT_OK;
}

static vt_err begin_check(send_run *run, vt_reason *reason) {
    const vt_send_options *options = run->options;
    vt_err err = VT_OK;
    run->results = run->target;
    if (options->results != NULL) {
        err = vt_target_parse("--results", options->results, &run->results, reason);
        if (err == VT_OK) {
            err = vt_target_resolve(&run->results, reason);
        }
    }
    return err == VT_OK
               ? vt_check_begin(&run->check, &run->results, run->votes, options->timeout_ms, options->report, reason)
               : err;
}

static vt_err prepare(send_run *run, vt_reason *reason) {
    const vt_send_options *options = run->options;
    vt_err err = check_ranges(options, reason);
    if (err == VT_OK) {
        err = vt_target_parse("--to", options->to, &run->target, reason);
    }
    if (err == VT_OK) {
        err = check_in_flight(options, &run->target, reason);
    }
    if (err == VT_OK) {
        vt_votes_options file = {.path = options->file,
                                 .encoding =
                                     run->target.scheme == VT_TARGET_GRPC ? VT_ENCODING_PROTO : VT_ENCODING_JSON,
                                 .keep_ids = options->repeat == 1};
        err = vt_votes_load(&file, &run->votes, reason);
    }
    if (err == VT_OK) {
        err = vt_target_resolve(&run->target, reason);
    }
    if (err == VT_OK && options->check) {
        err = begin_check(run, reason);
    }
    if (err == VT_OK) {
        vt_account_options books = {.votes = run->votes,
                                    .acks_path = options->acks_file,
                                    .total = options->repeat * vt_votes_count(run->votes)};
        err = vt_account_open(&books, &run->account, reason);
    }
    return err;
}

static vt_err send_all(send_run *run, vt_reason *reason) {
    const vt_send_options *options = run->options;
    vt_sender_options sender = {.target = &run->target,
                                .votes = run->votes,
                                .account = run->account,
                                .total = options->repeat * vt_votes_count(run->votes),
                                .connections = options->connections,
                                .streams = options->streams,
                                .batch = options->batch,
                                .rate = options->rate,
                                .retries = options->retries,
                                .timeout_ms = options->timeout_ms,
                                .progress = options->progress};
    vt_err err = vt_sender_run(&sender, reason);
    vt_reason flush_reason;
    vt_err flush_err = vt_account_flush(run->account, &flush_reason);
    if (err == VT_OK && flush_err != VT_OK) {
        *reason = flush_reason;
        err = flush_err;
    }
    return err;
}

/* Says so when it was not the votes that were refused, but the address. */
static void explain(const vt_target *target, vt_send_summary *summary) {
    static const char *const codes[] = {"not_found", "method_not_allowed", "unimplemented"};
    bool is_address = false;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        is_address = is_address || strcmp(summary->codes[0].code, codes[i]) == 0;
    }
    if (is_address && summary->codes[0].votes == summary->sent) {
        vt_reason_set(&summary->hint,
                      "nobody takes votes at %s://%s%s: --to must name `votaton ingest` or `votaton run`, not "
                      "`votaton web`",
                      target->scheme == VT_TARGET_GRPC ? "grpc" : "http", target->authority, target->path);
    }
}

static vt_check_result end_check(send_run *run, const vt_send_summary *summary) {
    if (summary->accepted == 0) {
        fputs("check: nothing was acknowledged: there is nothing to check\n", run->options->report);
        return VT_CHECK_NOT_ASKED;
    }
    return vt_check_end(&run->check, run->account, VT_CHECK_WAIT_MS);
}

vt_err vt_send_run(const vt_send_options *options, vt_send_summary *out, vt_reason *reason) {
    send_run run = {.options = options, .check = {.get = {.fd = -1}}};
    *out = (vt_send_summary){0};
    *reason = (vt_reason){0};
    vt_err err = prepare(&run, reason);
    if (err != VT_OK) {
        goto out;
    }
    err = send_all(&run, reason);
    *out = *vt_account_summary(run.account);
    explain(&run.target, out);
    if (err == VT_OK && options->check && !out->interrupted) {
        out->check = end_check(&run, out);
    }
out:
    vt_account_close(run.account);
    vt_check_release(&run.check);
    vt_votes_free(run.votes);
    return err;
}

int vt_send_exit_code(vt_err err, const vt_send_summary *summary) {
    return err != VT_OK ? 2 : vt_summary_exit_code(summary);
}

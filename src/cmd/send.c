/* `votaton send`: hands the settings to the sender and prints its summary. */
#include "client/send.h"

#include "cmd/config.h"

#include <stdio.h>

int vt_cmd_send(const vt_config *config) {
    vt_send_options options;
    vt_send_options_init(&options);
    options.file = config->arguments[0];
    options.to = config->to;
    options.results = config->results[0] == '\0' ? NULL : config->results;
    options.acks_file = config->acks[0] == '\0' ? NULL : config->acks;
    options.connections = config->connections;
    options.streams = config->streams;
    options.batch = config->batch;
    options.rate = config->rate;
    options.repeat = config->repeat;
    options.retries = config->retries;
    options.timeout_ms = config->timeout_ms;
    options.check = config->check;
    options.progress = stderr;
    options.report = stdout;
    vt_send_summary summary = {0};
    vt_reason reason = {0};
    vt_err err = vt_send_run(&options, &summary, &reason);
    if (summary.total > 0) {
        vt_summary_write(&summary, stdout);
    }
    if (err != VT_OK) {
        fprintf(stderr, "votaton send: %s\n", reason.text);
    }
    return vt_send_exit_code(err, &summary);
}

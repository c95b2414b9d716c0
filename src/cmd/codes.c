/* `votaton codes`: makes voter codes for a contest that limits votes by code. */
#include "base/clock.h"
#include "cmd/config.h"
#include "cmd/logging.h"
#include "cmd/stored_contest.h"
#include "cmd/topic.h"
#include "contest/code.h"
#include "contest/definition.h"
#include "contest/establish.h"
#include "count/patience.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

typedef struct serial {
    uint8_t bytes[VT_CODE_SERIAL_LEN];
} serial;

static int compare(const void *a, const void *b) {
    return memcmp(a, b, sizeof(serial));
}

/* Draws distinct serials, sorted: what came twice is drawn again. */
static vt_err draw(serial *serials, size_t count) {
    size_t distinct = 0;
    while (distinct < count) {
        for (size_t i = distinct; i < count; i++) {
            if (getrandom(serials[i].bytes, sizeof serials[i].bytes, 0) != (ssize_t) sizeof serials[i].bytes) {
                return VT_ERR_SYSTEM;
            }
        }
        qsort(serials, count, sizeof serials[0], compare);
        distinct = 1;
        for (size_t i = 1; i < count; i++) {
            if (compare(&serials[distinct - 1], &serials[i]) != 0) {
                serials[distinct++] = serials[i];
            }
        }
    }
    return VT_OK;
}

static vt_err print_codes(FILE *out, const vt_secret *secret, const vt_id *ledger_id, size_t count) {
    serial *serials = calloc(count, sizeof *serials);
    if (serials == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    vt_err err = draw(serials, count);
    for (size_t i = 0; i < count && err == VT_OK; i++) {
        char code[VT_CODE_TEXT_LEN + 1];
        vt_code_make(secret, ledger_id, serials[i].bytes, code);
        err = fprintf(out, "%s\n", code) < 0 ? VT_ERR_SYSTEM : VT_OK;
    }
    free(serials);
    return err == VT_OK && fflush(out) != 0 ? VT_ERR_SYSTEM : err;
}

/* Codes are worth votes: only their owner may read the file, and none is ever overwritten. */
static FILE *open_output(const vt_config *config) {
    if (config->output[0] == '\0') {
        return stdout;
    }
    int fd = open(config->output, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd < 0 ? NULL : fdopen(fd, "w");
}

/* Codes of another secret would be refused at the ballot: better here. */
static vt_err load_secret(const vt_config *config, const vt_contest *contest, vt_secret *secret,
                          char reason[VT_REASON_MAX]) {
    const char *value = config->contest_secret[0] == '\0' ? NULL : config->contest_secret;
    if (value == NULL && vt_config_is_in_kafka(config)) {
        snprintf(reason, VT_REASON_MAX, "the contest's secret is missing: set CONTEST_SECRET or CONTEST_SECRET_FILE");
        return VT_ERR_BAD_CONFIG;
    }
    vt_err err = vt_secret_find(value, config->data, secret, reason);
    if (err != VT_OK) {
        return err;
    }
    uint8_t check[VT_SECRET_CHECK_LEN];
    vt_secret_check(secret, &contest->ledger_id, check);
    if (!vt_hash_equal(check, contest->secret_check, sizeof check)) {
        snprintf(reason, VT_REASON_MAX, "%s", vt_err_text(VT_ERR_OTHER_SECRET));
        return VT_ERR_OTHER_SECRET;
    }
    return VT_OK;
}

static vt_err make(const vt_config *config, const vt_contest *contest, char reason[VT_REASON_MAX]) {
    if (contest->limit_by != VT_LIMIT_CODE) {
        snprintf(reason, VT_REASON_MAX, "the contest does not ask for codes (votes_per_voter: by: code)");
        return VT_ERR_BAD_CONTEST;
    }
    vt_secret secret = {0};
    vt_err err = load_secret(config, contest, &secret, reason);
    if (err == VT_OK) {
        FILE *out = open_output(config);
        err = out == NULL ? VT_ERR_SYSTEM : print_codes(out, &secret, &contest->ledger_id, config->count);
        if (out != NULL && out != stdout && fclose(out) != 0 && err == VT_OK) {
            err = VT_ERR_SYSTEM;
        }
        if (err != VT_OK) {
            snprintf(reason, VT_REASON_MAX, "%.200s: %s", out == stdout ? "standard output" : config->output,
                     strerror(errno));
        }
    }
    vt_secret_release(&secret);
    return err;
}

static int failed(const char *reason) {
    fprintf(stderr, "votaton codes: %s\n", reason);
    return VT_EXIT_FAILED;
}

static int make_for_data(const vt_config *config) {
    char reason[VT_REASON_MAX] = "";
    vt_store *store;
    vt_err err = vt_store_open(config->data, VT_STORE_READ, &store, reason);
    if (err == VT_OK) {
        vt_definition *definition = NULL;
        err = vt_stored_contest_read(store, &definition);
        if (err == VT_OK) {
            err = make(config, vt_definition_contest(definition), reason);
        } else {
            snprintf(reason, sizeof reason, "cannot read the contest: %s", vt_err_text(err));
        }
        vt_definition_free(definition);
        vt_store_close(store);
    }
    return err == VT_OK ? VT_EXIT_OK : failed(reason);
}

static vt_err read_contest(vt_topic *topic, const vt_service *service, vt_definition **out,
                           char reason[VT_SERVICE_REASON_MAX]) {
    vt_err err = vt_topic_connect(topic, service, VT_LEDGER_KAFKA_READ, reason);
    if (err != VT_OK) {
        return err;
    }
    char why[VT_REASON_MAX];
    err = vt_contest_read(topic->ledger, out, why);
    if (err != VT_OK) {
        snprintf(reason, VT_SERVICE_REASON_MAX, "contest: %s", why);
    }
    return err;
}

static int make_for_topic(const vt_config *config) {
    char reason[VT_SERVICE_REASON_MAX];
    const vt_service service = {.config = config};
    vt_topic topic = {0};
    vt_definition *definition = NULL;
    vt_patience patience = {.since_ns = vt_clock_monotonic_ns()};
    vt_err err;
    vt_logging_setup(config);
    do {
        err = read_contest(&topic, &service, &definition, reason);
    } while (vt_patience_tries_again(&patience, err));
    if (err == VT_OK) {
        err = make(config, vt_definition_contest(definition), reason);
    }
    vt_definition_free(definition);
    vt_topic_release(&topic);
    return err == VT_OK ? VT_EXIT_OK : failed(reason);
}

int vt_cmd_codes(const vt_config *config) {
    return vt_config_is_in_kafka(config) ? make_for_topic(config) : make_for_data(config);
}

#include "kafka/kafka_conf.h"

#include "base/assert.h"
#include "kafka/kafka_trouble.h"
#include "obs/log.h"

#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { NAME_BYTES_MAX = 64, VALUE_BYTES_MAX = 16384, ERROR_TEXT_MAX = 512 };

typedef struct property {
    const char *name;
    const char *value;
} property;

/* What the user may change. */
static const property defaults[] = {
    {"reconnect.backoff.ms", "50"},
    {"reconnect.backoff.max.ms", "500"},
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
    {"socket.connection.setup.timeout.ms", "10000"},
    {"socket.timeout.ms", "5000"}, /* whoever closes waits for requests that are on their way to a silent broker */
};

/* What the promises and the bounds of memory stand on, under all of its names: whatever we set ourselves is here, so
 * that nobody gives a value in vain. And what would load foreign code or brokers that keep nothing. */
static const char *const ours[] = {
    "acks",
    "allow.auto.create.topics",
    "auto.commit.enable",
    "auto.offset.reset",
    "bootstrap.servers",
    "check.crcs",
    "client.id",
    "delivery.report.only.error",
    "delivery.timeout.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "enable.partition.eof",
    "enabled_events",
    "fetch.error.backoff.ms",
    "fetch.max.bytes",
    "fetch.message.max.bytes",
    "fetch.min.bytes",
    "fetch.wait.max.ms",
    "group.id",
    "group.instance.id",
    "group.protocol.type",
    "heartbeat.interval.ms",
    "internal.termination.signal",
    "isolation.level",
    "linger.ms",
    "log.queue",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "max.partition.fetch.bytes",
    "max.poll.interval.ms",
    "message.max.bytes",
    "message.send.max.retries",
    "message.timeout.ms",
    "metadata.broker.list",
    "offset.store.method",
    "partition.assignment.strategy",
    "partitioner",
    "plugin.library.paths",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.messages",
    "queue.buffering.max.ms",
    "queued.max.messages.kbytes",
    "queued.min.messages",
    "queuing.strategy",
    "request.required.acks",
    "retries",
    "session.timeout.ms",
    "sticky.partitioning.linger.ms",
    "test.mock.num.brokers",
    "topic.blacklist",
    "transaction.timeout.ms",
    "transactional.id",
};

__attribute__((format(printf, 2, 3))) static vt_err fail(char *reason, const char *format, ...);

static vt_err fail(char *reason, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(reason, VT_KAFKA_REASON_MAX, format, args);
    va_end(args);
    return VT_ERR_BAD_CONFIG;
}

static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text) {
    if (strcmp(facility, "FAIL") == 0) {
        if (strstr(text, rd_kafka_err2str(RD_KAFKA_RESP_ERR__DESTROY)) != NULL) {
            return; /* we closed it ourselves */
        }
        vt_kafka_trouble_note(text);
    }
    if (level <= LOG_WARNING) {
        vt_log(level <= LOG_ERR ? VT_LOG_ERROR : VT_LOG_WARN, "kafka_client",
               VT_LOG_STR("client", handle == NULL ? "" : rd_kafka_name(handle)), VT_LOG_STR("facility", facility),
               VT_LOG_STR("message", text));
    }
}

/* Decides nothing: only sees what librdkafka's own words do not tell, a wrong host name from an unknown authority. */
static int on_certificate(rd_kafka_t *handle, const char *broker, int32_t id, int *x509_error, int depth,
                          const char *bytes, size_t len, char *text, size_t text_size, void *opaque) {
    (void) handle, (void) broker, (void) id, (void) depth, (void) bytes, (void) len, (void) opaque;
    if (*x509_error == X509_V_OK) {
        return 1;
    }
    vt_kafka_trouble_note_certificate(*x509_error);
    snprintf(text, text_size, "%s", X509_verify_cert_error_string(*x509_error));
    return 0;
}

static bool is_ours(const char *name) {
    for (size_t i = 0; i < COUNT_OF(ours); i++) {
        if (strcmp(ours[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void set_known(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char text[ERROR_TEXT_MAX];
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name, value, text, sizeof text);
    VT_ASSERT(result == RD_KAFKA_CONF_OK);
}

void vt_kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    VT_ASSERT(is_ours(name));
    set_known(conf, name, value);
}

void vt_kafka_conf_set_number(rd_kafka_conf_t *conf, const char *name, int64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long) value);
    vt_kafka_conf_set(conf, name, text);
}

void vt_kafka_conf_set_reader(rd_kafka_conf_t *conf) {
    vt_kafka_conf_set(conf, "enable.auto.commit", "false");
    vt_kafka_conf_set(conf, "enable.auto.offset.store", "false");
    vt_kafka_conf_set(conf, "auto.offset.reset", "error");
    vt_kafka_conf_set(conf, "isolation.level", "read_committed");
    vt_kafka_conf_set(conf, "check.crcs", "true");
    vt_kafka_conf_set(conf, "enable.partition.eof", "true");
}

/* ---- the user's properties ---- */

/* Whether a text may be shown as a property's name: a secret that spans lines might stand where a name should. */
static bool is_name(vt_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '_') {
            return false;
        }
    }
    return text.len >= 1 && text.len < NAME_BYTES_MAX;
}

static vt_slice trim_spaces(vt_slice text) {
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
        text = vt_slice_of(text.ptr + 1, text.len - 1);
    }
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

static vt_err set_property(rd_kafka_conf_t *conf, const char *name, vt_slice value, char *reason) {
    char terminated[VALUE_BYTES_MAX + 1];
    char text[ERROR_TEXT_MAX];
    if (is_ours(name)) {
        return fail(reason, "the Kafka property %s is not to be changed: votaton's promises need its own", name);
    }
    if (value.len > VALUE_BYTES_MAX) {
        return fail(reason, "the value of the Kafka property %s takes more than %d bytes", name, VALUE_BYTES_MAX);
    }
    snprintf(terminated, sizeof terminated, "%.*s", (int) value.len, value.ptr);
    /* librdkafka's own text is not shown: it may hold the value. */
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name, terminated, text, sizeof text);
    explicit_bzero(terminated, sizeof terminated);
    explicit_bzero(text, sizeof text);
    if (result == RD_KAFKA_CONF_UNKNOWN) {
        return fail(reason, "librdkafka does not know the Kafka property %s", name);
    }
    return result == RD_KAFKA_CONF_OK ? VT_OK
                                      : fail(reason, "librdkafka refuses the value of the Kafka property %s", name);
}

static vt_err set_line(rd_kafka_conf_t *conf, vt_slice line, size_t number, char *reason) {
    if (trim_spaces(line).len == 0) {
        return VT_OK;
    }
    const char *equals = memchr(line.ptr, '=', line.len);
    vt_slice name = trim_spaces(vt_slice_of(line.ptr, equals == NULL ? 0 : (size_t) (equals - line.ptr)));
    if (equals == NULL || !is_name(name)) {
        return fail(reason, "Kafka property %zu is not NAME=VALUE", number);
    }
    char terminated[NAME_BYTES_MAX];
    snprintf(terminated, sizeof terminated, "%.*s", (int) name.len, name.ptr);
    return set_property(conf, terminated, vt_slice_of(equals + 1, (size_t) (vt_slice_end(line) - equals) - 1), reason);
}

static vt_err set_properties(rd_kafka_conf_t *conf, const char *properties, char *reason) {
    const char *next = properties == NULL ? "" : properties;
    vt_err err = VT_OK;
    for (size_t number = 1; *next != '\0' && err == VT_OK; number++) {
        size_t len = strcspn(next, "\n");
        err = set_line(conf, vt_slice_of(next, len), number, reason);
        next += next[len] == '\n' ? len + 1 : len;
    }
    return err;
}

/* ---- the whole ---- */

static vt_err make(const char *properties, rd_kafka_conf_t **out, char *reason) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < COUNT_OF(defaults); i++) {
        set_known(conf, defaults[i].name, defaults[i].value);
    }
    vt_err err = set_properties(conf, properties, reason);
    if (err != VT_OK) {
        rd_kafka_conf_destroy(conf);
        return err;
    }
    /* What a broker would make on being asked for a topic has neither the partitions nor the settings of a ledger. */
    vt_kafka_conf_set(conf, "allow.auto.create.topics", "false");
    rd_kafka_conf_set_log_cb(conf, on_log);
    /* Refused by a librdkafka without TLS, which then has no certificates to tell of either. */
    (void) rd_kafka_conf_set_ssl_cert_verify_cb(conf, on_certificate);
    *out = conf;
    return VT_OK;
}

vt_err vt_kafka_conf_make(const vt_kafka_target *target, const char *client, rd_kafka_conf_t **out,
                          char reason[VT_KAFKA_REASON_MAX]) {
    vt_err err = make(target->properties, out, reason);
    if (err == VT_OK) {
        vt_kafka_conf_set(*out, "bootstrap.servers", target->url.brokers);
        vt_kafka_conf_set(*out, "client.id", client);
    }
    return err;
}

vt_err vt_kafka_properties_check(const char *properties, char reason[VT_KAFKA_REASON_MAX]) {
    rd_kafka_conf_t *conf;
    vt_err err = make(properties, &conf, reason);
    if (err == VT_OK) {
        rd_kafka_conf_destroy(conf);
    }
    return err;
}

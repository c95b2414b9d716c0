#include "kafka/kafka_url.h"

#include <stdarg.h>
#include <stdio.h>

#define SCHEME "kafka://"

enum { PORT_DIGITS_MAX = 5, PORT_MAX = 65535 };

__attribute__((format(printf, 2, 3))) static vt_err fail(char *reason, const char *format, ...);

static vt_err fail(char *reason, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(reason, VT_KAFKA_REASON_MAX, format, args);
    va_end(args);
    return VT_ERR_BAD_CONFIG;
}

static bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_port(vt_slice text) {
    unsigned port = 0;
    for (size_t i = 0; i < text.len && i < PORT_DIGITS_MAX; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        port = port * 10 + (unsigned) (text.ptr[i] - '0');
    }
    return text.len >= 1 && text.len <= PORT_DIGITS_MAX && port >= 1 && port <= PORT_MAX;
}

/* A name, an IPv4 address, or an IPv6 address in brackets (RFC 3986 §3.2.2). */
static bool is_host(vt_slice text) {
    bool is_bracketed = text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']';
    if (is_bracketed) {
        text = vt_slice_of(text.ptr + 1, text.len - 2);
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool fits = is_alphanumeric(c) || c == '.' || (is_bracketed ? c == ':' || c == '%' : c == '-' || c == '_');
        if (!fits) {
            return false;
        }
    }
    return text.len > 0;
}

static bool is_broker(vt_slice text) {
    const char *colon = text.len == 0 ? NULL : memrchr(text.ptr, ':', text.len);
    return colon != NULL && is_host(vt_slice_of(text.ptr, (size_t) (colon - text.ptr))) &&
           is_port(vt_slice_of(colon + 1, (size_t) (vt_slice_end(text) - colon) - 1));
}

static vt_err check_brokers(vt_slice brokers, char *reason) {
    if (brokers.len > VT_KAFKA_BROKERS_BYTES_MAX) {
        return fail(reason, "the brokers take more than %d bytes", VT_KAFKA_BROKERS_BYTES_MAX);
    }
    for (vt_slice rest = brokers;;) {
        const char *comma = rest.len == 0 ? NULL : memchr(rest.ptr, ',', rest.len);
        vt_slice broker = vt_slice_of(rest.ptr, comma == NULL ? rest.len : (size_t) (comma - rest.ptr));
        if (!is_broker(broker)) {
            return fail(reason, "\"%.*s\" is not host:port", (int) broker.len, broker.ptr);
        }
        if (comma == NULL) {
            return VT_OK;
        }
        rest = vt_slice_of(comma + 1, rest.len - broker.len - 1);
    }
}

/* What Kafka takes as a name, but for the length. */
static vt_err check_topic(vt_slice topic, char *reason) {
    if (topic.len == 0) {
        return fail(reason, "the topic is missing: kafka://host:port/topic");
    }
    if (topic.len > VT_KAFKA_TOPIC_BYTES_MAX) {
        return fail(reason, "the topic's name takes more than %d bytes", VT_KAFKA_TOPIC_BYTES_MAX);
    }
    for (size_t i = 0; i < topic.len; i++) {
        char c = topic.ptr[i];
        if (!is_alphanumeric(c) && c != '.' && c != '_' && c != '-') {
            return fail(reason, "a topic's name has letters, digits, '.', '_' and '-' only");
        }
    }
    if (vt_slice_eq(topic, VT_SLICE(".")) || vt_slice_eq(topic, VT_SLICE(".."))) {
        return fail(reason, "\".\" and \"..\" cannot name a topic");
    }
    return VT_OK;
}

vt_err vt_kafka_url_parse(vt_slice text, vt_kafka_url *out, char reason[VT_KAFKA_REASON_MAX]) {
    vt_slice scheme = VT_SLICE(SCHEME);
    if (!vt_slice_starts_with(text, scheme)) {
        return fail(reason, "a Kafka ledger is kafka://host:port[,host:port…]/topic");
    }
    vt_slice rest = vt_slice_of(text.ptr + scheme.len, text.len - scheme.len);
    const char *slash = rest.len == 0 ? NULL : memchr(rest.ptr, '/', rest.len);
    vt_slice brokers = vt_slice_of(rest.ptr, slash == NULL ? rest.len : (size_t) (slash - rest.ptr));
    vt_slice topic = slash == NULL ? VT_SLICE("") : vt_slice_of(slash + 1, rest.len - brokers.len - 1);
    vt_err err = check_brokers(brokers, reason);
    if (err == VT_OK) {
        err = check_topic(topic, reason);
    }
    if (err == VT_OK) {
        *out = (vt_kafka_url){0};
        memcpy(out->brokers, brokers.ptr, brokers.len);
        memcpy(out->topic, topic.ptr, topic.len);
    }
    return err;
}

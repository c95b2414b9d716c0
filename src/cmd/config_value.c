#include "cmd/config_value.h"

#include "base/assert.h"
#include "cmd/config_properties.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void *vt_config_value_at(const vt_config_row *row, vt_config *config) {
    return (char *) config + row->offset;
}

bool vt_config_value_is_secret(const vt_config_row *row) {
    return row->type == VT_CONFIG_SECRET || row->type == VT_CONFIG_SECRET_URL;
}

vt_err vt_config_refuse(char reason[VT_CONFIG_REASON_MAX], const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(reason, VT_CONFIG_REASON_MAX, format, args);
    va_end(args);
    return VT_ERR_BAD_CONFIG;
}

/* Reads decimal digits; false when there are none, or the value is beyond 32 bits. *text is left behind them. */
static bool read_digits(const char **text, uint32_t *out) {
    const char *at = *text;
    uint64_t value = 0;
    while (*at >= '0' && *at <= '9') {
        value = value * 10 + (uint64_t) (*at - '0');
        if (value > UINT32_MAX) {
            return false;
        }
        at++;
    }
    bool has_digits = at > *text;
    *text = at;
    *out = (uint32_t) value;
    return has_digits;
}

static vt_err set_number(const vt_config_row *row, const char *text, const char *source, uint32_t *out,
                         char reason[VT_CONFIG_REASON_MAX]) {
    const char *rest = text;
    uint32_t value = 0;
    if (!read_digits(&rest, &value) || *rest != '\0' || value < row->least || value > row->most) {
        return vt_config_refuse(reason, "%s: must be a number from %u to %u", source, row->least, row->most);
    }
    *out = value;
    return VT_OK;
}

static vt_err set_duration(const vt_config_row *row, const char *text, const char *source, uint32_t *out,
                           char reason[VT_CONFIG_REASON_MAX]) {
    const char *rest = text;
    uint32_t value = 0;
    bool is_read = read_digits(&rest, &value);
    uint32_t unit_ms = strcmp(rest, "ms") == 0 ? 1 : strcmp(rest, "s") == 0 ? 1000 : strcmp(rest, "m") == 0 ? 60000 : 0;
    uint64_t value_ms = (uint64_t) value * unit_ms;
    if (!is_read || unit_ms == 0 || value_ms < row->least || value_ms > row->most) {
        return vt_config_refuse(reason, "%s: must be a time from %ums to %us, with its unit: 500ms, 10s, 5m", source,
                                row->least, row->most / 1000);
    }
    *out = (uint32_t) value_ms;
    return VT_OK;
}

static vt_err set_choice(const vt_config_row *row, const char *text, const char *source, uint32_t *out,
                         char reason[VT_CONFIG_REASON_MAX]) {
    uint32_t index = 0;
    for (const char *choice = row->choices; *choice != '\0'; index++) {
        size_t len = strcspn(choice, "|");
        if (strlen(text) == len && memcmp(text, choice, len) == 0) {
            *out = index;
            return VT_OK;
        }
        choice += len + (choice[len] == '|' ? 1 : 0);
    }
    return vt_config_refuse(reason, "%s: must be one of %s", source, row->choices);
}

static vt_err set_switch(const char *text, const char *source, bool *out, char reason[VT_CONFIG_REASON_MAX]) {
    bool is_true = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    if (!is_true && strcmp(text, "false") != 0 && strcmp(text, "0") != 0) {
        return vt_config_refuse(reason, "%s: must be true or false", source);
    }
    *out = is_true;
    return VT_OK;
}

static vt_err set_text(const char *text, const char *source, char *out, char reason[VT_CONFIG_REASON_MAX]) {
    size_t len = strlen(text);
    if (len > VT_CONFIG_TEXT_MAX) {
        return vt_config_refuse(reason, "%s: is longer than %d bytes", source, VT_CONFIG_TEXT_MAX);
    }
    memcpy(out, text, len + 1);
    return VT_OK;
}

/* Whether `host` has the form of a name or an IPv4 address, or of an IPv6 address in brackets (RFC 3986 §3.2.2). */
static bool is_host(const char *host, size_t len) {
    bool has_brackets = len > 2 && host[0] == '[' && host[len - 1] == ']';
    host += has_brackets ? 1 : 0;
    len -= has_brackets ? 2 : 0;
    for (size_t i = 0; i < len; i++) {
        if (host[i] <= ' ' || strchr("[]/?#@", host[i]) != NULL || (host[i] == ':' && !has_brackets)) {
            return false;
        }
    }
    return len > 0;
}

/* The address itself is looked at when it is bound. */
static vt_err set_address(const char *text, const char *source, char *out, char reason[VT_CONFIG_REASON_MAX]) {
    const char *colon = strrchr(text, ':');
    const char *rest = colon == NULL ? text : colon + 1;
    uint32_t port = 0;
    if (colon == NULL || !is_host(text, (size_t) (colon - text)) || !read_digits(&rest, &port) || *rest != '\0' ||
        port > UINT16_MAX) {
        return vt_config_refuse(reason, "%s: must be HOST:PORT, as 127.0.0.1:8080 or [::1]:8080", source);
    }
    return set_text(text, source, out, reason);
}

vt_err vt_config_value_set(const vt_config_row *row, const char *text, const char *source, vt_config *config,
                           char reason[VT_CONFIG_REASON_MAX]) {
    void *out = vt_config_value_at(row, config);
    switch (row->type) {
    case VT_CONFIG_NUMBER:
        return set_number(row, text, source, out, reason);
    case VT_CONFIG_DURATION:
        return set_duration(row, text, source, out, reason);
    case VT_CONFIG_CHOICE:
        return set_choice(row, text, source, out, reason);
    case VT_CONFIG_SWITCH:
        return set_switch(text, source, out, reason);
    case VT_CONFIG_ADDRESS:
        return set_address(text, source, out, reason);
    case VT_CONFIG_PROPERTIES:
        return vt_config_properties_add(out, source, text, reason);
    default:
        return set_text(text, source, out, reason);
    }
}

/* Reads the file up to `max` bytes; how many, or < 0 with errno. */
static ssize_t read_file(const char *path, char *bytes, size_t max) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return -1;
    }
    size_t len = 0;
    ssize_t got = 1;
    while (got > 0 && len < max) {
        got = read(fd, bytes + len, max - len);
        len += got > 0 ? (size_t) got : 0;
    }
    int errno_of_read = errno;
    close(fd);
    errno = errno_of_read;
    return got < 0 ? -1 : (ssize_t) len;
}

vt_err vt_config_value_read_secret(const vt_config_row *row, const char *path, const char *source, vt_config *config,
                                   char reason[VT_CONFIG_REASON_MAX]) {
    VT_ASSERT(vt_config_value_is_secret(row));
    /* Room for a line end of two bytes and for one byte more, which tells that the file is too big. */
    char bytes[VT_CONFIG_TEXT_MAX + 3];
    ssize_t got = read_file(path, bytes, sizeof bytes);
    if (got < 0) {
        return vt_config_refuse(reason, "%s: cannot read %s: %s", source, path, strerror(errno));
    }
    size_t len = (size_t) got;
    while (len > 0 && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r')) {
        len--;
    }
    vt_err err = VT_OK;
    if (len > VT_CONFIG_TEXT_MAX || (size_t) got == sizeof bytes) {
        err = vt_config_refuse(reason, "%s: %s is bigger than %d bytes", source, path, VT_CONFIG_TEXT_MAX);
    } else if (len == 0 || memchr(bytes, '\0', len) != NULL) {
        err = vt_config_refuse(reason, "%s: %s is empty or holds a zero byte", source, path);
    } else {
        char *out = vt_config_value_at(row, config);
        memcpy(out, bytes, len);
        out[len] = '\0';
    }
    explicit_bzero(bytes, sizeof bytes);
    return err;
}

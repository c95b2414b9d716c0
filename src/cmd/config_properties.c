#include "cmd/config_properties.h"

#include "cmd/config_value.h"

#include <string.h>

enum { NAME_SHOWN_MAX = 64 };

static int shown(vt_slice name) {
    return (int) (name.len < NAME_SHOWN_MAX ? name.len : NAME_SHOWN_MAX);
}

static bool is_name(vt_slice name) {
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] <= ' ' || name.ptr[i] == '=') {
            return false;
        }
    }
    return name.len > 0;
}

/* What librdkafka calls its secrets. */
static bool is_secret(vt_slice name) {
    static const char *const words[] = {"password", "secret", ".pem", "oauthbearer.config"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (memmem(name.ptr, name.len, words[i], strlen(words[i])) != NULL) {
            return true;
        }
    }
    return false;
}

vt_err vt_config_property_add(char properties[VT_CONFIG_TEXT_MAX + 1], const char *source, vt_slice name,
                              vt_slice value, char reason[VT_CONFIG_REASON_MAX]) {
    if (!is_name(name) || (value.len > 0 && memchr(value.ptr, '\n', value.len) != NULL)) {
        return vt_config_refuse(reason, "%s: must be NAME=VALUE without line breaks", source);
    }
    if (is_secret(name)) {
        return vt_config_refuse(reason,
                                "%s: %.*s is shown to other users; it belongs in VOTATON_KAFKA_SECRET_PROPERTIES, or "
                                "in the file that VOTATON_KAFKA_SECRET_PROPERTIES_FILE names",
                                source, shown(name), name.ptr);
    }
    size_t len = strlen(properties);
    if (name.len + value.len + 2 > VT_CONFIG_TEXT_MAX - len) {
        return vt_config_refuse(reason, "%s: all properties together are longer than %d bytes", source,
                                VT_CONFIG_TEXT_MAX);
    }
    char *to = properties + len;
    memcpy(to, name.ptr, name.len);
    to[name.len] = '=';
    memcpy(to + name.len + 1, value.ptr, value.len);
    memcpy(to + name.len + 1 + value.len, "\n", 2);
    return VT_OK;
}

vt_err vt_config_properties_add(char properties[VT_CONFIG_TEXT_MAX + 1], const char *source, const char *lines,
                                char reason[VT_CONFIG_REASON_MAX]) {
    vt_err err = VT_OK;
    while (err == VT_OK && *lines != '\0') {
        size_t len = strcspn(lines, "\n");
        size_t shown_len = len > 0 && lines[len - 1] == '\r' ? len - 1 : len;
        const char *sign = memchr(lines, '=', shown_len);
        if (shown_len > 0 && sign == NULL) {
            return vt_config_refuse(reason, "%s: each line must be NAME=VALUE", source);
        }
        if (shown_len > 0) {
            size_t name_len = (size_t) (sign - lines);
            err = vt_config_property_add(properties, source, vt_slice_of(lines, name_len),
                                         vt_slice_of(sign + 1, shown_len - name_len - 1), reason);
        }
        lines += len + (lines[len] == '\n' ? 1 : 0);
    }
    return err;
}

#include "net/fields.h"

#include <stdint.h>

typedef struct lengths {
    uint16_t name;
    uint16_t value;
} lengths;

static bool is_token(vt_slice name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (!is_fine) {
            return false;
        }
    }
    return name.len > 0;
}

bool vt_field_is_safe(const vt_header *field) {
    for (size_t i = 0; i < field->value.len; i++) {
        unsigned char c = (unsigned char) field->value.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return is_token(field->name) && field->name.len + field->value.len <= VT_HEADER_FIELD_BYTES_MAX;
}

vt_err vt_fields_append(vt_buf *fields, const vt_header *field) {
    if (!vt_field_is_safe(field)) {
        return VT_OK;
    }
    lengths header = {(uint16_t) field->name.len, (uint16_t) field->value.len};
    vt_err err = vt_buf_reserve(fields, sizeof header + field->name.len + field->value.len);
    if (err == VT_OK) {
        err = vt_buf_append(fields, &header, sizeof header);
    }
    if (err == VT_OK) {
        err = vt_buf_append_slice(fields, field->name);
    }
    return err != VT_OK ? err : vt_buf_append_slice(fields, field->value);
}

bool vt_fields_next(const vt_buf *fields, size_t *at, vt_header *out) {
    if (*at == fields->len) {
        return false;
    }
    lengths header;
    memcpy(&header, fields->ptr + *at, sizeof header);
    const char *name = fields->ptr + *at + sizeof header;
    *out = (vt_header){vt_slice_of(name, header.name), vt_slice_of(name + header.name, header.value)};
    *at += sizeof header + header.name + header.value;
    return true;
}

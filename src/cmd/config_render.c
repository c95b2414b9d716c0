#include "cmd/config.h"
#include "cmd/config_url.h"
#include "obs/escape.h"

#include <inttypes.h>

static vt_err render_quoted(vt_slice text, vt_buf *out) {
    vt_err err = vt_buf_append_char(out, '"');
    if (err == VT_OK) {
        err = vt_escape_json(out, text);
    }
    return err == VT_OK ? vt_buf_append_char(out, '"') : err;
}

static vt_err render_url(const char *url, vt_buf *out) {
    char shown[VT_CONFIG_TEXT_MAX + 1];
    vt_config_url_redact(url, shown, sizeof shown);
    return render_quoted(vt_slice_str(shown), out);
}

/* The `index`th of the choices. */
static vt_slice choice_text(const char *choices, uint32_t index) {
    while (index-- > 0) {
        choices += strcspn(choices, "|") + 1;
    }
    return vt_slice_of(choices, strcspn(choices, "|"));
}

static vt_err render_value(const vt_config_row *row, const vt_config *config, vt_buf *out) {
    const void *value = (const char *) config + row->offset;
    switch (row->type) {
    case VT_CONFIG_NUMBER:
    case VT_CONFIG_DURATION:
        return vt_buf_appendf(out, "%" PRIu32, *(const uint32_t *) value);
    case VT_CONFIG_CHOICE:
        return render_quoted(choice_text(row->choices, *(const uint32_t *) value), out);
    case VT_CONFIG_SWITCH:
        return vt_buf_appendf(out, "%s", *(const bool *) value ? "true" : "false");
    case VT_CONFIG_SECRET_URL:
        return render_url(value, out);
    default:
        return render_quoted(vt_slice_str(value), out);
    }
}

vt_err vt_config_render(const vt_config *config, vt_buf *out) {
    const char *before = "{";
    vt_err err = VT_OK;
    for (size_t i = 0; err == VT_OK && i < vt_config_rows_count; i++) {
        const vt_config_row *row = &vt_config_rows[i];
        if (row->type == VT_CONFIG_SECRET || row->environment == NULL || (row->commands & 1U << config->command) == 0) {
            continue;
        }
        err = vt_buf_appendf(out, "%s\"%s\":", before, row->field);
        if (err == VT_OK) {
            err = render_value(row, config, out);
        }
        before = ",";
    }
    if (err == VT_OK && before[0] == '{') {
        err = vt_buf_append_char(out, '{');
    }
    return err == VT_OK ? vt_buf_append_char(out, '}') : err;
}

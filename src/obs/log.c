#include "obs/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "obs/escape.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

/* What a line ends with, and the longest of these, for which room is kept. */
#define TAIL_JSON "}\n"
#define TAIL_TEXT "\n"
#define TAIL_JSON_CUT ",\"cut\":true}\n"
#define TAIL_TEXT_CUT " cut=true\n"
enum { TAIL_MAX = sizeof TAIL_JSON_CUT };

static vt_log_level log_min_level = VT_LOG_INFO;
static vt_log_format log_format = VT_LOG_TEXT;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void vt_log_setup(vt_log_level min_level, vt_log_format format) {
    log_min_level = min_level;
    log_format = format;
}

/* Whether a value can stand behind key= without quotes and still be read back. */
static bool is_plain(vt_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c <= ' ' || c >= 0x7F || c == '"' || c == '=' || c == '\\') {
            return false;
        }
    }
    return text.len > 0;
}

/* Appends as much of the text as leaves room for the closing quote. VT_ERR_FULL when that was not all of it. */
static vt_err append_quoted(vt_buf *line, vt_slice text) {
    size_t room = line->max - line->len;
    if (room < 2) {
        return VT_ERR_FULL;
    }
    line->ptr[line->len++] = '"';
    vt_buf inside = {.ptr = line->ptr + line->len, .cap = room - 2, .max = room - 2};
    vt_err err = vt_escape_json(&inside, text);
    line->len += inside.len;
    line->ptr[line->len++] = '"';
    return err;
}

static vt_err append_value(vt_buf *line, const vt_log_field *field) {
    if (!field->is_text) {
        return vt_buf_appendf(line, "%" PRId64, field->number);
    }
    if (log_format == VT_LOG_TEXT && is_plain(field->text)) {
        size_t room = line->max - line->len;
        size_t len = field->text.len < room ? field->text.len : room;
        vt_err err = vt_buf_append(line, field->text.ptr, len);
        return len < field->text.len ? VT_ERR_FULL : err;
    }
    return append_quoted(line, field->text);
}

static vt_err append_field(vt_buf *line, const vt_log_field *field) {
    size_t len_before = line->len;
    vt_err err = log_format == VT_LOG_JSON ? vt_buf_appendf(line, ",\"%s\":", field->key)
                                           : vt_buf_appendf(line, " %s=", field->key);
    size_t len_with_key = line->len;
    if (err == VT_OK) {
        err = append_value(line, field);
    }
    /* A key whose value did not even begin would break the line's form. */
    if (line->len == len_with_key) {
        line->len = len_before;
    }
    return err;
}

static vt_err append_head(vt_buf *line, vt_log_level level, const char *event) {
    char at[VT_ISO8601_LEN + 1];
    vt_clock_format_iso8601(vt_clock_wall_ms(), at);
    if (log_format == VT_LOG_JSON) {
        return vt_buf_appendf(line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", at, level_names[level],
                              event);
    }
    return vt_buf_appendf(line, "%s %s %s", at, level_names[level], event);
}

static vt_err append_tail(vt_buf *line, bool is_cut) {
    line->cap = line->max = VT_LOG_LINE_MAX;
    if (log_format == VT_LOG_JSON) {
        return vt_buf_append_slice(line, is_cut ? VT_SLICE(TAIL_JSON_CUT) : VT_SLICE(TAIL_JSON));
    }
    return vt_buf_append_slice(line, is_cut ? VT_SLICE(TAIL_TEXT_CUT) : VT_SLICE(TAIL_TEXT));
}

/* A line that cannot be written is lost: there is nowhere left to say so. */
static void write_line(vt_slice line) {
    ssize_t written;
    do {
        written = write(STDERR_FILENO, line.ptr, line.len);
    } while (written < 0 && errno == EINTR);
}

void vt_log_write(vt_log_level level, const char *event, const vt_log_field *fields) {
    if (level < log_min_level) {
        return;
    }
    /* On the stack and of fixed capacity, so that logging works when memory does not. */
    char bytes[VT_LOG_LINE_MAX];
    vt_buf line = {.ptr = bytes, .cap = VT_LOG_LINE_MAX - TAIL_MAX, .max = VT_LOG_LINE_MAX - TAIL_MAX};
    int errno_of_caller = errno;
    vt_err err = append_head(&line, level, event);
    for (const vt_log_field *field = fields; err == VT_OK && field->key != NULL; field++) {
        err = append_field(&line, field);
    }
    if (append_tail(&line, err != VT_OK) == VT_OK) {
        write_line(vt_buf_slice(&line));
    }
    errno = errno_of_caller;
}

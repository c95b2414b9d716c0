/* Structured log lines on standard error: one event, one line. No line per vote, no secret, no voter.
 *
 * Format "json" (one object a line) or "text" (time level event key=value …). Values are escaped, lines are at most
 * VT_LOG_LINE_MAX bytes (longer ones are cut and marked) and written with one write(2). Any thread.
 */
#ifndef VT_OBS_LOG_H
#define VT_OBS_LOG_H

#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

enum { VT_LOG_LINE_MAX = 4096 };

typedef enum vt_log_level { VT_LOG_DEBUG, VT_LOG_INFO, VT_LOG_WARN, VT_LOG_ERROR } vt_log_level;
typedef enum vt_log_format { VT_LOG_TEXT, VT_LOG_JSON } vt_log_format;

typedef struct vt_log_field {
    const char *key; /* NULL ends the list */
    vt_slice text;   /* used when is_text */
    int64_t number;
    bool is_text;
} vt_log_field;

#define VT_LOG_STR(name, value) ((vt_log_field){.key = (name), .text = vt_slice_str(value), .is_text = true})
#define VT_LOG_SLICE(name, value) ((vt_log_field){.key = (name), .text = (value), .is_text = true})
#define VT_LOG_INT(name, value) ((vt_log_field){.key = (name), .number = (int64_t) (value)})

/* Called once, before other threads start. Default: INFO, text. */
void vt_log_setup(vt_log_level min_level, vt_log_format format);

/* vt_log(VT_LOG_INFO, "listening", VT_LOG_STR("address", text), VT_LOG_INT("threads", 2)): event names are snake_case.
 */
#define vt_log(level, event, ...) vt_log_write((level), (event), (const vt_log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})

void vt_log_write(vt_log_level level, const char *event, const vt_log_field *fields);

#endif

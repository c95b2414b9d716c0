/* Counters, gauges and histograms, rendered as Prometheus text (exposition format 0.0.4).
 *
 * A series is registered at start, by any thread and also while another one renders, and lives as long as the registry;
 * updating it is one relaxed atomic operation from any thread. Every registered series is rendered, at 0 too, so that
 * no panel is empty.
 */
#ifndef VT_OBS_METRICS_H
#define VT_OBS_METRICS_H

#include "base/buf.h"
#include "base/err.h"

#include <stdatomic.h>
#include <stdint.h>

typedef struct vt_metrics vt_metrics;

typedef struct vt_counter {
    _Atomic uint64_t value;
} vt_counter;

typedef struct vt_gauge {
    _Atomic int64_t value;
} vt_gauge;

typedef struct vt_histogram vt_histogram;

/* The caller owns *out. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_metrics_open(vt_metrics **out);
void vt_metrics_close(vt_metrics *metrics); /* accepts NULL */

/* Registers one series. `labels` is `key="value",…` or "" and is copied, as are `name` and `help`; series of one name
 * must be registered with one help and type and are rendered together. The same name and labels again give the same
 * series. The result belongs to the registry.
 * Never NULL: without memory the process ends with a message, as this happens at start only. */
vt_counter *vt_metrics_counter(vt_metrics *metrics, const char *name, const char *labels, const char *help);
vt_gauge *vt_metrics_gauge(vt_metrics *metrics, const char *name, const char *labels, const char *help);

/* `bounds` are upper bounds in ascending order (the +Inf bucket is added), at most 24, in the unit that `name` ends in.
 */
vt_histogram *vt_metrics_histogram(vt_metrics *metrics, const char *name, const char *labels, const char *help,
                                   const double *bounds, size_t bounds_count);

static inline void vt_counter_add(vt_counter *counter, uint64_t n) {
    atomic_fetch_add_explicit(&counter->value, n, memory_order_relaxed);
}
static inline void vt_gauge_set(vt_gauge *gauge, int64_t value) {
    atomic_store_explicit(&gauge->value, value, memory_order_relaxed);
}
static inline void vt_gauge_add(vt_gauge *gauge, int64_t n) {
    atomic_fetch_add_explicit(&gauge->value, n, memory_order_relaxed);
}
/* Counts `value` and adds it to the sum; a NaN is ignored. Any thread. */
void vt_histogram_observe(vt_histogram *histogram, double value);

/* As `count` calls of vt_histogram_observe with one value, at the cost of one. */
void vt_histogram_observe_many(vt_histogram *histogram, double value, uint64_t count);

/* Adds text at every render: for families whose labels are only known then. `render` appends whole families and is
 * called on the rendering thread, where it must not register anything; an error of it fails the render. At most 8
 * collectors. */
void vt_metrics_collect(vt_metrics *metrics, vt_err (*render)(void *context, vt_buf *out), void *context);

/* Appends all series. Errors of vt_buf_append or of a collector. */
VT_MUST_CHECK vt_err vt_metrics_render(vt_metrics *metrics, vt_buf *out);

/* Appends `text` escaped as a label value (backslash, quote, newline). Errors of vt_buf_append. */
VT_MUST_CHECK vt_err vt_metrics_escape_label(vt_buf *out, vt_slice text);

#endif

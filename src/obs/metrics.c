#include "obs/metrics.h"

#include "base/assert.h"
#include "obs/log.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { COLLECTORS_MAX = 8, BOUNDS_MAX = 24, CACHE_LINE = 64, NUMBER_TEXT_MAX = 32 };

typedef enum family_type { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_HISTOGRAM } family_type;

/* Each bucket counts its own observations; the cumulative counts of the format are made when rendering. */
struct vt_histogram {
    _Atomic double sum;
    size_t bounds_count;
    double bounds[BOUNDS_MAX];
    _Atomic uint64_t buckets[BOUNDS_MAX + 1];
};

typedef struct series {
    struct series *next;
    char *labels;
    void *value; /* vt_counter, vt_gauge or vt_histogram, by the family's type */
} series;

typedef struct family {
    struct family *next;
    char *name;
    char *help;
    family_type type;
    series *first;
} family;

typedef struct collector {
    vt_err (*render)(void *context, vt_buf *out);
    void *context;
} collector;

struct vt_metrics {
    pthread_mutex_t mutex; /* of all below but the values */
    family *first;
    collector collectors[COLLECTORS_MAX];
    size_t collectors_count;
};

vt_err vt_metrics_open(vt_metrics **out) {
    vt_metrics *metrics = calloc(1, sizeof *metrics);
    if (metrics == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    pthread_mutex_init(&metrics->mutex, NULL);
    *out = metrics;
    return VT_OK;
}

static void free_family(family *named) {
    for (series *one = named->first, *next; one != NULL; one = next) {
        next = one->next;
        free(one->labels);
        free(one->value);
        free(one);
    }
    free(named->name);
    free(named->help);
    free(named);
}

void vt_metrics_close(vt_metrics *metrics) {
    if (metrics == NULL) {
        return;
    }
    for (family *named = metrics->first, *next; named != NULL; named = next) {
        next = named->next;
        free_family(named);
    }
    pthread_mutex_destroy(&metrics->mutex);
    free(metrics);
}

/* Registration happens at start, where ending the process is the clearest report. */
static void *need(void *memory) {
    if (memory == NULL) {
        vt_log(VT_LOG_ERROR, "no_memory", VT_LOG_STR("at", "registering metrics"));
        exit(EXIT_FAILURE);
    }
    return memory;
}

static family *find_or_add_family(vt_metrics *metrics, const char *name, const char *help, family_type type) {
    family **end = &metrics->first;
    for (; *end != NULL; end = &(*end)->next) {
        if (strcmp((*end)->name, name) == 0) {
            VT_ASSERT((*end)->type == type && strcmp((*end)->help, help) == 0);
            return *end;
        }
    }
    family *added = need(calloc(1, sizeof *added));
    added->name = need(strdup(name));
    added->help = need(strdup(help));
    added->type = type;
    *end = added;
    return added;
}

/* The value of the series with these labels, zeroed when it is new. Values have cache lines of their own, as different
 * threads count in neighbouring ones. */
static void *find_or_add_value(family *named, const char *labels, size_t bytes) {
    series **end = &named->first;
    for (; *end != NULL; end = &(*end)->next) {
        if (strcmp((*end)->labels, labels) == 0) {
            return (*end)->value;
        }
    }
    bytes = (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    series *added = need(calloc(1, sizeof *added));
    added->labels = need(strdup(labels));
    added->value = memset(need(aligned_alloc(CACHE_LINE, bytes)), 0, bytes);
    *end = added;
    return added->value;
}

vt_counter *vt_metrics_counter(vt_metrics *metrics, const char *name, const char *labels, const char *help) {
    pthread_mutex_lock(&metrics->mutex);
    family *named = find_or_add_family(metrics, name, help, FAMILY_COUNTER);
    vt_counter *counter = find_or_add_value(named, labels, sizeof *counter);
    pthread_mutex_unlock(&metrics->mutex);
    return counter;
}

vt_gauge *vt_metrics_gauge(vt_metrics *metrics, const char *name, const char *labels, const char *help) {
    pthread_mutex_lock(&metrics->mutex);
    family *named = find_or_add_family(metrics, name, help, FAMILY_GAUGE);
    vt_gauge *gauge = find_or_add_value(named, labels, sizeof *gauge);
    pthread_mutex_unlock(&metrics->mutex);
    return gauge;
}

vt_histogram *vt_metrics_histogram(vt_metrics *metrics, const char *name, const char *labels, const char *help,
                                   const double *bounds, size_t bounds_count) {
    VT_ASSERT(bounds_count <= BOUNDS_MAX);
    for (size_t i = 1; i < bounds_count; i++) {
        VT_ASSERT(bounds[i - 1] < bounds[i]);
    }
    pthread_mutex_lock(&metrics->mutex);
    family *named = find_or_add_family(metrics, name, help, FAMILY_HISTOGRAM);
    vt_histogram *histogram = find_or_add_value(named, labels, sizeof *histogram);
    if (histogram->bounds_count == 0) { /* a known one may be in use */
        histogram->bounds_count = bounds_count;
        memcpy(histogram->bounds, bounds, bounds_count * sizeof *bounds);
    }
    pthread_mutex_unlock(&metrics->mutex);
    return histogram;
}

void vt_histogram_observe(vt_histogram *histogram, double value) {
    vt_histogram_observe_many(histogram, value, 1);
}

void vt_histogram_observe_many(vt_histogram *histogram, double value, uint64_t count) {
    /* One NaN would make the sum useless for ever. */
    if (isnan(value)) {
        return;
    }
    size_t i = 0;
    while (i < histogram->bounds_count && value > histogram->bounds[i]) {
        i++;
    }
    atomic_fetch_add_explicit(&histogram->buckets[i], count, memory_order_relaxed);
    double added = value * (double) count;
    double sum = atomic_load_explicit(&histogram->sum, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&histogram->sum, &sum, sum + added, memory_order_relaxed,
                                                  memory_order_relaxed)) {
    }
}

void vt_metrics_collect(vt_metrics *metrics, vt_err (*render)(void *context, vt_buf *out), void *context) {
    pthread_mutex_lock(&metrics->mutex);
    VT_ASSERT(metrics->collectors_count < COLLECTORS_MAX);
    metrics->collectors[metrics->collectors_count++] = (collector){render, context};
    pthread_mutex_unlock(&metrics->mutex);
}

/* The shortest of two precisions that reads back as the same number, so that 0.005 does not become
 * 0.0050000000000000001.
 */
static void format_number(double number, char out[NUMBER_TEXT_MAX]) {
    if (isinf(number)) {
        snprintf(out, NUMBER_TEXT_MAX, "%s", number > 0 ? "+Inf" : "-Inf");
        return;
    }
    snprintf(out, NUMBER_TEXT_MAX, "%.*g", DBL_DIG, number);
    double read_back = strtod(out, NULL);
    if (read_back < number || read_back > number) {
        snprintf(out, NUMBER_TEXT_MAX, "%.*g", DBL_DECIMAL_DIG, number);
    }
}

static vt_err render_histogram(const family *named, const series *one, vt_buf *out) {
    vt_histogram *histogram = one->value;
    const char *comma = one->labels[0] == '\0' ? "" : ",";
    uint64_t count = 0;
    char text[NUMBER_TEXT_MAX];
    for (size_t i = 0; i <= histogram->bounds_count; i++) {
        count += atomic_load_explicit(&histogram->buckets[i], memory_order_relaxed);
        format_number(i < histogram->bounds_count ? histogram->bounds[i] : HUGE_VAL, text);
        vt_err err =
            vt_buf_appendf(out, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", named->name, one->labels, comma, text, count);
        if (err != VT_OK) {
            return err;
        }
    }
    const char *open = one->labels[0] == '\0' ? "" : "{";
    const char *close = one->labels[0] == '\0' ? "" : "}";
    format_number(atomic_load_explicit(&histogram->sum, memory_order_relaxed), text);
    return vt_buf_appendf(out, "%s_sum%s%s%s %s\n%s_count%s%s%s %" PRIu64 "\n", named->name, open, one->labels, close,
                          text, named->name, open, one->labels, close, count);
}

static vt_err render_series(const family *named, const series *one, vt_buf *out) {
    if (named->type == FAMILY_HISTOGRAM) {
        return render_histogram(named, one, out);
    }
    const char *open = one->labels[0] == '\0' ? "" : "{";
    const char *close = one->labels[0] == '\0' ? "" : "}";
    if (named->type == FAMILY_COUNTER) {
        vt_counter *counter = one->value;
        uint64_t value = atomic_load_explicit(&counter->value, memory_order_relaxed);
        return vt_buf_appendf(out, "%s%s%s%s %" PRIu64 "\n", named->name, open, one->labels, close, value);
    }
    vt_gauge *gauge = one->value;
    int64_t value = atomic_load_explicit(&gauge->value, memory_order_relaxed);
    return vt_buf_appendf(out, "%s%s%s%s %" PRId64 "\n", named->name, open, one->labels, close, value);
}

/* Appends `text` with backslashes and newlines escaped, and quotes too when `quote` is set. */
static vt_err append_escaped(vt_buf *out, vt_slice text, bool quote) {
    vt_err err = VT_OK;
    for (size_t i = 0; err == VT_OK && i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\n') {
            err = vt_buf_append_slice(out, VT_SLICE("\\n"));
        } else if (c == '\\' || (quote && c == '"')) {
            err = vt_buf_appendf(out, "\\%c", c);
        } else {
            err = vt_buf_append_char(out, c);
        }
    }
    return err;
}

vt_err vt_metrics_escape_label(vt_buf *out, vt_slice text) {
    return append_escaped(out, text, true);
}

static vt_err render_family(const family *named, vt_buf *out) {
    static const char *const type_names[] = {"counter", "gauge", "histogram"};
    vt_err err = vt_buf_appendf(out, "# HELP %s ", named->name);
    if (err == VT_OK) {
        err = append_escaped(out, vt_slice_str(named->help), false);
    }
    if (err == VT_OK) {
        err = vt_buf_appendf(out, "\n# TYPE %s %s\n", named->name, type_names[named->type]);
    }
    for (const series *one = named->first; err == VT_OK && one != NULL; one = one->next) {
        err = render_series(named, one, out);
    }
    return err;
}

vt_err vt_metrics_render(vt_metrics *metrics, vt_buf *out) {
    vt_err err = VT_OK;
    pthread_mutex_lock(&metrics->mutex);
    for (const family *named = metrics->first; err == VT_OK && named != NULL; named = named->next) {
        err = render_family(named, out);
    }
    for (size_t i = 0; err == VT_OK && i < metrics->collectors_count; i++) {
        err = metrics->collectors[i].render(metrics->collectors[i].context, out);
    }
    pthread_mutex_unlock(&metrics->mutex);
    return err;
}

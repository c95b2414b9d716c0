#include "web/read.h"

#include "base/assert.h"
#include "base/clock.h"
#include "web/page_away.h"

#include <pthread.h>
#include <stdlib.h>

struct vt_reader {
    vt_stores stores;
    vt_pool *pool;
    vt_gauge *open; /* follows open_count */
    vt_counter *refused;
    vt_counter *expired;
    vt_counter *failed;
    pthread_mutex_t mutex; /* of open_count */
    pthread_cond_t idle;
    uint32_t open_count; /* reads submitted and not answered */
};

vt_err vt_reader_open(const vt_reader_options *options, vt_reader **out) {
    vt_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    reader->stores = options->stores;
    pthread_mutex_init(&reader->mutex, NULL);
    pthread_cond_init(&reader->idle, NULL);
    vt_pool_options pool = {options->threads, options->queue_max, options->deadline_ms};
    vt_err err = vt_pool_open(&pool, &reader->pool);
    if (err != VT_OK) {
        vt_reader_close(reader);
        return err;
    }
    reader->open = vt_metrics_gauge(options->metrics, "votaton_web_reads_open", "", "Reads taken and not answered yet");
    const char *name = "votaton_web_reads_unanswered_total";
    const char *help = "Reads answered with 503, by reason";
    reader->refused = vt_metrics_counter(options->metrics, name, "reason=\"queue_full\"", help);
    reader->expired = vt_metrics_counter(options->metrics, name, "reason=\"expired\"", help);
    reader->failed = vt_metrics_counter(options->metrics, name, "reason=\"store\"", help);
    *out = reader;
    return VT_OK;
}

void vt_reader_close(vt_reader *reader) {
    if (reader == NULL) {
        return;
    }
    vt_pool_close(reader->pool);
    VT_ASSERT(reader->open_count == 0);
    pthread_cond_destroy(&reader->idle);
    pthread_mutex_destroy(&reader->mutex);
    free(reader);
}

static void reader_count(vt_reader *reader, int change) {
    pthread_mutex_lock(&reader->mutex);
    reader->open_count += (uint32_t) change;
    vt_gauge_add(reader->open, change);
    if (reader->open_count == 0) {
        pthread_cond_broadcast(&reader->idle);
    }
    pthread_mutex_unlock(&reader->mutex);
}

void vt_reader_stop(vt_reader *reader) {
    vt_pool_stop(reader->pool);
    pthread_mutex_lock(&reader->mutex);
    while (reader->open_count > 0) {
        pthread_cond_wait(&reader->idle, &reader->mutex);
    }
    pthread_mutex_unlock(&reader->mutex);
}

vt_err vt_read_busy(vt_read *read, vt_err err, const char *message) {
    if (vt_err_http_status(err) != 503) {
        return err;
    }
    read->message = message;
    return VT_ERR_BUSY;
}

/* A page that cannot be had now is a page all the same. */
static void read_refuse(const vt_read *read, vt_err err) {
    if (read->kind == VT_ANSWER_PAGE && vt_err_http_status(err) >= 500) {
        const vt_contest *contest = vt_contest_now(read->reader->stores.contest);
        vt_page_away_send(contest, read->lang, read->page_name, err, read->reply);
    } else {
        vt_answer_error(read->reply, err, read->message);
    }
}

static void read_reply(const vt_read *read) {
    if (read->err != VT_OK) {
        read_refuse(read, read->err);
        return;
    }
    vt_answer answer = {
        .kind = read->kind,
        .status = read->is_unchanged ? 304 : 200,
        .etag = vt_slice_of(read->etag, read->etag_len),
        .body = read->body == NULL ? (vt_slice){NULL, 0} : vt_shared_slice(read->body),
    };
    vt_answer_send(read->reply, &answer);
}

/* Back on the loop. */
static void read_finish(vt_task *task) {
    vt_read *read = (vt_read *) ((char *) task - offsetof(vt_read, task));
    vt_reader *reader = read->reader;
    read_reply(read);
    vt_shared_unref(read->body);
    free(read);
    reader_count(reader, -1);
}

/* On a reading thread. */
static void read_run(vt_job *job, vt_err err) {
    vt_read *read = (vt_read *) ((char *) job - offsetof(vt_read, job));
    vt_reader *reader = read->reader;
    if (err != VT_OK) {
        vt_counter_add(reader->expired, 1);
        read->err = VT_ERR_BUSY;
    } else {
        read->err = read->look_up(&reader->stores, read);
        vt_counter_add(reader->failed, vt_err_http_status(read->err) >= 500);
    }
    vt_loop_post(read->reply.loop, &read->task);
}

void vt_reader_submit(vt_reader *reader, vt_reply reply, const vt_read *ask) {
    vt_read *read = malloc(sizeof *read);
    if (read == NULL) {
        vt_answer_error(reply, VT_ERR_NO_MEMORY, NULL);
        return;
    }
    *read = *ask;
    read->job.run = read_run;
    read->task.run = read_finish;
    read->reader = reader;
    read->reply = reply;
    read->asked_ns = vt_clock_monotonic_ns();
    reader_count(reader, 1);
    vt_err err = vt_pool_submit(reader->pool, &read->job);
    if (err != VT_OK) {
        vt_counter_add(reader->refused, 1);
        read_refuse(read, err);
        free(read);
        reader_count(reader, -1);
    }
}

/* One request that needs a store: carried from its loop to a reading thread and back with the finished answer. */
#ifndef VT_WEB_READ_H
#define VT_WEB_READ_H

#include "base/pool.h"
#include "net/loop.h"
#include "net/stream.h"
#include "obs/metrics.h"
#include "vote/contest.h"
#include "votelog/votelog.h"
#include "web/answer.h"
#include "web/view.h"
#include "web/words.h"

enum { VT_READ_CONDITION_BYTES_MAX = 256 }; /* of If-None-Match; a longer one is not looked at */

typedef struct vt_reader vt_reader;

/* What the reads look at; all borrowed. */
typedef struct vt_stores {
    vt_views *views;
    vt_tally *tally;
    vt_votelog *votelog;
    const vt_contest *contest;
} vt_stores;

/* GET / and GET /v1/results. */
typedef struct vt_read_results {
    vt_form form;
    size_t condition_len; /* If-None-Match */
    char condition[VT_READ_CONDITION_BYTES_MAX];
} vt_read_results;

/* GET /v1/votes/{id}. */
typedef struct vt_read_vote {
    vt_id id;
    bool has_position; /* where the receipt said that it stands */
    vt_position position;
} vt_read_vote;

/* The log in its shapes. */
typedef enum vt_log_shape { VT_LOG_SHAPE_PAGED, VT_LOG_SHAPE_ALIAS, VT_LOG_SHAPE_HTML } vt_log_shape;

typedef struct vt_read_log {
    vt_log_shape shape;
    vt_lang lang;
    bool is_empty; /* the query cannot match anything */
    bool has_before;
    vt_position before;
    uint32_t limit;
    size_t band_len; /* 0: all bands */
    char band[VT_FIELD_BYTES_MAX];
} vt_read_log;

typedef struct vt_read {
    vt_job job;
    vt_task task;
    vt_reader *reader;
    vt_reply reply;
    int64_t asked_ns; /* when the request came */

    /* On a reading thread: looks things up and sets what follows `ask`. An error becomes the error answer; for a
     * browser that wants a page, an error of ours becomes a page. */
    vt_err (*look_up)(const vt_stores *stores, struct vt_read *read);
    vt_answer_kind kind;
    vt_lang lang;      /* of a page */
    vt_word page_name; /* of a page */
    union {
        vt_read_results results;
        vt_read_log log;
        vt_read_vote vote;
    } ask;

    vt_err err;
    const char *message; /* for the error answer; NULL: the error's own. Static */
    bool is_unchanged;   /* 304 */
    size_t etag_len;
    char etag[VT_VIEW_ETAG_BYTES_MAX];
    vt_shared *body;
} vt_read;

typedef struct vt_reader_options {
    vt_stores stores;
    vt_metrics *metrics;
    uint32_t threads;
    uint32_t queue_max;
    uint32_t deadline_ms;
} vt_reader_options;

/* Starts the threads. The caller owns *out. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_reader_open(const vt_reader_options *options, vt_reader **out);

/* For a look_up whose store answered `err`: when that may pass, VT_ERR_BUSY with `message`; else `err`. */
vt_err vt_read_busy(vt_read *read, vt_err err, const char *message);

/* Runs a copy of `ask` (look_up to ask are read) and answers `reply`: with what was found, with the error, or
 * with 503 `busy` when the queue is full or the read waited longer than its deadline. On the reply's loop thread. */
void vt_reader_submit(vt_reader *reader, vt_reply reply, const vt_read *ask);

/* Refuses further reads and waits until all taken ones are answered. The loops must be running. */
void vt_reader_stop(vt_reader *reader);

void vt_reader_close(vt_reader *reader); /* accepts NULL */

#endif

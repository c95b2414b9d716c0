/* An intake for each loop: the pools that its calls and items live in, and the way back from the ledger to the loop.
 *
 * Everything is allocated when the intake is opened; its memory is touched only as far as it was ever needed at once.
 */
#ifndef VT_INGEST_INTAKE_H
#define VT_INGEST_INTAKE_H

#include "base/buf.h"
#include "ingest/call.h"
#include "net/loop.h"

#include <pthread.h>
#include <stddef.h>

enum { VT_INTAKE_ENTROPY_BYTES = 4096, VT_INTAKE_ANSWER_BYTES_MAX = 1048576 };

typedef struct vt_intake vt_intake;

/* Answers a call whose items are all done; the call is freed when it returns. */
typedef void vt_intake_answer(void *context, vt_intake *intake, const vt_call *call);

struct vt_intake {
    /* Back from the ledger: appended by its thread, emptied on the loop. */
    vt_sink sink;
    vt_task task;
    pthread_mutex_t inbox_lock;
    vt_append *inbox_first;
    vt_append *inbox_last;
    vt_ledger *ledger;
    vt_loop *loop; /* set by the first call, read by the ledger's thread afterwards */
    /* Only on the loop's thread from here on. */
    vt_intake_answer *answer;
    void *answer_context;
    vt_buf answer_buf; /* scratch of `answer` */
    vt_item *items;
    vt_item *items_free;
    uint32_t items_used; /* high-water mark: items behind it were never used */
    uint32_t items_max;
    vt_call *calls;
    vt_call *calls_free;
    uint32_t calls_used;
    uint32_t entropy_left;
    uint8_t entropy[VT_INTAKE_ENTROPY_BYTES];
};

/* Makes an intake for at most `items_max` votes (and as many calls) at once. The caller owns *out. `ledger` must
 * outlive it. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_intake_open(vt_ledger *ledger, uint32_t items_max, vt_intake_answer *answer,
                                    void *answer_context, vt_intake **out);

/* Frees it; the ledger must have answered everything. Accepts NULL. */
void vt_intake_close(vt_intake *intake);

/* A call without items, or NULL when all are in use. */
vt_call *vt_intake_call(vt_intake *intake, vt_call_kind kind, vt_protocol protocol, vt_reply reply);

/* Adds an item at the end of the call: neither refused nor with an id yet. NULL when all are in use. */
vt_item *vt_intake_item(vt_intake *intake, vt_call *call);

/* Gives a call and its items back without an answer. */
void vt_intake_discard(vt_intake *intake, vt_call *call);

/* Hands all items that were not refused to the ledger, as one, and answers when the last is done: at once when there
 * is none, or when the ledger takes nothing. */
void vt_intake_submit(vt_intake *intake, vt_call *call);

/* Copies `len` (<= VT_INTAKE_ENTROPY_BYTES) random bytes. VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_intake_random(vt_intake *intake, uint8_t *out, size_t len);

#endif

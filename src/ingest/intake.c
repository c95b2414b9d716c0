#include "ingest/intake.h"

#include "base/assert.h"

#include <stdlib.h>
#include <sys/random.h>

static vt_item *item_of(vt_append *append) {
    return (vt_item *) (void *) append;
}

static void give_back(vt_intake *intake, vt_call *call) {
    if (call->last != NULL) {
        call->last->sibling = intake->items_free;
        intake->items_free = call->first;
    }
    call->next_free = intake->calls_free;
    intake->calls_free = call;
}

static void answer_and_give_back(vt_intake *intake, vt_call *call) {
    intake->answer(intake->answer_context, intake, call);
    give_back(intake, call);
}

static void settle(vt_intake *intake, vt_append *chain) {
    while (chain != NULL) {
        vt_append *next = chain->next; /* giving the item back overwrites nothing else */
        vt_call *call = item_of(chain)->call;
        VT_ASSERT(call->pending > 0);
        if (--call->pending == 0) {
            answer_and_give_back(intake, call);
        }
        chain = next;
    }
}

static vt_append *inbox_take(vt_intake *intake) {
    pthread_mutex_lock(&intake->inbox_lock);
    vt_append *chain = intake->inbox_first;
    intake->inbox_first = NULL;
    intake->inbox_last = NULL;
    pthread_mutex_unlock(&intake->inbox_lock);
    return chain;
}

static void run_inbox(vt_task *task) {
    vt_intake *intake = (vt_intake *) (void *) ((char *) task - offsetof(vt_intake, task));
    settle(intake, inbox_take(intake));
}

static void sink_done(vt_sink *sink, vt_append *chain) {
    vt_intake *intake = (vt_intake *) (void *) sink;
    vt_append *last = chain;
    while (last->next != NULL) {
        last = last->next;
    }
    pthread_mutex_lock(&intake->inbox_lock);
    bool was_empty = intake->inbox_first == NULL;
    if (was_empty) {
        intake->inbox_first = chain;
    } else {
        intake->inbox_last->next = chain;
    }
    intake->inbox_last = last;
    pthread_mutex_unlock(&intake->inbox_lock);
    /* A ledger that answers inline is on the loop's thread already: vt_intake_submit empties the inbox. */
    if (was_empty && !vt_ledger_answers_inline(intake->ledger)) {
        vt_loop_post(intake->loop, &intake->task);
    }
}

vt_err vt_intake_open(vt_ledger *ledger, uint32_t items_max, vt_intake_answer *answer, void *answer_context,
                      vt_intake **out) {
    vt_err err = VT_ERR_NO_MEMORY;
    vt_intake *intake = calloc(1, sizeof *intake);
    if (intake == NULL) {
        return err;
    }
    intake->items = calloc(items_max, sizeof *intake->items);
    intake->calls = calloc(items_max, sizeof *intake->calls);
    if (intake->items == NULL || intake->calls == NULL) {
        goto out;
    }
    if (pthread_mutex_init(&intake->inbox_lock, NULL) != 0) {
        err = VT_ERR_SYSTEM;
        goto out;
    }
    intake->sink.done = sink_done;
    intake->task.run = run_inbox;
    intake->ledger = ledger;
    intake->answer = answer;
    intake->answer_context = answer_context;
    intake->items_max = items_max;
    vt_buf_init(&intake->answer_buf, VT_INTAKE_ANSWER_BYTES_MAX);
    *out = intake;
    return VT_OK;
out:
    free(intake->items);
    free(intake->calls);
    free(intake);
    return err;
}

void vt_intake_close(vt_intake *intake) {
    if (intake == NULL) {
        return;
    }
    VT_ASSERT(intake->inbox_first == NULL);
    pthread_mutex_destroy(&intake->inbox_lock);
    vt_buf_release(&intake->answer_buf);
    free(intake->items);
    free(intake->calls);
    free(intake);
}

vt_call *vt_intake_call(vt_intake *intake, vt_call_kind kind, vt_protocol protocol, vt_reply reply) {
    if (intake->loop == NULL) {
        intake->loop = reply.loop; /* once: the ledger's thread reads it from the first append on */
    }
    vt_call *call = intake->calls_free;
    if (call != NULL) {
        intake->calls_free = call->next_free;
    } else if (intake->calls_used < intake->items_max) {
        call = &intake->calls[intake->calls_used++];
    } else {
        return NULL;
    }
    *call = (vt_call){.reply = reply, .protocol = protocol, .kind = kind};
    return call;
}

vt_item *vt_intake_item(vt_intake *intake, vt_call *call) {
    vt_item *item = intake->items_free;
    if (item != NULL) {
        intake->items_free = item->sibling;
    } else if (intake->items_used < intake->items_max) {
        item = &intake->items[intake->items_used++];
    } else {
        return NULL;
    }
    /* Not the whole item: its texts are written when the vote is taken, and clearing them would cost more than that. */
    item->append.err = VT_OK;
    item->append.refusal = VT_OK;
    item->append.sink = &intake->sink;
    item->append.next = NULL;
    item->append.verdict = VT_VERDICT_NONE;
    item->call = call;
    item->sibling = NULL;
    item->field = VT_FIELD_NONE;
    item->has_id = false;
    if (call->last == NULL) {
        call->first = item;
    } else {
        call->last->sibling = item;
    }
    call->last = item;
    return item;
}

void vt_intake_discard(vt_intake *intake, vt_call *call) {
    give_back(intake, call);
}

void vt_intake_submit(vt_intake *intake, vt_call *call) {
    vt_append *wanted[VT_BATCH_VOTES_MAX];
    size_t count = 0;
    for (vt_item *item = call->first; item != NULL; item = item->sibling) {
        if (item->append.err == VT_OK) {
            VT_ASSERT(count < VT_BATCH_VOTES_MAX);
            wanted[count++] = &item->append;
        }
    }
    if (count == 0) {
        answer_and_give_back(intake, call);
        return;
    }
    call->pending = (uint32_t) count;
    vt_err err = vt_ledger_append(intake->ledger, wanted, count);
    if (err != VT_OK) {
        for (size_t i = 0; i < count; i++) {
            wanted[i]->err = err;
        }
        call->pending = 0;
        answer_and_give_back(intake, call);
    } else if (vt_ledger_answers_inline(intake->ledger)) {
        settle(intake, inbox_take(intake));
    }
}

vt_err vt_intake_random(vt_intake *intake, uint8_t *out, size_t len) {
    VT_ASSERT(len <= sizeof intake->entropy);
    if (intake->entropy_left < len) {
        if (getrandom(intake->entropy, sizeof intake->entropy, 0) != (ssize_t) sizeof intake->entropy) {
            return VT_ERR_SYSTEM;
        }
        intake->entropy_left = sizeof intake->entropy;
    }
    intake->entropy_left -= (uint32_t) len;
    memcpy(out, intake->entropy + intake->entropy_left, len);
    return VT_OK;
}

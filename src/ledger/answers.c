#include "ledger/answers.h"

#include "base/assert.h"

#include <stdint.h>
#include <stdlib.h>

typedef struct chain {
    vt_sink *sink; /* NULL: free */
    vt_append *first;
    vt_append *last;
} chain;

/* An open hash table by sink, at most half full, and the list of its used slots in order of appearance. */
struct vt_answers {
    size_t items_max;
    size_t slots_mask;
    chain *slots;
    chain **used;
    size_t used_count;
};

vt_err vt_answers_open(size_t items_max, vt_answers **out) {
    size_t slots = 16;
    while (slots < 2 * items_max) {
        slots *= 2;
    }
    vt_answers *answers = calloc(1, sizeof *answers);
    if (answers != NULL) {
        answers->items_max = items_max;
        answers->slots_mask = slots - 1;
        answers->slots = calloc(slots, sizeof *answers->slots);
        answers->used = calloc(items_max, sizeof(chain *));
    }
    if (answers == NULL || answers->slots == NULL || answers->used == NULL) {
        vt_answers_close(answers);
        return VT_ERR_NO_MEMORY;
    }
    *out = answers;
    return VT_OK;
}

void vt_answers_close(vt_answers *answers) {
    if (answers == NULL) {
        return;
    }
    free(answers->slots);
    free(answers->used);
    free(answers);
}

static chain *chain_of(vt_answers *answers, vt_sink *sink) {
    /* Fibonacci hashing: the low bits of a pointer say little. */
    size_t slot = (size_t) (((uint64_t) (uintptr_t) sink * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & answers->slots_mask;
    while (answers->slots[slot].sink != NULL && answers->slots[slot].sink != sink) {
        slot = (slot + 1) & answers->slots_mask;
    }
    chain *found = &answers->slots[slot];
    if (found->sink == NULL) {
        *found = (chain){.sink = sink};
        answers->used[answers->used_count++] = found;
    }
    return found;
}

void vt_answers_deliver(vt_answers *answers, vt_append *const *items, size_t count) {
    VT_ASSERT(count <= answers->items_max);
    answers->used_count = 0;
    for (size_t i = 0; i < count; i++) {
        chain *to = chain_of(answers, items[i]->sink);
        items[i]->next = NULL;
        if (to->first == NULL) {
            to->first = items[i];
        } else {
            to->last->next = items[i];
        }
        to->last = items[i];
    }
    /* From here on no item is touched: a sink may free what it gets back. */
    for (size_t i = 0; i < answers->used_count; i++) {
        chain done = *answers->used[i];
        *answers->used[i] = (chain){0};
        done.sink->done(done.sink, done.first);
    }
}

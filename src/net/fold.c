#include "net/fold.h"

static void look(vt_fold *fold, const char *end) {
    if (fold->seen == NULL) {
        return;
    }
    for (const char *at = fold->seen; at < end; at++) {
        bool is_space = *at == ' ' || *at == '\t';
        fold->is_folded = fold->is_folded || (fold->is_broken && is_space);
        fold->is_broken = *at == '\r' || *at == '\n';
    }
    fold->seen = end;
}

void vt_fold_chunk(vt_fold *fold, const char *chunk) {
    if (fold->seen != NULL) {
        fold->seen = chunk;
    }
}

void vt_fold_chunk_end(vt_fold *fold, const char *end) {
    look(fold, end);
}

void vt_fold_name(vt_fold *fold, const char *end) {
    *fold = (vt_fold){.seen = end};
}

bool vt_fold_value(vt_fold *fold, const char *at, size_t len) {
    look(fold, at);
    /* Behind a line break llhttp reports an empty value at the next line, and a folded one from its white space on. */
    fold->is_folded = fold->is_folded || (fold->is_broken && len > 0);
    fold->seen = at + len;
    return !fold->is_folded;
}

bool vt_fold_value_end(vt_fold *fold) {
    bool is_whole = !fold->is_folded;
    *fold = (vt_fold){0};
    return is_whole;
}

/* Notices header values that are folded over lines: llhttp joins them in silence, RFC 9112 §5.2 wants them refused.
 *
 * The input comes in chunks, the names and values of llhttp in pieces of them. What lies between a name, or a piece of
 * a value, and the value's next piece is looked at: a line break and then white space means that a value goes on.
 */
#ifndef VT_NET_FOLD_H
#define VT_NET_FOLD_H

#include <stdbool.h>
#include <stddef.h>

typedef struct vt_fold {
    const char *seen; /* the end of what was looked at, in the chunk in hand; NULL outside of values */
    bool is_broken;   /* the last of it was a line break */
    bool is_folded;
} vt_fold;

/* A chunk begins. */
void vt_fold_chunk(vt_fold *fold, const char *chunk);

/* All of a chunk was parsed without an error. */
void vt_fold_chunk_end(vt_fold *fold, const char *end);

/* A piece of a name ends here. */
void vt_fold_name(vt_fold *fold, const char *end);

/* A piece of a value, perhaps an empty one. False if the value is folded. */
bool vt_fold_value(vt_fold *fold, const char *at, size_t len);

/* The value is complete. False if it is folded. */
bool vt_fold_value_end(vt_fold *fold);

#endif

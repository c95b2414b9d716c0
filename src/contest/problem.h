/* A problem: where in a contest file something is wrong, and what, in words for the person who wrote it. */
#ifndef VT_CONTEST_PROBLEM_H
#define VT_CONTEST_PROBLEM_H

#include "base/slice.h"

#include <stdint.h>

enum {
    VT_REASON_MAX = 256,            /* bytes of every reason, its terminator included */
    VT_REASON_QUOTE_BYTES_MAX = 48, /* of the file's own text repeated in a reason */
};

typedef struct vt_problem {
    uint32_t line;              /* from 1; 0: not about a place */
    uint32_t column;            /* from 1; 0: not about a place */
    char reason[VT_REASON_MAX]; /* "bands[3].color: must be #rrggbb"; bands[0] is the first */
} vt_problem;

/* Sets the place and the reason (printf's rules); a reason that is too long is cut. */
__attribute__((format(printf, 4, 5))) void vt_problem_set(vt_problem *problem, uint32_t line, uint32_t column,
                                                          const char *format, ...);

/* Writes "line 12: bands[3].color: must be #rrggbb", or the bare reason when there is no line. Terminated, cut if need
 * be. */
void vt_problem_print(const vt_problem *problem, char out[VT_REASON_MAX]);

/* Copies a text for use in a reason: control characters become "?", a long one ends in "...", whole UTF-8 characters
 * only. Terminated. */
void vt_problem_quote(vt_slice text, char out[VT_REASON_QUOTE_BYTES_MAX + 1]);

#endif

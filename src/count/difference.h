/* The differences that a recount finds. */
#ifndef VT_COUNT_DIFFERENCE_H
#define VT_COUNT_DIFFERENCE_H

#include <stdint.h>

enum { VT_DIFFERENCES_MAX = 20, VT_DIFFERENCE_TEXT_MAX = 512 };

typedef struct vt_differences {
    uint64_t count;  /* how many were found; 0: everything is as it should be */
    uint32_t listed; /* the first of them, terminated texts without control characters */
    char text[VT_DIFFERENCES_MAX][VT_DIFFERENCE_TEXT_MAX];
} vt_differences;

/* Counts one difference, and keeps its text (printf's rules) while there is room. Bytes that are no printable text, as
 * a damaged record may have them, become '?'. */
__attribute__((format(printf, 2, 3))) void vt_difference(vt_differences *found, const char *format, ...);

#endif

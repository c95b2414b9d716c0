/* Notes the differences that a recount finds. */
#ifndef VT_COUNT_DIFFERENCE_H
#define VT_COUNT_DIFFERENCE_H

#include "count/verify.h"

/* Counts one difference, and keeps its text (printf's rules) while there is room. Bytes that are no printable text, as
 * a damaged record may have them, become '?'. */
__attribute__((format(printf, 2, 3))) void vt_difference(vt_verify_report *report, const char *format, ...);

#endif

#include "count/difference.h"

#include <stdarg.h>
#include <stdio.h>

void vt_difference(vt_differences *found, const char *format, ...) {
    found->count++;
    if (found->listed == VT_DIFFERENCES_MAX) {
        return;
    }
    char *text = found->text[found->listed++];
    va_list args;
    va_start(args, format);
    vsnprintf(text, VT_DIFFERENCE_TEXT_MAX, format, args);
    va_end(args);
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char) *c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
}

#include "count/difference.h"

#include <stdarg.h>
#include <stdio.h>

void vt_difference(vt_verify_report *report, const char *format, ...) {
    report->differences++;
    if (report->listed == VT_VERIFY_DIFFERENCES_MAX) {
        return;
    }
    char *text = report->text[report->listed++];
    va_list args;
    va_start(args, format);
    vsnprintf(text, VT_VERIFY_TEXT_MAX, format, args);
    va_end(args);
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char) *c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
}

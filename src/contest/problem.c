#include "contest/problem.h"

#include <stdarg.h>
#include <stdio.h>

void vt_problem_set(vt_problem *problem, uint32_t line, uint32_t column, const char *format, ...) {
    problem->line = line;
    problem->column = column;
    va_list args;
    va_start(args, format);
    vsnprintf(problem->reason, sizeof problem->reason, format, args);
    va_end(args);
}

void vt_problem_print(const vt_problem *problem, char out[VT_REASON_MAX]) {
    int place_len = 0;
    if (problem->line > 0) {
        place_len = snprintf(out, VT_REASON_MAX, "line %u: ", problem->line);
    }
    /* The precision keeps the compiler from fearing a cut that is meant. */
    snprintf(out + place_len, (size_t) (VT_REASON_MAX - place_len), "%.*s", VT_REASON_MAX - 1 - place_len,
             problem->reason);
}

static bool continues_character(char c) {
    return ((unsigned char) c & 0xC0U) == 0x80U;
}

void vt_problem_quote(vt_slice text, char out[VT_REASON_QUOTE_BYTES_MAX + 1]) {
    static const char ellipsis[] = "...";
    size_t len = text.len;
    bool cut = len > VT_REASON_QUOTE_BYTES_MAX;
    if (cut) {
        len = VT_REASON_QUOTE_BYTES_MAX - (sizeof ellipsis - 1);
        while (len > 0 && continues_character(text.ptr[len])) {
            len--;
        }
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char) text.ptr[i];
        out[i] = c < 0x20 || c == 0x7F ? '?' : text.ptr[i];
    }
    out[len] = '\0';
    if (cut) {
        memcpy(out + len, ellipsis, sizeof ellipsis);
    }
}

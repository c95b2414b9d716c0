/* VT_ASSERT: checks that stay on in every build. For our own bugs, never for input. */
#ifndef VT_BASE_ASSERT_H
#define VT_BASE_ASSERT_H

/* Traps without calling libc, so that the vote core keeps it in WebAssembly too. */
#define VT_ASSERT(condition)                                                                                           \
    do {                                                                                                               \
        if (__builtin_expect(!(condition), 0)) {                                                                       \
            __builtin_trap();                                                                                          \
        }                                                                                                              \
    } while (0)

#endif

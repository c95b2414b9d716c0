/* The one function of libc that the vote core calls in WebAssembly; copies are instructions there (bulk memory). */
#include <stddef.h>

int memcmp(const void *a, const void *b, size_t len);

int memcmp(const void *a, const void *b, size_t len) {
    const unsigned char *left = a;
    const unsigned char *right = b;
    for (size_t i = 0; i < len; i++) {
        if (left[i] != right[i]) {
            return left[i] < right[i] ? -1 : 1;
        }
    }
    return 0;
}

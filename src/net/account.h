/* How much memory a loop holds for its peers, in one sum: requests that have not been handled, input that waits for an
 * answer before it, answers that wait to be taken, and buffers on their way to the sockets. Not in it are the pieces
 * that many streams share (vt_shared), and what nghttp2 keeps for a stream: streams, header blocks and acknowledgements
 * have limits of their own. One thread.
 *
 * Requests are refused when the sum has reached its limit, large answers when three quarters of it are used, so that
 * peers who do not read what they asked for cannot keep votes from arriving.
 */
#ifndef VT_NET_ACCOUNT_H
#define VT_NET_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>

enum {
    VT_LOOP_KEPT_BYTES_MAX = 64 << 20,    /* of each loop */
    VT_ACCOUNT_SMALL_ANSWER_BYTES = 4096, /* a body that is sent in any case, as the requests before it are limited */
};

typedef struct vt_account {
    size_t kept_bytes;
    size_t bytes_max;
} vt_account;

/* Something that held `before` bytes holds `after` now. */
static inline void vt_account_note(vt_account *account, size_t before, size_t after) {
    account->kept_bytes += after - before;
}

/* Whether a request may take `len` bytes more. */
static inline bool vt_account_has_room(const vt_account *account, size_t len) {
    return account->kept_bytes + len <= account->bytes_max;
}

/* Whether an answer may. */
static inline bool vt_account_has_answer_room(const vt_account *account, size_t len) {
    return len <= VT_ACCOUNT_SMALL_ANSWER_BYTES || account->kept_bytes + len <= account->bytes_max / 4 * 3;
}

#endif

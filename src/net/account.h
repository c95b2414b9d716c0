/* How much memory a loop holds for its peers, in one sum: requests that have not been handled, input that waits for an
 * answer before it, answers that wait to be taken, and buffers on their way to the sockets. Not in it are the pieces
 * that many streams share (vt_shared), and what nghttp2 keeps for a stream: streams, header blocks and acknowledgements
 * have limits of their own. One thread.
 *
 * The last quarter is a reserve for small requests: large requests and large answers are refused when three quarters
 * are used, so that peers who do not read what they asked for, or do not end what they began, cannot keep votes from
 * arriving. What one connection has sent of requests that are not whole has a limit of its own.
 */
#ifndef VT_NET_ACCOUNT_H
#define VT_NET_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>

enum {
    VT_LOOP_KEPT_BYTES_MAX = 64 << 20,    /* of each loop */
    VT_CONN_INPUT_BYTES_MAX = 2 << 20,    /* of each connection, for requests whose handlers have not returned */
    VT_ACCOUNT_SMALL_INPUT_BYTES = 8192,  /* headers and body so far of a request that may use the reserve */
    VT_ACCOUNT_SMALL_ANSWER_BYTES = 4096, /* a body that is sent in any case, as the requests before it are limited */
    VT_ACCOUNT_SMALL_PAGE_BYTES = 256,    /* the same for requests that change nothing: room for an error */
};

typedef struct vt_account {
    size_t kept_bytes;
    size_t bytes_max;
} vt_account;

/* Something that held `before` bytes holds `after` now. */
static inline void vt_account_note(vt_account *account, size_t before, size_t after) {
    account->kept_bytes += after - before;
}

/* All but the reserve. */
static inline size_t vt_account_common_bytes(const vt_account *account) {
    return account->bytes_max / 4 * 3;
}

/* Whether a request, or input that waits, may take `len` bytes more, which make it `size` bytes long. */
static inline bool vt_account_has_input_room(const vt_account *account, size_t len, size_t size) {
    bool is_small = size <= VT_ACCOUNT_SMALL_INPUT_BYTES;
    return account->kept_bytes + len <= (is_small ? account->bytes_max : vt_account_common_bytes(account));
}

/* Whether an answer may. */
static inline bool vt_account_has_answer_room(const vt_account *account, size_t len) {
    return len <= VT_ACCOUNT_SMALL_ANSWER_BYTES || account->kept_bytes + len <= vt_account_common_bytes(account);
}

#endif

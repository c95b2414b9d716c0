/* A guest that breaks in the way that the first byte of its input asks for. */
#include "wasm/guest.h"

static char in[VT_VOTE_JSON_BYTES_MAX];
static char out[VT_VOTE_PROTO_BYTES_MAX];

__attribute__((export_name("vt_in"))) char *vt_in(void) {
    return in;
}

__attribute__((export_name("vt_out"))) char *vt_out(void) {
    return out;
}

/* A vote for "A": field 1, one byte. */
static int32_t answer_well(void) {
    out[0] = 0x0a;
    out[1] = 1;
    out[2] = 'A';
    return 3;
}

static int32_t write_outside(void) {
    volatile char *far = (volatile char *) 0x7fffffff;
    *far = 1;
    return answer_well();
}

static int32_t answer_garbage(void) {
    out[0] = (char) 0xff;
    return 1;
}

__attribute__((export_name("vt_vote1"))) int32_t vt_vote1(int32_t len) {
    (void) len;
    switch (in[0]) {
    case 't':
        __builtin_trap();
    case 'w':
        return write_outside();
    case 'l':
        return VT_VOTE_PROTO_BYTES_MAX + 1;
    case 'L':
        return INT32_MAX;
    case 'g':
        return answer_garbage();
    case 'z':
        return 0;
    case 'e':
        return -(VT_ERR_INTERNAL * 8);
    case 'u':
        return -(999 * 8);
    case 'f':
        return -(VT_ERR_TOO_LONG * 8 + 7);
    case 'm':
        return INT32_MIN;
    case 'r':
        return -(VT_ERR_TOO_LONG * 8 + VT_FIELD_ALBUM);
    default:
        return answer_well();
    }
}

__attribute__((export_name("vt_proto1"))) int32_t vt_proto1(int32_t len) {
    return vt_vote1(len);
}

__attribute__((export_name("vt_request1"))) int32_t vt_request1(int32_t len) {
    return vt_vote1(len);
}

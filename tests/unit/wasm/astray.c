/* A guest whose buffers lie outside of its memory. */
#include "wasm/guest.h"

__attribute__((export_name("vt_in"))) char *vt_in(void) {
    return (char *) 0xfffffff0;
}

__attribute__((export_name("vt_out"))) char *vt_out(void) {
    return (char *) 0xfffffff0;
}

__attribute__((export_name("vt_vote1"))) int32_t vt_vote1(int32_t len) {
    return len;
}

__attribute__((export_name("vt_proto1"))) int32_t vt_proto1(int32_t len) {
    return len;
}

__attribute__((export_name("vt_request1"))) int32_t vt_request1(int32_t len) {
    return len;
}

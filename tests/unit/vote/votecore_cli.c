/* The readers of votes behind a pipe, so that tests in other languages can compare them with readers of theirs.
 *
 *   votecore-cli json|proto [native|wasm2c] < inputs
 *
 * Each input is a u32le length and that many bytes. For each, one line: "ok" and the vote as hexadecimal protobuf, or
 * "err", the error's code and the field's name ("-" for none). Exits 2 on a wrong argument or a torn input.
 */
#include "vote/vote_proto.h"
#include "wasm/sandbox.h"

#include <stdio.h>
#include <stdlib.h>

enum { LENGTH_BYTES = 4 };

/* Reads one input into `buf`; false at the end. */
static bool read_input(char *buf, size_t *len) {
    unsigned char length[LENGTH_BYTES];
    size_t got = fread(length, 1, sizeof length, stdin);
    if (got == 0) {
        return false;
    }
    *len = (size_t) length[0] | (size_t) length[1] << 8 | (size_t) length[2] << 16 | (size_t) length[3] << 24;
    if (got != sizeof length || *len > VT_BATCH_BYTES_MAX || fread(buf, 1, *len, stdin) != *len) {
        fputs("votecore-cli: torn input\n", stderr);
        exit(2);
    }
    return true;
}

static void print_vote(const vt_vote *vote) {
    char bytes[VT_VOTE_PROTO_BYTES_MAX];
    size_t len = vt_vote_write_proto(vote, bytes);
    fputs("ok ", stdout);
    for (size_t i = 0; i < len; i++) {
        printf("%02x", (unsigned) (unsigned char) bytes[i]);
    }
    putchar('\n');
}

static void print_refusal(vt_err err, vt_field field) {
    printf("err %s %s\n", vt_err_code(err), field == VT_FIELD_NONE ? "-" : vt_field_name(field).ptr);
}

static bool is_form(const char *name, vt_core_form *form) {
    *form = strcmp(name, "json") == 0 ? VT_CORE_JSON : VT_CORE_VOTE;
    return *form == VT_CORE_JSON || strcmp(name, "proto") == 0;
}

/* NULL for a name that is none. The sandbox lives as long as the process. */
static vt_core *core_of(const char *name) {
    vt_sandbox *sandbox;
    if (strcmp(name, "native") == 0) {
        return vt_core_native();
    }
    if (strcmp(name, "wasm2c") != 0 || vt_sandbox_open(&vt_guest_votecore, &sandbox) != VT_OK) {
        return NULL;
    }
    return vt_sandbox_core(sandbox);
}

int main(int argc, char **argv) {
    vt_core_form form;
    vt_core *core = NULL;
    if ((argc == 2 || argc == 3) && is_form(argv[1], &form)) {
        core = core_of(argc == 3 ? argv[2] : "native");
    }
    if (core == NULL) {
        fputs("usage: votecore-cli json|proto [native|wasm2c]\n", stderr);
        return 2;
    }
    size_t len;
    static char buf[VT_BATCH_BYTES_MAX];
    while (read_input(buf, &len)) {
        /* Memory of just that size, so that a sanitizer sees what is read beyond. */
        char *bytes = malloc(len > 0 ? len : 1);
        if (bytes == NULL) {
            return 2;
        }
        memcpy(bytes, buf, len);
        vt_vote vote;
        vt_vote_scratch scratch;
        vt_field field;
        vt_err err = core->read(core, form, vt_slice_of(bytes, len), &vote, &scratch, &field);
        if (err == VT_OK) {
            print_vote(&vote);
        } else {
            print_refusal(err, field);
        }
        free(bytes);
    }
    return 0;
}

/* Any bytes as a protobuf vote: what is taken, written and read again is the same vote, and writing that is the same
 * bytes. Then the same bytes as a batch. */
#include "vote/vote_proto.h"

#include <stdint.h>
#include <stdlib.h>

static void check_round_trip(const vt_vote *vote) {
    char first[VT_VOTE_PROTO_BYTES_MAX];
    char second[VT_VOTE_PROTO_BYTES_MAX];
    size_t first_len = vt_vote_write_proto(vote, first);
    vt_vote again;
    vt_field field;
    if (vt_vote_read_proto(vt_slice_of(first, first_len), VT_FIELD_VOTER_CODE, &again, &field) != VT_OK) {
        abort();
    }
    for (int i = VT_FIELD_NAME; i < VT_FIELD_COUNT; i++) {
        if (!vt_slice_eq(vote->text[i], again.text[i])) {
            abort();
        }
    }
    size_t second_len = vt_vote_write_proto(&again, second);
    if (!vt_slice_eq(vt_slice_of(first, first_len), vt_slice_of(second, second_len))) {
        abort();
    }
}

static void walk_batch(vt_slice bytes) {
    vt_proto_batch batch;
    size_t count;
    if (vt_proto_batch_open(bytes, &batch, &count) != VT_OK) {
        return;
    }
    vt_slice item;
    size_t items = 0;
    while (vt_proto_batch_next(&batch, &item)) {
        if (item.ptr < bytes.ptr || item.ptr + item.len > bytes.ptr + bytes.len) {
            abort();
        }
        items++;
    }
    if (items != count) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    vt_slice bytes = vt_slice_of((const char *) data, size);
    vt_vote vote;
    vt_field field;
    if (vt_vote_read_proto(bytes, VT_FIELD_VOTER_CODE, &vote, &field) == VT_OK) {
        check_round_trip(&vote);
    }
    walk_batch(bytes);
    return 0;
}

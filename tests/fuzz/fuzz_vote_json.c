/* Any bytes as a vote, read by the reader of votes and by jansson: both must agree. Then the same bytes as an array. */
#include "json_oracle.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void walk_array(vt_slice text) {
    vt_json_array array;
    size_t count;
    if (vt_json_array_open(text, &array, &count) != VT_OK) {
        return;
    }
    vt_slice item;
    size_t items = 0;
    while (vt_json_array_next(&array, &item)) {
        vt_vote vote;
        vt_vote_scratch scratch;
        vt_field field;
        vt_err err = vt_vote_read_json(item, &vote, &scratch, &field);
        /* The array's syntax was checked: an object in it can be refused for its content only. */
        if (err == VT_ERR_MALFORMED_JSON && item.ptr[0] == '{') {
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
    vt_slice text = vt_slice_of((const char *) data, size);
    json_oracle_result result = json_oracle_compare(text);
    if (result.difference != NULL) {
        fprintf(stderr, "%s in field %d (%s, jansson: %s)\n", result.difference, (int) result.field,
                vt_err_code(result.got), vt_err_code(result.expected));
        abort();
    }
    walk_array(text);
    return 0;
}

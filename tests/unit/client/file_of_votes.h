/* Votes for tests: from text, in either encoding. */
#ifndef VT_TEST_CLIENT_FILE_OF_VOTES_H
#define VT_TEST_CLIENT_FILE_OF_VOTES_H

#include "base/assert.h"
#include "client/votes_file.h"

/* Two votes: for "A", and for "B" with the id "own". */
#define VT_TEST_TWO_VOTES                                                                                              \
    "[{\"name\":\"A\",\"album\":\"a\",\"year\":\"1\",\"rank\":\"2\"},"                                                 \
    "{\"name\":\"B\",\"album\":\"\",\"year\":\"\",\"rank\":\"\",\"vote_id\":\"own\"}]"

static inline vt_votes *vt_test_votes(const char *text, vt_encoding encoding) {
    vt_votes_options options = {.path = "votes", .encoding = encoding, .keep_ids = true};
    vt_votes *votes = NULL;
    vt_reason reason;
    vt_err err = vt_votes_read(&options, vt_slice_str(text), &votes, &reason);
    VT_ASSERT(err == VT_OK);
    return votes;
}

#endif

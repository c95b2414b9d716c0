#include "cmd/stored_contest.h"

#include "ledger/vote_reader.h"

vt_err vt_stored_contest_read(const vt_store *store, vt_definition **out) {
    vt_vote_reader *reader;
    vt_err err = vt_vote_reader_open(store, &reader);
    if (err != VT_OK) {
        return err;
    }
    vt_buf json;
    vt_buf_init(&json, VT_CONTEST_JSON_BYTES_MAX);
    uint32_t version;
    err = vt_vote_reader_contest(reader, &json, &version);
    if (err == VT_OK && version == 0) {
        err = VT_ERR_NOT_FOUND;
    }
    if (err == VT_OK) {
        vt_problem problem;
        err = vt_definition_read_json(vt_buf_slice(&json), out, &problem);
    }
    vt_buf_release(&json);
    vt_vote_reader_close(reader);
    return err;
}

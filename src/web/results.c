#include "web/results.h"

static vt_err results_look_up(const vt_stores *stores, vt_read *read) {
    const vt_read_results *ask = &read->ask.results;
    vt_view *view = NULL;
    vt_err err = vt_views_get(stores->views, read->asked_ns, &view);
    if (err != VT_OK) {
        return vt_read_busy(read, err, "the results cannot be read now; ask again");
    }
    read->etag_len = vt_view_etag(view, ask->form, read->etag);
    vt_slice condition = vt_slice_of(ask->condition, ask->condition_len);
    read->is_unchanged = vt_answer_matches(condition, vt_slice_of(read->etag, read->etag_len));
    if (!read->is_unchanged) {
        err = vt_view_render(view, ask->form, &read->body);
    }
    vt_view_unref(view);
    return err;
}

void vt_results_serve(vt_reader *reader, vt_form form, const vt_request *request, vt_reply reply) {
    vt_read read = {.look_up = results_look_up};
    read.kind = form == VT_FORM_JSON ? VT_ANSWER_JSON : VT_ANSWER_PAGE;
    read.lang = form == VT_FORM_PAGE_EN ? VT_LANG_EN : VT_LANG_ES;
    read.page_name = VT_WORD_RESULTS;
    read.ask.results.form = form;
    vt_slice condition = vt_request_header(request, VT_SLICE("if-none-match"));
    if (condition.len > 0 && condition.len <= VT_READ_CONDITION_BYTES_MAX) {
        memcpy(read.ask.results.condition, condition.ptr, condition.len);
        read.ask.results.condition_len = condition.len;
    }
    vt_reader_submit(reader, reply, &read);
}

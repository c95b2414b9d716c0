#include "vote/core.h"

#include "vote/vote_json.h"
#include "vote/vote_proto.h"

static vt_err read_natively(vt_core *core, vt_core_form form, vt_slice bytes, vt_vote *vote, vt_vote_scratch *scratch,
                            vt_field *field) {
    (void) core;
    if (form == VT_CORE_JSON) {
        return vt_vote_read_json(bytes, vote, scratch, field);
    }
    return vt_vote_read_proto(bytes, form == VT_CORE_VOTE ? VT_FIELD_VOTER_CODE : VT_FIELD_RANK, vote, field);
}

vt_core *vt_core_native(void) {
    static vt_core native = {.read = read_natively};
    return &native;
}

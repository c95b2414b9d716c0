#include "vote/vote.h"

#include "base/assert.h"
#include "vote/text.h"

vt_slice vt_field_name(vt_field field) {
    static const vt_slice names[VT_FIELD_COUNT] = {
        [VT_FIELD_NONE] = {"", 0},
        [VT_FIELD_NAME] = {"name", 4},
        [VT_FIELD_ALBUM] = {"album", 5},
        [VT_FIELD_YEAR] = {"year", 4},
        [VT_FIELD_RANK] = {"rank", 4},
        [VT_FIELD_VOTE_ID] = {"vote_id", 7},
        [VT_FIELD_VOTER_CODE] = {"voter_code", 10},
    };
    VT_ASSERT((unsigned) field < VT_FIELD_COUNT);
    return names[field];
}

/* The length comes first, so that the work on a refused text is bounded, too. */
static vt_err check_text(vt_slice text, size_t len_max) {
    return text.len > len_max ? VT_ERR_TOO_LONG : vt_text_check(text);
}

vt_err vt_vote_check_key(vt_slice key) {
    if (key.len == 0 || key.len > VT_VOTE_KEY_BYTES_MAX || vt_text_check(key) != VT_OK) {
        return VT_ERR_BAD_ID;
    }
    return VT_OK;
}

static vt_err check_field(vt_vote *vote, vt_field field) {
    vt_slice *text = &vote->text[field];
    if (field <= VT_FIELD_RANK) {
        *text = vt_text_trim(*text);
        if (field == VT_FIELD_NAME && text->len == 0) {
            return VT_ERR_EMPTY_NAME;
        }
        return check_text(*text, VT_FIELD_BYTES_MAX);
    }
    if (text->ptr == NULL) {
        return VT_OK;
    }
    return field == VT_FIELD_VOTE_ID ? vt_vote_check_key(*text) : check_text(*text, VT_VOTER_CODE_BYTES_MAX);
}

vt_err vt_vote_check(vt_vote *vote, vt_field *field) {
    for (int i = VT_FIELD_NAME; i <= VT_FIELD_VOTER_CODE; i++) {
        vt_err err = check_field(vote, (vt_field) i);
        if (err != VT_OK) {
            *field = (vt_field) i;
            return err;
        }
    }
    return VT_OK;
}

#include "ingest/accept.h"

#include "base/assert.h"
#include "contest/code.h"

static vt_id find_address_voter(const vt_accept_rules *rules, const vt_contest *contest, const vt_request *request) {
    vt_slice lines[VT_FORWARDED_HOPS_MAX];
    size_t count = 0;
    for (uint32_t i = request->headers_count; i > 0 && count < VT_FORWARDED_HOPS_MAX; i--) {
        if (vt_slice_eq(request->headers[i - 1].name, VT_SLICE("x-forwarded-for"))) {
            count++;
            lines[VT_FORWARDED_HOPS_MAX - count] = request->headers[i - 1].value; /* the last lines, in their order */
        }
    }
    vt_address client =
        vt_client_address(request->peer.address, lines + VT_FORWARDED_HOPS_MAX - count, count, rules->trusted_proxies);
    vt_address limiting = vt_limiting_address(&client);
    return vt_secret_voter(rules->secret, &contest->ledger_id, VT_LIMIT_ADDRESS,
                           vt_slice_of((const char *) limiting.bytes, sizeof limiting.bytes));
}

vt_accept_request vt_accept_request_of(const vt_accept_rules *rules, const vt_request *request, int64_t now_ms) {
    vt_accept_request out = {.contest = vt_contest_now(rules->contest), .now_ms = now_ms};
    for (uint32_t i = 0; i < request->headers_count; i++) {
        const vt_header *header = &request->headers[i];
        if (vt_slice_eq(header->name, VT_SLICE("idempotency-key"))) {
            out.has_two_keys |= out.key.ptr != NULL; /* which of them the client would repeat is open */
            out.key = header->value;
        } else if (vt_slice_eq(header->name, VT_SLICE("votaton-voter-code"))) {
            out.voter_code = header->value;
        }
    }
    if (out.contest->limit_by == VT_LIMIT_ADDRESS) {
        out.address_voter = find_address_voter(rules, out.contest, request);
    }
    return out;
}

static bool same_key(vt_slice a, vt_slice b) {
    vt_id id_a;
    vt_id id_b;
    if (vt_uuid_parse(a, &id_a) && vt_uuid_parse(b, &id_b)) {
        return vt_id_eq(&id_a, &id_b);
    }
    return vt_slice_eq(a, b);
}

/* The key that the identity is made from, and whether it is shared by the items of an array. ptr NULL: none was given.
 */
static vt_err choose_key(const vt_accept_request *request, const vt_vote *vote, int32_t index, vt_slice *key,
                         int32_t *item) {
    if (request->has_two_keys) {
        return VT_ERR_ID_MISMATCH;
    }
    vt_slice own = vote->text[VT_FIELD_VOTE_ID];
    *item = -1;
    if (own.ptr != NULL) {
        if (index < 0 && request->key.ptr != NULL && !same_key(own, request->key)) {
            return VT_ERR_ID_MISMATCH;
        }
        *key = own;
        return VT_OK;
    }
    *key = request->key;
    *item = index;
    return request->key.ptr == NULL ? VT_OK : vt_vote_check_key(request->key);
}

static vt_err find_voter(const vt_accept_rules *rules, const vt_accept_request *request, const vt_vote *vote,
                         vt_record *record) {
    const vt_contest *contest = request->contest;
    record->has_voter = contest->limit_by != VT_LIMIT_NONE;
    if (contest->limit_by == VT_LIMIT_CODE) {
        vt_slice code = vote->text[VT_FIELD_VOTER_CODE];
        code = code.ptr != NULL ? code : request->voter_code;
        return vt_code_check(rules->secret, &contest->ledger_id, code, &record->voter);
    }
    if (contest->limit_by == VT_LIMIT_ADDRESS) {
        record->voter = request->address_voter;
    }
    return VT_OK;
}

static vt_err make_id(const vt_accept_request *request, vt_intake *intake, vt_slice key, int32_t item,
                      vt_record *record) {
    if (key.ptr == NULL) {
        uint8_t random[VT_UUID_RANDOM_LEN];
        vt_err err = vt_intake_random(intake, random, sizeof random);
        if (err == VT_OK) {
            record->id = vt_uuid_v7(request->now_ms, random);
        }
        return err;
    }
    record->id = vt_identity_derive(&(vt_identity_input){
        .ledger_id = &request->contest->ledger_id,
        .voter = record->has_voter ? &record->voter : NULL,
        .key = key,
        .item = item,
    });
    return VT_OK;
}

static void refuse(vt_item *item, vt_err err, vt_field field) {
    item->append.err = err;
    item->field = field;
}

static vt_field field_of(vt_err err) {
    switch (err) {
    case VT_ERR_BAD_ID:
    case VT_ERR_ID_MISMATCH:
        return VT_FIELD_VOTE_ID;
    case VT_ERR_BAD_VOTER_CODE:
        return VT_FIELD_VOTER_CODE;
    case VT_ERR_UNKNOWN_BAND:
        return VT_FIELD_NAME;
    default:
        return VT_FIELD_NONE;
    }
}

void vt_accept(const vt_accept_rules *rules, vt_intake *intake, const vt_accept_request *request, const vt_vote *vote,
               int32_t index, vt_item *item) {
    vt_record *record = &item->append.record;
    vt_slice key;
    int32_t key_item;
    vt_err err = choose_key(request, vote, index, &key, &key_item);
    if (err == VT_OK) {
        err = find_voter(rules, request, vote, record);
    }
    if (err == VT_OK) {
        err = make_id(request, intake, key, key_item, record);
        item->has_id = err == VT_OK;
    }
    if (err != VT_OK) {
        refuse(item, err, field_of(err));
        return;
    }
    err = vt_contest_check(request->contest, vote, request->now_ms);
    if ((err == VT_ERR_CLOSED || err == VT_ERR_NOT_OPEN_YET) && key.ptr != NULL) {
        item->append.refusal = err; /* a retry of a vote that was taken in time still gets its first answer */
    } else if (err != VT_OK) {
        refuse(item, err, field_of(err));
        return;
    }
    record->at_ms = request->now_ms;
    vt_record_set_vote(record, vote);
}

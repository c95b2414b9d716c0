/* Reads votes from JSON (RFC 8259): strict, one pass, bounded. */
#ifndef VT_VOTE_VOTE_JSON_H
#define VT_VOTE_VOTE_JSON_H

#include "vote/vote.h"

/* Reads one JSON object into `vote` and checks it (vt_vote_check). Keys match in any ASCII case and however they are
 * escaped; unknown keys are skipped whatever their valid value; the vote is the first of at most VT_JSON_DEPTH_MAX
 * levels of nesting. The four texts are required; two keys of one field are a duplicate; null is a wrong type. `\u`
 * escapes, surrogate pairs included, are decoded; a lone surrogate is INVALID_UTF8 (in vote_id BAD_ID). A byte-order
 * mark is MALFORMED_JSON.
 *
 * A value without escapes is borrowed from `text`; one with escapes is decoded into `scratch`, which has room for each
 * field at its limit, however much white space is around a value. Both must outlive `vote`.
 *
 * On error *field names the field, or VT_FIELD_NONE, and *vote is undefined. What is refused does not depend on the
 * order of the keys: first MALFORMED_JSON anywhere; then INVALID_UTF8 outside of the fields' values (VT_FIELD_NONE);
 * then, in the order of the field numbers, DUPLICATE_FIELD, WRONG_TYPE and MISSING_FIELD; then those of vt_vote_check.
 */
VT_MUST_CHECK vt_err vt_vote_read_json(vt_slice text, vt_vote *vote, vt_vote_scratch *scratch, vt_field *field);

/* Whether the first byte that is no JSON white space opens an array. */
bool vt_json_is_array(vt_slice text);

/* A walk over the items of one JSON array. */
typedef struct vt_json_array {
    vt_slice rest;
} vt_json_array;

/* Checks the syntax of a whole array (UTF-8 inside of strings excepted: the items' reader checks that) and counts its
 * items, each of which may be nested as deep as a vote alone. MALFORMED_JSON, EMPTY_BATCH, BATCH_TOO_LARGE (more than
 * VT_BATCH_VOTES_MAX). Borrows `text`. */
VT_MUST_CHECK vt_err vt_json_array_open(vt_slice text, vt_json_array *array, size_t *count);

/* The next item's text, for vt_vote_read_json; false at the end. */
bool vt_json_array_next(vt_json_array *array, vt_slice *item);

#endif

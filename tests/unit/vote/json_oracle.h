/* What jansson says of a JSON text, compared with what the reader of votes says. */
#ifndef VT_TESTS_VOTE_JSON_ORACLE_H
#define VT_TESTS_VOTE_JSON_ORACLE_H

#include "vote/vote_json.h"

typedef struct json_oracle_result {
    const char *difference; /* static text, or NULL when both agree */
    vt_err expected;
    vt_err got;
    vt_field field; /* where they differ */
} json_oracle_result;

/* Reads `text` by both. What only one of them limits is not compared: depth beyond jansson's, numbers that no double
 * holds, U+0000 in keys. */
json_oracle_result json_oracle_compare(vt_slice text);

#endif

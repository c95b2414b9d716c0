/* What the tests of src/contest share: contests from texts. */
#ifndef TEST_DEFINITION_TEXT_H
#define TEST_DEFINITION_TEXT_H

#include "contest/definition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static inline vt_definition *definition_of(const char *yaml) {
    vt_definition *definition = NULL;
    vt_problem problem = {0};
    vt_err err = vt_definition_read_yaml(vt_slice_str(yaml), &definition, &problem);
    if (err != VT_OK) {
        print_error("line %u: %s\n", problem.line, problem.reason);
    }
    assert_int_equal(err, VT_OK);
    return definition;
}

static inline void assert_text(vt_slice text, const char *expected) {
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.ptr, expected, text.len);
}

#endif

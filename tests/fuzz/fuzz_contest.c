/* Contest files: whatever is taken must come back from its JSON as it was. */
#include "contest/change.h"
#include "contest/definition.h"

#include "base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void there_and_back(const vt_contest *contest) {
    vt_buf json;
    vt_buf_init(&json, VT_CONTEST_JSON_BYTES_MAX);
    VT_ASSERT(vt_definition_write_json(contest, &json) == VT_OK);
    vt_definition *back = NULL;
    vt_problem problem;
    VT_ASSERT(vt_definition_read_json(vt_buf_slice(&json), &back, &problem) == VT_OK);
    VT_ASSERT(vt_contest_same(contest, vt_definition_contest(back)));
    vt_definition_free(back);
    vt_buf_release(&json);
}

static void check_problem(const vt_problem *problem) {
    char text[VT_REASON_MAX];
    vt_problem_print(problem, text);
    VT_ASSERT(memchr(problem->reason, '\0', sizeof problem->reason) != NULL && problem->reason[0] != '\0');
    VT_ASSERT(memchr(text, '\0', sizeof text) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    vt_slice text = vt_slice_of((const char *) data, size);
    vt_definition *definition = NULL;
    vt_problem problem;
    if (vt_definition_read_yaml(text, &definition, &problem) == VT_OK) {
        vt_definition_set_stamp(definition, &(vt_definition_stamp){.version = 1});
        there_and_back(vt_definition_contest(definition));
    } else {
        check_problem(&problem);
    }
    vt_definition_free(definition);
    definition = NULL;
    if (vt_definition_read_json(text, &definition, &problem) == VT_OK) {
        there_and_back(vt_definition_contest(definition));
    } else {
        check_problem(&problem);
    }
    vt_definition_free(definition);
    return 0;
}

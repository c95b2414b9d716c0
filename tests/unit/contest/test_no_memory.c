/* Every allocation fails once, N = 0 … last: the error is NO_MEMORY, nothing leaks (under AddressSanitizer), outputs
 * are untouched. Of the libraries only jansson's writer takes part: its reader does not look whether its buffers grew,
 * and libyaml allocates inside of its own library. */
#include "definition_text.h"

#include "contest/change.h"

#include <jansson.h>
#include <stdlib.h>

static long allocations_left = -1; /* < 0: never fails */

static bool fails(void) {
    return allocations_left >= 0 && allocations_left-- == 0;
}

/* The linker's names for the real ones (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *ptr, size_t size) {
    return fails() ? NULL : __real_realloc(ptr, size);
}

static bool is_writing;

static void *jansson_malloc(size_t size) {
    return is_writing ? malloc(size) : __real_malloc(size);
}

static const char yaml[] = "contest: x\ntitle: {es: T}\nvotes_per_voter: {by: code}\n"
                           "opens: 2026-12-01T00:00:00Z\ncloses: 2026-12-02T00:00:00Z\nresults: after_close\n"
                           "bands: [{name: B, color: '#010203', albums: [P, Q]}, {name: A}]\n";

static vt_err there_and_back(vt_definition **out, vt_problem *problem) {
    vt_buf json;
    vt_buf_init(&json, VT_CONTEST_JSON_BYTES_MAX);
    vt_definition *definition = NULL;
    vt_err err = vt_definition_read_yaml(vt_slice_str(yaml), &definition, problem);
    if (err == VT_OK) {
        vt_definition_set_stamp(definition, &(vt_definition_stamp){.version = 1});
        is_writing = true;
        err = vt_definition_write_json(vt_definition_contest(definition), &json);
        is_writing = false;
    }
    if (err == VT_OK) {
        err = vt_definition_read_json(vt_buf_slice(&json), out, problem);
    }
    vt_definition_free(definition);
    vt_buf_release(&json);
    return err;
}

static void test_each_allocation_fails(void **state) {
    (void) state;
    json_set_alloc_funcs(jansson_malloc, free);
    vt_definition *definition = NULL;
    vt_problem problem = {0};
    vt_err err = VT_ERR_NO_MEMORY;
    long n = 0;
    for (; err != VT_OK && n < 10000; n++) {
        allocations_left = n;
        err = there_and_back(&definition, &problem);
        allocations_left = -1;
        assert_true(err == VT_OK || definition == NULL);
        assert_true(err == VT_OK || err == VT_ERR_NO_MEMORY);
    }
    assert_int_equal(err, VT_OK);
    assert_true(n > 50);
    vt_definition_free(definition);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_allocation_fails)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "astray_w2c.h"
#include "hostile_w2c.h"
#include "vote/vote_json.h"
#include "vote/vote_proto.h"
#include "wasm/sandbox.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

extern const vt_guest_module vt_guest_hostile;
extern const vt_guest_module vt_guest_astray;
VT_GUEST_MODULE(hostile)
VT_GUEST_MODULE(astray)

enum { THREADS = 4, ROUNDS = 2000 };

static vt_sandbox *open_sandbox(const vt_guest_module *module) {
    vt_sandbox *sandbox = NULL;
    assert_int_equal(vt_sandbox_open(module, &sandbox), VT_OK);
    return sandbox;
}

static vt_err read_as(vt_core *core, vt_core_form form, vt_slice bytes, vt_vote *vote, vt_vote_scratch *scratch,
                      vt_field *field) {
    return core->read(core, form, bytes, vote, scratch, field);
}

/* What the native readers say of the bytes, this core says too. */
static void assert_agrees(vt_core *core, vt_core_form form, vt_slice bytes) {
    vt_vote native, sandboxed;
    vt_vote_scratch native_scratch, scratch;
    vt_field native_field, field;
    char expected[VT_VOTE_PROTO_BYTES_MAX], found[VT_VOTE_PROTO_BYTES_MAX];
    vt_err err = read_as(vt_core_native(), form, bytes, &native, &native_scratch, &native_field);
    assert_int_equal(read_as(core, form, bytes, &sandboxed, &scratch, &field), err);
    if (err != VT_OK) {
        assert_int_equal(field, native_field);
        return;
    }
    size_t len = vt_vote_write_proto(&native, expected);
    assert_int_equal(vt_vote_write_proto(&sandboxed, found), len);
    assert_memory_equal(found, expected, len);
}

static void agrees_with_the_native_readers(void **state) {
    (void) state;
    static const char *const texts[] = {
        "{\"name\":\"Alux Nahual\",\"album\":\"Alto al fuego\",\"year\":\"1987\",\"rank\":\"1\"}",
        "{\"Name\":\" \\u00c1lbum \\\"x\\\"\",\"album\":\"\",\"year\":\"\",\"rank\":\"\",\"vote_id\":\"k-1\"}",
        "{\"name\":\"A\",\"album\":\"\",\"year\":\"\",\"rank\":\"\",\"voter_code\":\"c\",\"more\":[{}, null]}",
        "{\"name\":\"\",\"album\":\"\",\"year\":\"\",\"rank\":\"\"}",
        "{\"name\":\"A\",\"album\":1,\"year\":\"\",\"rank\":\"\"}",
        "{\"name\":\"A\",\"album\":\"\\u0007\",\"year\":\"\",\"rank\":\"\"}",
        "{\"name\":\"A\",\"album\":\"\",\"year\":\"\",\"rank\":\"\",\"vote_id\":\"\"}",
        "{\"name\":\"A\"}",
        "{",
        "",
    };
    vt_sandbox *sandbox = open_sandbox(&vt_guest_votecore);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_agrees(vt_sandbox_core(sandbox), VT_CORE_JSON, vt_slice_str(texts[i]));
    }
    static const char *const messages[] = {"\n\001A", "\n\001A*\002id2\001c", "\n\001A*\001\001", "\n\377", "", "\n"};
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        assert_agrees(vt_sandbox_core(sandbox), VT_CORE_VOTE, vt_slice_str(messages[i]));
        assert_agrees(vt_sandbox_core(sandbox), VT_CORE_REQUEST_ID, vt_slice_str(messages[i]));
    }
    vt_sandbox_close(sandbox);
}

/* Votes of a batch are alive together: the next one must not overwrite the texts of the one before. */
static void keeps_the_texts_of_each_vote(void **state) {
    (void) state;
    vt_sandbox *sandbox = open_sandbox(&vt_guest_votecore);
    vt_vote first, second;
    vt_vote_scratch first_scratch, second_scratch;
    vt_field field;
    assert_int_equal(
        read_as(vt_sandbox_core(sandbox), VT_CORE_VOTE, VT_SLICE("\n\003one"), &first, &first_scratch, &field), VT_OK);
    assert_int_equal(
        read_as(vt_sandbox_core(sandbox), VT_CORE_VOTE, VT_SLICE("\n\003two"), &second, &second_scratch, &field),
        VT_OK);
    assert_true(vt_slice_eq(first.text[VT_FIELD_NAME], VT_SLICE("one")));
    assert_true(vt_slice_eq(second.text[VT_FIELD_NAME], VT_SLICE("two")));
    vt_sandbox_close(sandbox);
}

static void refuses_what_no_body_may_be(void **state) {
    (void) state;
    static char bytes[VT_BATCH_BYTES_MAX + 1];
    memset(bytes, ' ', sizeof bytes);
    vt_sandbox *sandbox = open_sandbox(&vt_guest_votecore);
    vt_vote vote;
    vt_vote_scratch scratch;
    vt_field field;
    vt_core *core = vt_sandbox_core(sandbox);
    vt_slice longest = vt_slice_of(bytes, VT_BATCH_BYTES_MAX);
    assert_int_equal(
        read_as(core, VT_CORE_JSON, vt_slice_of(bytes, VT_VOTE_JSON_BYTES_MAX + 1), &vote, &scratch, &field),
        VT_ERR_BODY_TOO_LARGE);
    assert_int_equal(read_as(core, VT_CORE_VOTE, vt_slice_of(bytes, sizeof bytes), &vote, &scratch, &field),
                     VT_ERR_BODY_TOO_LARGE);
    assert_agrees(core, VT_CORE_VOTE, longest);
    vt_sandbox_close(sandbox);
}

/* Each mischief costs its own vote alone. */
static void outlives_a_broken_guest(void **state) {
    (void) state;
    static const char mischief[] = "twlLgzeufm";
    vt_sandbox *sandbox = open_sandbox(&vt_guest_hostile);
    vt_core *core = vt_sandbox_core(sandbox);
    vt_vote vote;
    vt_vote_scratch scratch;
    vt_field field = VT_FIELD_NAME;
    for (size_t i = 0; i < sizeof mischief - 1; i++) {
        for (int form = 0; form < VT_GUEST_FORMS; form++) {
            assert_int_equal(read_as(core, (vt_core_form) form, vt_slice_of(&mischief[i], 1), &vote, &scratch, &field),
                             VT_ERR_INTERNAL);
            assert_int_equal(field, VT_FIELD_NONE);
            assert_int_equal(read_as(core, VT_CORE_JSON, VT_SLICE("x"), &vote, &scratch, &field), VT_OK);
            assert_true(vt_slice_eq(vote.text[VT_FIELD_NAME], VT_SLICE("A")));
        }
    }
    assert_int_equal(read_as(core, VT_CORE_JSON, VT_SLICE("r"), &vote, &scratch, &field), VT_ERR_TOO_LONG);
    assert_int_equal(field, VT_FIELD_ALBUM);
    vt_sandbox_close(sandbox);
}

static void checks_the_addresses_of_a_guest(void **state) {
    (void) state;
    vt_sandbox *sandbox = open_sandbox(&vt_guest_astray);
    vt_vote vote;
    vt_vote_scratch scratch;
    vt_field field;
    assert_int_equal(read_as(vt_sandbox_core(sandbox), VT_CORE_JSON, VT_SLICE("abc"), &vote, &scratch, &field),
                     VT_ERR_INTERNAL);
    vt_sandbox_close(sandbox);
}

static void *read_often(void *context) {
    vt_sandbox *sandbox = open_sandbox(&vt_guest_hostile);
    vt_vote vote;
    vt_vote_scratch scratch;
    vt_field field;
    for (int i = 0; i < ROUNDS; i++) {
        vt_err expected = i % 2 == 0 ? VT_ERR_INTERNAL : VT_OK;
        if (read_as(vt_sandbox_core(sandbox), VT_CORE_JSON, i % 2 == 0 ? VT_SLICE("t") : VT_SLICE("x"), &vote, &scratch,
                    &field) != expected) {
            return NULL;
        }
    }
    vt_sandbox_close(sandbox);
    return context;
}

/* Traps of one thread are no other thread's. */
static void traps_on_many_threads(void **state) {
    (void) state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, threads), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *done;
        pthread_join(threads[i], &done);
        assert_ptr_equal(done, threads);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_native_readers),  cmocka_unit_test(keeps_the_texts_of_each_vote),
        cmocka_unit_test(refuses_what_no_body_may_be),     cmocka_unit_test(outlives_a_broken_guest),
        cmocka_unit_test(checks_the_addresses_of_a_guest), cmocka_unit_test(traps_on_many_threads),
    };
    return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}

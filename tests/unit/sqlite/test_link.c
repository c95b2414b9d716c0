#include "kit.h"

#include "sqlite/link.h"

static vt_id counting_from(uint8_t first) {
    vt_id id;
    for (uint8_t i = 0; i < VT_ID_LEN; i++) {
        id.bytes[i] = (uint8_t) (first + i);
    }
    return id;
}

static vt_record sample(void) {
    vt_record record = {.points = 1000, .at_ms = -2};
    record.id = counting_from(16);
    record.fingerprint = counting_from(32);
    return record;
}

/* Computed with Python's hashlib from the layout in link.h. */
static void follows_its_layout(void **state) {
    (void) state;
    static const vt_id without_voter = {
        {0x0b, 0x83, 0xdf, 0x82, 0x63, 0xab, 0x1a, 0x44, 0x8b, 0x1a, 0x6d, 0x0e, 0xed, 0x01, 0x82, 0xda}};
    static const vt_id with_voter = {
        {0x82, 0x4e, 0xdc, 0x48, 0x86, 0x63, 0x0f, 0x5d, 0x2e, 0xce, 0x7a, 0x1e, 0x43, 0x41, 0xbd, 0x8b}};
    vt_id previous = counting_from(0);
    vt_record record = sample();
    vt_id link = vt_link_next(&previous, 5, &record);
    assert_memory_equal(link.bytes, without_voter.bytes, VT_ID_LEN);
    record.has_voter = true;
    record.voter = counting_from(48);
    link = vt_link_next(&previous, 5, &record);
    assert_memory_equal(link.bytes, with_voter.bytes, VT_ID_LEN);
}

static void ignores_a_voter_that_does_not_count(void **state) {
    (void) state;
    vt_id previous = counting_from(0);
    vt_record record = sample();
    vt_id link = vt_link_next(&previous, 5, &record);
    record.voter = counting_from(99);
    vt_id same = vt_link_next(&previous, 5, &record);
    assert_true(vt_id_eq(&link, &same));
}

/* Computed like the others. */
static void ties_the_versions_of_the_contest(void **state) {
    (void) state;
    static const vt_id expected = {
        {0x20, 0xd7, 0xb2, 0x9d, 0x59, 0x16, 0x2f, 0xc0, 0xa6, 0x3b, 0x68, 0x98, 0x54, 0xb3, 0x17, 0xa3}};
    vt_id previous = counting_from(0);
    vt_id link = vt_link_next_contest(&previous, 3, -2, VT_SLICE("{\"a\":1}"));
    assert_memory_equal(link.bytes, expected.bytes, VT_ID_LEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_its_layout),
        cmocka_unit_test(ignores_a_voter_that_does_not_count),
        cmocka_unit_test(ties_the_versions_of_the_contest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

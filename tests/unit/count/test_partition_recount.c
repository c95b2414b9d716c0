/* The recount against vote/fold.c, which folds everything at once, in memory. */
#include "count/partition_recount.h"
#include "count/spill.h"
#include "fake_topic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

typedef struct fixture {
    fake_topic topic;
    void *memory;
    vt_fold *fold;
    vt_fold_limits limits;
    uint64_t ids_told;
    uint64_t quota_told;
    uint64_t voters_told;
    uint64_t counted_told; /* votes of all voters */
} fixture;

static fixture fix;
static uint32_t seed;

static uint32_t next_random(uint32_t below) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void begin(size_t records, uint32_t votes_per_voter) {
    fix = (fixture){0};
    seed = 1;
    fake_topic_init(&fix.topic, records);
    fix.limits =
        (vt_fold_limits){(uint32_t) records + 1, (uint32_t) records + 1, VT_FOLD_PAIRS_MAX, votes_per_voter, 0};
    fix.memory = malloc(vt_fold_bytes(&fix.limits));
    assert_non_null(fix.memory);
    fix.fold = vt_fold_init(fix.memory, &fix.limits);
}

static int end(void **state) {
    (void) state;
    fake_topic_release(&fix.topic);
    free(fix.memory);
    return 0;
}

static void add(const fake_record *record) {
    const vt_ledger_row *row = fake_topic_add(&fix.topic, record);
    if (row->fault != VT_OK) {
        vt_fold_apply_bad(fix.fold);
        return;
    }
    vt_verdict verdict;
    assert_int_equal(vt_fold_apply(fix.fold, &row->record, &verdict), VT_OK);
}

static vt_err hear_ids(void *context, const vt_recounted_id *ids, size_t count) {
    (void) context;
    fix.ids_told += count;
    for (size_t i = 0; i < count; i++) {
        fix.quota_told += ids[i].verdict == VT_VERDICT_QUOTA;
        bool is_found = false;
        for (size_t r = 0; r < fix.topic.count && !is_found; r++) {
            is_found = vt_id_eq(&fix.topic.rows[r].record.id, &ids[i].id);
            if (is_found) {
                assert_int_equal(fix.topic.rows[r].position.offset, ids[i].offset);
                assert_true(vt_id_eq(&fix.topic.rows[r].record.fingerprint, &ids[i].fingerprint));
            }
        }
        assert_true(is_found);
    }
    return VT_OK;
}

static vt_err count_ids(void *context, const vt_recounted_id *ids, size_t count) {
    (void) context;
    (void) ids;
    fix.ids_told += count;
    return VT_OK;
}

static vt_err hear_voters(void *context, const vt_voter_count *voters, size_t count) {
    (void) context;
    fix.voters_told += count;
    for (size_t i = 0; i < count; i++) {
        assert_in_range(voters[i].counted, 1, fix.limits.votes_per_voter);
        fix.counted_told += voters[i].counted;
    }
    return VT_OK;
}

/* Recounts, and compares verdicts and sums with the fold. */
static void recount(vt_partition_recount *out, const vt_recount_listener *listener) {
    const vt_ledger_row *last = &fix.topic.rows[fix.topic.count - 1];
    vt_partition_input input = {
        .ledger = &fix.topic.ledger,
        .end = last->position.offset + 1,
        .votes_per_voter = fix.limits.votes_per_voter,
        .listener = listener,
    };
    assert_int_equal(vt_partition_recount_run(&input, out), VT_OK);
    for (int v = 0; v < VT_VERDICT_COUNT; v++) {
        assert_int_equal(out->verdicts[v], vt_fold_verdicts(fix.fold, (vt_verdict) v));
    }
    assert_int_equal(vt_sums_count(out->sums), vt_fold_pairs_count(fix.fold));
    for (uint32_t i = 0; i < vt_fold_pairs_count(fix.fold); i++) {
        vt_fold_pair pair = vt_fold_pair_at(fix.fold, i);
        const vt_sum *sum = vt_sums_find(out->sums, pair.name, pair.album);
        assert_non_null(sum);
        assert_int_equal(sum->votes, pair.votes);
        assert_int_equal(sum->points, pair.points);
    }
    uint32_t readings = vt_partition_recount_readings(fix.limits.votes_per_voter);
    assert_int_equal(fix.topic.reads, readings * fix.topic.count);
}

static void test_every_verdict(void **state) {
    (void) state;
    begin(8, 2);
    add(&(fake_record){.offset = 0, .id = 1, .voter = 9, .band = 1, .points = 3});
    add(&(fake_record){.offset = 1, .id = 1, .voter = 9, .band = 1, .points = 3});
    add(&(fake_record){.offset = 2, .id = 1, .voter = 9, .band = 2, .points = 3});
    add(&(fake_record){.offset = 4, .id = 2, .voter = 9, .band = 2, .points = 1});
    add(&(fake_record){.offset = 5, .id = 3, .voter = 9, .band = 2, .points = 1});
    add(&(fake_record){.offset = 6, .is_bad = true});
    add(&(fake_record){.offset = 9, .band = 2, .points = 1});
    vt_recount_listener listener = {NULL, hear_ids, hear_voters};
    vt_partition_recount out;
    recount(&out, &listener);
    assert_int_equal(out.records, 7);
    assert_int_equal(out.gaps, 3);
    assert_int_equal(out.verdicts[VT_VERDICT_COUNTED], 3);
    assert_int_equal(out.verdicts[VT_VERDICT_DUPLICATE], 1);
    assert_int_equal(out.verdicts[VT_VERDICT_CONFLICT], 1);
    assert_int_equal(out.verdicts[VT_VERDICT_QUOTA], 1);
    assert_int_equal(out.verdicts[VT_VERDICT_BAD], 1);
    assert_int_equal(fix.ids_told, 3);
    assert_int_equal(out.ids, 3);
    assert_int_equal(fix.quota_told, 1);
    assert_int_equal(fix.voters_told, 1);
    assert_int_equal(out.voters, 1);
    assert_int_equal(fix.counted_told, 2);
    vt_partition_recount_release(&out);
}

/* An anonymous record cannot be repeated, but its voter's votes are limited all the same. */
static void test_anonymous_voters_are_limited(void **state) {
    (void) state;
    begin(4, 1);
    for (int64_t i = 0; i < 3; i++) {
        add(&(fake_record){.offset = i, .voter = 4, .band = 1, .points = 1});
    }
    vt_partition_recount out;
    recount(&out, NULL);
    assert_int_equal(out.verdicts[VT_VERDICT_COUNTED], 1);
    assert_int_equal(out.verdicts[VT_VERDICT_QUOTA], 2);
    assert_int_equal(out.ids, 0);
    vt_partition_recount_release(&out);
}

static void add_many(size_t records, uint32_t ids, uint32_t voters, uint32_t bands) {
    int64_t offset = 0;
    for (size_t i = 0; i < records; i++) {
        offset += next_random(100) == 0 ? 3 : 1;
        uint64_t id = next_random(10) == 0 ? 0 : 1 + next_random(ids);
        fake_record record = {.offset = offset, .id = id, .points = next_random(5)};
        record.is_bad = next_random(50) == 0;
        /* An identity belongs to one voter. */
        record.voter = voters == 0 ? 0 : 1 + id % voters;
        record.band = next_random(bands);
        record.album = next_random(3);
        add(&record);
    }
}

static void test_random_records(void **state) {
    (void) state;
    begin(20000, 3);
    add_many(20000, 9000, 500, 40);
    vt_recount_listener listener = {NULL, hear_ids, hear_voters};
    vt_partition_recount out;
    recount(&out, &listener);
    assert_int_equal(fix.ids_told, out.ids);
    assert_int_equal(fix.voters_told, out.voters);
    assert_true(out.verdicts[VT_VERDICT_QUOTA] > 100);
    vt_partition_recount_release(&out);
}

static void test_more_pairs_than_a_tally_has(void **state) {
    (void) state;
    begin(30000, 0);
    add_many(30000, 100000, 0, 3000);
    vt_partition_recount out;
    recount(&out, NULL);
    const vt_sum *other = vt_sums_find(out.sums, VT_SLICE(VT_FOLD_OTHER), VT_SLICE(""));
    assert_non_null(other);
    assert_true(other->votes > 1000);
    vt_partition_recount_release(&out);
}

/* Several parts, and one voter to whom most of the records belong. */
static void test_many_parts_and_a_flood_of_one_voter(void **state) {
    (void) state;
    const size_t records = (size_t) 2 * VT_SPILL_PART_RECORDS + 50000;
    begin(records, 5);
    for (size_t i = 0; i < records; i++) {
        uint64_t id = 1 + next_random(300000);
        add(&(fake_record){.offset = (int64_t) i, .id = id, .voter = id % 10 == 0 ? 2 + id % 977 : 1, .points = 1});
    }
    vt_recount_listener listener = {NULL, count_ids, hear_voters};
    vt_partition_recount out;
    recount(&out, &listener);
    assert_int_equal(fix.ids_told, out.ids);
    assert_true(out.verdicts[VT_VERDICT_QUOTA] > 100000);
    vt_partition_recount_release(&out);
}

static void test_an_empty_partition(void **state) {
    (void) state;
    begin(1, 0);
    vt_partition_input input = {.ledger = &fix.topic.ledger, .first = 5, .end = 5};
    vt_partition_recount out;
    assert_int_equal(vt_partition_recount_run(&input, &out), VT_OK);
    assert_int_equal(out.records + out.gaps, 0);
    vt_partition_recount_release(&out);
}

static vt_err refuse_ids(void *context, const vt_recounted_id *ids, size_t count) {
    (void) context;
    (void) ids;
    (void) count;
    return VT_ERR_MOVED;
}

static void test_the_listener_ends_it(void **state) {
    (void) state;
    begin(1, 0);
    add(&(fake_record){.offset = 0, .id = 1, .points = 1});
    vt_recount_listener listener = {NULL, refuse_ids, hear_voters};
    vt_partition_input input = {.ledger = &fix.topic.ledger, .end = 1, .listener = &listener};
    vt_partition_recount out;
    assert_int_equal(vt_partition_recount_run(&input, &out), VT_ERR_MOVED);
    vt_partition_recount_release(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_every_verdict, end),
        cmocka_unit_test_teardown(test_anonymous_voters_are_limited, end),
        cmocka_unit_test_teardown(test_random_records, end),
        cmocka_unit_test_teardown(test_more_pairs_than_a_tally_has, end),
        cmocka_unit_test_teardown(test_many_parts_and_a_flood_of_one_voter, end),
        cmocka_unit_test_teardown(test_an_empty_partition, end),
        cmocka_unit_test_teardown(test_the_listener_ends_it, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

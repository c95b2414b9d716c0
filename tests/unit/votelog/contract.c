#include "contract.h"

#include <stdio.h>
#include <stdlib.h>

/* Every band has a rhythm of its own: 0 votes in each round, 1 rarely, 2 only at the beginning. */
enum { VOTES = 5000, RARE_EVERY = 700, EARLY_UNTIL = 30 };

typedef struct state {
    const votelog_factory *factory;
    void *context;
    vt_votelog *log;
} state;

static const votelog_factory *current;

static int set_up(void **context) {
    state *self = calloc(1, sizeof *self);
    self->factory = current;
    self->log = self->factory->open(&self->context);
    *context = self;
    return 0;
}

static int tear_down(void **context) {
    state *self = *context;
    self->factory->close(self->context);
    free(self);
    return 0;
}

static const char *band_of(int64_t position) {
    if (position % RARE_EVERY == 0) {
        return "rare";
    }
    return position <= EARLY_UNTIL && position % 2 == 0 ? "early" : "common";
}

static void fill(state *self) {
    static vt_append items[VOTES];
    for (size_t i = 0; i < VOTES; i++) {
        kit_vote(&items[i], NULL, i + 1, band_of((int64_t) i + 1), "x");
    }
    self->factory->append(self->context, items, VOTES);
}

/* Pages through a band (NULL: all) and compares with what was appended. */
static void assert_pages(state *self, const char *band, uint32_t limit, int64_t before) {
    static vt_votelog_row rows[VT_VOTELOG_ROWS_MAX];
    vt_votelog_query query = {.before = {-1, before}, .limit = limit};
    int64_t expected = before == 0 ? VOTES : before - 1;
    uint32_t count = limit;
    if (band != NULL) {
        query.band = vt_slice_str(band);
    }
    while (count == limit) {
        assert_int_equal(vt_votelog_list(self->log, &query, rows, &count), VT_OK);
        assert_true(count <= limit);
        for (uint32_t i = 0; i < count; i++) {
            while (band != NULL && expected > 0 && strcmp(band_of(expected), band) != 0) {
                expected--;
            }
            assert_int_equal(rows[i].position.offset, expected);
            assert_int_equal(rows[i].verdict, VT_VERDICT_COUNTED);
            vt_id id = kit_id((uint64_t) expected);
            assert_true(vt_id_eq(&rows[i].record.id, &id));
            expected--;
        }
        if (count > 0) {
            query.before = rows[count - 1].position;
        }
    }
    while (band != NULL && expected > 0 && strcmp(band_of(expected), band) != 0) {
        expected--;
    }
    assert_int_equal(expected, 0);
}

static void is_empty_at_first(void **context) {
    state *self = *context;
    vt_votelog_row row;
    vt_votelog_query query = {.limit = 1};
    uint32_t count = 9;
    vt_id id = kit_id(1);
    assert_int_equal(vt_votelog_list(self->log, &query, &row, &count), VT_OK);
    assert_int_equal(count, 0);
    assert_int_equal(vt_votelog_find(self->log, &id, &row), VT_ERR_NOT_FOUND);
}

static void pages_newest_first(void **context) {
    state *self = *context;
    fill(self);
    assert_pages(self, NULL, 100, 0);
    assert_pages(self, NULL, 7, 50);
}

static void pages_one_band(void **context) {
    state *self = *context;
    fill(self);
    assert_pages(self, "common", 100, 0);
    assert_pages(self, "rare", 3, 0);
    assert_pages(self, "rare", 100, 3500);
    assert_pages(self, "early", 4, 0);
    assert_pages(self, "early", 4, 20);
    assert_pages(self, "unknown", 20, 0);
    assert_pages(self, "", 20, 0);
}

static void finds_by_id(void **context) {
    state *self = *context;
    vt_votelog_row row;
    fill(self);
    for (int64_t position = 1; position <= VOTES; position += 997) {
        vt_id id = kit_id((uint64_t) position);
        assert_int_equal(vt_votelog_find(self->log, &id, &row), VT_OK);
        assert_int_equal(row.position.offset, position);
        assert_int_equal(row.verdict, VT_VERDICT_COUNTED);
        assert_true(vt_slice_eq(vt_record_text(&row.record, VT_FIELD_NAME), vt_slice_str(band_of(position))));
    }
}

int votelog_contract(const votelog_factory *factory) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_empty_at_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pages_newest_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pages_one_band, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finds_by_id, set_up, tear_down),
    };
    current = factory;
    return cmocka_run_group_tests_name("vote log contract", tests, NULL, NULL);
}

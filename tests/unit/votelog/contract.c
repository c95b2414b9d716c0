#include "contract.h"

#include <stdio.h>
#include <stdlib.h>

/* Every band has a rhythm of its own: 0 votes in each round, 1 rarely, 2 only at the beginning. */
enum { RARE_EVERY = 700, EARLY_UNTIL = 30, FIND_EVERY = 97 };

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

static const char *band_of(int64_t vote) {
    if (vote % RARE_EVERY == 0) {
        return "rare";
    }
    return vote <= EARLY_UNTIL && vote % 2 == 0 ? "early" : "common";
}

static void fill(state *self) {
    static vt_append items[VOTELOG_VOTES_MAX];
    for (size_t i = 0; i < self->factory->votes; i++) {
        kit_vote(&items[i], NULL, i + 1, band_of((int64_t) i + 1), "x");
    }
    self->factory->append(self->context, items, self->factory->votes);
}

static void assert_row(const state *self, const vt_votelog_row *row, int64_t vote) {
    vt_position position = self->factory->position(vote);
    vt_id id = kit_id((uint64_t) vote);
    assert_int_equal(row->position.partition, position.partition);
    assert_int_equal(row->position.offset, position.offset);
    assert_int_equal(row->verdict, self->factory->verdict);
    assert_true(vt_id_eq(&row->record.id, &id));
    assert_true(vt_slice_eq(vt_record_text(&row->record, VT_FIELD_NAME), vt_slice_str(band_of(vote))));
}

/* Pages through a band (NULL: all) and compares with what was appended. */
static void assert_pages(state *self, const char *band, uint32_t limit, int64_t before) {
    static vt_votelog_row rows[VT_VOTELOG_ROWS_MAX];
    vt_votelog_query query = {.has_before = before > 0, .limit = limit};
    int64_t expected = before == 0 ? (int64_t) self->factory->votes : before - 1;
    uint32_t count = limit;
    if (before > 0) {
        query.before = self->factory->position(before);
    }
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
            assert_row(self, &rows[i], expected--);
        }
        if (count > 0) {
            query.has_before = true;
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
    assert_pages(self, "rare", 100, (int64_t) self->factory->votes * 7 / 10);
    assert_pages(self, "early", 4, 0);
    assert_pages(self, "early", 4, 20);
    assert_pages(self, "unknown", 20, 0);
    assert_pages(self, "", 20, 0);
}

static void finds_by_id(void **context) {
    state *self = *context;
    vt_votelog_row row;
    fill(self);
    for (int64_t vote = 1; vote <= (int64_t) self->factory->votes; vote += FIND_EVERY) {
        vt_id id = kit_id((uint64_t) vote);
        assert_int_equal(vt_votelog_find(self->log, &id, &row), VT_OK);
        assert_row(self, &row, vote);
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

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "cmd/config.h"
#include "cmd/help.h"

enum { PAGE_BYTES_MAX = 65536 };

static vt_buf page;

static int open_page(void **state) {
    (void) state;
    vt_buf_init(&page, PAGE_BYTES_MAX);
    return 0;
}

static int close_page(void **state) {
    (void) state;
    vt_buf_release(&page);
    return 0;
}

static const char *text(void) {
    const char *out;
    assert_int_equal(vt_buf_cstr(&page, &out), VT_OK);
    return page.ptr;
}

static void test_overview_names_every_command(void **state) {
    (void) state;
    assert_int_equal(vt_help_render_overview(&page), VT_OK);
    for (int id = 0; id < VT_COMMANDS_COUNT; id++) {
        assert_non_null(strstr(text(), vt_commands[id].name));
        assert_non_null(strstr(text(), vt_commands[id].summary));
    }
}

/* Whether the command takes the flag or the variable of that row, which two rows may share. */
static bool is_taken(const vt_config_row *row, int id) {
    for (size_t i = 0; i < vt_config_rows_count; i++) {
        const vt_config_row *other = &vt_config_rows[i];
        bool is_same = row->flag == NULL ? other == row : other->flag != NULL && strcmp(row->flag, other->flag) == 0;
        if (is_same && (other->commands & 1U << id) != 0) {
            return true;
        }
    }
    return false;
}

static void test_each_command_names_its_settings_only(void **state) {
    (void) state;
    for (int id = 0; id < VT_COMMANDS_COUNT; id++) {
        vt_buf_clear(&page);
        assert_int_equal(vt_help_render_command((vt_command_id) id, &page), VT_OK);
        for (size_t i = 0; i < vt_config_rows_count; i++) {
            const vt_config_row *row = &vt_config_rows[i];
            char line[64];
            snprintf(line, sizeof line, "\n  %s%s", row->flag == NULL ? "" : "--",
                     row->flag == NULL ? row->environment : row->flag);
            const char *found = strstr(text(), line);
            while (found != NULL && strchr(" ,\n", found[strlen(line)]) == NULL) {
                found = strstr(found + 1, line);
            }
            assert_int_equal(found != NULL, is_taken(row, id));
        }
    }
}

static void test_configuration_page_is_fresh(void **state) {
    (void) state;
    assert_int_equal(vt_help_render_configuration(&page), VT_OK);
    static char committed[PAGE_BYTES_MAX];
    FILE *file = fopen(VT_TEST_SOURCE_ROOT "/docs/configuration.md", "rb");
    assert_non_null(file);
    size_t len = fread(committed, 1, sizeof committed - 1, file);
    fclose(file);
    committed[len] = '\0';
    /* When this fails: build/votaton help configuration > docs/configuration.md */
    assert_string_equal(text(), committed);
}

static void test_bars_do_not_end_cells(void **state) {
    (void) state;
    assert_int_equal(vt_help_render_configuration(&page), VT_OK);
    assert_non_null(strstr(text(), "`debug\\|info\\|warn\\|error`"));
}

static void test_unknown_command(void **state) {
    (void) state;
    assert_int_equal(vt_help_render_unknown("verfy", &page), VT_OK);
    assert_string_equal(text(), "votaton: no command `verfy`; did you mean `verify`?\n");
    vt_buf_clear(&page);
    assert_int_equal(vt_help_render_unknown("kafkaesque", &page), VT_OK);
    assert_string_equal(text(), "votaton: no command `kafkaesque`; see `votaton help`\n");
}

static void test_full_buffer(void **state) {
    (void) state;
    vt_buf small;
    vt_buf_init(&small, 300);
    assert_int_equal(vt_help_render_configuration(&small), VT_ERR_FULL);
    assert_int_equal(vt_help_render_command(VT_COMMAND_RUN, &small), VT_ERR_FULL);
    vt_buf_release(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_page, close_page)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_overview_names_every_command),
        TEST(test_each_command_names_its_settings_only),
        TEST(test_configuration_page_is_fresh),
        TEST(test_bars_do_not_end_cells),
        TEST(test_unknown_command),
        cmocka_unit_test(test_full_buffer),
    };
    return cmocka_run_group_tests_name("cmd/help", tests, NULL, NULL);
}

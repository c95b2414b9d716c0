#include "kit.h"

#include "tally/view_list.h"

static void assert_refused(const char *text, const char *why) {
    static vt_view_list list;
    char reason[VT_REDIS_REASON_MAX] = "";
    assert_int_equal(vt_view_list_read(vt_slice_str(text), &list, reason), VT_ERR_BAD_CONFIG);
    assert_string_equal(reason, why);
}

static void assert_field(const vt_view_template *view, const char *name, const char *album, const char *year,
                         const char *expected) {
    vt_fence_pair pair = {.name = vt_slice_str(name), .album = vt_slice_str(album), .year = vt_slice_str(year)};
    vt_buf out;
    vt_buf_init(&out, 4096);
    assert_int_equal(vt_view_field(view, &pair, &out), VT_OK);
    assert_true(vt_slice_eq(vt_buf_slice(&out), vt_slice_str(expected)));
    vt_buf_release(&out);
}

static void reads_what_the_known_dashboards_need(void **state) {
    static vt_view_list list;
    char reason[VT_REDIS_REASON_MAX];
    (void) state;
    assert_int_equal(vt_view_list_read(VT_SLICE(" hash votos_banda {name};;hash  albums   {name}:{album}:{year} ;"
                                                "string total; hash x ({year} – {album})"),
                                       &list, reason),
                     VT_OK);
    assert_int_equal(list.count, 4);
    assert_true(vt_slice_eq(list.views[0].key, VT_SLICE("votos_banda")));
    assert_field(&list.views[0], "Ñandú", "B", "C", "Ñandú");
    assert_true(vt_slice_eq(list.views[1].key, VT_SLICE("albums")));
    assert_field(&list.views[1], "{album}", "B b", "", "{album}:B b:");
    assert_true(list.views[2].is_string);
    assert_true(vt_slice_eq(list.views[2].key, VT_SLICE("total")));
    assert_false(list.views[3].is_string);
    assert_field(&list.views[3], "A", "B", "1994", "(1994 – B)");
}

static void reads_the_default_and_no_views(void **state) {
    static vt_view_list list;
    char reason[VT_REDIS_REASON_MAX];
    (void) state;
    assert_int_equal(vt_view_list_read(VT_SLICE(VT_VIEWS_DEFAULT), &list, reason), VT_OK);
    assert_int_equal(list.count, 2);
    assert_int_equal(vt_view_list_read(VT_SLICE(" ; "), &list, reason), VT_OK);
    assert_int_equal(list.count, 0);
    assert_int_equal(vt_view_list_read(VT_SLICE(""), &list, reason), VT_OK);
    assert_int_equal(list.count, 0);
}

static void puts_what_did_not_fit_into_a_field_of_its_own(void **state) {
    static vt_view_list list;
    char reason[VT_REDIS_REASON_MAX];
    (void) state;
    assert_int_equal(vt_view_list_read(VT_SLICE("hash a {album}"), &list, reason), VT_OK);
    assert_field(&list.views[0], VT_FOLD_OTHER, "", "", VT_FOLD_OTHER);
    assert_field(&list.views[0], VT_FOLD_OTHER, "B", "", "B");
    assert_field(&list.views[0], "A", "", "", "");
}

static void says_what_is_wrong(void **state) {
    (void) state;
    assert_refused("set a {name}", "a view begins with hash or string, not with \"set\"");
    assert_refused("hash", "a view needs a key of 1 to 255 bytes");
    assert_refused("hash a", "view a: a hash needs a template with {name}, {album} or {year}");
    assert_refused("hash a name", "view a: a hash needs a template with {name}, {album} or {year}");
    assert_refused("hash a {rank}", "view a: {rank} is none of {name}, {album}, {year}");
    assert_refused("hash a {}", "view a: {} is none of {name}, {album}, {year}");
    assert_refused("hash a {name", "view a: a { without its }");
    assert_refused("hash a name}", "view a: a } without its {");
    assert_refused("hash a {name}{year}{name}", "view a: {name} stands twice");
    assert_refused("string a {name}", "view a: a string has no template");
    assert_refused("string a; hash a {name}", "view a: the key stands twice");
    assert_refused("string {votaton}:0", "view {votaton}:0: keys that begin with { are those of tallies");
    assert_refused("string a\nstring", "the list of views is not UTF-8 or has control characters");
    assert_refused("string \xff", "the list of views is not UTF-8 or has control characters");
    assert_refused("string a;string b;string c;string d;string e;string f;string g;string h;string i;string j;"
                   "string k;string l;string m;string n;string o;string p;string q",
                   "more than 16 views");
}

static void bounds_every_length(void **state) {
    static char text[VT_VIEW_LIST_BYTES_MAX + 2];
    static vt_view_list list;
    char reason[VT_REDIS_REASON_MAX];
    (void) state;
    memset(text, ' ', sizeof text - 1);
    assert_refused(text, "the list of views has more than 4096 bytes");
    memcpy(text, "hash a {name}", 13);
    memset(text + 13, 'x', VT_VIEW_TEMPLATE_BYTES_MAX - 6);
    text[13 + VT_VIEW_TEMPLATE_BYTES_MAX - 6] = '\0';
    assert_int_equal(vt_view_list_read(vt_slice_of(text, 13 + VT_VIEW_TEMPLATE_BYTES_MAX - 6), &list, reason), VT_OK);
    text[13 + VT_VIEW_TEMPLATE_BYTES_MAX - 6] = 'x';
    text[14 + VT_VIEW_TEMPLATE_BYTES_MAX - 6] = '\0';
    assert_refused(text, "view a: its template has more than 255 bytes");
    memset(text, 'k', 300);
    memcpy(text, "string ", 7);
    text[7 + VT_REDIS_TEXT_MAX + 1] = '\0';
    assert_refused(text, "a view needs a key of 1 to 255 bytes");
}

/* All three parts, with texts around each: as many parts as there is room for. */
static void has_room_for_all_parts(void **state) {
    static vt_view_list list;
    char reason[VT_REDIS_REASON_MAX];
    (void) state;
    assert_int_equal(vt_view_list_read(VT_SLICE("hash a 1{year}2{album}3{name}4"), &list, reason), VT_OK);
    assert_int_equal(list.views[0].parts_count, VT_VIEW_PARTS_MAX);
    assert_field(&list.views[0], "A", "B", "C", "1C2B3A4");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_the_known_dashboards_need),
        cmocka_unit_test(reads_the_default_and_no_views),
        cmocka_unit_test(puts_what_did_not_fit_into_a_field_of_its_own),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(bounds_every_length),
        cmocka_unit_test(has_room_for_all_parts),
    };
    return cmocka_run_group_tests_name("tally/view_list", tests, NULL, NULL);
}

/* Random JSON, near and far from votes, read by the reader of votes and by jansson. */
#include "guarded.h"
#include "json_oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

enum { ROUNDS = 60000, TEXT_MAX = 4096 };

typedef struct generator {
    uint64_t seed;
    char text[TEXT_MAX];
    size_t len;
} generator;

static uint32_t pick(generator *random, uint32_t below) {
    random->seed = random->seed * 6364136223846793005 + 1442695040888963407;
    return (uint32_t) (random->seed >> 33) % below;
}

static void add(generator *random, vt_slice piece) {
    if (piece.len <= TEXT_MAX - random->len) {
        memcpy(random->text + random->len, piece.ptr, piece.len);
        random->len += piece.len;
    }
}

static void add_one_of(generator *random, const char *const *pieces, uint32_t count) {
    add(random, vt_slice_str(pieces[pick(random, count)]));
}

#define ADD_ONE_OF(random, ...)                                                                                        \
    add_one_of(random, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void add_space(generator *random) {
    if (pick(random, 4) == 0) {
        ADD_ONE_OF(random, " ", "\n", "\t\r", "   ");
    }
}

static void add_string(generator *random) {
    add(random, VT_SLICE("\""));
    uint32_t pieces = pick(random, 40) == 0 ? 100 + pick(random, 200) : pick(random, 8);
    for (uint32_t i = 0; i < pieces; i++) {
        if (pick(random, 300) == 0) {
            ADD_ONE_OF(random, "\xff", "\xc3", "\xed\xa0\x80", "\\ud83c", "\\udfb8", "\\x", "\\u12", "\n", "\x7f",
                       "\"");
        }
        ADD_ONE_OF(random, "a", "b", "Viernes", " ", "\\n", "\\u0020", "\\\"", "\\\\", "\\/", "\\u00e9", "\xc3\xa9",
                   "\\ud83c\\udfb8", "\xf0\x9f\x8e\xb8", "\\uFFFF", "\\u0000", "12345678", "\\t", "\xe2\x82\xac");
    }
    add(random, VT_SLICE("\""));
}

static void add_scalar(generator *random) {
    if (pick(random, 2) == 0) {
        add_string(random);
        return;
    }
    ADD_ONE_OF(random, "0", "-1", "1.5", "1e5", "-0.0E-1", "true", "false", "null", "01", "1.", "nul", "123456789");
}

/* An array or object in the text form of a walk: opens and closes at random, then closes what is open. */
static void add_nested(generator *random) {
    char closing[24];
    uint32_t depth = 0;
    uint32_t limit = 1 + pick(random, 20);
    do {
        bool is_object = pick(random, 2) == 0;
        add(random, is_object ? VT_SLICE("{\"k\":") : VT_SLICE("["));
        closing[depth++] = is_object ? '}' : ']';
        add_space(random);
    } while (depth < limit);
    add_scalar(random);
    while (depth > 0) {
        if (pick(random, 4) == 0) {
            add(random, closing[depth - 1] == '}' ? VT_SLICE(",\"l\":") : VT_SLICE(","));
            add_scalar(random);
        }
        depth--;
        add(random, vt_slice_of(&closing[depth], 1));
    }
}

static void add_member(generator *random, const char *key) {
    add_space(random);
    add(random, VT_SLICE("\""));
    add(random, vt_slice_str(key));
    add(random, VT_SLICE("\""));
    add_space(random);
    add(random, VT_SLICE(":"));
    add_space(random);
    uint32_t kind = pick(random, 40);
    if (kind == 0) {
        add_nested(random);
    } else if (kind == 1) {
        add_scalar(random);
    } else {
        add_string(random);
    }
    add_space(random);
}

static void add_vote(generator *random) {
    static const char *const keys[] = {"name", "album", "year", "rank"};
    uint32_t first = pick(random, 4);
    random->len = 0;
    add_space(random);
    add(random, VT_SLICE("{"));
    for (uint32_t i = 0; i < 4; i++) {
        add(random, i == 0 ? VT_SLICE("") : VT_SLICE(","));
        add_member(random, keys[(first + i) % 4]);
        if (pick(random, 12) == 0) {
            static const char *const extra[] = {"vote_id",         "voter_code", "x",     "Name", "\\u006eame",
                                                "VOTE_ID",         "",           "names", "name", "\xc3\xa9",
                                                "voter_cod\\u0065"};
            add(random, VT_SLICE(","));
            add_member(random, extra[pick(random, 11)]);
        }
    }
    add(random, VT_SLICE("}"));
    add_space(random);
}

/* Breaks some of the texts: one byte changed, removed or doubled, or the end cut off. */
static void damage(generator *random) {
    if (random->len == 0 || pick(random, 3) != 0) {
        return;
    }
    size_t at = pick(random, (uint32_t) random->len);
    size_t behind = random->len - at - 1;
    switch (pick(random, 4)) {
    case 0:
        random->text[at] = (char) pick(random, 256);
        break;
    case 1:
        memmove(random->text + at, random->text + at + 1, behind);
        random->len--;
        break;
    case 2:
        random->text[at] = "{}[]:,\"\\ 0"[pick(random, 10)];
        break;
    default:
        random->len = at;
        break;
    }
}

static void test_against_jansson(void **state) {
    (void) state;
    static generator random;
    random.seed = (uint64_t) time(NULL);
    print_message("seed %llu\n", (unsigned long long) random.seed);
    unsigned taken = 0;
    for (int i = 0; i < ROUNDS; i++) {
        add_vote(&random);
        damage(&random);
        json_oracle_result result = json_oracle_compare(guarded(vt_slice_of(random.text, random.len)));
        if (result.difference != NULL) {
            fail_msg("%s in field %d (%s, jansson: %s): %.*s", result.difference, (int) result.field,
                     vt_err_code(result.got), vt_err_code(result.expected), (int) random.len, random.text);
        }
        taken += result.got == VT_OK;
    }
    /* Enough of both kinds, or the comparison says little. */
    assert_in_range(taken, ROUNDS / 20, ROUNDS * 9 / 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_jansson)};
    return cmocka_run_group_tests_name("vote/json_differential", tests, NULL, NULL);
}

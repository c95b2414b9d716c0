#include "contest/shape.h"

#include "contest/reader.h"
#include "contest/shape_bands.h"

enum { PARTITIONS_MAX = 1000000 };

/* A contest while it is read. Its texts borrow from the document. The nodes are those that rules between keys are
 * about; NULL: not given. */
typedef struct draft {
    vt_contest contest;
    vt_band_list bands;
    size_t unknown_bands;
    const vt_node *unknown_bands_at;
    const vt_node *closes_at;
    const vt_node *results_at;
    bool has_secret_check;
} draft;

static vt_contest *contest_of(vt_document_reader *reader) {
    return &((draft *) reader->target)->contest;
}

bool vt_shape_is_name(vt_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return false;
        }
    }
    return text.len > 0 && text.len <= VT_CONTEST_NAME_BYTES_MAX;
}

static vt_err read_name(vt_document_reader *reader, const vt_node *node) {
    vt_slice name = node->kind == VT_NODE_TEXT ? vt_document_text(reader->document, node) : VT_SLICE("");
    if (!vt_shape_is_name(name)) {
        return vt_document_reader_refuse(reader, node, "must be a short name: 1 to %d of a-z, 0-9 and -",
                                         VT_CONTEST_NAME_BYTES_MAX);
    }
    contest_of(reader)->name = name;
    return VT_OK;
}

static vt_err read_title_es(vt_document_reader *reader, const vt_node *node) {
    return vt_document_reader_text(reader, node, VT_CONTEST_TITLE_BYTES_MAX, &contest_of(reader)->title_es);
}

static vt_err read_title_en(vt_document_reader *reader, const vt_node *node) {
    return vt_document_reader_text(reader, node, VT_CONTEST_TITLE_BYTES_MAX, &contest_of(reader)->title_en);
}

static vt_err read_title(vt_document_reader *reader, const vt_node *node) {
    static const vt_key keys[] = {{"es", read_title_es, false}, {"en", read_title_en, false}};
    return vt_document_reader_map(reader, node, keys, sizeof keys / sizeof keys[0]);
}

static vt_err read_unknown_bands(vt_document_reader *reader, const vt_node *node) {
    static const char *const words[] = {"refuse", "take"};
    draft *to = reader->target;
    to->unknown_bands_at = node;
    return vt_document_reader_word(reader, node, words, 2, &to->unknown_bands);
}

static vt_err read_opens(vt_document_reader *reader, const vt_node *node) {
    return vt_document_reader_time(reader, node, &contest_of(reader)->opens_at_ms);
}

static vt_err read_closes(vt_document_reader *reader, const vt_node *node) {
    ((draft *) reader->target)->closes_at = node;
    return vt_document_reader_time(reader, node, &contest_of(reader)->closes_at_ms);
}

static vt_err read_results(vt_document_reader *reader, const vt_node *node) {
    static const struct {
        vt_slice word;
        vt_results_shown shown;
    } words[] = {{VT_SLICE("always"), VT_RESULTS_ALWAYS}, {VT_SLICE("after_close"), VT_RESULTS_AFTER_CLOSE}};
    ((draft *) reader->target)->results_at = node;
    vt_contest *contest = contest_of(reader);
    for (size_t i = 0; i < 2 && node->kind == VT_NODE_TEXT; i++) {
        if (vt_slice_eq(vt_document_text(reader->document, node), words[i].word)) {
            contest->results_shown = words[i].shown;
            return VT_OK;
        }
    }
    contest->results_shown = VT_RESULTS_FROM;
    if (vt_document_reader_time(reader, node, &contest->results_from_ms) != VT_OK) {
        return vt_document_reader_refuse(reader, node, "must be always, after_close or a time with its offset");
    }
    return VT_OK;
}

static vt_err read_limit_by(vt_document_reader *reader, const vt_node *node) {
    static const char *const words[] = {
        [VT_LIMIT_NONE] = "none", [VT_LIMIT_CODE] = "code", [VT_LIMIT_ADDRESS] = "address"};
    size_t index;
    vt_err err = vt_document_reader_word(reader, node, words, 3, &index);
    if (err == VT_OK) {
        contest_of(reader)->limit_by = (vt_limit_by) index;
    }
    return err;
}

static vt_err read_limit(vt_document_reader *reader, const vt_node *node) {
    return vt_document_reader_number(reader, node, 1, VT_CONTEST_VOTES_PER_VOTER_MAX,
                                     &contest_of(reader)->votes_per_voter);
}

static vt_err read_votes_per_voter(vt_document_reader *reader, const vt_node *node) {
    static const vt_key keys[] = {{"by", read_limit_by, true}, {"limit", read_limit, false}};
    return vt_document_reader_map(reader, node, keys, sizeof keys / sizeof keys[0]);
}

static vt_err read_bands(vt_document_reader *reader, const vt_node *node) {
    return vt_band_list_read(&((draft *) reader->target)->bands, reader, node);
}

static vt_err read_version(vt_document_reader *reader, const vt_node *node) {
    return vt_document_reader_number(reader, node, 1, INT32_MAX, &contest_of(reader)->version);
}

static vt_err read_ledger_id(vt_document_reader *reader, const vt_node *node) {
    if (node->kind != VT_NODE_TEXT ||
        !vt_uuid_parse(vt_document_text(reader->document, node), &contest_of(reader)->ledger_id)) {
        return vt_document_reader_refuse(reader, node, "must be a UUID");
    }
    return VT_OK;
}

static vt_err read_partitions(vt_document_reader *reader, const vt_node *node) {
    uint32_t partitions;
    vt_err err = vt_document_reader_number(reader, node, 0, PARTITIONS_MAX, &partitions);
    if (err == VT_OK) {
        contest_of(reader)->partitions = (int32_t) partitions;
    }
    return err;
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static vt_err read_secret_check(vt_document_reader *reader, const vt_node *node) {
    vt_slice text = node->kind == VT_NODE_TEXT ? vt_document_text(reader->document, node) : VT_SLICE("");
    uint8_t check[VT_SECRET_CHECK_LEN];
    bool valid = text.len == 2 * sizeof check;
    for (size_t i = 0; valid && i < sizeof check; i++) {
        int high = hex_digit(text.ptr[2 * i]);
        int low = hex_digit(text.ptr[2 * i + 1]);
        valid = high >= 0 && low >= 0;
        check[i] = (uint8_t) (high * 16 + low);
    }
    if (!valid) {
        return vt_document_reader_refuse(reader, node, "must have 32 hexadecimal digits");
    }
    memcpy(contest_of(reader)->secret_check, check, sizeof check);
    ((draft *) reader->target)->has_secret_check = true;
    return VT_OK;
}

/* What was left out. */
static void fill_in(draft *to) {
    vt_contest *contest = &to->contest;
    if (contest->title_es.len == 0) {
        contest->title_es = contest->title_en.len > 0 ? contest->title_en : contest->name;
    }
    if (contest->title_en.len == 0) {
        contest->title_en = contest->title_es;
    }
    contest->takes_unknown_bands = to->unknown_bands_at != NULL ? to->unknown_bands == 1 : to->bands.bands_count == 0;
    if (contest->limit_by == VT_LIMIT_NONE) {
        contest->votes_per_voter = 0;
    } else if (contest->votes_per_voter == 0) {
        contest->votes_per_voter = 1;
    }
    contest->bands = to->bands.bands;
    contest->bands_count = to->bands.bands_count;
}

/* The rules between keys. */
static vt_err check_together(vt_document_reader *reader, const draft *from, const vt_node *root, bool stored) {
    const vt_contest *contest = &from->contest;
    if (contest->bands_count == 0 && !contest->takes_unknown_bands) {
        return vt_document_reader_refuse(reader, from->unknown_bands_at,
                                         "unknown_bands: refuse needs bands, or nobody can vote");
    }
    if (contest->closes_at_ms != 0 && contest->closes_at_ms <= contest->opens_at_ms) {
        return vt_document_reader_refuse(reader, from->closes_at, "closes: must be after opens");
    }
    if (contest->results_shown == VT_RESULTS_AFTER_CLOSE && contest->closes_at_ms == 0) {
        return vt_document_reader_refuse(reader, from->results_at, "results: after_close needs the key \"closes\"");
    }
    if (stored && from->has_secret_check != (contest->limit_by != VT_LIMIT_NONE)) {
        return vt_document_reader_refuse(reader, root,
                                         "secret_check: must be there when votes are limited, and only then");
    }
    return VT_OK;
}

static vt_err read_contest(vt_document_reader *reader, const vt_node *root, bool stored) {
    /* The organiser's file has the first keys only. */
    static const vt_key keys[] = {
        {"contest", read_name, true},
        {"title", read_title, false},
        {"unknown_bands", read_unknown_bands, false},
        {"opens", read_opens, false},
        {"closes", read_closes, false},
        {"results", read_results, false},
        {"votes_per_voter", read_votes_per_voter, false},
        {"bands", read_bands, false},
        {"version", read_version, true},
        {"ledger_id", read_ledger_id, true},
        {"partitions", read_partitions, true},
        {"secret_check", read_secret_check, false},
    };
    enum { KEYS_ALL = sizeof keys / sizeof keys[0], KEYS_OF_THE_FILE = KEYS_ALL - 4 };
    return vt_document_reader_map(reader, root, keys, stored ? KEYS_ALL : KEYS_OF_THE_FILE);
}

vt_err vt_shape_read(const vt_document *document, bool stored, vt_definition **out, vt_problem *problem) {
    draft to = {0};
    vt_document_reader reader = {.document = document, .problem = problem, .target = &to};
    const vt_node *root = &document->nodes[0];
    vt_err err = read_contest(&reader, root, stored);
    if (err == VT_OK) {
        fill_in(&to);
        err = check_together(&reader, &to, root, stored);
    }
    if (err == VT_OK) {
        err = vt_definition_copy(&to.contest, out);
    }
    vt_band_list_release(&to.bands);
    return err;
}

/* The canonical JSON of a contest:
 *
 *   {"version":1,"ledger_id":"<uuid>","partitions":0,"contest":"bandas-2026","title":{"es":"…","en":"…"},
 *    "unknown_bands":"refuse","opens":"2026-12-02T00:00:00.000Z","closes":"…","results":"always",
 *    "votes_per_voter":{"by":"code","limit":1},"secret_check":"<32 hex digits>",
 *    "bands":[{"name":"…","color":"#rrggbb","albums":["…"]}]}
 *
 * Times are in UTC. Keys without a value are left out: opens, closes, limit and secret_check, color. */
#include "contest/definition.h"

#include "base/assert.h"
#include "base/clock.h"

#include <jansson.h>
#include <stdio.h>

static json_t *json_text(vt_slice text) {
    return json_stringn_nocheck(text.len > 0 ? text.ptr : "", text.len);
}

static json_t *json_time(int64_t at_ms) {
    char text[VT_ISO8601_LEN + 1];
    vt_clock_format_iso8601(at_ms, text);
    return json_string(text);
}

/* Adds a member, which it owns from then on; false when there was no memory for the value or for its place. */
static bool put(json_t *object, const char *key, json_t *value) {
    return json_object_set_new_nocheck(object, key, value) == 0;
}

static json_t *json_id(const vt_id *id) {
    char text[VT_UUID_TEXT_LEN];
    vt_uuid_format(id, text);
    return json_text(vt_slice_of(text, sizeof text));
}

static json_t *json_hex(const uint8_t *bytes, size_t len) {
    char text[2 * VT_SECRET_CHECK_LEN + 1];
    VT_ASSERT(2 * len < sizeof text);
    for (size_t i = 0; i < len; i++) {
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    return json_string(text);
}

static json_t *json_results(const vt_contest *contest) {
    switch (contest->results_shown) {
    case VT_RESULTS_FROM:
        return json_time(contest->results_from_ms);
    case VT_RESULTS_AFTER_CLOSE:
        return json_string("after_close");
    case VT_RESULTS_ALWAYS:
        break;
    }
    return json_string("always");
}

static json_t *json_title(const vt_contest *contest) {
    json_t *title = json_object();
    if (put(title, "es", json_text(contest->title_es)) && put(title, "en", json_text(contest->title_en))) {
        return title;
    }
    json_decref(title);
    return NULL;
}

static json_t *json_votes_per_voter(const vt_contest *contest) {
    static const char *const by[] = {
        [VT_LIMIT_NONE] = "none", [VT_LIMIT_CODE] = "code", [VT_LIMIT_ADDRESS] = "address"};
    json_t *limit = json_object();
    if (put(limit, "by", json_string(by[contest->limit_by])) &&
        (contest->limit_by == VT_LIMIT_NONE || put(limit, "limit", json_integer(contest->votes_per_voter)))) {
        return limit;
    }
    json_decref(limit);
    return NULL;
}

static json_t *json_albums(const vt_band *band) {
    json_t *albums = json_array();
    for (uint32_t i = 0; i < band->albums_count; i++) {
        if (json_array_append_new(albums, json_text(band->albums[i])) != 0) {
            json_decref(albums);
            return NULL;
        }
    }
    return albums;
}

static json_t *json_band(const vt_band *band) {
    json_t *object = json_object();
    if (put(object, "name", json_text(band->name)) &&
        (band->color.len == 0 || put(object, "color", json_text(band->color))) &&
        put(object, "albums", json_albums(band))) {
        return object;
    }
    json_decref(object);
    return NULL;
}

static json_t *json_bands(const vt_contest *contest) {
    json_t *bands = json_array();
    for (uint32_t i = 0; i < contest->bands_count; i++) {
        if (json_array_append_new(bands, json_band(&contest->bands[i])) != 0) {
            json_decref(bands);
            return NULL;
        }
    }
    return bands;
}

static bool put_contest(json_t *object, const vt_contest *contest) {
    return put(object, "version", json_integer(contest->version)) &&
           put(object, "ledger_id", json_id(&contest->ledger_id)) &&
           put(object, "partitions", json_integer(contest->partitions)) &&
           put(object, "contest", json_text(contest->name)) && put(object, "title", json_title(contest)) &&
           put(object, "unknown_bands", json_string(contest->takes_unknown_bands ? "take" : "refuse")) &&
           (contest->opens_at_ms == 0 || put(object, "opens", json_time(contest->opens_at_ms))) &&
           (contest->closes_at_ms == 0 || put(object, "closes", json_time(contest->closes_at_ms))) &&
           put(object, "results", json_results(contest)) &&
           put(object, "votes_per_voter", json_votes_per_voter(contest)) &&
           (contest->limit_by == VT_LIMIT_NONE ||
            put(object, "secret_check", json_hex(contest->secret_check, sizeof contest->secret_check))) &&
           put(object, "bands", json_bands(contest));
}

typedef struct dump {
    vt_buf *out;
    vt_err err;
} dump;

/* The error sticks: jansson goes on when it could not write a key. */
static int append(const char *bytes, size_t len, void *context) {
    dump *to = context;
    if (to->err == VT_OK) {
        to->err = vt_buf_append(to->out, bytes, len);
    }
    return to->err == VT_OK ? 0 : -1;
}

vt_err vt_definition_write_json(const vt_contest *contest, vt_buf *out) {
    json_t *object = json_object();
    dump to = {.out = out, .err = VT_OK};
    size_t before = out->len;
    if (!put_contest(object, contest)) {
        to.err = VT_ERR_NO_MEMORY;
    } else if (json_dump_callback(object, append, &to, JSON_COMPACT | JSON_PRESERVE_ORDER) != 0 && to.err == VT_OK) {
        to.err = VT_ERR_NO_MEMORY;
    }
    json_decref(object);
    if (to.err != VT_OK) {
        out->len = before;
    }
    return to.err;
}

#include "client/votes_file.h"

#include "base/assert.h"
#include "base/buf.h"
#include "client/votes_text.h"
#include "vote/vote_json.h"
#include "vote/vote_proto.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { READ_BYTES = 1048576 };

typedef struct entry {
    size_t end; /* of the body in `bodies`; it begins where the one before ends */
    uint32_t band;
    bool has_id;
} entry;

struct vt_votes {
    vt_buf bodies;
    vt_buf entries;
    uint32_t count;
    vt_band_names *bands;
};

static const entry *entry_at(const vt_votes *votes, uint32_t vote) {
    VT_ASSERT(vote < votes->count);
    return (const entry *) (const void *) votes->entries.ptr + vote;
}

/* Only these two need an escape: control characters were refused by vt_vote_check. */
static vt_err append_json_text(vt_buf *body, const char *key, vt_slice text) {
    vt_err err = vt_buf_append_slice(body, vt_slice_str(key));
    for (size_t i = 0; i < text.len && err == VT_OK; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\') {
            err = vt_buf_append_char(body, '\\');
        }
        if (err == VT_OK) {
            err = vt_buf_append_char(body, text.ptr[i]);
        }
    }
    return err == VT_OK ? vt_buf_append_char(body, '"') : err;
}

static vt_err append_json(vt_buf *body, const vt_vote *vote) {
    static const struct {
        vt_field field;
        const char *key;
    } fields[] = {
        {VT_FIELD_NAME, "{\"name\":\""},       {VT_FIELD_ALBUM, ",\"album\":\""},
        {VT_FIELD_YEAR, ",\"year\":\""},       {VT_FIELD_RANK, ",\"rank\":\""},
        {VT_FIELD_VOTE_ID, ",\"vote_id\":\""}, {VT_FIELD_VOTER_CODE, ",\"voter_code\":\""},
    };
    vt_err err = VT_OK;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && err == VT_OK; i++) {
        if (vote->text[fields[i].field].ptr != NULL) {
            err = append_json_text(body, fields[i].key, vote->text[fields[i].field]);
        }
    }
    return err;
}

static vt_err append_proto(vt_buf *body, const vt_vote *vote) {
    vt_err err = vt_buf_reserve(body, VT_VOTE_PROTO_BYTES_MAX);
    if (err == VT_OK) {
        body->len += vt_vote_write_proto(vote, body->ptr + body->len);
    }
    return err;
}

static vt_err add(vt_votes *votes, const vt_votes_options *options, vt_vote *vote) {
    if (!options->keep_ids) {
        vote->text[VT_FIELD_VOTE_ID] = (vt_slice){0};
    }
    entry added = {.has_id = vote->text[VT_FIELD_VOTE_ID].ptr != NULL};
    vt_err err = vt_band_names_add(votes->bands, vote->text[VT_FIELD_NAME], &added.band);
    if (err == VT_OK) {
        err = options->encoding == VT_ENCODING_JSON ? append_json(&votes->bodies, vote)
                                                    : append_proto(&votes->bodies, vote);
    }
    if (err == VT_OK) {
        added.end = votes->bodies.len;
        err = vt_buf_append(&votes->entries, &added, sizeof added);
    }
    if (err == VT_OK) {
        votes->count++;
    }
    return err;
}

static void explain(const vt_votes_options *options, const vt_votes_text *walk, vt_field field, vt_err err,
                    uint64_t item, vt_reason *reason) {
    vt_slice name = vt_field_name(field);
    vt_reason_set(reason, "%s: vote %llu (line %llu): %s%.*s%s", options->path, (unsigned long long) item,
                  (unsigned long long) vt_votes_text_line(walk), field == VT_FIELD_NONE ? "" : "field ", (int) name.len,
                  name.ptr, field == VT_FIELD_NONE ? "" : ": ");
    size_t used = strlen(reason->text);
    snprintf(reason->text + used, sizeof reason->text - used, "%s (%s)", vt_err_text(err), vt_err_code(err));
}

static vt_err read_all(vt_votes *votes, const vt_votes_options *options, vt_slice text, vt_reason *reason) {
    vt_votes_text walk;
    vt_votes_text_init(&walk, text);
    for (;;) {
        vt_slice item = {0};
        vt_field field = VT_FIELD_NONE;
        vt_err err = vt_votes_text_next(&walk, &item);
        if (err != VT_OK) {
            explain(options, &walk, field, err, walk.items + 1, reason);
            return err;
        }
        if (item.len == 0) {
            return VT_OK;
        }
        vt_vote vote;
        vt_vote_scratch scratch;
        err = vt_vote_read_json(item, &vote, &scratch, &field);
        if (err == VT_OK) {
            err = add(votes, options, &vote);
        }
        if (err != VT_OK) {
            explain(options, &walk, field, err, walk.items, reason);
            return err;
        }
    }
}

vt_err vt_votes_read(const vt_votes_options *options, vt_slice text, vt_votes **out, vt_reason *reason) {
    vt_votes *votes = calloc(1, sizeof *votes);
    if (votes == NULL) {
        vt_reason_set(reason, "%s: out of memory", options->path);
        return VT_ERR_NO_MEMORY;
    }
    vt_buf_init(&votes->bodies, SIZE_MAX / 2);
    vt_buf_init(&votes->entries, SIZE_MAX / 2);
    vt_err err = vt_band_names_new(&votes->bands);
    if (err != VT_OK) {
        vt_reason_set(reason, "%s: out of memory", options->path);
        goto out;
    }
    err = read_all(votes, options, text, reason);
    if (err == VT_OK && votes->count == 0) {
        vt_reason_set(reason, "%s: the file holds no vote", options->path);
        err = VT_ERR_EMPTY_BATCH;
    }
out:
    if (err != VT_OK) {
        vt_votes_free(votes);
        return err;
    }
    *out = votes;
    return VT_OK;
}

static vt_err read_stream(FILE *file, vt_buf *text) {
    for (;;) {
        size_t room = text->max - text->len;
        vt_err err = vt_buf_reserve(text, room < READ_BYTES ? room : READ_BYTES);
        if (err != VT_OK) {
            return err;
        }
        size_t got = fread(text->ptr + text->len, 1, text->cap - text->len, file);
        text->len += got;
        if (ferror(file)) {
            return VT_ERR_IO;
        }
        if (got == 0) {
            return text->len == text->max && !feof(file) ? VT_ERR_FULL : VT_OK;
        }
    }
}

vt_err vt_votes_load(const vt_votes_options *options, vt_votes **out, vt_reason *reason) {
    bool standard_input = strcmp(options->path, "-") == 0;
    FILE *file = standard_input ? stdin : fopen(options->path, "rb");
    if (file == NULL) {
        vt_reason_set(reason, "%s: %s", options->path, strerror(errno));
        return VT_ERR_IO;
    }
    vt_buf text;
    vt_buf_init(&text, (size_t) VT_VOTES_FILE_BYTES_MAX + 1);
    errno = 0;
    vt_err err = read_stream(file, &text);
    if (err == VT_OK && text.len > VT_VOTES_FILE_BYTES_MAX) {
        err = VT_ERR_FULL;
    }
    if (err == VT_ERR_FULL) {
        vt_reason_set(reason, "%s: larger than %d bytes", options->path, VT_VOTES_FILE_BYTES_MAX);
    } else if (err != VT_OK) {
        vt_reason_set(reason, "%s: %s", options->path, errno != 0 ? strerror(errno) : vt_err_text(err));
    } else {
        err = vt_votes_read(options, vt_buf_slice(&text), out, reason);
    }
    vt_buf_release(&text);
    if (!standard_input) {
        fclose(file);
    }
    return err;
}

void vt_votes_free(vt_votes *votes) {
    if (votes == NULL) {
        return;
    }
    vt_buf_release(&votes->bodies);
    vt_buf_release(&votes->entries);
    vt_band_names_free(votes->bands);
    free(votes);
}

uint32_t vt_votes_count(const vt_votes *votes) {
    return votes->count;
}

vt_slice vt_votes_body(const vt_votes *votes, uint32_t vote) {
    size_t start = vote == 0 ? 0 : entry_at(votes, vote - 1)->end;
    return vt_slice_of(votes->bodies.ptr + start, entry_at(votes, vote)->end - start);
}

bool vt_votes_has_id(const vt_votes *votes, uint32_t vote) {
    return entry_at(votes, vote)->has_id;
}

uint32_t vt_votes_band(const vt_votes *votes, uint32_t vote) {
    return entry_at(votes, vote)->band;
}

const vt_band_names *vt_votes_bands(const vt_votes *votes) {
    return votes->bands;
}

#include "contest/definition.h"

#include "contest/document.h"
#include "contest/shape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* One block of memory: this, then the bands, the pointers to them by name, the albums, and the bytes of all texts. */
struct vt_definition {
    vt_contest contest;
};

/* What is still free of the block. */
typedef struct layout {
    vt_slice *albums;
    char *bytes;
} layout;

const vt_contest *vt_definition_contest(const vt_definition *definition) {
    return &definition->contest;
}

void vt_definition_free(vt_definition *definition) {
    free(definition);
}

static void count_parts(const vt_contest *contest, size_t *albums, size_t *bytes) {
    *albums = 0;
    *bytes = contest->name.len + contest->title_es.len + contest->title_en.len;
    for (uint32_t i = 0; i < contest->bands_count; i++) {
        const vt_band *band = &contest->bands[i];
        *albums += band->albums_count;
        *bytes += band->name.len + band->color.len;
        for (uint32_t j = 0; j < band->albums_count; j++) {
            *bytes += band->albums[j].len;
        }
    }
}

static vt_slice copy_text(layout *free_part, vt_slice text) {
    vt_slice copy = vt_slice_of(free_part->bytes, text.len);
    if (text.len > 0) {
        memcpy(free_part->bytes, text.ptr, text.len);
        free_part->bytes += text.len;
    }
    return copy;
}

static vt_band copy_band(layout *free_part, const vt_band *band) {
    vt_band copy = {.name = copy_text(free_part, band->name),
                    .color = copy_text(free_part, band->color),
                    .albums = free_part->albums,
                    .albums_count = band->albums_count};
    for (uint32_t i = 0; i < band->albums_count; i++) {
        *free_part->albums++ = copy_text(free_part, band->albums[i]);
    }
    return copy;
}

static int compare_bands(const void *a, const void *b) {
    return vt_slice_cmp((*(const vt_band *const *) a)->name, (*(const vt_band *const *) b)->name);
}

vt_err vt_definition_copy(const vt_contest *contest, vt_definition **out) {
    size_t bands_count = contest->bands_count;
    size_t albums_count;
    size_t bytes_count;
    count_parts(contest, &albums_count, &bytes_count);
    vt_definition *definition = malloc(sizeof *definition + bands_count * (sizeof(vt_band) + sizeof(vt_band *)) +
                                       albums_count * sizeof(vt_slice) + bytes_count);
    if (definition == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    vt_contest *copy = &definition->contest;
    *copy = *contest;
    atomic_init(&copy->newer, NULL);
    copy->bands = (vt_band *) (definition + 1);
    copy->bands_by_name = (const vt_band **) (copy->bands + bands_count);
    layout free_part = {.albums = (vt_slice *) (copy->bands_by_name + bands_count)};
    free_part.bytes = (char *) (free_part.albums + albums_count);
    copy->name = copy_text(&free_part, contest->name);
    copy->title_es = copy_text(&free_part, contest->title_es);
    copy->title_en = copy_text(&free_part, contest->title_en);
    for (size_t i = 0; i < bands_count; i++) {
        copy->bands[i] = copy_band(&free_part, &contest->bands[i]);
        copy->bands_by_name[i] = &copy->bands[i];
    }
    qsort(copy->bands_by_name, bands_count, sizeof *copy->bands_by_name, compare_bands);
    *out = definition;
    return VT_OK;
}

void vt_definition_set_stamp(vt_definition *definition, const vt_definition_stamp *stamp) {
    static const uint8_t none[VT_SECRET_CHECK_LEN] = {0};
    vt_contest *contest = &definition->contest;
    contest->version = stamp->version;
    contest->ledger_id = stamp->ledger_id;
    contest->partitions = stamp->partitions;
    memcpy(contest->secret_check, contest->limit_by == VT_LIMIT_NONE ? none : stamp->secret_check,
           sizeof contest->secret_check);
}

void vt_definition_set_newer(vt_definition *definition, const vt_definition *newer) {
    atomic_store_explicit(&definition->contest.newer, &newer->contest, memory_order_release);
}

vt_err vt_definition_open_default(vt_slice name, vt_definition **out) {
    if (!vt_shape_is_name(name)) {
        return VT_ERR_BAD_CONTEST;
    }
    return vt_definition_copy(
        &(vt_contest){.name = name, .title_es = name, .title_en = name, .takes_unknown_bands = true}, out);
}

static vt_err refuse_size(vt_problem *problem, size_t bytes_max) {
    vt_problem_set(problem, 0, 0, "more than %zu bytes", bytes_max);
    return VT_ERR_BAD_CONTEST;
}

vt_err vt_definition_read_yaml(vt_slice text, vt_definition **out, vt_problem *problem) {
    if (text.len > VT_CONTEST_FILE_BYTES_MAX) {
        return refuse_size(problem, VT_CONTEST_FILE_BYTES_MAX);
    }
    vt_document document;
    vt_document_init(&document);
    vt_err err = vt_document_read_yaml(&document, text, problem);
    if (err == VT_OK) {
        err = vt_shape_read(&document, false, out, problem);
    }
    vt_document_release(&document);
    return err;
}

vt_err vt_definition_read_json(vt_slice text, vt_definition **out, vt_problem *problem) {
    if (text.len > VT_CONTEST_JSON_BYTES_MAX) {
        return refuse_size(problem, VT_CONTEST_JSON_BYTES_MAX);
    }
    vt_document document;
    vt_document_init(&document);
    vt_err err = vt_document_read_json(&document, text, problem);
    if (err == VT_OK) {
        err = vt_shape_read(&document, true, out, problem);
    }
    vt_document_release(&document);
    return err;
}

/* One byte more than allowed is read, so that a file that is too large is seen. */
static vt_err read_whole(int file, vt_buf *text) {
    ssize_t got;
    do {
        vt_err err = vt_buf_reserve(text, text->len + 4096 <= text->max ? 4096 : text->max - text->len);
        if (err != VT_OK) {
            return err;
        }
        do {
            got = read(file, text->ptr + text->len, text->cap - text->len);
        } while (got < 0 && errno == EINTR);
        if (got < 0) {
            return VT_ERR_SYSTEM;
        }
        text->len += (size_t) got;
    } while (got > 0 && text->len < text->max);
    return VT_OK;
}

vt_err vt_definition_load_yaml(const char *path, vt_definition **out, vt_problem *problem) {
    vt_buf text;
    vt_buf_init(&text, VT_CONTEST_FILE_BYTES_MAX + 1);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    vt_err err = file < 0 ? VT_ERR_SYSTEM : read_whole(file, &text);
    if (err == VT_ERR_SYSTEM) {
        vt_problem_set(problem, 0, 0, "cannot read it: %s", strerror(errno));
    }
    if (file >= 0) {
        close(file);
    }
    if (err == VT_OK) {
        err = vt_definition_read_yaml(vt_buf_slice(&text), out, problem);
    }
    vt_buf_release(&text);
    return err;
}

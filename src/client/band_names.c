#include "client/band_names.h"

#include "base/assert.h"
#include "base/buf.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 64, EMPTY = UINT32_MAX };

/* Open addressing over a power of two, at most half full; a slot holds a number or EMPTY. */
struct vt_band_names {
    vt_buf text; /* all names, one behind the other */
    vt_buf ends; /* size_t for each name: where it ends in `text` */
    uint32_t *slots;
    uint32_t slots_count;
    uint32_t count;
};

/* FNV-1a: the file is the user's own, so nobody gains from collisions. */
static uint32_t hash_of(vt_slice name) {
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < name.len; i++) {
        hash = (hash ^ (uint8_t) name.ptr[i]) * 16777619U;
    }
    return hash;
}

static uint32_t slot_of(const vt_band_names *names, vt_slice name) {
    uint32_t slot = hash_of(name) & (names->slots_count - 1);
    while (names->slots[slot] != EMPTY && !vt_slice_eq(vt_band_names_at(names, names->slots[slot]), name)) {
        slot = (slot + 1) & (names->slots_count - 1);
    }
    return slot;
}

static vt_err resize(vt_band_names *names, uint32_t slots_count) {
    uint32_t *slots = malloc(slots_count * sizeof *slots);
    if (slots == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < slots_count; i++) {
        slots[i] = EMPTY;
    }
    free(names->slots);
    names->slots = slots;
    names->slots_count = slots_count;
    for (uint32_t i = 0; i < names->count; i++) {
        slots[slot_of(names, vt_band_names_at(names, i))] = i;
    }
    return VT_OK;
}

vt_err vt_band_names_new(vt_band_names **out) {
    vt_band_names *names = calloc(1, sizeof *names);
    if (names == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    vt_buf_init(&names->text, SIZE_MAX / 2);
    vt_buf_init(&names->ends, SIZE_MAX / 2);
    vt_err err = resize(names, FIRST_SLOTS);
    if (err != VT_OK) {
        vt_band_names_free(names);
        return err;
    }
    *out = names;
    return VT_OK;
}

void vt_band_names_free(vt_band_names *names) {
    if (names == NULL) {
        return;
    }
    vt_buf_release(&names->text);
    vt_buf_release(&names->ends);
    free(names->slots);
    free(names);
}

static vt_err append(vt_band_names *names, vt_slice name) {
    size_t end = names->text.len + name.len;
    vt_err err = vt_buf_reserve(&names->text, name.len);
    if (err == VT_OK) {
        err = vt_buf_append(&names->ends, &end, sizeof end);
    }
    if (err == VT_OK) {
        err = vt_buf_append_slice(&names->text, name);
        VT_ASSERT(err == VT_OK); /* the room was made above */
    }
    return err;
}

vt_err vt_band_names_add(vt_band_names *names, vt_slice name, uint32_t *number) {
    uint32_t slot = slot_of(names, name);
    if (names->slots[slot] == EMPTY) {
        if ((names->count + 1) * 2 > names->slots_count) {
            vt_err err = resize(names, names->slots_count * 2);
            if (err != VT_OK) {
                return err;
            }
            slot = slot_of(names, name);
        }
        vt_err err = append(names, name);
        if (err != VT_OK) {
            return err;
        }
        names->slots[slot] = names->count++;
    }
    *number = names->slots[slot];
    return VT_OK;
}

bool vt_band_names_find(const vt_band_names *names, vt_slice name, uint32_t *number) {
    uint32_t found = names->slots[slot_of(names, name)];
    if (found == EMPTY) {
        return false;
    }
    *number = found;
    return true;
}

uint32_t vt_band_names_count(const vt_band_names *names) {
    return names->count;
}

vt_slice vt_band_names_at(const vt_band_names *names, uint32_t number) {
    VT_ASSERT(number < names->count);
    const size_t *ends = (const size_t *) (const void *) names->ends.ptr;
    size_t start = number == 0 ? 0 : ends[number - 1];
    return vt_slice_of(names->text.ptr + start, ends[number] - start);
}

#include "count/spill.h"

#include "base/assert.h"
#include "base/text_hash.h"
#include "count/temp_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

_Static_assert(sizeof(vt_spill_entry) == 8 + 3 * VT_ID_LEN, "what is written has no padding");

typedef struct spill_part {
    FILE *file;
    uint64_t records;
} spill_part;

struct vt_spill {
    uint64_t seed;
    uint32_t parts_count;
    uint32_t current; /* the part that is read */
    uint64_t left;    /* of it */
    spill_part parts[];
};

static vt_err open_part(spill_part *part) {
    int fd = -1;
    vt_err err = vt_temp_file_open(&fd);
    if (err != VT_OK) {
        return err;
    }
    part->file = fdopen(fd, "w+");
    if (part->file == NULL) {
        close(fd);
        return VT_ERR_NO_MEMORY;
    }
    return VT_OK;
}

vt_err vt_spill_open(uint64_t records_expected, vt_spill **out) {
    uint64_t parts = records_expected / VT_SPILL_PART_RECORDS + 1;
    parts = parts > VT_SPILL_PARTS_MAX ? VT_SPILL_PARTS_MAX : parts;
    vt_spill *spill = calloc(1, sizeof *spill + parts * sizeof spill->parts[0]);
    if (spill == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    spill->parts_count = (uint32_t) parts;
    vt_err err = getrandom(&spill->seed, sizeof spill->seed, 0) == sizeof spill->seed ? VT_OK : VT_ERR_SYSTEM;
    for (uint32_t i = 0; err == VT_OK && i < spill->parts_count; i++) {
        err = open_part(&spill->parts[i]);
    }
    if (err != VT_OK) {
        vt_spill_close(spill);
        return err;
    }
    *out = spill;
    return VT_OK;
}

void vt_spill_close(vt_spill *spill) {
    if (spill == NULL) {
        return;
    }
    for (uint32_t i = 0; i < spill->parts_count; i++) {
        if (spill->parts[i].file != NULL) {
            fclose(spill->parts[i].file);
        }
    }
    free(spill);
}

static spill_part *part_of(vt_spill *spill, const vt_id *key) {
    uint64_t hash = vt_text_hash(spill->seed, vt_slice_of((const char *) key->bytes, VT_ID_LEN));
    return &spill->parts[hash % spill->parts_count];
}

/* Why writing a file failed. */
static vt_err write_err(void) {
    return errno == ENOSPC || errno == EDQUOT ? VT_ERR_FULL : VT_ERR_IO;
}

vt_err vt_spill_add(vt_spill *spill, const vt_id *key, const vt_ledger_row *row) {
    VT_ASSERT(row->fault == VT_OK);
    vt_spill_entry entry = {
        .offset = row->position.offset, .id = row->record.id, .fingerprint = row->record.fingerprint};
    if (row->record.has_voter) {
        entry.voter = row->record.voter;
    }
    spill_part *part = part_of(spill, key);
    part->records++;
    return fwrite(&entry, sizeof entry, 1, part->file) == 1 ? VT_OK : write_err();
}

uint32_t vt_spill_parts(const vt_spill *spill) {
    return spill->parts_count;
}

uint64_t vt_spill_records(const vt_spill *spill, uint32_t part) {
    VT_ASSERT(part < spill->parts_count);
    return spill->parts[part].records;
}

vt_err vt_spill_rewind(vt_spill *spill, uint32_t part) {
    VT_ASSERT(part < spill->parts_count);
    spill->current = part;
    spill->left = spill->parts[part].records;
    FILE *file = spill->parts[part].file;
    return fflush(file) == 0 && fseek(file, 0, SEEK_SET) == 0 ? VT_OK : write_err();
}

vt_err vt_spill_next(vt_spill *spill, vt_spill_entry *out, bool *has_entry) {
    *has_entry = spill->left > 0;
    if (spill->left == 0) {
        return VT_OK;
    }
    spill->left--;
    return fread(out, sizeof *out, 1, spill->parts[spill->current].file) == 1 ? VT_OK : VT_ERR_IO;
}

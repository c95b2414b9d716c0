#include "ledger/log_blocks.h"

#include "base/assert.h"
#include "base/text_hash.h"
#include "sqlite/schema.h"

#include <stdlib.h>
#include <sys/random.h>

enum { SLOTS = 4 * VT_LOG_BLOCK_VOTES, SLOT_FREE = 0 };

typedef struct noted {
    uint8_t len;
    char text[VT_FIELD_BYTES_MAX];
} noted;

/* The names that were noted in the current block: for all others of its votes nothing needs to be written. */
struct vt_log_blocks {
    sqlite3 *db;
    sqlite3_stmt *insert;
    uint64_t seed;
    int64_t block;
    uint16_t noted_count;
    uint16_t slots[SLOTS]; /* the number of a name plus 1 */
    noted noted[VT_LOG_BLOCK_VOTES];
};

_Static_assert((SLOTS & (SLOTS - 1)) == 0 && SLOTS <= UINT16_MAX, "slots are masked, names numbered with 16 bits");

vt_err vt_log_blocks_open(sqlite3 *writer, vt_log_blocks **out) {
    vt_log_blocks *blocks = calloc(1, sizeof *blocks);
    if (blocks == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    blocks->db = writer;
    vt_err err = VT_ERR_SYSTEM;
    if (getrandom(&blocks->seed, sizeof blocks->seed, 0) == (ssize_t) sizeof blocks->seed) {
        /* After a start or a rollback it is not known what the block has. */
        err = vt_sql_prepare(writer, "INSERT OR IGNORE INTO log_block (name, block) VALUES (?, ?)", &blocks->insert);
    }
    if (err != VT_OK) {
        vt_log_blocks_close(blocks);
        return err;
    }
    *out = blocks;
    return VT_OK;
}

void vt_log_blocks_close(vt_log_blocks *blocks) {
    if (blocks != NULL) {
        sqlite3_finalize(blocks->insert);
        free(blocks);
    }
}

static void forget(vt_log_blocks *blocks) {
    blocks->noted_count = 0;
    memset(blocks->slots, 0, sizeof blocks->slots);
}

void vt_log_blocks_rolled_back(vt_log_blocks *blocks) {
    forget(blocks);
}

static uint16_t *slot_of(vt_log_blocks *blocks, vt_slice name) {
    size_t slot = (size_t) vt_text_hash(blocks->seed, name) & (SLOTS - 1);
    while (blocks->slots[slot] != SLOT_FREE) {
        const noted *found = &blocks->noted[blocks->slots[slot] - 1];
        if (vt_slice_eq(vt_slice_of(found->text, found->len), name)) {
            break;
        }
        slot = (slot + 1) & (SLOTS - 1);
    }
    return &blocks->slots[slot];
}

static vt_err note(vt_log_blocks *blocks, vt_slice name) {
    int code = sqlite3_bind_text(blocks->insert, 1, name.ptr, (int) name.len, SQLITE_STATIC);
    code |= sqlite3_bind_int64(blocks->insert, 2, blocks->block);
    return code == SQLITE_OK ? vt_sql_run(blocks->insert) : VT_ERR_INTERNAL;
}

vt_err vt_log_blocks_add(vt_log_blocks *blocks, int64_t position, vt_slice name) {
    VT_ASSERT(name.len <= VT_FIELD_BYTES_MAX);
    int64_t block = position / VT_LOG_BLOCK_VOTES;
    if (block != blocks->block) {
        forget(blocks);
        blocks->block = block;
    }
    uint16_t *slot = slot_of(blocks, name);
    if (*slot != SLOT_FREE) {
        return VT_OK;
    }
    /* No more names than votes: a rollback, after which positions come again, has forgotten them. */
    VT_ASSERT(blocks->noted_count < VT_LOG_BLOCK_VOTES);
    noted *added = &blocks->noted[blocks->noted_count++];
    added->len = (uint8_t) name.len;
    memcpy(added->text, name.ptr, name.len);
    *slot = blocks->noted_count;
    return note(blocks, name);
}

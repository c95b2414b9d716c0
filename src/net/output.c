#include "net/output.h"

#include "base/assert.h"

enum { LINE_BREAK_LEN = 2, FIRST_BYTES = 16 * 1024 };

static const char line_break[] = "\r\n";

void vt_output_init(vt_output *output) {
    *output = (vt_output){0};
    vt_buf_init(&output->bytes, VT_OUTPUT_BYTES_MAX);
}

static size_t piece_len(const vt_output *output) {
    return vt_shared_slice(output->piece).len + (output->piece_is_chunk ? LINE_BREAK_LEN : 0);
}

static void drop_piece(vt_output *output) {
    vt_shared_unref(output->piece);
    output->piece = NULL;
    output->piece_sent = 0;
}

void vt_output_release(vt_output *output, vt_spare *spare) {
    drop_piece(output);
    vt_buf_clear(&output->bytes);
    vt_spare_return(spare, &output->bytes);
    output->bytes_sent = 0;
}

size_t vt_output_waiting(const vt_output *output) {
    size_t waiting = output->bytes.len - output->bytes_sent;
    return output->piece == NULL ? waiting : waiting + piece_len(output) - output->piece_sent;
}

/* Copies what is left of the piece behind the bytes. */
static vt_err flatten(vt_output *output, vt_spare *spare) {
    vt_slice parts[VT_OUTPUT_PARTS_MAX];
    unsigned count = vt_output_parts(output, parts);
    unsigned first = output->bytes.len > output->bytes_sent ? 1 : 0;
    size_t need = 0;
    for (unsigned i = first; i < count; i++) {
        need += parts[i].len;
    }
    vt_err err = vt_spare_grow(spare, &output->bytes, need);
    for (unsigned i = first; err == VT_OK && i < count; i++) {
        err = vt_buf_append_slice(&output->bytes, parts[i]);
    }
    if (err == VT_OK) {
        drop_piece(output);
    }
    return err;
}

char *vt_output_room(vt_output *output, vt_spare *spare, size_t len) {
    if (output->piece != NULL && flatten(output, spare) != VT_OK) {
        return NULL;
    }
    if (output->bytes.cap == 0) {
        vt_spare_lend(spare, &output->bytes);
    }
    size_t want = output->bytes.cap == 0 && len < FIRST_BYTES ? FIRST_BYTES : len;
    if (output->bytes.cap - output->bytes.len < len && vt_spare_grow(spare, &output->bytes, want) != VT_OK) {
        return NULL;
    }
    return output->bytes.ptr + output->bytes.len;
}

vt_err vt_output_append(vt_output *output, vt_spare *spare, const void *bytes, size_t len) {
    char *room = vt_output_room(output, spare, len);
    if (room == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    if (len > 0) {
        memcpy(room, bytes, len);
        output->bytes.len += len;
    }
    return VT_OK;
}

void vt_output_share(vt_output *output, vt_shared *piece, bool is_chunk) {
    VT_ASSERT(output->piece == NULL);
    output->piece = piece;
    output->piece_sent = 0;
    output->piece_is_chunk = is_chunk;
}

unsigned vt_output_parts(const vt_output *output, vt_slice out[VT_OUTPUT_PARTS_MAX]) {
    unsigned count = 0;
    if (output->bytes.len > output->bytes_sent) {
        out[count++] = vt_slice_of(output->bytes.ptr + output->bytes_sent, output->bytes.len - output->bytes_sent);
    }
    if (output->piece == NULL) {
        return count;
    }
    vt_slice piece = vt_shared_slice(output->piece);
    size_t sent = output->piece_sent;
    if (sent < piece.len) {
        out[count++] = vt_slice_of(piece.ptr + sent, piece.len - sent);
        sent = piece.len;
    }
    if (output->piece_is_chunk) {
        sent -= piece.len;
        out[count++] = vt_slice_of(line_break + sent, LINE_BREAK_LEN - sent);
    }
    return count;
}

void vt_output_consume(vt_output *output, vt_spare *spare, size_t len) {
    size_t bytes_left = output->bytes.len - output->bytes_sent;
    size_t from_bytes = len < bytes_left ? len : bytes_left;
    output->bytes_sent += from_bytes;
    len -= from_bytes;
    if (output->bytes_sent == output->bytes.len && output->bytes.cap > 0) {
        vt_buf_clear(&output->bytes);
        vt_spare_return(spare, &output->bytes);
        output->bytes_sent = 0;
    }
    if (output->piece != NULL && len > 0) {
        output->piece_sent += len;
        if (output->piece_sent >= piece_len(output)) {
            drop_piece(output);
        }
    }
}

#include "net/outbound.h"

void vt_outbound_init(vt_outbound *outbound) {
    *outbound = (vt_outbound){0};
    vt_buf_init(&outbound->queue, VT_OUTBOUND_BYTES_MAX);
}

static void clear_queue(vt_outbound *outbound) {
    vt_buf_clear(&outbound->queue);
    if (outbound->queue.cap > VT_OUTBOUND_KEEP_BYTES_MAX) {
        vt_buf_release(&outbound->queue);
    }
    outbound->queue_sent = 0;
}

void vt_outbound_clear(vt_outbound *outbound) {
    clear_queue(outbound);
    vt_shared_unref(outbound->piece);
    vt_shared_unref(outbound->newest);
    outbound->piece = NULL;
    outbound->newest = NULL;
    outbound->piece_sent = 0;
}

void vt_outbound_release(vt_outbound *outbound) {
    vt_outbound_clear(outbound);
    vt_buf_release(&outbound->queue);
}

size_t vt_outbound_waiting(const vt_outbound *outbound) {
    size_t waiting = outbound->queue.len - outbound->queue_sent;
    if (outbound->piece != NULL) {
        waiting += vt_shared_slice(outbound->piece).len - outbound->piece_sent;
    }
    if (outbound->newest != NULL) {
        waiting += vt_shared_slice(outbound->newest).len;
    }
    return waiting;
}

static vt_err append_message(vt_outbound *outbound, vt_slice bytes) {
    uint8_t prefix[VT_GRPC_PREFIX_LEN];
    vt_err err = vt_buf_reserve(&outbound->queue, sizeof prefix + bytes.len);
    if (err != VT_OK) {
        return err;
    }
    vt_grpc_write_prefix(prefix, bytes.len);
    err = vt_buf_append(&outbound->queue, prefix, sizeof prefix);
    return err != VT_OK ? err : vt_buf_append_slice(&outbound->queue, bytes);
}

/* Copies the pieces into the queue, so that something can follow them. */
static vt_err flatten(vt_outbound *outbound, bool is_message) {
    if (outbound->piece != NULL) {
        vt_slice rest = vt_shared_slice(outbound->piece);
        rest = vt_slice_of(rest.ptr + outbound->piece_sent, rest.len - outbound->piece_sent);
        vt_err err = vt_buf_append_slice(&outbound->queue, rest);
        if (err != VT_OK) {
            return err;
        }
        vt_shared_unref(outbound->piece);
        outbound->piece = NULL;
        outbound->piece_sent = 0;
    }
    if (outbound->newest != NULL) {
        vt_slice whole = vt_shared_slice(outbound->newest);
        vt_err err = is_message ? append_message(outbound, whole) : vt_buf_append_slice(&outbound->queue, whole);
        if (err != VT_OK) {
            return err;
        }
        vt_shared_unref(outbound->newest);
        outbound->newest = NULL;
    }
    return VT_OK;
}

vt_err vt_outbound_append(vt_outbound *outbound, vt_slice bytes, bool is_message) {
    vt_err err = flatten(outbound, is_message);
    if (err != VT_OK) {
        return err;
    }
    return is_message ? append_message(outbound, bytes) : vt_buf_append_slice(&outbound->queue, bytes);
}

void vt_outbound_offer(vt_outbound *outbound, vt_shared *shared) {
    vt_shared *before = outbound->newest;
    outbound->newest = vt_shared_ref(shared);
    vt_shared_unref(before);
}

static size_t read_queue(vt_outbound *outbound, uint8_t *to, size_t max) {
    size_t left = outbound->queue.len - outbound->queue_sent;
    size_t len = left < max ? left : max;
    if (len > 0) {
        memcpy(to, outbound->queue.ptr + outbound->queue_sent, len);
    }
    outbound->queue_sent += len;
    if (outbound->queue_sent == outbound->queue.len) {
        clear_queue(outbound);
    }
    return len;
}

static size_t read_piece(vt_outbound *outbound, uint8_t *to, size_t max) {
    vt_slice piece = vt_shared_slice(outbound->piece);
    size_t left = piece.len - outbound->piece_sent;
    size_t len = left < max ? left : max;
    if (len > 0) {
        memcpy(to, piece.ptr + outbound->piece_sent, len);
    }
    outbound->piece_sent += len;
    if (outbound->piece_sent == piece.len) {
        vt_shared_unref(outbound->piece);
        outbound->piece = NULL;
        outbound->piece_sent = 0;
    }
    return len;
}

/* Starts on the newest piece; false when there is none or no room for its prefix. */
static bool next_piece(vt_outbound *outbound, bool is_grpc) {
    if (outbound->newest == NULL) {
        return false;
    }
    if (is_grpc) {
        uint8_t prefix[VT_GRPC_PREFIX_LEN];
        vt_grpc_write_prefix(prefix, vt_shared_slice(outbound->newest).len);
        if (vt_buf_append(&outbound->queue, prefix, sizeof prefix) != VT_OK) {
            return false;
        }
    }
    outbound->piece = outbound->newest;
    outbound->piece_sent = 0;
    outbound->newest = NULL;
    return true;
}

size_t vt_outbound_read(vt_outbound *outbound, uint8_t *to, size_t max, bool is_grpc) {
    size_t done = read_queue(outbound, to, max);
    while (done < max && (outbound->piece != NULL || next_piece(outbound, is_grpc))) {
        done += read_queue(outbound, to + done, max - done);
        if (outbound->queue.len > 0) {
            break; /* no room for the whole prefix */
        }
        done += read_piece(outbound, to + done, max - done);
    }
    return done;
}

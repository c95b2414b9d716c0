#include "net/inbound.h"

#include "base/assert.h"

#include <stdlib.h>

enum { TEXT_BYTES_FIRST = 1024, BODY_BYTES_MAX = 1 << 30, KEEP_BYTES_MAX = 4 * 1024 };

static size_t footprint(const vt_inbound *inbound) {
    return sizeof *inbound + inbound->text.cap + inbound->body.cap;
}

static void note(const vt_inbound *inbound, size_t before, size_t after) {
    vt_account_note(inbound->account, before, after);
    *inbound->input_bytes += after - before;
}

/* Whether it may take `len` bytes more. */
static bool has_room(const vt_inbound *inbound, size_t len) {
    size_t size = inbound->text.len + inbound->body.len + len;
    return *inbound->input_bytes + len <= VT_CONN_INPUT_BYTES_MAX &&
           vt_account_has_input_room(inbound->account, len, size);
}

vt_inbound *vt_inbound_take(vt_inbound_pool *pool, size_t *input_bytes, uint32_t headers_bytes_max) {
    vt_inbound *inbound = pool->spare;
    if (*input_bytes + sizeof *inbound > VT_CONN_INPUT_BYTES_MAX ||
        !vt_account_has_input_room(pool->account, sizeof *inbound, 0)) {
        return NULL;
    }
    if (inbound != NULL) {
        pool->spare = inbound->next;
        pool->spare_count--;
    } else {
        inbound = calloc(1, sizeof *inbound);
        if (inbound == NULL) {
            return NULL;
        }
        vt_buf_init(&inbound->text, VT_INBOUND_TEXT_BYTES_MAX);
        vt_buf_init(&inbound->body, BODY_BYTES_MAX);
        inbound->account = pool->account;
    }
    inbound->input_bytes = input_bytes;
    note(inbound, 0, footprint(inbound));
    vt_buf_clear(&inbound->text);
    inbound->grpc.prefix_len = 0;
    inbound->messages = 0;
    inbound->headers_count = 0;
    inbound->headers_bytes = 0;
    inbound->headers_bytes_max = headers_bytes_max;
    inbound->body_bytes = 0;
    inbound->method = VT_SLICE("");
    inbound->method_span = (vt_inbound_span){0};
    inbound->target = (vt_inbound_span){0};
    inbound->authority = (vt_inbound_span){0};
    inbound->headers[0] = (vt_inbound_field){0};
    return inbound;
}

static void destroy(vt_inbound *inbound) {
    vt_buf_release(&inbound->text);
    vt_buf_release(&inbound->body);
    free(inbound);
}

static void shrink(vt_buf *buf) {
    vt_buf_clear(buf);
    if (buf->cap > KEEP_BYTES_MAX) {
        vt_buf_release(buf);
    }
}

void vt_inbound_give(vt_inbound_pool *pool, vt_inbound *inbound) {
    if (inbound == NULL) {
        return;
    }
    note(inbound, footprint(inbound), 0);
    inbound->input_bytes = NULL;
    shrink(&inbound->text);
    shrink(&inbound->body);
    if (pool->spare_count == VT_INBOUND_SPARE_MAX) {
        destroy(inbound);
        return;
    }
    inbound->next = pool->spare;
    pool->spare = inbound;
    pool->spare_count++;
}

void vt_inbound_pool_release(vt_inbound_pool *pool) {
    while (pool->spare != NULL) {
        vt_inbound *next = pool->spare->next;
        destroy(pool->spare);
        pool->spare = next;
    }
    pool->spare_count = 0;
}

vt_err vt_inbound_count(vt_inbound *inbound, size_t len) {
    size_t left = inbound->headers_bytes_max - inbound->headers_bytes;
    if (len > left) {
        return VT_ERR_HEADERS_TOO_LARGE;
    }
    inbound->headers_bytes += (uint32_t) len;
    return VT_OK;
}

/* Makes room in one of the request's buffers. */
static vt_err grow(vt_inbound *inbound, vt_buf *buf, size_t extra) {
    if (extra <= buf->cap - buf->len) {
        return VT_OK;
    }
    if (!has_room(inbound, extra)) {
        return VT_ERR_OVERLOADED;
    }
    size_t before = buf->cap;
    vt_err err = vt_buf_reserve(buf, extra);
    note(inbound, before, buf->cap);
    return err;
}

static void copy_lower(char *to, vt_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        to[i] = vt_ascii_lower(text.ptr[i]);
    }
}

vt_err vt_inbound_append(vt_inbound *inbound, vt_inbound_span *span, vt_slice text, bool lower) {
    vt_err err = vt_inbound_count(inbound, text.len);
    if (err != VT_OK) {
        return err;
    }
    if (inbound->text.len + text.len > VT_INBOUND_TEXT_BYTES_MAX) {
        return VT_ERR_HEADERS_TOO_LARGE;
    }
    size_t need = inbound->text.cap == 0 && text.len < TEXT_BYTES_FIRST ? TEXT_BYTES_FIRST : text.len;
    err = grow(inbound, &inbound->text, need);
    if (err != VT_OK) {
        return err;
    }
    if (span->len == 0) {
        span->at = (uint16_t) inbound->text.len;
    }
    VT_ASSERT((size_t) span->at + span->len == inbound->text.len);
    char *to = inbound->text.ptr + inbound->text.len;
    if (lower) {
        copy_lower(to, text);
    } else if (text.len > 0) {
        memcpy(to, text.ptr, text.len);
    }
    inbound->text.len += text.len;
    span->len = (uint16_t) (span->len + text.len);
    return VT_OK;
}

vt_err vt_inbound_header_now(vt_inbound *inbound, vt_inbound_field **out) {
    if (inbound->headers_count == VT_INBOUND_HEADERS_MAX) {
        return VT_ERR_HEADERS_TOO_LARGE;
    }
    *out = &inbound->headers[inbound->headers_count];
    return VT_OK;
}

vt_err vt_inbound_append_body(vt_inbound *inbound, vt_slice bytes, uint32_t body_bytes_max) {
    if (bytes.len > body_bytes_max || inbound->body.len > body_bytes_max - bytes.len) {
        return VT_ERR_BODY_TOO_LARGE;
    }
    vt_err err = grow(inbound, &inbound->body, bytes.len);
    return err != VT_OK ? err : vt_buf_append_slice(&inbound->body, bytes);
}

vt_grpc_progress vt_inbound_read_message(vt_inbound *inbound, uint32_t message_bytes_max, vt_slice *bytes,
                                         vt_err *out_err) {
    size_t before = inbound->body.cap;
    vt_grpc_progress progress = vt_grpc_read(&inbound->grpc, message_bytes_max, bytes, &inbound->body, out_err);
    note(inbound, before, inbound->body.cap);
    if (progress != VT_GRPC_FAILED && inbound->body.cap > before && !has_room(inbound, 0)) {
        *out_err = VT_ERR_OVERLOADED;
        return VT_GRPC_FAILED;
    }
    return progress;
}

vt_slice vt_inbound_header(const vt_inbound *inbound, vt_slice name, uint32_t *count) {
    vt_slice found = {NULL, 0};
    uint32_t seen = 0;
    for (uint32_t i = 0; i < inbound->headers_count; i++) {
        if (!vt_slice_eq(vt_inbound_slice(inbound, inbound->headers[i].name), name)) {
            continue;
        }
        if (seen++ == 0) {
            found = vt_inbound_slice(inbound, inbound->headers[i].value);
        }
    }
    if (count != NULL) {
        *count = seen;
    }
    return found;
}

uint32_t vt_inbound_headers(const vt_inbound *inbound, vt_header out[VT_INBOUND_HEADERS_MAX + 1]) {
    bool has_host = false;
    uint32_t count = inbound->headers_count;
    for (uint32_t i = 0; i < count; i++) {
        out[i].name = vt_inbound_slice(inbound, inbound->headers[i].name);
        out[i].value = vt_inbound_slice(inbound, inbound->headers[i].value);
        has_host = has_host || vt_slice_eq(out[i].name, VT_SLICE("host"));
    }
    if (!has_host && inbound->authority.len > 0) {
        out[count++] = (vt_header){VT_SLICE("host"), vt_inbound_slice(inbound, inbound->authority)};
    }
    return count;
}

/* What follows "scheme://authority"; *text is unchanged when it is not of that form. */
static void skip_authority(vt_slice *text) {
    static const vt_slice schemes[] = {{"http://", 7}, {"https://", 8}};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t at = schemes[i].len;
        if (text->len <= at || !vt_slice_eq_nocase(vt_slice_of(text->ptr, at), schemes[i])) {
            continue;
        }
        while (at < text->len && text->ptr[at] != '/' && text->ptr[at] != '?') {
            at++;
        }
        *text = vt_slice_of(text->ptr + at, text->len - at);
        return;
    }
}

vt_err vt_inbound_split_target(const vt_inbound *inbound, vt_slice *out_path, vt_slice *out_query) {
    vt_slice text = vt_inbound_slice(inbound, inbound->target);
    if (vt_slice_eq(text, VT_SLICE("*"))) {
        *out_path = text;
        *out_query = VT_SLICE("");
        return vt_slice_eq(inbound->method, VT_SLICE("OPTIONS")) ? VT_OK : VT_ERR_MALFORMED_REQUEST;
    }
    bool is_absolute = text.len > 0 && text.ptr[0] != '/';
    if (is_absolute) {
        size_t before = text.len;
        skip_authority(&text);
        if (text.len == before) {
            return VT_ERR_MALFORMED_REQUEST;
        }
    }
    if (text.len == 0 && !is_absolute) {
        return VT_ERR_MALFORMED_REQUEST;
    }
    if (memchr(text.ptr, '#', text.len) != NULL) {
        return VT_ERR_MALFORMED_REQUEST;
    }
    const char *mark = memchr(text.ptr, '?', text.len);
    size_t path_len = mark == NULL ? text.len : (size_t) (mark - text.ptr);
    *out_query = mark == NULL ? VT_SLICE("") : vt_slice_of(mark + 1, text.len - path_len - 1);
    *out_path = path_len == 0 ? VT_SLICE("/") : vt_slice_of(text.ptr, path_len);
    return VT_OK;
}

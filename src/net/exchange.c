#include "net/exchange.h"

#include "base/assert.h"
#include "net/conn.h"
#include "net/loop_state.h"

#include <stdlib.h>

enum { TRAILERS_BYTES_MAX = 16 * 1024, CHUNKS_GROW = 16 };

static vt_err add_chunk(vt_exchange_table *table, vt_loop *loop) {
    if ((table->chunks_count + 1) * VT_EXCHANGE_CHUNK > VT_EXCHANGES_MAX) {
        return VT_ERR_OVERLOADED;
    }
    if (table->chunks_count % CHUNKS_GROW == 0) {
        vt_exchange **chunks = realloc(table->chunks, (table->chunks_count + CHUNKS_GROW) * sizeof(vt_exchange *));
        if (chunks == NULL) {
            return VT_ERR_NO_MEMORY;
        }
        table->chunks = chunks;
    }
    vt_exchange *chunk = calloc(VT_EXCHANGE_CHUNK, sizeof *chunk);
    if (chunk == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    table->chunks[table->chunks_count] = chunk;
    for (uint32_t i = VT_EXCHANGE_CHUNK; i-- > 0;) {
        chunk[i].loop = loop;
        chunk[i].slot = table->chunks_count * VT_EXCHANGE_CHUNK + i;
        vt_outbound_init(&chunk[i].outbound);
        vt_buf_init(&chunk[i].trailers, TRAILERS_BYTES_MAX);
        chunk[i].next = table->free;
        table->free = &chunk[i];
    }
    table->chunks_count++;
    return VT_OK;
}

static void unlink_from_list(vt_exchange *exchange) {
    vt_exchange_list *list = exchange->list;
    *(exchange->prev == NULL ? &list->first : &exchange->prev->next) = exchange->next;
    *(exchange->next == NULL ? &list->last : &exchange->next->prev) = exchange->prev;
    list->count--;
}

static void link_to_list(vt_exchange *exchange, vt_exchange_list *list) {
    exchange->list = list;
    exchange->prev = list->last;
    exchange->next = NULL;
    *(list->last == NULL ? &list->first : &list->last->next) = exchange;
    list->last = exchange;
    list->count++;
}

void vt_exchange_move(vt_exchange *exchange, vt_exchange_list *list) {
    if (exchange->list != list) {
        unlink_from_list(exchange);
        link_to_list(exchange, list);
    }
}

vt_exchange *vt_exchange_take(vt_conn *conn, vt_protocol protocol) {
    vt_loop *loop = conn->loop;
    vt_exchange_table *table = &loop->exchanges;
    if (table->free == NULL && add_chunk(table, loop) != VT_OK) {
        return NULL;
    }
    vt_inbound *inbound = vt_inbound_take(&loop->inbounds, &conn->input_bytes, loop->limits.headers_bytes_max);
    if (inbound == NULL) {
        return NULL;
    }
    vt_exchange *exchange = table->free;
    table->free = exchange->next;
    table->in_use++;
    exchange->conn = conn;
    exchange->protocol = protocol;
    exchange->generation++;
    exchange->stream_id = 0;
    exchange->has_headers = exchange->is_received = exchange->is_head = exchange->is_started = false;
    exchange->is_safe = exchange->is_silent = false;
    exchange->is_streaming = exchange->is_answered = exchange->is_ending = exchange->is_deferred = false;
    exchange->refusal = VT_OK;
    exchange->since_ms = loop->now_ms;
    exchange->progress_ms = loop->now_ms;
    exchange->route = NULL;
    exchange->context = NULL;
    exchange->inbound = inbound;
    exchange->note_name_len = 0;
    vt_account_note(&loop->account, 0, exchange->outbound.queue.cap);
    link_to_list(exchange, &conn->receiving);
    return exchange;
}

void vt_exchange_give(vt_exchange *exchange) {
    VT_ASSERT(exchange->conn != NULL);
    vt_loop *loop = exchange->loop;
    unlink_from_list(exchange);
    vt_wheel_clear(&loop->calls, &exchange->deadline);
    vt_inbound_give(&loop->inbounds, exchange->inbound);
    exchange->inbound = NULL;
    exchange->conn->pending_bytes -= vt_outbound_waiting(&exchange->outbound);
    vt_account_note(&loop->account, exchange->outbound.queue.cap, 0);
    vt_outbound_clear(&exchange->outbound);
    vt_buf_clear(&exchange->trailers);
    exchange->conn = NULL;
    exchange->generation++;
    exchange->next = loop->exchanges.free;
    loop->exchanges.free = exchange;
    loop->exchanges.in_use--;
}

void vt_exchange_table_release(vt_exchange_table *table) {
    for (uint32_t i = 0; i < table->chunks_count; i++) {
        for (uint32_t j = 0; j < VT_EXCHANGE_CHUNK; j++) {
            vt_outbound_release(&table->chunks[i][j].outbound);
            vt_buf_release(&table->chunks[i][j].trailers);
        }
        free(table->chunks[i]);
    }
    free(table->chunks);
    *table = (vt_exchange_table){0};
}

vt_exchange *vt_exchange_find(vt_reply reply) {
    if (reply.loop == NULL) {
        return NULL;
    }
    const vt_exchange_table *table = &reply.loop->exchanges;
    if (reply.slot / VT_EXCHANGE_CHUNK >= table->chunks_count) {
        return NULL;
    }
    vt_exchange *exchange = &table->chunks[reply.slot / VT_EXCHANGE_CHUNK][reply.slot % VT_EXCHANGE_CHUNK];
    bool is_open = exchange->generation == reply.generation && exchange->conn != NULL && !exchange->is_answered;
    return is_open ? exchange : NULL;
}

/* Keeps the connection's sum, and the time since when something waits, in step with a change. */
static void note_change(vt_exchange *exchange, size_t before) {
    size_t after = vt_outbound_waiting(&exchange->outbound);
    exchange->conn->pending_bytes += after - before;
    if (before == 0) {
        exchange->progress_ms = exchange->loop->now_ms;
    }
}

vt_err vt_exchange_append(vt_exchange *exchange, vt_slice bytes) {
    size_t before = vt_outbound_waiting(&exchange->outbound);
    size_t cap_before = exchange->outbound.queue.cap;
    vt_err err = vt_outbound_append(&exchange->outbound, bytes, exchange->protocol == VT_PROTOCOL_GRPC);
    vt_account_note(&exchange->loop->account, cap_before, exchange->outbound.queue.cap);
    note_change(exchange, before);
    return err;
}

void vt_exchange_offer(vt_exchange *exchange, vt_shared *shared) {
    size_t before = vt_outbound_waiting(&exchange->outbound);
    vt_outbound_offer(&exchange->outbound, shared);
    note_change(exchange, before);
}

#include "net/loop.h"

#include "base/clock.h"
#include "net/conn.h"
#include "net/dispatch.h"
#include "net/loop_state.h"

#include <time.h>

void vt_loop_init(vt_loop *loop, const vt_loop_options *options) {
    *loop = (vt_loop){
        .index = options->index,
        .router = options->router,
        .limits = options->limits,
        .wake = options->wake,
        .wake_context = options->wake_context,
        .account = {.bytes_max = VT_LOOP_KEPT_BYTES_MAX},
        .date_s = -1,
    };
    if (loop->limits.headers_bytes_max > VT_INBOUND_TEXT_BYTES_MAX) {
        loop->limits.headers_bytes_max = VT_INBOUND_TEXT_BYTES_MAX;
    }
    loop->inbounds.account = &loop->account;
    loop->spare.account = &loop->account;
    vt_meter_init(&loop->meter, options->metrics, options->name);
    vt_h2_memory_init(&loop->h2_memory);
    vt_loop_set_time(loop, options->now_ms, options->wall_ms);
    vt_wheel_init(&loop->calls, VT_CALL_TICK_MS, loop->now_ms);
    vt_wheel_init(&loop->conns, VT_CONN_TICK_MS, loop->now_ms);
    atomic_init(&loop->inbox, NULL);
}

void vt_loop_release(vt_loop *loop) {
    vt_meter_flush(&loop->meter);
    vt_exchange_table_release(&loop->exchanges);
    vt_inbound_pool_release(&loop->inbounds);
    vt_spare_release(&loop->spare);
    vt_h2_memory_release(&loop->h2_memory);
}

void vt_loop_set_time(vt_loop *loop, int64_t now_ms, int64_t wall_ms) {
    loop->now_ms = now_ms;
    loop->wall_ms = wall_ms;
}

vt_slice vt_loop_date(vt_loop *loop) {
    int64_t second = loop->wall_ms / 1000;
    if (second != loop->date_s) {
        time_t at = (time_t) second;
        struct tm parts;
        gmtime_r(&at, &parts);
        size_t len = strftime(loop->date, sizeof loop->date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        loop->date_s = len == VT_DATE_LEN ? second : -1;
    }
    return vt_slice_of(loop->date, VT_DATE_LEN);
}

uint32_t vt_loop_index(const vt_loop *loop) {
    return loop->index;
}

int64_t vt_loop_wall_ms(const vt_loop *loop) {
    return loop->wall_ms;
}

void vt_loop_post(vt_loop *loop, vt_task *task) {
    vt_task *newest = atomic_load_explicit(&loop->inbox, memory_order_relaxed);
    do {
        task->next = newest;
    } while (!atomic_compare_exchange_weak_explicit(&loop->inbox, &newest, task, memory_order_release,
                                                    memory_order_relaxed));
    if (newest == NULL) { /* who finds it empty wakes the loop; the others ride along */
        loop->wake(loop->wake_context);
    }
}

void vt_loop_run_inbox(vt_loop *loop) {
    vt_task *newest = atomic_exchange_explicit(&loop->inbox, NULL, memory_order_acquire);
    vt_task *oldest = NULL;
    while (newest != NULL) {
        vt_task *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest != NULL) {
        vt_task *next = oldest->next;
        oldest->run(oldest);
        oldest = next;
    }
}

static void expire_call(vt_wheel_node *node) {
    vt_exchange *exchange = (vt_exchange *) (void *) ((char *) node - offsetof(vt_exchange, deadline));
    vt_dispatch_refuse(exchange, VT_ERR_DEADLINE);
}

static void expire_conn(vt_wheel_node *node) {
    vt_conn *conn = (vt_conn *) (void *) ((char *) node - offsetof(vt_conn, timer));
    vt_conn_expire(conn);
}

void vt_loop_run_deadlines(vt_loop *loop) {
    vt_wheel_node *node;
    vt_wheel_turn(&loop->calls, loop->now_ms);
    while ((node = vt_wheel_pop(&loop->calls)) != NULL) {
        expire_call(node);
    }
    vt_wheel_turn(&loop->conns, loop->now_ms);
    while ((node = vt_wheel_pop(&loop->conns)) != NULL) {
        expire_conn(node);
    }
}

void vt_loop_mark_dirty(vt_conn *conn) {
    if (!conn->is_dirty) {
        conn->is_dirty = true;
        conn->next_dirty = conn->loop->dirty;
        conn->loop->dirty = conn;
    }
}

vt_conn *vt_loop_next_dirty(vt_loop *loop) {
    vt_conn *conn = loop->dirty;
    if (conn != NULL) {
        loop->dirty = conn->next_dirty;
        conn->is_dirty = false;
    }
    return conn;
}

void vt_loop_forget_dirty(vt_conn *conn) {
    if (!conn->is_dirty) {
        return;
    }
    vt_conn **at = &conn->loop->dirty;
    while (*at != conn) {
        at = &(*at)->next_dirty;
    }
    *at = conn->next_dirty;
    conn->is_dirty = false;
}

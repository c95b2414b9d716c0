/* A connection without a socket, for golden tests: bytes in, bytes out, and a clock that the test turns. */
#ifndef VT_TEST_WIRE_H
#define VT_TEST_WIRE_H

#include "net/conn.h"
#include "net/loop_state.h"

#include "echo_routes.h"

enum { WIRE_OUT_BYTES_MAX = 64 << 20 };

typedef struct test_wire {
    vt_loop loop;
    vt_router *router;
    vt_conn conn;
    vt_buf out;
    bool is_blocked; /* the peer takes nothing */
    bool is_closed;
} test_wire;

/* A connection to the echo routes at time 0 of both clocks, with the limits given or the default ones. */
test_wire *wire_open(const vt_server_limits *limits);
void wire_close(test_wire *wire);

/* Feeds bytes and takes what comes out, as the socket does in one turn. */
void wire_feed(test_wire *wire, vt_slice bytes);
void wire_eof(test_wire *wire);

/* Takes what waits. */
void wire_flush(test_wire *wire);

/* Lets time pass and runs what is due, in steps of 10 ms. */
void wire_pass(test_wire *wire, int64_t ms);

#endif

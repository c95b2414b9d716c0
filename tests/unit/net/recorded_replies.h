/* Stands in for the connections: records what handlers answer, and runs posted tasks when told to. One thread. */
#ifndef VT_TEST_RECORDED_REPLIES_H
#define VT_TEST_RECORDED_REPLIES_H

#include "base/buf.h"
#include "net/loop.h"
#include "net/stream.h"

enum { RECORDED_SLOTS = 128, RECORDED_MESSAGES = 8, RECORDED_BYTES_MAX = 65536 };

typedef struct recorded {
    bool is_open;
    bool is_ended;
    bool is_silent; /* it may be without messages */
    int status;     /* HTTP or gRPC; -1 until there is one */
    char header_name[64];
    char header_value[64];
    char content_type[64];
    vt_buf body; /* of the HTTP answer, or the unary gRPC message */
    uint32_t messages_count;
    vt_buf messages[RECORDED_MESSAGES]; /* of a stream */
} recorded;

/* Forgets everything. */
void recorded_clear(void);

/* A new open reply of the loop with that index (0 or 1). */
vt_reply recorded_reply(uint32_t loop);

/* What was answered to it. */
recorded *recorded_at(vt_reply reply);

/* Runs the tasks that were posted to the loop; how many. */
uint32_t recorded_run_tasks(uint32_t loop);

/* Makes every vt_stream_write fail; VT_OK for none. */
void recorded_fail_writes(vt_err err);

#endif

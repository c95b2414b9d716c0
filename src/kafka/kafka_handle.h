/* The end of a consumer of librdkafka, which nobody waits for without a limit. */
#ifndef VT_KAFKA_KAFKA_HANDLE_H
#define VT_KAFKA_KAFKA_HANDLE_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

enum { VT_KAFKA_HANDLE_CLOSE_MS = 3000 };

/* Destroys `handle` on a thread of its own and waits for that, for VT_KAFKA_HANDLE_CLOSE_MS at most. A member leaves
 * its group before (rd_kafka_consumer_close_queue): the group is not waited for again. What the handle gave out
 * (topics, queues, messages) must be given back before. True: it is gone; so is NULL.
 *
 * False: it is left to the end of the process, and a warning says so. librdkafka 2.0.2 waits for ever for a thread when
 * it lost count of who uses a partition, which happens when its topic was deleted. What the handle's callbacks use must
 * not be freed then. */
bool vt_kafka_handle_close(rd_kafka_t *handle);

#endif

/* Stands between a client and a server on 127.0.0.1, and loses one answer, or one request. */
#ifndef VT_TESTS_COUNT_RELAY_H
#define VT_TESTS_COUNT_RELAY_H

#include <stdint.h>

typedef struct relay relay;

/* Takes one connection after the other, on a thread of its own, and hands bytes over, both ways. The first answer that
 * begins with `first` and comes after a request with `word` in it is not handed over: that connection is cut. With 0 as
 * `first` it is the request that is not. */
relay *relay_open(uint16_t server_port, const char *word, char first);
uint16_t relay_port(const relay *self);
/* The client must have closed its connections. Returns how much was lost: 1 or 0. */
int relay_close(relay *self);

#endif

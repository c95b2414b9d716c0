/* Ports of 127.0.0.1 for servers that are started, killed and started again. */
#ifndef VT_TESTS_PORT_KIT_H
#define VT_TESTS_PORT_KIT_H

#include <stdint.h>

/* A port that nobody listens on. It lies below the range from which the system takes the ports of outgoing
 * connections, so that none of these can sit on it while the server is not there. Fails the test when there is none. */
uint16_t port_kit_free(void);

#endif

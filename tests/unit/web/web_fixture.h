/* What the tests of the routes share: one server over fake stores, and clients that ask it. */
#ifndef VT_TESTS_WEB_WEB_FIXTURE_H
#define VT_TESTS_WEB_WEB_FIXTURE_H

#include "fake_stores.h"
#include "http_client.h"
#include "net/server.h"
#include "web/web.h"

extern fake_stores stores;
extern vt_contest contest;
extern bool posts_elsewhere; /* read at the start */
extern vt_metrics *metrics;
extern vt_server *server;
extern http_client client; /* of web_fetch; the others are as the test likes */
extern http_client second;

/* Stores and a contest, which the test may change before it starts the server. */
int web_set_up(void **state);
int web_tear_down(void **state);

void web_start(vt_web_limits limits, uint32_t threads);
void web_start_default(void);

/* A whole answer: the status; the rest is asked of what stands in `client`. */
int web_fetch(const char *target);
int web_fetch_with(const char *target, const char *headers);
const char *web_body(void);
bool web_has_header(const char *line);

/* Sends a request, and waits for the status of its answer. */
void web_ask(http_client *asker, const char *target);
int web_answered(http_client *asker);

/* Becomes a viewer; `receive_bytes` as in http_client_open. Then waits for a result with so many votes. */
void web_open_stream(http_client *viewer, int receive_bytes);
void web_expect_total(http_client *viewer, int total);

/* Waits until this line stands in the metrics. */
void web_wait_for_metric(const char *line);

#endif

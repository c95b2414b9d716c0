/* A ledger in Kafka and the stores that are derived from it, for commands that work on them and end: `verify` and
 * `rebuild`. */
#ifndef VT_CMD_TOPIC_STORES_H
#define VT_CMD_TOPIC_STORES_H

#include "cmd/progress.h"
#include "cmd/topic.h"
#include "contest/definition.h"
#include "mongo/mongo_url.h"
#include "redis/redis_client.h"
#include "votelog/log_writer.h"

/* Must stay where it is. */
typedef struct vt_topic_stores {
    vt_service service;
    vt_topic topic;
    vt_definition *definition; /* the newest version in the ledger */
    uint32_t votes_per_voter;  /* 0: no limit */
    vt_redis_url redis_url;
    vt_redis *redis; /* NULL: the settings name no tally */
    vt_mongo_url mongo_url;
    vt_log_writer *log; /* NULL: the settings name no vote log */
    vt_progress_bar bar;
    bool is_stopped;                  /* a signal came */
    char said[VT_SERVICE_REASON_MAX]; /* what is waited for, as it was said last */
} vt_topic_stores;

/* Opens what the settings name, and keeps signals for vt_topic_stores_show. Waits for Kafka, at most VT_PATIENCE_MS and
 * one attempt, and says on standard error what for; the stores are not asked yet. Close it also after an error:
 * `reason` says then what is wrong. Errors of vt_topic_connect and vt_contest_read, VT_ERR_BAD_CONFIG, VT_ERR_SYSTEM,
 * VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_topic_stores_open(const vt_config *config, vt_topic_stores *out,
                                          char reason[VT_SERVICE_REASON_MAX]);
void vt_topic_stores_close(vt_topic_stores *stores);

/* Shows the progress; `context` is the vt_topic_stores. False once a signal has come: the command is to end. */
bool vt_topic_stores_show(void *context, int64_t done, int64_t total);

/* Says on standard error why the command could not do its work; the process's exit code. */
int vt_topic_stores_failed(const vt_topic_stores *stores, const char *reason);

#endif

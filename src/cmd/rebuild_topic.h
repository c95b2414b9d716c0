/* `votaton rebuild` from a ledger in Kafka. */
#ifndef VT_CMD_REBUILD_TOPIC_H
#define VT_CMD_REBUILD_TOPIC_H

#include "cmd/config.h"

/* Derives the stores that the settings name anew from the ledger that they name. The process's exit code. */
int vt_rebuild_topic_command(const vt_config *config);

#endif

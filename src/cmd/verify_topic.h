/* `votaton verify` of a ledger in Kafka. */
#ifndef VT_CMD_VERIFY_TOPIC_H
#define VT_CMD_VERIFY_TOPIC_H

#include "cmd/config.h"

/* Recounts the ledger that the settings name, compares the stores that they name with it and prints what it found. The
 * process's exit code. */
int vt_verify_topic_command(const vt_config *config);

#endif

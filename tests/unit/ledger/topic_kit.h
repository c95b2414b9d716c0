/* A ledger's topic with numbered votes in it, for the tests of those who consume it. */
#ifndef VT_TESTS_LEDGER_TOPIC_KIT_H
#define VT_TESTS_LEDGER_TOPIC_KIT_H

#include "kafka_kit.h"

#include "vote/record.h"

enum { TOPIC_KIT_NAME_MAX = 64 };

typedef struct topic_kit {
    vt_kafka_target target;
    rd_kafka_t *handle; /* to ask and to administer with */
    char group[TOPIC_KIT_NAME_MAX];
    vt_id ledger_id;
    int32_t partitions;
} topic_kit;

/* Makes a topic and thinks of a group that nobody else uses; skips the test when there is no broker. */
void topic_kit_open(topic_kit *kit, int32_t partitions);

/* Deletes the topic, and <topic>.dead if it is there. */
void topic_kit_close(topic_kit *kit);

/* Appends votes: the one at offset N of partition P, if nothing else stands there, is for "Band <P>-<first + N>". */
void topic_kit_votes(const topic_kit *kit, int32_t partition, int first, int count);

/* Appends a record that cannot be read as a vote. */
void topic_kit_garbage(const topic_kit *kit, int32_t partition, vt_slice key, vt_slice value);

/* Deletes the topic and makes it anew, empty. */
void topic_kit_remake(const topic_kit *kit);

/* Deletes the records before `offset`, as retention would. */
void topic_kit_delete_before(const topic_kit *kit, int32_t partition, int64_t offset);

/* The group's offset; -1: none. */
int64_t topic_kit_committed(const topic_kit *kit, int32_t partition);

#endif

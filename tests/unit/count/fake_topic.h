/* A ledger of one partition in memory, as far as reading goes: what a recount reads. */
#ifndef VT_TESTS_FAKE_TOPIC_H
#define VT_TESTS_FAKE_TOPIC_H

#include "ledger/ledger.h"

typedef struct fake_topic {
    vt_ledger ledger; /* first */
    vt_ledger_row *rows;
    size_t count;
    size_t max;
    size_t reads; /* records that were read, all readings together */
} fake_topic;

/* For at most `max` records. */
void fake_topic_init(fake_topic *topic, size_t max);
void fake_topic_release(fake_topic *topic);

/* What a record is made of. Numbers stand for identities, voters and contents; 0: none. */
typedef struct fake_record {
    int64_t offset; /* behind the last one */
    uint64_t id;    /* 0: anonymous */
    uint64_t voter;
    uint32_t band;
    uint32_t album;
    uint32_t points;
    bool is_bad;
} fake_record;

/* Adds a record at the end and returns it. */
vt_ledger_row *fake_topic_add(fake_topic *topic, const fake_record *record);

#endif

/* Members of a consumer group, and what they saw. */
#ifndef VT_TESTS_LEDGER_MEMBER_KIT_H
#define VT_TESTS_LEDGER_MEMBER_KIT_H

#include "topic_kit.h"

#include "base/clock.h"
#include "ledger/ledger_group.h"

enum { PARTITIONS_MAX = 4, ROWS_MAX = 700, POLL_MS = 50, QUIET_POLLS = 20, SESSION_MS = 6000 };

typedef struct member {
    vt_ledger_group *group;
    bool is_assigned[PARTITIONS_MAX];
    int64_t expected[PARTITIONS_MAX]; /* the offset that must come next */
    int assigned;
    int revoked;
    vt_ledger_row rows[ROWS_MAX];
    vt_err err; /* of the last poll */
    int32_t partition;
} member;

/* Of the test that runs, from members_set_up to members_tear_down, which closes what is open. */
extern topic_kit kit;
extern member one;
extern member two;

int members_set_up(void **state);
int members_tear_down(void **state);

/* What a group calls; the context is the member. */
void member_assigned(void *context, int32_t partition);
void member_revoked(void *context, int32_t partition);

/* Joins kit.group; `instance` NULL: not static. */
void member_join(member *self, const char *instance);
void member_leave(member *self);

/* One poll; each row must be the one that is expected. Returns how many there were. */
size_t member_poll_some(member *self, size_t rows_max);
size_t member_poll(member *self);

/* How many partitions it has now. */
int member_partitions(const member *self);

/* Each polls until then, and fails after KAFKA_KIT_TIMEOUT_MS. */
int64_t member_deadline(void);
void member_poll_until_assigned(member *self, int partitions);
void member_poll_until_at(member *self, int32_t partition, int64_t next);
void member_poll_until_err(member *self, vt_err err);

/* From where it is to read, and what it expects then. */
void member_seek(member *self, int32_t partition, int64_t next);

#endif

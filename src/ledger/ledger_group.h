/* A member of a consumer group over the partitions of a Kafka ledger.
 *
 * One thread owns a member and calls everything. Where reading starts is never Kafka's to say: the owner names the
 * position when a partition was assigned, from the store that it derives.
 *
 * The group only says which partitions are ours. What is read of them is told to librdkafka as one list of (partition,
 * offset), made anew at each seek and pause: its assign() makes everything that was fetched before void before it
 * returns, which seek() after an error and pause() beside assign() do not promise.
 *
 * Memory: fetched records wait in one queue, which asks for more below VT_LEDGER_GROUP_BACKLOG_KIB and
 * VT_LEDGER_GROUP_BACKLOG_RECORDS; what is on its way then comes on top, at most VT_LEDGER_GROUP_FETCH_KIB for each
 * broker (as sent: compressed records take more). librdkafka's own share is about 0.4 KiB a record.
 */
#ifndef VT_LEDGER_LEDGER_GROUP_H
#define VT_LEDGER_LEDGER_GROUP_H

#include "kafka/kafka_conf.h"
#include "ledger/ledger.h"

enum {
    VT_LEDGER_GROUP_BACKLOG_KIB = 32 * 1024,
    VT_LEDGER_GROUP_BACKLOG_RECORDS = 50000,
    VT_LEDGER_GROUP_FETCH_KIB = 4 * 1024,
    VT_LEDGER_GROUP_REASON_MAX = 512,
};

typedef struct vt_ledger_group vt_ledger_group;

typedef struct vt_ledger_group_options {
    const vt_kafka_target *target; /* borrowed until close */
    const char *group;             /* group.id */
    const char *instance;          /* group.instance.id (static membership), or NULL */
    vt_id ledger_id;
    int32_t partitions;          /* that the contest was made for */
    uint32_t session_timeout_ms; /* 6,000..10,000 is usual */
    void *context;
    /* Both are called inside of vt_ledger_group_poll, never by vt_ledger_group_close. An assigned partition gives
     * nothing until vt_ledger_group_seek; a revoked one gives nothing any more. */
    void (*assigned)(void *context, int32_t partition);
    void (*revoked)(void *context, int32_t partition);
} vt_ledger_group_options;

/* The caller owns *out. On error `reason` says why: VT_ERR_BAD_CONFIG, VT_ERR_SYSTEM, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_ledger_group_open(const vt_ledger_group_options *options, vt_ledger_group **out,
                                          char reason[VT_KAFKA_REASON_MAX]);

/* The next record that vt_ledger_group_poll gives of this assigned partition is the first at or behind `next` (>= 0).
 * What was fetched before, of other partitions too, is dropped and fetched again: seek several between two polls rather
 * than one by one. VT_ERR_GONE: the partition is not ours. */
VT_MUST_CHECK vt_err vt_ledger_group_seek(vt_ledger_group *group, int32_t partition, int64_t next);

/* Stops giving records of the partition until the next seek; the membership stays. */
void vt_ledger_group_pause(vt_ledger_group *group, int32_t partition);

/* Waits at most `timeout_ms` for records and gives up to `rows_max` of one partition, in order; *count 0: none. Records
 * of several partitions take turns. Must be called at least every few seconds also when no record can be used
 * (max.poll.interval). raw_key and raw_value of rows live until the next call. VT_ERR_BUSY (the brokers are away: call
 * again), VT_ERR_GONE (*partition is set: the position that was asked for is not in the log any more), VT_ERR_IN_USE
 * (another member took our group.instance.id), VT_ERR_SYSTEM (for good; vt_ledger_group_reason says why). */
VT_MUST_CHECK vt_err vt_ledger_group_poll(vt_ledger_group *group, int timeout_ms, vt_ledger_row *rows, size_t rows_max,
                                          size_t *count, int32_t *partition);

/* How often the group told this member which partitions are its own, none included; 0: it has not joined yet. */
uint64_t vt_ledger_group_rebalances(const vt_ledger_group *group);

/* The first offset of a partition that still exists and the one behind its last record, asked for now (deadline: 2 s).
 * VT_ERR_BUSY, also for a topic that does not exist; VT_ERR_SYSTEM (the brokers refuse us). */
VT_MUST_CHECK vt_err vt_ledger_group_bounds(vt_ledger_group *group, int32_t partition, int64_t *first, int64_t *end);

/* Why the last call failed, one line; lives until the next call. */
const char *vt_ledger_group_reason(const vt_ledger_group *group);

/* Every record of the partition before this offset was given. Offsets at the end of a log may hold no record (markers
 * and aborted records of transactions): this is behind them, too, once the end was reached. -1: not read now. Asks no
 * broker, and neither does the next one. */
int64_t vt_ledger_group_read_until(const vt_ledger_group *group, int32_t partition);

/* How far the end of the log is from there; -1 while it is not known. */
int64_t vt_ledger_group_lag(const vt_ledger_group *group, int32_t partition);

/* Writes the position to the group, for lag dashboards only; does not wait. */
void vt_ledger_group_commit(vt_ledger_group *group, int32_t partition, int64_t next);

/* Leaves the group (a static member stays in it until its session ends) and frees; waits at most 2 s for the brokers.
 * Accepts NULL. */
void vt_ledger_group_close(vt_ledger_group *group);

#endif

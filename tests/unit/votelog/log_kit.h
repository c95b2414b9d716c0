/* Rows of a ledger of many partitions, and a vote log in MongoDB to put them into. */
#ifndef VT_TESTS_VOTELOG_LOG_KIT_H
#define VT_TESTS_VOTELOG_LOG_KIT_H

#include "kit.h"
#include "mongo_kit.h"

#include "votelog/log_writer.h"
#include "votelog/votelog.h"

/* Record `number` of the partition, at that offset; the band is "common", the append time rises with the offset. */
vt_ledger_row log_kit_row(int32_t partition, int64_t number);
/* Makes `count` of them, from `first` on. */
void log_kit_rows(vt_ledger_row *rows, int32_t partition, int64_t first, size_t count);

typedef struct log_kit {
    vt_mongo_url url;
    vt_id ledger_id;
    mongo_shell shell;
    vt_log_writer *writer;
    mongo_server server; /* where the test has one of its own */
} log_kit;

/* A database of its own on the server that MONGO names; the writer is prepared. Skips the test without MONGO. */
void log_kit_init(log_kit *self);
/* The same on a server of its own. */
void log_kit_init_own(log_kit *self);
void log_kit_release(log_kit *self);

/* Another writer of the same log. */
vt_log_writer *log_kit_writer(const log_kit *self);
/* A reader of it. */
vt_votelog *log_kit_reader(const log_kit *self);

/* Loads, and makes the position at `next` where there is none. */
vt_log_position log_kit_load(vt_log_writer *writer, int32_t partition, int64_t next);

/* Changes or deletes the document of a position as somebody with a shell might: `change` is JSON, or NULL to delete. */
void log_kit_tamper(const log_kit *self, vt_position position, const char *change);
/* How many documents the partition has. */
int64_t log_kit_count(const log_kit *self, int32_t partition);
/* Inserts a document of JSON, with the _id of `position`. */
void log_kit_insert(const log_kit *self, vt_position position, const char *json);

#endif

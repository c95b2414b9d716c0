#include "kit.h"

#include "base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

void kit_directory(char path[KIT_PATH_MAX]) {
    snprintf(path, KIT_PATH_MAX, "/tmp/votaton-test-XXXXXX");
    assert_non_null(mkdtemp(path));
}

void kit_path(char out[KIT_PATH_MAX], const char *dir, const char *file) {
    assert_true(snprintf(out, KIT_PATH_MAX, "%s/%s", dir, file) < KIT_PATH_MAX);
}

void kit_remove(const char *path) {
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char file[2 * KIT_PATH_MAX + 256];
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        unlink(file);
    }
    closedir(dir);
    rmdir(path);
}

static void done(vt_sink *sink, vt_append *chain) {
    kit_sink *to = (kit_sink *) sink;
    pthread_mutex_lock(&to->lock);
    to->calls++;
    for (; chain != NULL; chain = chain->next) {
        to->answered++;
    }
    pthread_cond_broadcast(&to->moved);
    pthread_mutex_unlock(&to->lock);
}

void kit_sink_init(kit_sink *sink) {
    *sink = (kit_sink){.sink = {done}};
    pthread_mutex_init(&sink->lock, NULL);
    pthread_cond_init(&sink->moved, NULL);
}

void kit_sink_wait(kit_sink *sink, size_t answered) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += KIT_WAIT_MS / 1000;
    int code = 0;
    pthread_mutex_lock(&sink->lock);
    while (sink->answered < answered && code == 0) {
        code = pthread_cond_timedwait(&sink->moved, &sink->lock, &until);
    }
    size_t found = sink->answered;
    pthread_mutex_unlock(&sink->lock);
    assert_int_equal(found, answered);
}

vt_id kit_id(uint64_t number) {
    vt_id id = {{0x01, 0x90}};
    for (size_t i = 0; i < 8; i++) {
        id.bytes[VT_ID_LEN - 1 - i] = (uint8_t) (number >> (8 * i));
    }
    return id;
}

void kit_vote(vt_append *item, kit_sink *sink, uint64_t number, const char *name, const char *album) {
    *item = (vt_append){.sink = sink == NULL ? NULL : &sink->sink, .err = VT_ERR_INTERNAL};
    vt_vote vote = {0};
    vote.text[VT_FIELD_NAME] = vt_slice_str(name);
    vote.text[VT_FIELD_ALBUM] = vt_slice_str(album);
    vote.text[VT_FIELD_YEAR] = VT_SLICE("1994");
    vote.text[VT_FIELD_RANK] = VT_SLICE("7");
    vt_record_set_vote(&item->record, &vote);
    item->record.id = kit_id(number);
    item->record.at_ms = 1800000000000 + (int64_t) number;
}

void kit_voter(vt_append *item, uint64_t voter) {
    item->record.has_voter = true;
    item->record.voter = kit_id(voter ^ UINT64_C(0x5555555555555555));
}

void kit_append(vt_ledger *ledger, kit_sink *sink, vt_append *items, size_t count) {
    enum { CHUNK = 1000 };
    vt_append *chunk[CHUNK];
    size_t sent = 0;
    size_t before = sink->answered;
    while (sent < count) {
        size_t len = count - sent < CHUNK ? count - sent : CHUNK;
        for (size_t i = 0; i < len; i++) {
            chunk[i] = &items[sent + i];
        }
        assert_int_equal(vt_ledger_append(ledger, chunk, len), VT_OK);
        sent += len;
        kit_sink_wait(sink, before + sent);
    }
}

void kit_append_one(vt_ledger *ledger, vt_append *item) {
    kit_sink sink;
    kit_sink_init(&sink);
    item->sink = &sink.sink;
    kit_append(ledger, &sink, item, 1);
    pthread_mutex_destroy(&sink.lock);
    pthread_cond_destroy(&sink.moved);
}

static void on_fatal(void *context, vt_err err, const char *reason) {
    test_kit *self = context;
    self->fatal = err;
    snprintf(self->fatal_reason, sizeof self->fatal_reason, "%s", reason);
    self->fatal_calls++;
}

void kit_init(test_kit *self) {
    *self =
        (test_kit){.group_records_max = VT_LEDGER_GROUP_RECORDS_MAX, .queue_records_max = VT_LEDGER_QUEUE_RECORDS_MAX};
    kit_directory(self->dir);
}

void kit_open(test_kit *self) {
    char reason[VT_STORE_REASON_MAX] = "";
    if (vt_store_open(self->dir, VT_STORE_SERVE, &self->store, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
    assert_int_equal(vt_metrics_open(&self->metrics), VT_OK);
    assert_int_equal(vt_health_open(&self->health), VT_OK);
    vt_ledger_sqlite_options options = {.queue_records_max = self->queue_records_max,
                                        .group_records_max = self->group_records_max,
                                        .metrics = self->metrics,
                                        .health = self->health,
                                        .on_fatal = on_fatal,
                                        .context = self};
    assert_int_equal(vt_tally_sqlite_open(self->store, &self->tally), VT_OK);
    assert_int_equal(vt_ledger_sqlite_open(self->store, &options, &self->ledger), VT_OK);
    assert_int_equal(vt_ledger_set_fold(self->ledger, vt_tally_sqlite_fold, self->tally), VT_OK);
}

void kit_close(test_kit *self) {
    vt_ledger_close(self->ledger);
    vt_tally_close(self->tally);
    vt_store_close(self->store);
    vt_metrics_close(self->metrics);
    vt_health_close(self->health);
    self->ledger = NULL;
    self->tally = NULL;
    self->store = NULL;
    self->metrics = NULL;
    self->health = NULL;
}

void kit_release(test_kit *self) {
    if (self->store != NULL) {
        kit_close(self);
    }
    kit_remove(self->dir);
}

static sqlite3 *connect_raw(const test_kit *self) {
    char path[KIT_PATH_MAX];
    sqlite3 *db = NULL;
    kit_path(path, self->dir, "votes.db");
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

void kit_tamper(const test_kit *self, const char *sql) {
    sqlite3 *db = connect_raw(self);
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s", message);
    }
    sqlite3_close(db);
}

int64_t kit_number(const test_kit *self, const char *sql) {
    sqlite3 *db = connect_raw(self);
    int64_t number = 0;
    assert_int_equal(vt_sql_number(db, sql, &number), VT_OK);
    sqlite3_close(db);
    return number;
}

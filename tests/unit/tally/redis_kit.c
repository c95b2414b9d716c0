#include "redis_kit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

bool redis_kit_has_server(void) {
    return getenv("REDIS") != NULL;
}

static void needs_a_server(void **state) {
    (void) state;
    print_message("skipped: REDIS names no server (redis://127.0.0.1:6379)\n");
    skip();
}

int redis_kit_skip(const char *group) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(needs_a_server)};
    return cmocka_run_group_tests_name(group, tests, NULL, NULL);
}

void redis_kit_init(redis_kit *self, int32_t partitions) {
    assert_true(partitions <= REDIS_KIT_PARTITIONS_MAX);
    *self = (redis_kit){.partitions = partitions, .ledger_id = {{0x1e, 0, 0xff}}};
    signal(SIGPIPE, SIG_IGN);
    self->url = server_kit_shared();
    self->raw = redisConnect(self->url.host, self->url.port);
    assert_true(self->raw != NULL && self->raw->err == 0);
    self->redis = server_kit_open(&self->url);
}

void redis_kit_begin(redis_kit *self, int64_t first) {
    for (int32_t i = 0; i < self->partitions; i++) {
        vt_fence_options options = {.redis = self->redis, .partition = i, .ledger_id = self->ledger_id};
        vt_fence_state state;
        assert_int_equal(vt_fence_open(&options, &self->fences[i]), VT_OK);
        assert_int_equal(vt_fence_load(self->fences[i], &state), VT_OK);
        assert_false(state.exists);
        assert_int_equal(vt_fence_create(self->fences[i], first), VT_OK);
        self->next[i] = first;
    }
}

static void delete_keys(redis_kit *self, const char *pattern) {
    redisReply *keys = redis_kit_command(self, "KEYS %s", pattern);
    for (size_t i = 0; i < keys->elements; i++) {
        redis_kit_run(self, "UNLINK %b", keys->element[i]->str, keys->element[i]->len);
    }
    freeReplyObject(keys);
}

void redis_kit_release(redis_kit *self) {
    char pattern[sizeof self->url.key + 8];
    snprintf(pattern, sizeof pattern, "%s*", self->url.key);
    delete_keys(self, pattern);
    snprintf(pattern, sizeof pattern, "{%s}:*", self->url.key);
    delete_keys(self, pattern);
    for (int32_t i = 0; i < self->partitions; i++) {
        vt_fence_close(self->fences[i]);
    }
    vt_redis_close(self->redis);
    redisFree(self->raw);
}

static void apply(redis_kit *self, int32_t partition, const vt_ledger_row *rows, size_t count) {
    vt_fence_outcome outcome;
    assert_int_equal(vt_fence_apply(self->fences[partition], rows, count, &outcome), VT_OK);
    assert_int_equal(outcome.next, self->next[partition]);
}

void redis_kit_fold(redis_kit *self, int32_t partition, vt_ledger_row *row) {
    row->position = (vt_position){partition, self->next[partition]++};
    apply(self, partition, row, 1);
}

void redis_kit_append(redis_kit *self, vt_append *items, size_t count) {
    vt_ledger_row *rows = calloc(VT_FENCE_RECORDS_MAX, sizeof *rows);
    for (int32_t partition = 0; partition < self->partitions; partition++) {
        size_t rows_count = 0;
        for (size_t i = 0; i < count; i++) {
            if (items[i].record.id.bytes[VT_ID_LEN - 1] % self->partitions != partition) {
                continue;
            }
            items[i].position = (vt_position){partition, self->next[partition]++};
            rows[rows_count++] = (vt_ledger_row){.record = items[i].record, .position = items[i].position};
            if (rows_count == VT_FENCE_RECORDS_MAX) {
                apply(self, partition, rows, rows_count);
                rows_count = 0;
            }
        }
        if (rows_count > 0) {
            apply(self, partition, rows, rows_count);
        }
    }
    free(rows);
}

static redisReply *run(redis_kit *self, const char *format, va_list arguments) {
    redisReply *reply = redisvCommand(self->raw, format, arguments);
    assert_non_null(reply);
    if (reply->type == REDIS_REPLY_ERROR) {
        fail_msg("%s: %s", format, reply->str);
    }
    return reply;
}

redisReply *redis_kit_command(redis_kit *self, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = run(self, format, arguments);
    va_end(arguments);
    return reply;
}

void redis_kit_run(redis_kit *self, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    freeReplyObject(run(self, format, arguments));
    va_end(arguments);
}

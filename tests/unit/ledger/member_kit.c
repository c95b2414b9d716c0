#include "member_kit.h"

topic_kit kit;
member one;
member two;

void member_assigned(void *context, int32_t partition) {
    member *self = context;
    assert_false(self->is_assigned[partition]);
    self->is_assigned[partition] = true;
    self->assigned++;
}

void member_revoked(void *context, int32_t partition) {
    member *self = context;
    assert_true(self->is_assigned[partition]);
    self->is_assigned[partition] = false;
    self->revoked++;
}

void member_join(member *self, const char *instance) {
    char reason[VT_KAFKA_REASON_MAX] = "";
    memset(self, 0, sizeof *self);
    vt_ledger_group_options options = {.target = &kit.target,
                                       .group = kit.group,
                                       .instance = instance,
                                       .ledger_id = kit.ledger_id,
                                       .partitions = kit.partitions,
                                       .session_timeout_ms = SESSION_MS,
                                       .context = self,
                                       .assigned = member_assigned,
                                       .revoked = member_revoked};
    if (vt_ledger_group_open(&options, &self->group, reason) != VT_OK) {
        fail_msg("%s", reason);
    }
}

void member_leave(member *self) {
    vt_ledger_group_close(self->group);
    self->group = NULL;
}

size_t member_poll_some(member *self, size_t rows_max) {
    size_t count;
    self->err = vt_ledger_group_poll(self->group, POLL_MS, self->rows, rows_max, &count, &self->partition);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(self->rows[i].position.partition, self->partition);
        assert_true(self->is_assigned[self->partition]);
        assert_int_equal(self->rows[i].position.offset, self->expected[self->partition]);
        self->expected[self->partition]++;
    }
    return count;
}

size_t member_poll(member *self) {
    return member_poll_some(self, ROWS_MAX);
}

int64_t member_deadline(void) {
    return vt_clock_monotonic_ns() + (int64_t) KAFKA_KIT_TIMEOUT_MS * 1000000;
}

int member_partitions(const member *self) {
    int count = 0;
    for (int i = 0; i < PARTITIONS_MAX; i++) {
        count += self->is_assigned[i];
    }
    return count;
}

void member_poll_until_assigned(member *self, int partitions) {
    int64_t deadline_ns = member_deadline();
    while (member_partitions(self) != partitions) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        member_poll(self);
    }
}

void member_poll_until_at(member *self, int32_t partition, int64_t next) {
    int64_t deadline_ns = member_deadline();
    while (self->expected[partition] < next) {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        member_poll(self);
        assert_int_equal(self->err, VT_OK);
    }
}

void member_poll_until_err(member *self, vt_err err) {
    int64_t deadline_ns = member_deadline();
    do {
        assert_true(vt_clock_monotonic_ns() < deadline_ns);
        assert_int_equal(member_poll(self), 0);
    } while (self->err != err);
}

void member_seek(member *self, int32_t partition, int64_t next) {
    assert_int_equal(vt_ledger_group_seek(self->group, partition, next), VT_OK);
    self->expected[partition] = next;
}

int members_set_up(void **state) {
    (void) state;
    memset(&kit, 0, sizeof kit);
    one.group = two.group = NULL;
    return 0;
}

int members_tear_down(void **state) {
    (void) state;
    member_leave(&one);
    member_leave(&two);
    if (kit.handle != NULL) {
        topic_kit_close(&kit);
    }
    return 0;
}

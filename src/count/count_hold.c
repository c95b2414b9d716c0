#include "count/count_hold.h"

#include "base/clock.h"
#include "obs/log.h"

#include <stdio.h>

enum { WAIT_MIN_MS = 100, WAIT_MAX_MS = 2000 };

void vt_count_hold_end(vt_count_hold *hold) {
    if (hold->is_on) {
        hold->is_on = false;
        vt_count_status_set(hold->status, hold->place, hold->need, NULL);
        vt_log(VT_LOG_INFO, "worker_goes_on", VT_LOG_STR("store", hold->store));
    }
    hold->wait_ms = 0;
    hold->until_ns = 0;
}

static void tell(const vt_count_hold *hold, const char *reason) {
    char since[VT_ISO8601_LEN + 1];
    char text[VT_HEALTH_REASON_MAX];
    vt_clock_format_iso8601(hold->since_ms, since);
    snprintf(text, sizeof text, "away since %s: %s", since, reason);
    vt_count_status_set(hold->status, hold->place, hold->need, text);
}

void vt_count_hold_begin(vt_count_hold *hold, vt_count_need need, const char *reason) {
    if (!hold->is_on || hold->need != need) {
        vt_count_hold_end(hold);
        hold->is_on = true;
        hold->need = need;
        hold->since_ms = vt_clock_wall_ms();
        vt_log(VT_LOG_WARN, "worker_waits", VT_LOG_STR("store", hold->store), VT_LOG_STR("reason", reason));
    }
    tell(hold, reason);
    uint32_t wait_ms = hold->wait_ms == 0 ? WAIT_MIN_MS : hold->wait_ms * 2;
    hold->wait_ms = wait_ms < WAIT_MAX_MS ? wait_ms : WAIT_MAX_MS;
    hold->until_ns = vt_clock_deadline_ns(hold->wait_ms);
}

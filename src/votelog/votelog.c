#include "votelog/votelog.h"

vt_err vt_votelog_list(vt_votelog *log, const vt_votelog_query *query, vt_votelog_row *rows, uint32_t *count) {
    return log->backend->list(log, query, rows, count);
}

vt_err vt_votelog_find(vt_votelog *log, const vt_id *id, vt_votelog_row *out) {
    return log->backend->find(log, id, out);
}

void vt_votelog_close(vt_votelog *log) {
    if (log != NULL) {
        log->backend->close(log);
    }
}

/* A page of the vote log in MongoDB: the newest votes, without repeated records. */
#ifndef VT_VOTELOG_LOG_PAGE_H
#define VT_VOTELOG_LOG_PAGE_H

#include "votelog/log_access.h"
#include "votelog/votelog.h"

/* vt_votelog_list for MongoDB; VT_ERR_SYSTEM instead of VT_ERR_IO.
 *
 * The newest keys are read, in the order of an index; those whose vote has an earlier record are dropped; that goes on
 * behind them until the page is full, the log ends or VT_LOG_QUERIES_MAX queries are made. Then the documents of the
 * page are read. A page without repeats takes three queries, four with a cursor. */
VT_MUST_CHECK vt_err vt_log_page_read(vt_log_access *access, const vt_votelog_query *query, vt_votelog_row *rows,
                                      uint32_t *count);

#endif

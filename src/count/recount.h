/* The part of the recount that goes through the ledger, record by record. */
#ifndef VT_COUNT_RECOUNT_H
#define VT_COUNT_RECOUNT_H

#include "count/sums.h"
#include "count/verify.h"

typedef struct vt_recount vt_recount;

/* What the recount is about; all of it is borrowed until vt_recount_close. */
typedef struct vt_recount_input {
    sqlite3 *db;              /* a connection for reading */
    vt_id ledger_id;          /* where the chain begins */
    int64_t tally_position;   /* `sums` takes the records up to here */
    vt_sums *sums;            /* empty */
    vt_verify_report *report; /* differences; records, votes and points are counted */
} vt_recount_input;

/* The caller owns *out. VT_ERR_NO_MEMORY, errors of vt_sql_err. */
VT_MUST_CHECK vt_err vt_recount_open(const vt_recount_input *input, vt_recount **out);
void vt_recount_close(vt_recount *recount); /* accepts NULL */

/* Checks the records behind the last page, up to `until`, in one short read. *position: how far it is, `until` at the
 * end. Errors of vt_sql_err. */
VT_MUST_CHECK vt_err vt_recount_page(vt_recount *recount, int64_t until, int64_t *position);

/* The link of the record at the tally's position (of position 0: the ledger's id), once the recount has been there. */
vt_id vt_recount_link(const vt_recount *recount);

/* How many records have a voter. */
uint64_t vt_recount_with_voter(const vt_recount *recount);

#endif

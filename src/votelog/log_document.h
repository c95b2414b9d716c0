/* A ledger's record as a document of the vote log, both ways. votelog_mongo.h has the layout. */
#ifndef VT_VOTELOG_LOG_DOCUMENT_H
#define VT_VOTELOG_LOG_DOCUMENT_H

#include "ledger/ledger.h"

#include <mongoc/mongoc.h>

/* Initialises a document (bson_destroy) of less than 2 kB. `row` is readable. */
void vt_log_document_init(bson_t *document, const vt_ledger_row *row, const vt_id *ledger_id);

/* Reads a document that may come from anywhere: id, fingerprint, texts, points, at_ms, position and appended_ms; the
 * rest of *out is zero. The fingerprint is not compared with the texts. VT_ERR_CORRUPT: it has another shape, or texts
 * that no vote can have. */
VT_MUST_CHECK vt_err vt_log_document_read(const bson_t *document, const vt_id *ledger_id, vt_ledger_row *out);

#endif

/* One request with votes in it, and its votes on their way through the ledger.
 *
 *   request ──► vt_call ──► vt_item ─┐
 *                  ▲    └─► vt_item ─┤ vt_ledger_append
 *                  │                 ▼
 *   reply ◄── pending == 0 ◄──── vt_sink ◄── ledger's group
 *
 * Calls and items come from the pools of their loop's intake (intake.h) and never leave its thread, but for the record
 * inside of an item while the ledger borrows it.
 */
#ifndef VT_INGEST_CALL_H
#define VT_INGEST_CALL_H

#include "ledger/ledger.h"
#include "net/http.h"

/* In which shape the answer is wanted. */
typedef enum vt_call_kind {
    VT_CALL_JSON,        /* POST with one vote */
    VT_CALL_JSON_BATCH,  /* POST with an array */
    VT_CALL_CAST,        /* votaton.v1.VoteService/Cast */
    VT_CALL_CAST_BATCH,  /* votaton.v1.VoteService/CastBatch */
    VT_CALL_RETURN_INFO, /* confproto.getInfo/returnInfo */
} vt_call_kind;

/* One vote of a call. */
typedef struct vt_item {
    vt_append append; /* first: the ledger hands back its address; `err` holds a refusal made before, too */
    struct vt_call *call;
    struct vt_item *sibling; /* the next vote of the call, in the order of the request */
    vt_field field;          /* which field `append.err` is about */
    bool has_id;             /* append.record.id is set */
} vt_item;

typedef struct vt_call {
    vt_reply reply;
    vt_protocol protocol;
    vt_call_kind kind;
    uint32_t pending; /* items that the ledger has */
    vt_item *first;
    vt_item *last;
    struct vt_call *next_free;
} vt_call;

#endif

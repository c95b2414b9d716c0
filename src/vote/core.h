/* The vote core as whoever takes votes calls it: the native readers, or the same code in a sandbox (wasm/). */
#ifndef VT_VOTE_CORE_H
#define VT_VOTE_CORE_H

#include "vote/vote.h"

/* In which shape the bytes of a vote come. */
typedef enum vt_core_form {
    VT_CORE_JSON,       /* a JSON object */
    VT_CORE_VOTE,       /* votaton.v1.Vote */
    VT_CORE_REQUEST_ID, /* confproto.requestId: fields after the rank mean nothing */
} vt_core_form;

typedef struct vt_core vt_core;

/* One core serves one thread. */
struct vt_core {
    /* Reads and checks one vote; what it gives and refuses is that of vt_vote_read_json and vt_vote_read_proto,
     * whichever core it is. A sandbox that breaks adds INTERNAL. */
    vt_err (*read)(vt_core *core, vt_core_form form, vt_slice bytes, vt_vote *vote, vt_vote_scratch *scratch,
                   vt_field *field);
};

/* The readers themselves. Stateless, so that one is enough for all threads. */
vt_core *vt_core_native(void);

#endif

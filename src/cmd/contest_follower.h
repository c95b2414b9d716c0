/* Follows the versions of a role's contest while it serves: a thread that asks for the newest one every 2 s.
 *
 * A newer one takes the place of the first (vt_contest_now); none is freed before close, so that whoever reads one may
 * go on. A version that the role must not work with (another secret, another ledger) ends the process. */
#ifndef VT_CMD_CONTEST_FOLLOWER_H
#define VT_CMD_CONTEST_FOLLOWER_H

#include "cmd/service.h"
#include "contest/definition.h"

enum {
    VT_CONTEST_FOLLOWER_VERSIONS_MAX = 256
}; /* while one process runs; more end it, as a start frees the old ones */

typedef struct vt_contest_follower vt_contest_follower;

typedef struct vt_contest_follower_options {
    /* Reads the newest version, within a few seconds; the caller owns *out. An error: `reason` says why. It is called
     * again, except after VT_ERR_BAD_CONFIG, VT_ERR_OTHER_SECRET and VT_ERR_OTHER_LEDGER. */
    vt_err (*read)(void *context, vt_definition **out, char reason[VT_SERVICE_REASON_MAX]);
    void *context;
    vt_definition *first; /* the role's; borrowed until close */
    vt_service *service;
} vt_contest_follower_options;

/* The caller owns *out. VT_ERR_NO_MEMORY, VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_contest_follower_open(const vt_contest_follower_options *options, vt_contest_follower **out);

/* Asks no more. Accepts NULL. */
void vt_contest_follower_stop(vt_contest_follower *follower);

/* Frees the versions but the first: nobody reads any of them any more. Accepts NULL. */
void vt_contest_follower_close(vt_contest_follower *follower);

#endif

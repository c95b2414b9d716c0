/* Establishing the contest: which definition a role works with when it starts. */
#ifndef VT_CONTEST_ESTABLISH_H
#define VT_CONTEST_ESTABLISH_H

#include "contest/definition.h"
#include "contest/secret.h"
#include "ledger/ledger.h"

enum { VT_ESTABLISH_ATTEMPTS_MAX = 3 }; /* against other processes that append a version at the same time */

#define VT_CONTEST_DEFAULT_NAME "votaton"

/* Reads the newest version from the ledger. When there is none, version 1 is appended: from `file`, or the open contest
 * when `file` is NULL. When `file` says something else than the newest version, the change is checked
 * (contest/change.h) and appended. Without a file, or when it says the same, the stored one stands. A ledger without
 * storage (`null:`) takes the definition as version 1, in memory only.
 *
 * `secret` may be NULL for a contest that does not limit votes. The caller owns *out.
 * On error `reason` says what is wrong; *out is unchanged. VT_ERR_BAD_CONTEST (the file, or a change that is not
 * allowed), VT_ERR_SYSTEM (the file cannot be read), VT_ERR_BAD_CONFIG (limited, but no secret), VT_ERR_OTHER_LEDGER,
 * VT_ERR_OTHER_SECRET, VT_ERR_CORRUPT (the stored version cannot be read, one is missing, or there are votes without
 * any), VT_ERR_IN_USE (lost every race), VT_ERR_NO_MEMORY, and those of the ledger. */
VT_MUST_CHECK vt_err vt_contest_establish(vt_ledger *ledger, const char *file, const vt_secret *secret, int64_t now_ms,
                                          vt_definition **out, char reason[VT_REASON_MAX]);

/* Reads the newest version alone, for roles that take no votes: it asks for no secret and stores nothing. The caller
 * owns *out. Errors as above; VT_ERR_NOT_FOUND when there is no version. */
VT_MUST_CHECK vt_err vt_contest_read(vt_ledger *ledger, vt_definition **out, char reason[VT_REASON_MAX]);

#endif

/* The contest's secret, and what is derived from it: the check value, voters' hashes, voters' codes.
 *
 * It is a text of 16 to 256 bytes without control characters. Every derived value is HMAC-SHA-256 under it over a
 * label, the ledger's id and the message, so that none can be used in another's place or in another contest. Neither
 * the secret nor what it hides is ever logged.
 */
#ifndef VT_CONTEST_SECRET_H
#define VT_CONTEST_SECRET_H

#include "base/hash.h"
#include "contest/problem.h"
#include "vote/contest.h"

enum {
    VT_SECRET_BYTES_MIN = 16,
    VT_SECRET_BYTES_MAX = 256,
    VT_SECRET_RANDOM_BYTES = 32, /* of one that is made here; stored as 64 hexadecimal digits */
};

#define VT_SECRET_FILE_NAME "secret"

/* Release it with vt_secret_release, which wipes it. Do not copy it. */
typedef struct vt_secret {
    char bytes[VT_SECRET_BYTES_MAX];
    size_t len;
} vt_secret;

/* Takes `value` if it is not NULL (line ends behind it do not count), else the content of `dir`/secret, which is made
 * once, durably and with mode 0600, when it is missing; processes that race for it get the same one. The file must be a
 * regular file of this user (no symbolic link) without rights for group and others. Its text, given as `value`
 * elsewhere, is the same secret. On error `reason` says why, without any of the secret.
 * VT_ERR_BAD_CONFIG (too short, too long, control characters, the file's rights), VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_secret_load(const char *value, const char *dir, vt_secret *out, char reason[VT_REASON_MAX]);

/* The same for a contest that has its secret already: a file that is missing is VT_ERR_BAD_CONFIG, and none is made. */
VT_MUST_CHECK vt_err vt_secret_find(const char *value, const char *dir, vt_secret *out, char reason[VT_REASON_MAX]);

/* Wipes the secret. Accepts NULL and a zeroed one. */
void vt_secret_release(vt_secret *secret);

/* HMAC-SHA-256(secret, label ‖ 0 ‖ ledger id ‖ message). `label` is one of the constants of contest/, without NUL. */
void vt_secret_mac(const vt_secret *secret, vt_slice label, const vt_id *ledger_id, vt_slice message,
                   uint8_t out[VT_SHA256_LEN]);

/* The value that the contest stores to recognise its secret, and that says nothing else about it. */
void vt_secret_check(const vt_secret *secret, const vt_id *ledger_id, uint8_t out[VT_SECRET_CHECK_LEN]);

/* The hash by which a voter is stored: `what` is the code's serial or the limiting address (contest/code.h,
 * contest/voter_address.h). `kind` is VT_LIMIT_CODE or VT_LIMIT_ADDRESS. */
vt_id vt_secret_voter(const vt_secret *secret, const vt_id *ledger_id, vt_limit_by kind, vt_slice what);

#endif

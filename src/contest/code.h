/* Voter codes that prove themselves, so that no list of them has to be spread to the machines.
 *
 * A code is 40 bits of random serial and 60 bits of HMAC-SHA-256 over it under the contest's secret: 20 characters of
 * Crockford's base32 (https://www.crockford.com/base32.html), shown as XXXXX-XXXXX-XXXXX-XXXXX. A guess is right once
 * in 2^60, and any single wrong character is refused.
 *
 *   bits  0..39   serial                 characters 1 to 8
 *   bits 40..99   HMAC, its first 60     characters 9 to 20
 */
#ifndef VT_CONTEST_CODE_H
#define VT_CONTEST_CODE_H

#include "contest/secret.h"

enum {
    VT_CODE_SERIAL_LEN = 5,
    VT_CODE_CHARACTERS = 20,
    VT_CODE_TEXT_LEN = 23, /* with its three dashes */
};

/* Makes a code from 5 random bytes. Terminated. Among 10,000 codes two are the same with a probability of 1 in 22,000:
 * who makes many keeps them distinct. */
void vt_code_make(const vt_secret *secret, const vt_id *ledger_id, const uint8_t serial[VT_CODE_SERIAL_LEN],
                  char out[VT_CODE_TEXT_LEN + 1]);

/* Checks a code as a person types it: in any case, dashes and spaces anywhere, I and L for 1, O for 0. *voter is the
 * voter's hash (over the serial, so one for all spellings). Takes the same time for every wrong code of the right form.
 * VT_ERR_BAD_VOTER_CODE. */
VT_MUST_CHECK vt_err vt_code_check(const vt_secret *secret, const vt_id *ledger_id, vt_slice text, vt_id *voter);

#endif

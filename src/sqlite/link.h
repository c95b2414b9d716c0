/* The chains through the ledger: a record that was changed, inserted or removed later breaks its chain there. */
#ifndef VT_SQLITE_LINK_H
#define VT_SQLITE_LINK_H

#include "vote/record.h"

/* The link of the record at `position`, from the link of the one before (of position 0: the ledger's id):
 *
 *   bytes  0..15  previous link
 *         16..23  position, little-endian
 *         24..39  id
 *         40..55  fingerprint
 *         56      1 with a voter, 0 without
 *         57..72  voter, zeros without
 *         73..76  points, little-endian
 *         77..84  at_ms, little-endian, two's complement
 *
 * SHA-256 (FIPS 180-4) of these, cut to 16 bytes. */
vt_id vt_link_next(const vt_id *previous, int64_t position, const vt_record *record);

/* The chain through the versions of the contest: the link of `version`, from that of the one before (of version 1: the
 * ledger's id).
 *
 *   bytes  0..15  previous link
 *         16..23  version, little-endian
 *         24..31  at_ms, little-endian, two's complement
 *         32..    definition
 *
 * SHA-256 of these, cut to 16 bytes. */
vt_id vt_link_next_contest(const vt_id *previous, int64_t version, int64_t at_ms, vt_slice definition);

#endif

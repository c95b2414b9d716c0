/* The votes of a file, checked and already encoded for the wire, all in memory. Immutable once loaded. */
#ifndef VT_CLIENT_VOTES_FILE_H
#define VT_CLIENT_VOTES_FILE_H

#include "client/band_names.h"
#include "client/reason.h"
#include "vote/vote.h"

enum { VT_VOTES_FILE_BYTES_MAX = 1073741824 };

typedef enum vt_encoding { VT_ENCODING_JSON, VT_ENCODING_PROTO } vt_encoding;

typedef struct vt_votes_options {
    const char *path; /* "-": standard input */
    vt_encoding encoding;
    bool keep_ids; /* whether a vote_id of the file is sent; else every vote gets a fresh one */
} vt_votes_options;

typedef struct vt_votes vt_votes;

/* Reads a JSON array of votes, or votes one after the other (NDJSON). Keys in any case, extra keys allowed; each vote
 * must pass vt_vote_check, as a vote that no server takes is better found here. The caller owns *out. On error *reason
 * names the item and its line. VT_ERR_IO, VT_ERR_FULL (more than VT_VOTES_FILE_BYTES_MAX), EMPTY_BATCH (no vote),
 * NO_MEMORY, and those of vt_vote_read_json. */
VT_MUST_CHECK vt_err vt_votes_load(const vt_votes_options *options, vt_votes **out, vt_reason *reason);

/* The same from text in memory; `options->path` is only named in messages. */
VT_MUST_CHECK vt_err vt_votes_read(const vt_votes_options *options, vt_slice text, vt_votes **out, vt_reason *reason);

void vt_votes_free(vt_votes *votes); /* accepts NULL */

uint32_t vt_votes_count(const vt_votes *votes);

/* The vote's body without its end, so that an id can follow: for JSON an object without the closing brace, for protobuf
 * the fields of a Vote. A vote_id that the file gives and that is kept is inside. Borrowed as long as `votes` lives. */
vt_slice vt_votes_body(const vt_votes *votes, uint32_t vote);

/* Whether the body holds the file's own vote_id, so that none may be added. */
bool vt_votes_has_id(const vt_votes *votes, uint32_t vote);

/* The number of the vote's band in vt_votes_bands. */
uint32_t vt_votes_band(const vt_votes *votes, uint32_t vote);
const vt_band_names *vt_votes_bands(const vt_votes *votes);

#endif

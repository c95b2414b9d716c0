/* The definition: a contest together with the memory that it lives in, and its two texts.
 *
 * Organisers write YAML (docs/contest.md); the ledger keeps versions as canonical JSON, which has the same keys and, in
 * addition, what ties the contest to its ledger: version, ledger_id, partitions and secret_check. Both are read by the
 * same code, so that one set of rules holds for both.
 */
#ifndef VT_CONTEST_DEFINITION_H
#define VT_CONTEST_DEFINITION_H

#include "base/buf.h"
#include "contest/problem.h"
#include "vote/contest.h"

enum {
    VT_CONTEST_FILE_BYTES_MAX = 1048576,
    VT_CONTEST_JSON_BYTES_MAX = 4194304, /* JSON escapes make a text longer than YAML does */
    VT_CONTEST_PAIRS_MAX = 4096,         /* (band, album) of the whole contest; a band without albums counts as one */
};

typedef struct vt_definition vt_definition;

/* What ties a contest to its ledger; not in the organiser's file. */
typedef struct vt_definition_stamp {
    uint32_t version;
    vt_id ledger_id;
    int32_t partitions;
    uint8_t secret_check[VT_SECRET_CHECK_LEN]; /* ignored, and stored as zeros, when votes are not limited */
} vt_definition_stamp;

/* The contest, borrowed: it lives as long as the definition and does not change but by vt_definition_set_stamp. */
const vt_contest *vt_definition_contest(const vt_definition *definition);

/* Frees the contest with all its memory. Accepts NULL. */
void vt_definition_free(vt_definition *definition);

/* The open contest: any band, no limit, results always, its name as its titles. `name`: 1 to VT_CONTEST_NAME_BYTES_MAX
 * of [a-z0-9-]; copied. The caller owns *out. VT_ERR_BAD_CONTEST, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_definition_open_default(vt_slice name, vt_definition **out);

/* A copy of a contest with memory of its own; sorts bands_by_name. The contest must keep the limits of vote/contest.h.
 * The caller owns *out. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_definition_copy(const vt_contest *contest, vt_definition **out);

/* Reads the organiser's YAML (YAML 1.1 without anchors, aliases, merge keys, tags and directives; one document, UTF-8).
 * The stamp is zeroed. Nothing of `text` is kept. The caller owns *out.
 * VT_ERR_BAD_CONTEST, and then *problem says where and why; VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_definition_read_yaml(vt_slice text, vt_definition **out, vt_problem *problem);

/* The same from a file of at most VT_CONTEST_FILE_BYTES_MAX bytes. A file that cannot be read is VT_ERR_SYSTEM with the
 * reason in *problem. */
VT_MUST_CHECK vt_err vt_definition_load_yaml(const char *path, vt_definition **out, vt_problem *problem);

/* Reads the ledger's JSON, which must have its stamp. Errors as vt_definition_read_yaml; no line and column but for
 * errors of syntax. */
VT_MUST_CHECK vt_err vt_definition_read_json(vt_slice text, vt_definition **out, vt_problem *problem);

/* Appends the canonical JSON: compact, keys in a fixed order, one text for one contest. Reading it back gives an equal
 * contest. Errors as vt_buf_append; the buffer is unchanged then. */
VT_MUST_CHECK vt_err vt_definition_write_json(const vt_contest *contest, vt_buf *out);

/* From now on vt_contest_now tells all who have the contest of `newer`, which must live as long as they do. Any thread.
 */
void vt_definition_set_newer(vt_definition *definition, const vt_definition *newer);

/* Ties the contest to a ledger, before anybody else sees it. */
void vt_definition_set_stamp(vt_definition *definition, const vt_definition_stamp *stamp);

#endif

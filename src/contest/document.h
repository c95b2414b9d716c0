/* A document: a small tree of texts, lists and maps that remembers where each stood, whether it was YAML or JSON.
 *
 * Nodes lie in one array in the order of the text; texts are copied. Numbers and plain words are texts too: only the
 * reader of a key knows what it expects.
 */
#ifndef VT_CONTEST_DOCUMENT_H
#define VT_CONTEST_DOCUMENT_H

#include "base/buf.h"
#include "contest/problem.h"

#include <stdint.h>

enum {
    VT_DOCUMENT_NODES_MAX = 32768,
    VT_DOCUMENT_DEPTH_MAX = 8,
    VT_DOCUMENT_TEXT_BYTES_MAX = 2097152,
};

typedef enum vt_node_kind { VT_NODE_TEXT, VT_NODE_LIST, VT_NODE_MAP } vt_node_kind;

/* A map's children are key, value, key, value …; an index of 0 means none, as the root is nobody's child. */
typedef struct vt_node {
    vt_node_kind kind;
    uint32_t line; /* from 1; 0: not known */
    uint32_t column;
    uint32_t first_child;
    uint32_t next_sibling;
    uint32_t children_count;
    uint32_t text_start; /* of a text, in vt_document.text */
    uint32_t text_len;
} vt_node;

/* A zeroed one can be released. */
typedef struct vt_document {
    vt_node *nodes; /* nodes[0] is the root */
    uint32_t nodes_count;
    uint32_t nodes_capacity;
    vt_buf text;
    uint32_t open[VT_DOCUMENT_DEPTH_MAX]; /* while building: the lists and maps that are not closed yet … */
    uint32_t last[VT_DOCUMENT_DEPTH_MAX]; /* … and the last child of each */
    uint32_t depth;
} vt_document;

void vt_document_init(vt_document *document);
void vt_document_release(vt_document *document);

/* The two ways in. *document must be initialised and empty. VT_ERR_BAD_CONTEST with *problem, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_document_read_yaml(vt_document *document, vt_slice text, vt_problem *problem);
VT_MUST_CHECK vt_err vt_document_read_json(vt_document *document, vt_slice text, vt_problem *problem);

/* Builders, for the two ways in: each adds a node at the end of the innermost open list or map. `place` gives line and
 * column. VT_ERR_FULL (a limit above), VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_document_add_text(vt_document *document, const vt_node *place, vt_slice text);
VT_MUST_CHECK vt_err vt_document_open(vt_document *document, const vt_node *place, vt_node_kind kind);
void vt_document_close(vt_document *document);

/* A text node's text. Borrows from the document. */
vt_slice vt_document_text(const vt_document *document, const vt_node *node);

/* The first child or the next sibling, or NULL. */
const vt_node *vt_document_first(const vt_document *document, const vt_node *node);
const vt_node *vt_document_next(const vt_document *document, const vt_node *node);

#endif

#include "contest/document.h"

#include "base/assert.h"

#include <stdlib.h>

enum { NODES_FIRST = 256 };

void vt_document_init(vt_document *document) {
    *document = (vt_document){0};
    vt_buf_init(&document->text, VT_DOCUMENT_TEXT_BYTES_MAX);
}

void vt_document_release(vt_document *document) {
    free(document->nodes);
    vt_buf_release(&document->text);
    vt_document_init(document);
}

static vt_err grow(vt_document *document) {
    if (document->nodes_count < document->nodes_capacity) {
        return VT_OK;
    }
    if (document->nodes_count == VT_DOCUMENT_NODES_MAX) {
        return VT_ERR_FULL;
    }
    uint32_t capacity = document->nodes_capacity == 0 ? NODES_FIRST : document->nodes_capacity * 2;
    vt_node *nodes = realloc(document->nodes, capacity * sizeof *nodes);
    if (nodes == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    document->nodes = nodes;
    document->nodes_capacity = capacity;
    return VT_OK;
}

/* There is room. */
static void link_node(vt_document *document, const vt_node *node) {
    uint32_t index = document->nodes_count++;
    document->nodes[index] = *node;
    if (document->depth == 0) {
        VT_ASSERT(index == 0);
        return;
    }
    uint32_t level = document->depth - 1;
    vt_node *parent = &document->nodes[document->open[level]];
    if (parent->children_count == 0) {
        parent->first_child = index;
    } else {
        document->nodes[document->last[level]].next_sibling = index;
    }
    parent->children_count++;
    document->last[level] = index;
}

vt_err vt_document_add_text(vt_document *document, const vt_node *place, vt_slice text) {
    vt_err err = grow(document);
    if (err != VT_OK) {
        return err;
    }
    uint32_t start = (uint32_t) document->text.len;
    err = vt_buf_append_slice(&document->text, text);
    if (err == VT_OK) {
        link_node(document, &(vt_node){.kind = VT_NODE_TEXT,
                                       .line = place->line,
                                       .column = place->column,
                                       .text_start = start,
                                       .text_len = (uint32_t) text.len});
    }
    return err;
}

vt_err vt_document_open(vt_document *document, const vt_node *place, vt_node_kind kind) {
    if (document->depth == VT_DOCUMENT_DEPTH_MAX) {
        return VT_ERR_FULL;
    }
    vt_err err = grow(document);
    if (err == VT_OK) {
        link_node(document, &(vt_node){.kind = kind, .line = place->line, .column = place->column});
        document->open[document->depth++] = document->nodes_count - 1;
    }
    return err;
}

void vt_document_close(vt_document *document) {
    VT_ASSERT(document->depth > 0);
    document->depth--;
}

vt_slice vt_document_text(const vt_document *document, const vt_node *node) {
    VT_ASSERT(node->kind == VT_NODE_TEXT);
    return node->text_len == 0 ? VT_SLICE("") : vt_slice_of(document->text.ptr + node->text_start, node->text_len);
}

const vt_node *vt_document_first(const vt_document *document, const vt_node *node) {
    return node->children_count == 0 ? NULL : &document->nodes[node->first_child];
}

const vt_node *vt_document_next(const vt_document *document, const vt_node *node) {
    return node->next_sibling == 0 ? NULL : &document->nodes[node->next_sibling];
}

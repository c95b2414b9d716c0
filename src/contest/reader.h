/* Reads a document by tables of keys, and names the place of whatever is wrong: the machinery beneath shape.c. */
#ifndef VT_CONTEST_READER_H
#define VT_CONTEST_READER_H

#include "contest/document.h"

enum {
    VT_DOCUMENT_READER_PATH_MAX = 64, /* "bands[1023].albums[63]" */
    VT_DOCUMENT_READER_KEYS_MAX = 32, /* of one map: a bit each */
    VT_DOCUMENT_READER_KEY_BYTES_MAX = 32,
};

/* Where the reader stands. `path` is always terminated. */
typedef struct vt_document_reader {
    const vt_document *document;
    vt_problem *problem;
    void *target; /* what the keys' functions write to */
    char path[VT_DOCUMENT_READER_PATH_MAX];
    size_t path_len;
} vt_document_reader;

typedef vt_err vt_read_value(vt_document_reader *reader, const vt_node *value);

/* One key of a map. */
typedef struct vt_key {
    const char *name; /* at most VT_DOCUMENT_READER_KEY_BYTES_MAX */
    vt_read_value *read;
    bool required;
} vt_key;

/* Sets the problem at the node and the path (printf's rules). Always VT_ERR_BAD_CONTEST. */
VT_MUST_CHECK __attribute__((format(printf, 3, 4))) vt_err
vt_document_reader_refuse(vt_document_reader *reader, const vt_node *node, const char *format, ...);

/* Reads a map: each key once, no key that is not in `keys` (the nearest one is suggested), all required ones. */
VT_MUST_CHECK vt_err vt_document_reader_map(vt_document_reader *reader, const vt_node *node, const vt_key *keys,
                                            size_t keys_count);

/* Reads a list of at most `items_max`, each by `read`. */
VT_MUST_CHECK vt_err vt_document_reader_list(vt_document_reader *reader, const vt_node *node, uint32_t items_max,
                                             vt_read_value *read);

/* A text without ASCII space at its ends (the rules of votes): 1 to `bytes_max` bytes, no control characters. Borrows
 * from the document. */
VT_MUST_CHECK vt_err vt_document_reader_text(vt_document_reader *reader, const vt_node *node, size_t bytes_max,
                                             vt_slice *out);

/* One of `words_count` words; *out is its index. */
VT_MUST_CHECK vt_err vt_document_reader_word(vt_document_reader *reader, const vt_node *node, const char *const *words,
                                             size_t words_count, size_t *out);

/* A whole number in decimal digits, without a sign. */
VT_MUST_CHECK vt_err vt_document_reader_number(vt_document_reader *reader, const vt_node *node, uint32_t min,
                                               uint32_t max, uint32_t *out);

/* An RFC 3339 time with an offset, as milliseconds since 1970. */
VT_MUST_CHECK vt_err vt_document_reader_time(vt_document_reader *reader, const vt_node *node, int64_t *out_ms);

#endif

/* Finds files by name and by symbol in the output of `protoc --include_imports --descriptor_set_out`. */
#ifndef VT_NET_DESCRIPTOR_INDEX_H
#define VT_NET_DESCRIPTOR_INDEX_H

#include "base/err.h"
#include "base/slice.h"

typedef struct vt_descriptor_index vt_descriptor_index;

/* Reads a serialized FileDescriptorSet (copied). The caller owns *out. VT_ERR_MALFORMED_PROTOBUF, VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_descriptor_index_open(vt_slice set, vt_descriptor_index **out);

/* Accepts NULL and half-built ones. */
void vt_descriptor_index_close(vt_descriptor_index *self);

/* The serialized FileDescriptorProto of that name ("votaton/v1/votaton.proto"); ptr NULL when there is none. Borrowed.
 */
vt_slice vt_descriptor_index_file(const vt_descriptor_index *self, const char *name);

/* The one that defines the message, enum, service or method of that full name ("votaton.v1.Vote"); ptr NULL when there
 * is none. Borrowed. */
vt_slice vt_descriptor_index_symbol(const vt_descriptor_index *self, const char *symbol);

#endif

/* gRPC server reflection, v1 and v1alpha (the same messages), so that grpcurl and other tools can call every service.
 *
 * Answers list_services, file_by_filename and file_containing_symbol from the descriptors that were embedded at build
 * time; what asks for extensions, which proto3 services do not have, gets an error_response with UNIMPLEMENTED.
 */
#ifndef VT_NET_GRPC_REFLECTION_H
#define VT_NET_GRPC_REFLECTION_H

#include "net/router.h"

typedef struct vt_grpc_reflection vt_grpc_reflection;

/* `services` are the full names that list_services answers, besides reflection and health, which are added; they must
 * outlive the object. `set` is the output of `protoc --include_imports --descriptor_set_out`, borrowed as long.
 * The caller owns *out. VT_ERR_MALFORMED_PROTOBUF (of `set`), VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_grpc_reflection_open(vt_slice set, const char *const *services, uint32_t services_count,
                                             vt_grpc_reflection **out);

/* The descriptors of every service that votatón has. Static. */
vt_slice vt_grpc_reflection_descriptors(void);

/* One streaming method for each version of the protocol. Borrowed from the object. */
vt_route_table vt_grpc_reflection_routes(vt_grpc_reflection *self);

/* Frees it, once no loop can call it any more. Accepts NULL. */
void vt_grpc_reflection_close(vt_grpc_reflection *self);

#endif

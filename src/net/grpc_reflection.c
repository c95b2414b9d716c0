#include "net/grpc_reflection.h"

#include "net/descriptor_index.h"
#include "net/stream.h"
#include "reflection.pb-c.h"

#include <stdlib.h>

enum { REQUEST_BYTES_MAX = 4096, GRPC_NOT_FOUND = 5, GRPC_UNIMPLEMENTED = 12 };

typedef Grpc__Reflection__V1__ServerReflectionRequest reflection_request;
typedef Grpc__Reflection__V1__ServerReflectionResponse reflection_response;
typedef Grpc__Reflection__V1__FileDescriptorResponse file_response;
typedef Grpc__Reflection__V1__ListServiceResponse list_response;
typedef Grpc__Reflection__V1__ServiceResponse service_response;
typedef Grpc__Reflection__V1__ErrorResponse error_response;

#define REQUEST_IS(name) GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##name
#define RESPONSE_IS(name) GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##name

/* tools/embed.py makes these of proto/. */
extern const unsigned char vt_descriptor_set[];
extern const size_t vt_descriptor_set_len;

static const char *const own_services[] = {
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
};
enum { OWN_SERVICES_COUNT = sizeof own_services / sizeof *own_services };

struct vt_grpc_reflection {
    vt_descriptor_index *index;
    service_response *services;
    service_response **services_list; /* as protobuf-c wants it: pointers to the above */
    list_response list;
};

vt_slice vt_grpc_reflection_descriptors(void) {
    return vt_slice_of((const char *) vt_descriptor_set, vt_descriptor_set_len);
}

/* protobuf-c's structs hold char *, and only read through them when packing. */
static char *lend(const char *text) {
    return (char *) (uintptr_t) text;
}

static vt_err fill_services(vt_grpc_reflection *self, const char *const *services, uint32_t services_count) {
    size_t count = (size_t) services_count + OWN_SERVICES_COUNT;
    self->services = calloc(count, sizeof *self->services);
    self->services_list = calloc(count, sizeof *self->services_list);
    if (self->services == NULL || self->services_list == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = i < services_count ? services[i] : own_services[i - services_count];
        grpc__reflection__v1__service_response__init(&self->services[i]);
        self->services[i].name = lend(name);
        self->services_list[i] = &self->services[i];
    }
    grpc__reflection__v1__list_service_response__init(&self->list);
    self->list.n_service = count;
    self->list.service = self->services_list;
    return VT_OK;
}

vt_err vt_grpc_reflection_open(vt_slice set, const char *const *services, uint32_t services_count,
                               vt_grpc_reflection **out) {
    vt_grpc_reflection *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    vt_err err = vt_descriptor_index_open(set, &self->index);
    if (err == VT_OK) {
        err = fill_services(self, services, services_count);
    }
    if (err != VT_OK) {
        vt_grpc_reflection_close(self);
        return err;
    }
    *out = self;
    return VT_OK;
}

void vt_grpc_reflection_close(vt_grpc_reflection *self) {
    if (self == NULL) {
        return;
    }
    vt_descriptor_index_close(self->index);
    free(self->services);
    free(self->services_list);
    free(self);
}

/* Copies the response into a message of its own and writes it to the stream. */
static vt_err write_response(vt_reply reply, const reflection_response *response) {
    size_t len = grpc__reflection__v1__server_reflection_response__get_packed_size(response);
    uint8_t *bytes = malloc(len);
    if (bytes == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    grpc__reflection__v1__server_reflection_response__pack(response, bytes);
    vt_err err = vt_stream_write(reply, vt_slice_of((const char *) bytes, len));
    free(bytes);
    return err;
}

static vt_err answer_error(vt_reply reply, reflection_response *response, int status, const char *text) {
    error_response error;
    grpc__reflection__v1__error_response__init(&error);
    error.error_code = status;
    error.error_message = lend(text);
    response->message_response_case = RESPONSE_IS(ERROR_RESPONSE);
    response->error_response = &error;
    vt_err err = write_response(reply, response);
    response->error_response = NULL;
    return err;
}

static vt_err answer_file(vt_reply reply, reflection_response *response, vt_slice found) {
    if (found.ptr == NULL) {
        return answer_error(reply, response, GRPC_NOT_FOUND, "not found");
    }
    ProtobufCBinaryData bytes = {.len = found.len, .data = (uint8_t *) (uintptr_t) found.ptr};
    file_response file;
    grpc__reflection__v1__file_descriptor_response__init(&file);
    file.n_file_descriptor_proto = 1;
    file.file_descriptor_proto = &bytes;
    response->message_response_case = RESPONSE_IS(FILE_DESCRIPTOR_RESPONSE);
    response->file_descriptor_response = &file;
    vt_err err = write_response(reply, response);
    response->file_descriptor_response = NULL;
    return err;
}

static vt_err answer_request(vt_grpc_reflection *self, vt_reply reply, reflection_request *request) {
    reflection_response response;
    grpc__reflection__v1__server_reflection_response__init(&response);
    response.valid_host = request->host;
    response.original_request = request;
    switch (request->message_request_case) {
    case REQUEST_IS(LIST_SERVICES):
        response.message_response_case = RESPONSE_IS(LIST_SERVICES_RESPONSE);
        response.list_services_response = &self->list;
        return write_response(reply, &response);
    case REQUEST_IS(FILE_BY_FILENAME):
        return answer_file(reply, &response, vt_descriptor_index_file(self->index, request->file_by_filename));
    case REQUEST_IS(FILE_CONTAINING_SYMBOL):
        return answer_file(reply, &response, vt_descriptor_index_symbol(self->index, request->file_containing_symbol));
    default:
        return answer_error(reply, &response, GRPC_UNIMPLEMENTED, "not implemented");
    }
}

static void handle_message(void *context, const vt_request *request, vt_reply reply) {
    vt_grpc_reflection *self = context;
    const uint8_t empty = 0;
    const uint8_t *bytes = request->body.len == 0 ? &empty : (const uint8_t *) request->body.ptr;
    reflection_request *question =
        grpc__reflection__v1__server_reflection_request__unpack(NULL, request->body.len, bytes);
    vt_err err = question == NULL ? VT_ERR_MALFORMED_PROTOBUF : answer_request(self, reply, question);
    grpc__reflection__v1__server_reflection_request__free_unpacked(question, NULL);
    if (err != VT_OK) {
        vt_grpc_answer answer = {.status = vt_err_grpc_status(err), .text = vt_slice_str(vt_err_text(err))};
        vt_stream_end_grpc(reply, &answer);
    }
}

static void half_close(void *context, const vt_request *request, vt_reply reply) {
    (void) context;
    (void) request;
    vt_stream_end_grpc(reply, &(vt_grpc_answer){.status = 0});
}

vt_route_table vt_grpc_reflection_routes(vt_grpc_reflection *self) {
    static const vt_route routes[] = {
        {VT_ROUTE_GRPC_STREAM, NULL, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", REQUEST_BYTES_MAX,
         handle_message, half_close},
        {VT_ROUTE_GRPC_STREAM, NULL, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
         REQUEST_BYTES_MAX, handle_message, half_close},
    };
    return (vt_route_table){routes, sizeof routes / sizeof *routes, self};
}

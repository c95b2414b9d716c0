#include "ingest/ingest.h"

#include "base/assert.h"
#include "ingest/answer.h"
#include "ingest/outcomes.h"
#include "ingest/source.h"

#include <stdlib.h>

struct vt_ingest {
    vt_accept_rules rules;
    vt_outcomes outcomes;
    vt_counter *broken;
    vt_core *const *cores;
    vt_core *const *sandboxes;
    uint32_t intakes_count;
    vt_intake *intakes[];
};

/* Takes every vote of the request, or none when they do not all fit. */
static vt_err fill(vt_ingest *ingest, vt_intake *intake, vt_call *call, vt_source *source, vt_core *core,
                   const vt_accept_request *from) {
    vt_slice bytes;
    for (int32_t i = 0; source->next != NULL && source->next(source, &bytes); i++) {
        vt_item *item = vt_intake_item(intake, call);
        if (item == NULL) {
            return VT_ERR_OVERLOADED;
        }
        vt_vote vote;
        vt_vote_scratch scratch;
        item->append.err = core->read(core, source->form, bytes, &vote, &scratch, &item->field);
        if (item->append.err == VT_OK) {
            vt_accept(&ingest->rules, intake, from, &vote, source->is_batch ? i : -1, item);
        } else if (item->append.err == VT_ERR_INTERNAL) {
            vt_counter_add(ingest->broken, 1);
        }
    }
    return VT_OK;
}

static void refuse(vt_ingest *ingest, const vt_request *request, vt_reply reply, vt_call_kind kind, vt_err err) {
    vt_outcomes_count(&ingest->outcomes, request->protocol, err, VT_VERDICT_NONE);
    vt_ingest_refuse(reply, kind, err, VT_FIELD_NONE);
}

/* For the answers that the connection makes itself, when the deadline expires before the ledger has answered. */
static void note_id(const vt_call *call) {
    if (call->protocol != VT_PROTOCOL_GRPC || !call->first->has_id || call->first != call->last) {
        return;
    }
    char id[VT_UUID_TEXT_LEN];
    vt_uuid_format(&call->first->append.record.id, id);
    vt_reply_note(call->reply, VT_SLICE("votaton-id"), vt_slice_of(id, sizeof id));
}

static void take(vt_ingest *ingest, const vt_request *request, vt_reply reply, vt_source *source,
                 vt_core *const *cores) {
    uint32_t index = vt_loop_index(reply.loop);
    VT_ASSERT(index < ingest->intakes_count);
    vt_intake *intake = ingest->intakes[index];
    vt_call *call = vt_intake_call(intake, source->kind, request->protocol, reply);
    if (call == NULL) {
        refuse(ingest, request, reply, source->kind, VT_ERR_OVERLOADED);
        return;
    }
    vt_accept_request from = vt_accept_request_of(&ingest->rules, request, vt_loop_wall_ms(reply.loop));
    vt_err err = fill(ingest, intake, call, source, cores == NULL ? vt_core_native() : cores[index], &from);
    if (err != VT_OK) {
        vt_intake_discard(intake, call);
        refuse(ingest, request, reply, source->kind, err);
        return;
    }
    note_id(call);
    vt_intake_submit(intake, call);
}

static void count_and_answer(void *context, vt_intake *intake, const vt_call *call) {
    vt_ingest *ingest = context;
    for (const vt_item *item = call->first; item != NULL; item = item->sibling) {
        vt_outcomes_count(&ingest->outcomes, call->protocol, item->append.err, item->append.verdict);
    }
    vt_ingest_answer(intake, call);
}

static bool is_media_type(vt_slice value, vt_slice type) {
    if (value.len < type.len || !vt_slice_eq_nocase(vt_slice_of(value.ptr, type.len), type)) {
        return false;
    }
    char next = value.len == type.len ? ';' : value.ptr[type.len];
    return next == ';' || next == ' ' || next == '\t';
}

/* Plain `curl -d` calls its JSON a form: what it is, the body decides. */
static bool is_json_content(const vt_request *request) {
    vt_slice type = vt_request_header(request, VT_SLICE("content-type"));
    return type.len == 0 || is_media_type(type, VT_SLICE("application/json")) ||
           is_media_type(type, VT_SLICE("application/x-www-form-urlencoded"));
}

typedef vt_err open_source(vt_slice body, vt_source *source);

static void handle(vt_ingest *ingest, const vt_request *request, vt_reply reply, open_source *open,
                   vt_core *const *cores) {
    vt_source source;
    vt_err err = open(request->body, &source);
    if (err == VT_OK) {
        take(ingest, request, reply, &source, cores);
    } else {
        refuse(ingest, request, reply, source.kind, err);
    }
}

static void handle_json_by(vt_ingest *ingest, const vt_request *request, vt_reply reply, vt_core *const *cores) {
    if (is_json_content(request)) {
        handle(ingest, request, reply, vt_source_json, cores);
    } else {
        refuse(ingest, request, reply, VT_CALL_JSON, VT_ERR_UNSUPPORTED_MEDIA_TYPE);
    }
}

static void handle_json(void *context, const vt_request *request, vt_reply reply) {
    vt_ingest *ingest = context;
    handle_json_by(ingest, request, reply, ingest->cores);
}

static void handle_json_sandboxed(void *context, const vt_request *request, vt_reply reply) {
    vt_ingest *ingest = context;
    handle_json_by(ingest, request, reply, ingest->sandboxes);
}

static void handle_cast(void *context, const vt_request *request, vt_reply reply) {
    vt_ingest *ingest = context;
    handle(ingest, request, reply, vt_source_cast, ingest->cores);
}

static void handle_cast_batch(void *context, const vt_request *request, vt_reply reply) {
    vt_ingest *ingest = context;
    handle(ingest, request, reply, vt_source_cast_batch, ingest->cores);
}

static void handle_return_info(void *context, const vt_request *request, vt_reply reply) {
    vt_ingest *ingest = context;
    handle(ingest, request, reply, vt_source_return_info, ingest->cores);
}

#define JSON_ROUTE(route_path, handler)                                                                                \
    {                                                                                                                  \
        .kind = VT_ROUTE_HTTP, .method = "POST", .path = (route_path), .body_bytes_max = VT_BATCH_BYTES_MAX,           \
        .handle = (handler)                                                                                            \
    }
#define GRPC_ROUTE(route_path, handler)                                                                                \
    { .kind = VT_ROUTE_GRPC, .path = (route_path), .body_bytes_max = VT_BATCH_BYTES_MAX, .handle = (handler) }

static const vt_route routes[] = {
    JSON_ROUTE("/v1/votes", handle_json),
    /* The paths that earlier clients use. */
    JSON_ROUTE("/", handle_json),
    JSON_ROUTE("/insert", handle_json),
    JSON_ROUTE("/grpc", handle_json),
    JSON_ROUTE("/grpc/insert", handle_json),
    JSON_ROUTE("/rust", handle_json_sandboxed),
    JSON_ROUTE("/rust/insert", handle_json_sandboxed),
    JSON_ROUTE("/rust/send_data", handle_json_sandboxed),
    JSON_ROUTE("/wasm", handle_json_sandboxed),
    JSON_ROUTE("/wasm/insert", handle_json_sandboxed),
    JSON_ROUTE("/vote", handle_json),
    JSON_ROUTE("/data", handle_json),
    JSON_ROUTE("/receive", handle_json),
    GRPC_ROUTE("/votaton.v1.VoteService/Cast", handle_cast),
    GRPC_ROUTE("/votaton.v1.VoteService/CastBatch", handle_cast_batch),
    GRPC_ROUTE("/confproto.getInfo/returnInfo", handle_return_info),
};

vt_err vt_ingest_open(const vt_ingest_options *options, vt_ingest **out) {
    vt_ingest *ingest = calloc(1, sizeof *ingest + options->loops * sizeof(vt_intake *));
    if (ingest == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    ingest->rules = options->rules;
    ingest->cores = options->cores;
    ingest->sandboxes = options->sandboxes;
    ingest->intakes_count = options->loops;
    for (uint32_t i = 0; i < options->loops; i++) {
        vt_err err = vt_intake_open(options->ledger, options->items_max, count_and_answer, ingest, &ingest->intakes[i]);
        if (err != VT_OK) {
            vt_ingest_close(ingest);
            return err;
        }
    }
    vt_outcomes_init(&ingest->outcomes, options->metrics);
    ingest->broken = vt_metrics_counter(options->metrics, "votaton_core_broken_total", "",
                                        "Votes that were refused because the sandbox that reads them broke");
    *out = ingest;
    return VT_OK;
}

void vt_ingest_close(vt_ingest *ingest) {
    if (ingest == NULL) {
        return;
    }
    for (uint32_t i = 0; i < ingest->intakes_count; i++) {
        vt_intake_close(ingest->intakes[i]);
    }
    free(ingest);
}

vt_route_table vt_ingest_routes(vt_ingest *ingest) {
    return (vt_route_table){routes, sizeof routes / sizeof routes[0], ingest};
}

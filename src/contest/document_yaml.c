/* YAML by libyaml's events rather than by its documents: they still show anchors and tags, and where each stood, and an
 * alias is refused before it could be followed. */
#include "contest/document.h"

#include <yaml.h>

static vt_err refuse(vt_problem *problem, yaml_mark_t mark, const char *what) {
    vt_problem_set(problem, (uint32_t) mark.line + 1, (uint32_t) mark.column + 1, "%s", what);
    return VT_ERR_BAD_CONTEST;
}

static vt_err refuse_limit(vt_problem *problem, yaml_mark_t mark, vt_err err) {
    return err == VT_ERR_FULL ? refuse(problem, mark, "the file is nested too deeply or holds too much") : err;
}

static uint32_t line_at(vt_slice text, size_t offset) {
    uint32_t line = 1;
    for (size_t i = 0; i < offset && i < text.len; i++) {
        line += text.ptr[i] == '\n';
    }
    return line;
}

static vt_err parser_problem(const yaml_parser_t *parser, vt_slice text, vt_problem *problem) {
    const char *what = parser->problem != NULL ? parser->problem : "syntax error";
    switch (parser->error) {
    case YAML_MEMORY_ERROR:
        return VT_ERR_NO_MEMORY;
    case YAML_READER_ERROR: /* has no mark */
        vt_problem_set(problem, line_at(text, parser->problem_offset), 0, "not YAML in UTF-8: %s", what);
        return VT_ERR_BAD_CONTEST;
    default:
        vt_problem_set(problem, (uint32_t) parser->problem_mark.line + 1, (uint32_t) parser->problem_mark.column + 1,
                       "not YAML: %s", what);
        return VT_ERR_BAD_CONTEST;
    }
}

static vt_err check_plain(const yaml_event_t *event, const yaml_char_t *anchor, const yaml_char_t *tag,
                          vt_problem *problem) {
    if (anchor != NULL) {
        return refuse(problem, event->start_mark, "anchors (&) are not allowed");
    }
    return tag != NULL ? refuse(problem, event->start_mark, "tags (!) are not allowed") : VT_OK;
}

static vt_err on_scalar(vt_document *document, const yaml_event_t *event, vt_problem *problem) {
    vt_err err = check_plain(event, event->data.scalar.anchor, event->data.scalar.tag, problem);
    if (err != VT_OK) {
        return err;
    }
    vt_slice text = vt_slice_of((const char *) event->data.scalar.value, event->data.scalar.length);
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && vt_slice_eq(text, VT_SLICE("<<"))) {
        return refuse(problem, event->start_mark, "merge keys (<<) are not allowed");
    }
    vt_node place = {.line = (uint32_t) event->start_mark.line + 1, .column = (uint32_t) event->start_mark.column + 1};
    return refuse_limit(problem, event->start_mark, vt_document_add_text(document, &place, text));
}

static vt_err on_open(vt_document *document, const yaml_event_t *event, vt_problem *problem) {
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    vt_err err = is_map
                     ? check_plain(event, event->data.mapping_start.anchor, event->data.mapping_start.tag, problem)
                     : check_plain(event, event->data.sequence_start.anchor, event->data.sequence_start.tag, problem);
    if (err != VT_OK) {
        return err;
    }
    vt_node place = {.line = (uint32_t) event->start_mark.line + 1, .column = (uint32_t) event->start_mark.column + 1};
    err = vt_document_open(document, &place, is_map ? VT_NODE_MAP : VT_NODE_LIST);
    return refuse_limit(problem, event->start_mark, err);
}

static vt_err on_document_start(const vt_document *document, const yaml_event_t *event, vt_problem *problem) {
    if (document->nodes_count > 0) {
        return refuse(problem, event->start_mark, "only one document (---) is allowed");
    }
    if (event->data.document_start.version_directive != NULL ||
        event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end) {
        return refuse(problem, event->start_mark, "directives (%) are not allowed");
    }
    return VT_OK;
}

static vt_err on_event(vt_document *document, const yaml_event_t *event, vt_problem *problem) {
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return on_document_start(document, event, problem);
    case YAML_ALIAS_EVENT:
        return refuse(problem, event->start_mark, "aliases (*) are not allowed");
    case YAML_SCALAR_EVENT:
        return on_scalar(document, event, problem);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return on_open(document, event, problem);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        vt_document_close(document);
        return VT_OK;
    default:
        return VT_OK;
    }
}

/* Editors on Windows put it there; libyaml knows it only when it may guess the encoding. */
static vt_slice without_byte_order_mark(vt_slice text) {
    vt_slice mark = VT_SLICE("\xef\xbb\xbf");
    return vt_slice_starts_with(text, mark) ? vt_slice_of(text.ptr + mark.len, text.len - mark.len) : text;
}

vt_err vt_document_read_yaml(vt_document *document, vt_slice text, vt_problem *problem) {
    text = without_byte_order_mark(text);
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return VT_ERR_NO_MEMORY;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *) text.ptr, text.len);
    vt_err err = VT_OK;
    bool at_end = false;
    while (err == VT_OK && !at_end) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            err = parser_problem(&parser, text, problem);
            break;
        }
        at_end = event.type == YAML_STREAM_END_EVENT;
        err = on_event(document, &event, problem);
        yaml_event_delete(&event);
    }
    if (err == VT_OK && document->nodes_count == 0) {
        vt_problem_set(problem, 0, 0, "the file is empty");
        err = VT_ERR_BAD_CONTEST;
    }
    yaml_parser_delete(&parser);
    return err;
}

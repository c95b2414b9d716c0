/* Every error of votatón: its name, stable number, machine-readable code and the statuses it maps to.
 *
 * Functions that can fail return vt_err and must be checked. There are three ranges, so that a caller can
 * decide without knowing each value:
 *   1..99     retryable: the same call may succeed later
 *   100..199  fatal: this process, store or file cannot go on
 *   200..     the caller's mistake: the same input will be refused again
 *
 * The numbers are part of the WebAssembly interface and the code strings of the HTTP one: both only ever grow.
 */
#ifndef VT_BASE_ERR_H
#define VT_BASE_ERR_H

#include <stdbool.h>

/* X(name, number, code, HTTP status, gRPC status, English text) */
#define VT_ERR_MAP(X)                                                                                                  \
    X(OK, 0, "ok", 200, 0, "ok")                                                                                       \
    X(OVERLOADED, 1, "overloaded", 503, 8, "the server is overloaded; retry with the same id")                         \
    X(RETRY, 2, "retry", 503, 14, "not recorded; retry with the same id")                                              \
    X(UNKNOWN, 3, "unknown", 503, 14, "the outcome is unknown; retry with the same id")                                \
    X(DEADLINE, 4, "deadline_exceeded", 503, 4, "the deadline expired; retry with the same id")                        \
    X(BUSY, 5, "busy", 503, 14, "temporarily unavailable")                                                             \
    X(FULL, 6, "full", 503, 8, "a limit was reached")                                                                  \
    X(GONE, 7, "gone", 503, 14, "the peer or the object is gone")                                                      \
    X(MOVED, 8, "moved", 503, 14, "another process has moved on")                                                      \
    X(NO_MEMORY, 100, "no_memory", 503, 8, "out of memory")                                                            \
    X(IO, 101, "io_error", 503, 14, "input/output error")                                                              \
    X(CORRUPT, 102, "corrupt", 500, 15, "stored data is damaged")                                                      \
    X(NOT_OURS, 103, "not_ours", 500, 13, "the file is not a votaton database")                                        \
    X(NEWER, 104, "newer_version", 500, 13, "the file was written by a newer version of votaton")                      \
    X(IN_USE, 105, "in_use", 500, 13, "already in use by another process")                                             \
    X(OTHER_LEDGER, 106, "other_ledger", 500, 13, "this store belongs to another ledger")                              \
    X(OTHER_SECRET, 107, "other_secret", 500, 13, "the contest was made with another secret")                          \
    X(INTERNAL, 108, "internal", 500, 13, "internal error")                                                            \
    X(SYSTEM, 109, "system", 500, 13, "the operating system refused")                                                  \
    X(MALFORMED_JSON, 200, "malformed_json", 400, 3, "the body is not valid JSON of the expected shape")               \
    X(MISSING_FIELD, 201, "missing_field", 400, 3, "a required field is missing")                                      \
    X(DUPLICATE_FIELD, 202, "duplicate_field", 400, 3, "a field occurs more than once")                                \
    X(WRONG_TYPE, 203, "wrong_type", 400, 3, "the value must be a text")                                               \
    X(INVALID_UTF8, 204, "invalid_utf8", 400, 3, "the text is not valid UTF-8")                                        \
    X(CONTROL_CHARACTER, 205, "control_character", 400, 3, "control characters are not allowed")                       \
    X(TOO_LONG, 206, "too_long", 400, 3, "the value is too long")                                                      \
    X(EMPTY_NAME, 207, "empty_name", 400, 3, "the name must not be empty")                                             \
    X(BAD_ID, 208, "bad_id", 400, 3, "the vote id must have 1 to 255 bytes and no control characters")                 \
    X(ID_MISMATCH, 209, "id_mismatch", 400, 3, "the header and the field give different ids")                          \
    X(EMPTY_BATCH, 210, "empty_batch", 400, 3, "the array holds no vote")                                              \
    X(BATCH_TOO_LARGE, 211, "batch_too_large", 400, 3, "a batch holds at most 1000 votes")                             \
    X(MALFORMED_PROTOBUF, 212, "malformed_protobuf", 400, 3, "the message is not valid protobuf")                      \
    X(BODY_TOO_LARGE, 213, "body_too_large", 413, 8, "the body is too large")                                          \
    X(HEADERS_TOO_LARGE, 214, "headers_too_large", 431, 8, "the headers are too large")                                \
    X(NOT_FOUND, 215, "not_found", 404, 5, "not found")                                                                \
    X(METHOD_NOT_ALLOWED, 216, "method_not_allowed", 405, 12, "the method is not allowed here")                        \
    X(UNSUPPORTED_MEDIA_TYPE, 217, "unsupported_media_type", 415, 3, "the content type is not supported here")         \
    X(ID_CONFLICT, 218, "id_conflict", 409, 6, "this id was used for another vote")                                    \
    X(NOT_OPEN_YET, 219, "not_open_yet", 403, 9, "the contest is not open yet")                                        \
    X(CLOSED, 220, "closed", 403, 9, "the contest is closed")                                                          \
    X(QUOTA, 221, "quota", 403, 8, "this voter has used up all votes")                                                 \
    X(BAD_VOTER_CODE, 222, "bad_voter_code", 403, 9, "a valid voter code is required")                                 \
    X(UNKNOWN_BAND, 223, "unknown_band", 422, 5, "this band does not take part")                                       \
    X(RULE_REFUSED, 224, "rule_refused", 422, 9, "the contest's rule refused the vote")                                \
    X(MALFORMED_REQUEST, 225, "malformed_request", 400, 3, "the request is malformed")                                 \
    X(REQUEST_TIMEOUT, 226, "request_timeout", 408, 4, "the request did not arrive in time")                           \
    X(UNIMPLEMENTED, 227, "unimplemented", 501, 12, "not implemented")                                                 \
    X(BAD_CONTEST, 228, "bad_contest", 400, 3, "the contest is not valid")                                             \
    X(BAD_CONFIG, 229, "bad_config", 400, 3, "the configuration is not valid")                                         \
    X(MISPLACED, 230, "misplaced", 400, 3, "the record stands in another partition than its vote id belongs to")

typedef enum vt_err {
#define VT_ERR_ENUM(name, number, code, http, grpc, text) VT_ERR_##name = (number),
    VT_ERR_MAP(VT_ERR_ENUM)
#undef VT_ERR_ENUM
        VT_OK = VT_ERR_OK
} vt_err;

#define VT_MUST_CHECK __attribute__((warn_unused_result))

/* The machine-readable code ("malformed_json"), never NULL; "internal" for a number that is no error. Static. */
const char *vt_err_code(vt_err err);

/* One English sentence without a final stop, never NULL. Static. */
const char *vt_err_text(vt_err err);

/* The HTTP status (RFC 9110 §15) that carries this error. */
int vt_err_http_status(vt_err err);

/* The gRPC status code (0..16) that carries this error. */
int vt_err_grpc_status(vt_err err);

static inline bool vt_err_is_retryable(vt_err err) {
    return err > 0 && (int) err < 100;
}
static inline bool vt_err_is_fatal(vt_err err) {
    return (int) err >= 100 && (int) err < 200;
}
/* For a number from outside: whether it is that of an error of the caller's. */
bool vt_err_is_input(int number);

#endif

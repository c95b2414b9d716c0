#include "base/err.h"

#include <stddef.h>

typedef struct vt_err_row {
    vt_err err;
    int http_status;
    int grpc_status;
    const char *code;
    const char *text;
} vt_err_row;

static const vt_err_row rows[] = {
#define VT_ERR_ROW(name, number, code, http, grpc, text) {VT_ERR_##name, http, grpc, code, text},
    VT_ERR_MAP(VT_ERR_ROW)
#undef VT_ERR_ROW
};

static const vt_err_row internal = {VT_ERR_INTERNAL, 500, 13, "internal", "internal error"};

static const vt_err_row *find(vt_err err) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].err == err) {
            return &rows[i];
        }
    }
    return &internal;
}

const char *vt_err_code(vt_err err) {
    return find(err)->code;
}

const char *vt_err_text(vt_err err) {
    return find(err)->text;
}

int vt_err_http_status(vt_err err) {
    return find(err)->http_status;
}

int vt_err_grpc_status(vt_err err) {
    return find(err)->grpc_status;
}

bool vt_err_is_input(int number) {
    return number >= 200 && (int) find((vt_err) number)->err == number;
}

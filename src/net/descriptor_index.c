#include "net/descriptor_index.h"

#include "descriptor_index.pb-c.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { SYMBOLS_MAX = 4096 };

typedef Votaton__Descriptor__FileSet file_set;
typedef Votaton__Descriptor__File file;
typedef Votaton__Descriptor__Message message;
typedef Votaton__Descriptor__Service service;
typedef Votaton__Descriptor__Named named;

typedef struct symbol {
    char *name;
    size_t file;
    const message *type; /* its nested ones are still to be added; NULL when it has none */
} symbol;

struct vt_descriptor_index {
    file_set *set;
    file **files; /* files[i] is what set->file[i] says */
    symbol *symbols;
    size_t symbols_count;
};

static vt_err add_symbol(vt_descriptor_index *self, size_t at, const char *scope, const char *name,
                         const message *type) {
    if (self->symbols_count == SYMBOLS_MAX) {
        return VT_ERR_MALFORMED_PROTOBUF;
    }
    char *full = NULL;
    if (asprintf(&full, "%s%s%s", scope, scope[0] == '\0' ? "" : ".", name) < 0) {
        return VT_ERR_NO_MEMORY;
    }
    self->symbols[self->symbols_count++] = (symbol){full, at, type};
    return VT_OK;
}

static vt_err add_named(vt_descriptor_index *self, size_t at, const char *scope, named *const *list, size_t count) {
    vt_err err = VT_OK;
    for (size_t i = 0; err == VT_OK && i < count; i++) {
        err = add_symbol(self, at, scope, list[i]->name, NULL);
    }
    return err;
}

static vt_err add_messages(vt_descriptor_index *self, size_t at, const char *scope, message *const *list,
                           size_t count) {
    vt_err err = VT_OK;
    for (size_t i = 0; err == VT_OK && i < count; i++) {
        err = add_symbol(self, at, scope, list[i]->name, list[i]);
    }
    return err;
}

static vt_err add_service(vt_descriptor_index *self, size_t at, const char *package, const service *one) {
    vt_err err = add_symbol(self, at, package, one->name, NULL);
    if (err != VT_OK) {
        return err;
    }
    const char *scope = self->symbols[self->symbols_count - 1].name;
    return add_named(self, at, scope, one->method, one->n_method);
}

static vt_err add_file(vt_descriptor_index *self, size_t at) {
    const file *one = self->files[at];
    size_t next = self->symbols_count;
    vt_err err = add_messages(self, at, one->package, one->message_type, one->n_message_type);
    if (err == VT_OK) {
        err = add_named(self, at, one->package, one->enum_type, one->n_enum_type);
    }
    for (size_t i = 0; err == VT_OK && i < one->n_service; i++) {
        err = add_service(self, at, one->package, one->service[i]);
    }
    /* The symbols are their own queue: nested ones are appended behind, and come up in turn. */
    for (; err == VT_OK && next < self->symbols_count; next++) {
        symbol outer = self->symbols[next];
        if (outer.type != NULL) {
            err = add_messages(self, at, outer.name, outer.type->nested_type, outer.type->n_nested_type);
        }
        if (err == VT_OK && outer.type != NULL) {
            err = add_named(self, at, outer.name, outer.type->enum_type, outer.type->n_enum_type);
        }
    }
    return err;
}

static vt_err fill(vt_descriptor_index *self, vt_slice set) {
    self->set = votaton__descriptor__file_set__unpack(NULL, set.len, (const uint8_t *) set.ptr);
    if (self->set == NULL) {
        return VT_ERR_MALFORMED_PROTOBUF;
    }
    self->files = calloc(self->set->n_file + 1, sizeof *self->files);
    self->symbols = calloc(SYMBOLS_MAX, sizeof *self->symbols);
    if (self->files == NULL || self->symbols == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < self->set->n_file; i++) {
        const ProtobufCBinaryData *bytes = &self->set->file[i];
        self->files[i] = votaton__descriptor__file__unpack(NULL, bytes->len, bytes->data);
        vt_err err = self->files[i] == NULL ? VT_ERR_MALFORMED_PROTOBUF : add_file(self, i);
        if (err != VT_OK) {
            return err;
        }
    }
    return VT_OK;
}

vt_err vt_descriptor_index_open(vt_slice set, vt_descriptor_index **out) {
    vt_descriptor_index *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return VT_ERR_NO_MEMORY;
    }
    vt_err err = fill(self, set);
    if (err != VT_OK) {
        vt_descriptor_index_close(self);
        return err;
    }
    *out = self;
    return VT_OK;
}

void vt_descriptor_index_close(vt_descriptor_index *self) {
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->symbols_count; i++) {
        free(self->symbols[i].name);
    }
    for (size_t i = 0; self->files != NULL && i < self->set->n_file; i++) {
        votaton__descriptor__file__free_unpacked(self->files[i], NULL);
    }
    votaton__descriptor__file_set__free_unpacked(self->set, NULL);
    free(self->symbols);
    free(self->files);
    free(self);
}

static vt_slice file_bytes(const vt_descriptor_index *self, size_t at) {
    const ProtobufCBinaryData *bytes = &self->set->file[at];
    return vt_slice_of((const char *) bytes->data, bytes->len);
}

vt_slice vt_descriptor_index_file(const vt_descriptor_index *self, const char *name) {
    for (size_t i = 0; i < self->set->n_file; i++) {
        if (strcmp(self->files[i]->name, name) == 0) {
            return file_bytes(self, i);
        }
    }
    return (vt_slice){NULL, 0};
}

vt_slice vt_descriptor_index_symbol(const vt_descriptor_index *self, const char *name) {
    for (size_t i = 0; i < self->symbols_count; i++) {
        if (strcmp(self->symbols[i].name, name) == 0) {
            return file_bytes(self, self->symbols[i].file);
        }
    }
    return (vt_slice){NULL, 0};
}

/* The distinct band names of a file, numbered from 0 in the order in which they appear. */
#ifndef VT_CLIENT_BAND_NAMES_H
#define VT_CLIENT_BAND_NAMES_H

#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

typedef struct vt_band_names vt_band_names;

/* The caller owns *out. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_band_names_new(vt_band_names **out);
void vt_band_names_free(vt_band_names *names); /* accepts NULL */

/* The number of `name` (copied), a new one when it was not seen before. VT_ERR_NO_MEMORY. */
VT_MUST_CHECK vt_err vt_band_names_add(vt_band_names *names, vt_slice name, uint32_t *number);

/* Whether `name` is known, and its number. */
bool vt_band_names_find(const vt_band_names *names, vt_slice name, uint32_t *number);

uint32_t vt_band_names_count(const vt_band_names *names);

/* Borrowed until the next vt_band_names_add; `number` < vt_band_names_count. */
vt_slice vt_band_names_at(const vt_band_names *names, uint32_t number);

#endif

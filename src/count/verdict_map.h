/* The verdict of every record of one partition, by offset: a byte each, in a temporary file that is mapped, so that the
 * system may write it out and take the memory back. */
#ifndef VT_COUNT_VERDICT_MAP_H
#define VT_COUNT_VERDICT_MAP_H

#include "vote/record.h"

typedef struct vt_verdict_map {
    int64_t first;
    int64_t end;
    uint8_t *verdicts; /* NULL when there is no record */
} vt_verdict_map;

/* For the records at `first` and behind it, before `end`; all NONE at first. Release it also after an error.
 * VT_ERR_SYSTEM, VT_ERR_FULL (no room on the disk). */
VT_MUST_CHECK vt_err vt_verdict_map_init(vt_verdict_map *map, int64_t first, int64_t end);
void vt_verdict_map_release(vt_verdict_map *map); /* accepts a zeroed one */

/* first <= offset < end. */
void vt_verdict_map_set(vt_verdict_map *map, int64_t offset, vt_verdict verdict);
vt_verdict vt_verdict_map_get(const vt_verdict_map *map, int64_t offset);

#endif

#include "count/verdict_map.h"

#include "base/assert.h"
#include "count/temp_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

vt_err vt_verdict_map_init(vt_verdict_map *map, int64_t first, int64_t end) {
    *map = (vt_verdict_map){.first = first, .end = end};
    if (end <= first) {
        return VT_OK;
    }
    size_t len = (size_t) (end - first);
    int fd = -1;
    vt_err err = vt_temp_file_open(&fd);
    if (err != VT_OK) {
        return err;
    }
    /* With the room taken now, a full disk is an error here and not a signal later. */
    int code = posix_fallocate(fd, 0, (off_t) len);
    void *memory = code == 0 ? mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    close(fd);
    if (memory == MAP_FAILED) {
        return code == ENOSPC ? VT_ERR_FULL : VT_ERR_SYSTEM;
    }
    map->verdicts = memory;
    return VT_OK;
}

void vt_verdict_map_release(vt_verdict_map *map) {
    if (map->verdicts != NULL) {
        munmap(map->verdicts, (size_t) (map->end - map->first));
    }
    *map = (vt_verdict_map){0};
}

void vt_verdict_map_set(vt_verdict_map *map, int64_t offset, vt_verdict verdict) {
    VT_ASSERT(offset >= map->first && offset < map->end);
    map->verdicts[offset - map->first] = (uint8_t) verdict;
}

vt_verdict vt_verdict_map_get(const vt_verdict_map *map, int64_t offset) {
    VT_ASSERT(offset >= map->first && offset < map->end);
    return (vt_verdict) map->verdicts[offset - map->first];
}

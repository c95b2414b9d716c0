#include "count/temp_file.h"

#include <fcntl.h>
#include <stdlib.h>

vt_err vt_temp_file_open(int *fd) {
    const char *folder = getenv("TMPDIR");
    if (folder == NULL || folder[0] == '\0') {
        folder = "/var/tmp";
    }
    int opened = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (opened < 0) {
        return VT_ERR_SYSTEM;
    }
    *fd = opened;
    return VT_OK;
}

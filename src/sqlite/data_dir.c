#include "sqlite/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A long path is cut, so that the cause behind it stays readable. */
static vt_err refuse(char *reason, const char *what, const char *dir, int cause) {
    snprintf(reason, VT_DATA_DIR_REASON_MAX, "%s %.140s: %.60s", what, dir, strerror(cause));
    return VT_ERR_SYSTEM;
}

static int sync_directory(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int cause = fd >= 0 && fsync(fd) == 0 ? 0 : errno;
    if (fd >= 0) {
        close(fd);
    }
    return cause;
}

/* The entry of a directory is durable only once its parent is; whoever made the directory may have died before that.
 */
static vt_err sync_parent(const char *dir, char *reason) {
    char parent[PATH_MAX];
    if (snprintf(parent, sizeof parent, "%s/..", dir) >= (int) sizeof parent) {
        return refuse(reason, "cannot use the data directory", dir, ENAMETOOLONG);
    }
    int cause = sync_directory(parent);
    /* A parent that may be entered but not read, or that is on a file system that cannot change, cannot be synced; that
     * is no reason not to start. */
    bool is_out_of_reach = cause == EACCES || cause == EINVAL || cause == EROFS;
    return cause == 0 || is_out_of_reach ? VT_OK : refuse(reason, "cannot sync the parent of", dir, cause);
}

vt_err vt_data_dir_make(const char *dir, char reason[VT_DATA_DIR_REASON_MAX]) {
    if (mkdir(dir, 0700) == 0) {
        return sync_parent(dir, reason);
    }
    int cause = errno;
    struct stat found;
    if (cause == EEXIST && stat(dir, &found) == 0) {
        if (S_ISDIR(found.st_mode)) {
            return sync_parent(dir, reason);
        }
        cause = ENOTDIR;
    }
    return refuse(reason, "cannot make the data directory", dir, cause);
}

vt_err vt_data_dir_sync(const char *dir, char reason[VT_DATA_DIR_REASON_MAX]) {
    int cause = sync_directory(dir);
    return cause == 0 ? VT_OK : refuse(reason, "cannot sync the data directory", dir, cause);
}

vt_err vt_data_dir_lock(const char *dir, int *fd, char reason[VT_DATA_DIR_REASON_MAX]) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/lock", dir) >= (int) sizeof path) {
        return refuse(reason, "cannot use the data directory", dir, ENAMETOOLONG);
    }
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        return refuse(reason, "cannot write to the data directory", dir, errno);
    }
    if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
        *fd = lock;
        return VT_OK;
    }
    int cause = errno;
    close(lock);
    if (cause == EWOULDBLOCK) {
        snprintf(reason, VT_DATA_DIR_REASON_MAX, "another votaton uses the data directory %.180s", dir);
        return VT_ERR_IN_USE;
    }
    return refuse(reason, "cannot lock the data directory", dir, cause);
}

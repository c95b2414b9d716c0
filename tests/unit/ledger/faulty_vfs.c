#include "faulty_vfs.h"

#include <sqlite3.h>
#include <stdlib.h>

_Atomic int faulty_files;
_Atomic int faulty_sync_code;
_Atomic int faulty_write_code;
_Atomic int faulty_errno;
_Atomic int faulty_syncs;

typedef struct faulty {
    sqlite3_file base; /* first */
    int kind;
    sqlite3_file *real; /* behind this struct */
} faulty;

static sqlite3_vfs *system_vfs;

static sqlite3_file *real(sqlite3_file *file) {
    return ((faulty *) file)->real;
}

static int fault(sqlite3_file *file, _Atomic int *code) {
    return (((faulty *) file)->kind & faulty_files) != 0 ? *code : SQLITE_OK;
}

static int x_close(sqlite3_file *f) {
    return real(f)->pMethods->xClose(real(f));
}
static int x_read(sqlite3_file *f, void *to, int len, sqlite3_int64 at) {
    return real(f)->pMethods->xRead(real(f), to, len, at);
}
static int x_write(sqlite3_file *f, const void *from, int len, sqlite3_int64 at) {
    int code = fault(f, &faulty_write_code);
    return code != SQLITE_OK ? code : real(f)->pMethods->xWrite(real(f), from, len, at);
}
static int x_truncate(sqlite3_file *f, sqlite3_int64 size) {
    return real(f)->pMethods->xTruncate(real(f), size);
}
static int x_sync(sqlite3_file *f, int flags) {
    faulty_syncs++;
    int code = fault(f, &faulty_sync_code);
    return code != SQLITE_OK ? code : real(f)->pMethods->xSync(real(f), flags);
}
static int x_file_size(sqlite3_file *f, sqlite3_int64 *size) {
    return real(f)->pMethods->xFileSize(real(f), size);
}
static int x_lock(sqlite3_file *f, int lock) {
    return real(f)->pMethods->xLock(real(f), lock);
}
static int x_unlock(sqlite3_file *f, int lock) {
    return real(f)->pMethods->xUnlock(real(f), lock);
}
static int x_check_reserved_lock(sqlite3_file *f, int *out) {
    return real(f)->pMethods->xCheckReservedLock(real(f), out);
}
static int x_file_control(sqlite3_file *f, int op, void *arg) {
    return real(f)->pMethods->xFileControl(real(f), op, arg);
}
static int x_sector_size(sqlite3_file *f) {
    return real(f)->pMethods->xSectorSize(real(f));
}
static int x_device_characteristics(sqlite3_file *f) {
    return real(f)->pMethods->xDeviceCharacteristics(real(f));
}
static int x_shm_map(sqlite3_file *f, int page, int len, int extend, void volatile **out) {
    return real(f)->pMethods->xShmMap(real(f), page, len, extend, out);
}
static int x_shm_lock(sqlite3_file *f, int offset, int n, int flags) {
    return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}
static void x_shm_barrier(sqlite3_file *f) {
    real(f)->pMethods->xShmBarrier(real(f));
}
static int x_shm_unmap(sqlite3_file *f, int remove) {
    return real(f)->pMethods->xShmUnmap(real(f), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = x_close,
    .xRead = x_read,
    .xWrite = x_write,
    .xTruncate = x_truncate,
    .xSync = x_sync,
    .xFileSize = x_file_size,
    .xLock = x_lock,
    .xUnlock = x_unlock,
    .xCheckReservedLock = x_check_reserved_lock,
    .xFileControl = x_file_control,
    .xSectorSize = x_sector_size,
    .xDeviceCharacteristics = x_device_characteristics,
    .xShmMap = x_shm_map,
    .xShmLock = x_shm_lock,
    .xShmBarrier = x_shm_barrier,
    .xShmUnmap = x_shm_unmap,
};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags) {
    (void) vfs;
    faulty *self = (faulty *) file;
    self->real = (sqlite3_file *) (self + 1);
    self->kind = (flags & SQLITE_OPEN_MAIN_DB) != 0 ? FAULTY_DATABASE : (flags & SQLITE_OPEN_WAL) != 0 ? FAULTY_LOG : 0;
    int code = system_vfs->xOpen(system_vfs, name, self->real, flags, out_flags);
    self->base.pMethods = self->real->pMethods == NULL ? NULL : &methods;
    return code;
}

static int last_error(sqlite3_vfs *vfs, int len, char *text) {
    (void) vfs;
    return faulty_errno != 0 ? faulty_errno : system_vfs->xGetLastError(system_vfs, len, text);
}

void faulty_vfs_install(void) {
    static sqlite3_vfs vfs;
    system_vfs = sqlite3_vfs_find(NULL);
    vfs = *system_vfs;
    vfs.zName = "faulty";
    vfs.szOsFile = (int) sizeof(faulty) + system_vfs->szOsFile;
    vfs.xOpen = open_file;
    vfs.xGetLastError = last_error;
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) {
        abort();
    }
}

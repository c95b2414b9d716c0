/* A layer under SQLite that lets writes and fsyncs fail on command. */
#ifndef VT_TESTS_LEDGER_FAULTY_VFS_H
#define VT_TESTS_LEDGER_FAULTY_VFS_H

#include <stdatomic.h>

/* Which files are meant. */
typedef enum faulty_file { FAULTY_DATABASE = 1, FAULTY_LOG = 2 } faulty_file;

/* What xSync and xWrite answer for the files in `files`; 0: what the disk says. Set at any time, from any thread. */
extern _Atomic int faulty_files;
extern _Atomic int faulty_sync_code;
extern _Atomic int faulty_write_code;

/* The errno behind the failures. */
extern _Atomic int faulty_errno;

/* How many calls got through to xSync or were refused there, of all files. */
extern _Atomic int faulty_syncs;

/* Becomes the default of the process, once. */
void faulty_vfs_install(void);

#endif

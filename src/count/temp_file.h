/* A file without a name, for what a recount cannot keep in memory: gone when it is closed, whatever happens.
 *
 * It lies in $TMPDIR, or in /var/tmp, which unlike /tmp is on a disk.
 */
#ifndef VT_COUNT_TEMP_FILE_H
#define VT_COUNT_TEMP_FILE_H

#include "base/err.h"

/* Opens an empty file for reading and writing; the caller closes *fd. VT_ERR_SYSTEM. */
VT_MUST_CHECK vt_err vt_temp_file_open(int *fd);

#endif

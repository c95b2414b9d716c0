/* A secret is written under another name, made durable, and then linked to its own: so whoever sees the file sees all
 * of it, and of several processes that make one at once exactly one wins. What a crash leaves behind under the other
 * name was never used. */
#include "contest/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMPORARY_NAME_RANDOM = 8, TEMPORARY_NAME_MAX = 32 };

static vt_err refuse_system(const char *dir, const char *what, char reason[VT_REASON_MAX]) {
    snprintf(reason, VT_REASON_MAX, "%.128s/" VT_SECRET_FILE_NAME ": cannot %s: %s", dir, what, strerror(errno));
    return VT_ERR_SYSTEM;
}

static vt_err refuse_file(const char *dir, const char *what, char reason[VT_REASON_MAX]) {
    snprintf(reason, VT_REASON_MAX, "%.128s/" VT_SECRET_FILE_NAME ": %s", dir, what);
    return VT_ERR_BAD_CONFIG;
}

static bool fill_random(uint8_t *bytes, size_t len) {
    ssize_t got;
    do {
        got = getrandom(bytes, len, 0);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t) len; /* up to 256 bytes come whole: getrandom(2) */
}

static void write_hex(const uint8_t *bytes, size_t len, char *out) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

static bool write_whole(int file, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t written = write(file, bytes, len);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        if (written > 0) {
            bytes += written;
            len -= (size_t) written;
        }
    }
    return true;
}

/* Writes a new secret into `file` and makes it durable. */
static bool write_secret(int file) {
    uint8_t random[VT_SECRET_RANDOM_BYTES];
    char text[2 * VT_SECRET_RANDOM_BYTES + 1];
    bool done = fill_random(random, sizeof random);
    if (done) {
        write_hex(random, sizeof random, text);
        text[sizeof text - 1] = '\n';
        done = write_whole(file, text, sizeof text) && fsync(file) == 0;
    }
    explicit_bzero(random, sizeof random);
    explicit_bzero(text, sizeof text);
    return done;
}

static bool temporary_name(char out[TEMPORARY_NAME_MAX]) {
    static const char prefix[] = ".secret-";
    uint8_t random[TEMPORARY_NAME_RANDOM];
    if (!fill_random(random, sizeof random)) {
        return false;
    }
    memcpy(out, prefix, sizeof prefix - 1);
    write_hex(random, sizeof random, out + sizeof prefix - 1);
    out[sizeof prefix - 1 + 2 * sizeof random] = '\0';
    return true;
}

/* True also when another process was faster. */
static bool make(int dir_file) {
    char name[TEMPORARY_NAME_MAX];
    if (!temporary_name(name)) {
        return false;
    }
    int file = openat(dir_file, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (file < 0) {
        return false;
    }
    bool done = write_secret(file);
    done = close(file) == 0 && done;
    done = done && (linkat(dir_file, name, dir_file, VT_SECRET_FILE_NAME, 0) == 0 || errno == EEXIST);
    int error = errno;
    unlinkat(dir_file, name, 0);
    errno = error;
    return done && fsync(dir_file) == 0;
}

static vt_err read_file(const char *dir, int file, vt_secret_text *out, char reason[VT_REASON_MAX]) {
    struct stat status;
    if (fstat(file, &status) != 0) {
        return refuse_system(dir, "look at it", reason);
    }
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid()) {
        return refuse_file(dir, "must be a regular file of the user who runs votaton", reason);
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return refuse_file(dir, "must not be open to group or others (chmod 600)", reason);
    }
    if (status.st_size > (off_t) sizeof out->bytes) {
        return refuse_file(dir, "is too long for a secret", reason);
    }
    ssize_t got;
    do {
        got = read(file, out->bytes, sizeof out->bytes);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return refuse_system(dir, "read it", reason);
    }
    out->len = (size_t) got;
    return VT_OK;
}

static int open_secret(int dir_file) {
    return openat(dir_file, VT_SECRET_FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

vt_err vt_secret_file_read(const char *dir, bool makes, vt_secret_text *out, char reason[VT_REASON_MAX]) {
    int dir_file = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_file < 0) {
        return refuse_system(dir, "open its directory", reason);
    }
    int file = open_secret(dir_file);
    vt_err err = VT_OK;
    if (file < 0 && errno == ENOENT && !makes) {
        err = refuse_file(dir, "is missing: the contest needs the secret that it was made with", reason);
    } else if (file < 0 && errno == ENOENT) {
        err = make(dir_file) ? VT_OK : refuse_system(dir, "make it", reason);
        file = err == VT_OK ? open_secret(dir_file) : -1;
    }
    if (err == VT_OK && file < 0) {
        err = errno == ELOOP ? refuse_file(dir, "must not be a symbolic link", reason)
                             : refuse_system(dir, "open it", reason);
    }
    if (err == VT_OK) {
        err = read_file(dir, file, out, reason);
    }
    if (file >= 0) {
        close(file);
    }
    close(dir_file);
    return err;
}

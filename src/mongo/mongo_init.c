#include "mongo/mongo_init.h"

#include <mongoc/mongoc.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void init(void) {
    mongoc_init();
    mongoc_log_set_handler(NULL, NULL);
}

void vt_mongo_init(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init);
}

void vt_mongo_unlink_counters(void) {
    char name[32];
    snprintf(name, sizeof name, "/mongoc-%u", (unsigned) getpid());
    (void) shm_unlink(name);
}

/* What libmongoc needs once for each process. */
#ifndef VT_MONGO_MONGO_INIT_H
#define VT_MONGO_MONGO_INIT_H

/* Prepares libmongoc and turns off its own log (what it says there comes as errors, too). Whoever parses a URL or opens
 * a client has called it already. Any thread, any number of times. There is no counterpart: what mongoc_cleanup would
 * free is reachable until the process ends, and a thread may still be in the library then. */
void vt_mongo_init(void);

/* Removes the name of the file in /dev/shm where libmongoc counts, which its constructor makes in every process that is
 * linked with it, and which only mongoc_cleanup would remove: a process that is killed would leave it for ever. The
 * counters themselves stay mapped. First thing in main. */
void vt_mongo_unlink_counters(void);

#endif

/* fence.lua in Redis: as a library of functions, or as a script where functions do not exist or are not allowed. */
#ifndef VT_TALLY_FENCE_FUNCTION_H
#define VT_TALLY_FENCE_FUNCTION_H

#include "redis/redis_client.h"

enum {
    VT_FENCE_FUNCTION_NAME_MAX = 32, /* with the terminator */
    VT_FENCE_CALL_HEAD = 3,          /* arguments in front of the first key */
};

/* A plain value: how fence.lua is called on one Redis. */
typedef struct vt_fence_function {
    char name[VT_FENCE_FUNCTION_NAME_MAX]; /* of library and function: "votaton_" and the digest of their text, so that
                                              releases side by side do not overwrite one another */
    bool is_script;                        /* functions were refused here */
    char script[41];                       /* what SCRIPT LOAD answered; empty: not loaded yet */
} vt_fence_function;

void vt_fence_function_init(vt_fence_function *function);

/* Calls it, and loads it first if Redis does not have it. arguments[VT_FENCE_CALL_HEAD…count-1] are `keys_count` keys
 * and the arguments of fence.lua; those in front are filled in here. Sets *is_done: false when fence.lua refused.
 * Errors of vt_redis_call; VT_ERR_CORRUPT for an answer that fence.lua does not give. */
VT_MUST_CHECK vt_err vt_fence_function_call(vt_fence_function *function, vt_redis *redis, vt_slice *arguments,
                                            size_t count, unsigned keys_count, bool *is_done);

#endif

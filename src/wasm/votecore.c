#include "votecore_w2c.h"
#include "wasm/module.h"

VT_GUEST_MODULE(votecore)

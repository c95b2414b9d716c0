/* The vote core in a sandbox: WebAssembly that wasm2c translated, with a memory of its own.
 *
 * The guest gets a copy of each vote's bytes and gives back a votaton.v1.Vote, which is read and checked once more:
 * what a guest returns is believed as little as what a client sends. A guest that traps, points outside of its memory
 * or returns what no vote core returns is broken: that vote is refused, and a new instance takes the next. A loop that
 * never ends is not noticed (translated code has no fuel): only for a module that is compiled in, never for foreign
 * code.
 */
#ifndef VT_WASM_SANDBOX_H
#define VT_WASM_SANDBOX_H

#include "wasm/module.h"

typedef struct vt_sandbox vt_sandbox;

/* One instance, for one thread. `module` must outlive it. NO_MEMORY, CORRUPT (it traps when it is instantiated). */
VT_MUST_CHECK vt_err vt_sandbox_open(const vt_guest_module *module, vt_sandbox **out);

/* Accepts NULL. */
void vt_sandbox_close(vt_sandbox *sandbox);

/* Its readers; borrowed. A broken guest is INTERNAL, and NO_MEMORY or CORRUPT where no new instance could be made. */
vt_core *vt_sandbox_core(vt_sandbox *sandbox);

#endif

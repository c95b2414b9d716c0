/* Where a translated module ends that does what it may not; called by the runtime of wasm2c. */
#ifndef VT_WASM_TRAP_H
#define VT_WASM_TRAP_H

/* `code` is a wasm_rt_trap_t. Goes back to the call into the module that this thread made; there is always one. */
_Noreturn void vt_sandbox_trap(int code);

#endif

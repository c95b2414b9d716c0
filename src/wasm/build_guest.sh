#!/bin/sh
# Compiles C files to a WebAssembly module without imports, the same bytes on every machine: clang alone would call
# wasm-opt where that is installed, so the linker is called here. Symbols are stripped afterwards, as the linker's own
# stripping makes a module with bulk memory invalid.
#   build_guest.sh CLANG LINKER STRIP INCLUDE OUTPUT SOURCE...
set -eu

clang=$1
linker=$2
strip=$3
include=$4
output=$5
shift 5

# A stack in front of the data: an overflow traps instead of overwriting.
stack_bytes=16384
memory_bytes_max=4194304

objects=$output.p
mkdir -p "$objects"
cat >"$objects/string.h" <<'END'
#include <stddef.h>
void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memset(void *to, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *text);
END

number=0
for source; do
	number=$((number + 1))
	"$clang" --target=wasm32 -std=gnu17 -O2 -mbulk-memory -ffile-prefix-map="$include=src" \
		-isystem "$objects" -I "$include" -c "$source" -o "$objects/$number.o"
	set -- "$@" "$objects/$number.o"
	shift
done
"$linker" --no-entry --stack-first -z stack-size=$stack_bytes --max-memory=$memory_bytes_max "$@" -o "$objects/linked.wasm"
"$strip" "$objects/linked.wasm" -o "$output"

#!/bin/sh
# Proves that the vote core (src/vote and base/hash.c) needs nothing but the four memory functions: compiles it natively
# and, where clang can, for WebAssembly without a libc, and looks at what the objects leave undefined.
#   tools/check-core-pure.sh [COMPILER]
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
compiler=${1:-cc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# All that a libc may give the core.
mkdir "$work/include"
cat >"$work/include/string.h" <<'END'
#include <stddef.h>
void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *text);
END

# refuse_undefined NM DIR: every symbol that no object defines must be allowed. strlen is not.
refuse_undefined() {
	"$1" "$2"/*.o | awk '$1 == "U" { print $2 } $2 == "U" { print $3 }' | sort -u >"$2/undefined"
	"$1" "$2"/*.o | awk 'NF == 3 && $2 != "U" { print $3 }' | sort -u >"$2/defined"
	foreign=$(comm -23 "$2/undefined" "$2/defined" |
		grep -vxE 'memcpy|memmove|memset|memcmp|__stack_chk_fail|__stack_pointer|__indirect_function_table' || true)
	if [ -n "$foreign" ]; then
		echo "$2: the vote core must not use: $foreign" >&2
		exit 1
	fi
}

# compile DIR COMPILER FLAGS...
compile() {
	out=$1
	shift
	mkdir -p "$out"
	for source in "$root"/src/vote/*.c "$root"/src/base/hash.c; do
		"$@" -std=gnu17 -O2 -ffreestanding -I "$root/src" -isystem "$work/include" -c "$source" \
			-o "$out/$(basename "$source" .c).o"
	done
}

compile "$work/native" "$compiler"
refuse_undefined nm "$work/native"
echo "native: pure"

for clang in clang clang-19 clang-16 clang-15 clang-14; do
	if command -v "$clang" >/dev/null && "$clang" --print-targets 2>/dev/null | grep -q wasm32; then
		compile "$work/wasm" "$clang" --target=wasm32 -nostdlib
		nm=$(command -v llvm-nm || command -v "llvm-nm-${clang#clang-}" || true)
		if [ -n "$nm" ]; then
			refuse_undefined "$nm" "$work/wasm"
		fi
		echo "wasm32: pure"
		exit 0
	fi
done
echo "wasm32: no clang with this target here"

#!/bin/bash
# The checks that take longer than a test run may: linters, both compilers, sanitizers, fuzzers.
# Every step runs; the end says which failed. --long adds the long rounds and keeps their output in docs/long-checks.
set -u
cd "$(dirname "$0")/.." || exit 1
. tools/say.sh
. tools/servers.sh

long=false
fuzz_seconds=60
if [ "${1:-}" = --long ]; then
	long=true
	fuzz_seconds=600
fi
python=.cache/venv/bin/python
e2e_subset=(tests/e2e/test_http.py tests/e2e/test_grpc.py tests/e2e/test_results.py tests/e2e/test_limits.py)
failed=()

step() {
	say "$1"
	shift
	"$@" || failed+=("$*")
}

# build_in NAME COMPILER OPTION...: a build of its own below build-check/.
build_in() {
	local folder=build-check/$1 compiler=$2
	shift 2
	[ -e "$folder/build.ninja" ] || CC=$compiler meson setup "$folder" --werror "$@" >/dev/null ||
		return 1
	ninja -C "$folder" --quiet
}

lint_shell() {
	shellcheck -x dev .ci/run tools/*.sh
}

lint_c() {
	build_in clang clang-14 || return 1
	run-clang-tidy-14 -quiet -j 2 -p build-check/clang "$PWD/src/" 2>/dev/null | grep -v '^clang-tidy-14 '
	return "${PIPESTATUS[0]}"
}

unit_under() {
	rm -rf "build-check/results-$1"
	$python tools/run_unit.py --build "build-check/$1" --results "build-check/results-$1" --timeout 300
}

under_asan() {
	build_in asan clang-14 -Db_sanitize=address,undefined -Db_lundef=false || return 1
	export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
	export ASAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-14
	unit_under asan &&
		VOTATON=$PWD/build-check/asan/votaton $python -m pytest -c tests/pytest.ini "${e2e_subset[@]}"
}

under_tsan() {
	build_in tsan clang-14 -Db_sanitize=thread -Db_lundef=false || return 1
	# librdkafka and libmongoc come from Debian without instrumentation: what their threads do among themselves is
	# not seen, and would look like races with ours.
	export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:ignore_noninstrumented_modules=1
	unit_under tsan &&
		VOTATON=$PWD/build-check/tsan/votaton $python -m pytest -c tests/pytest.ini tests/e2e/test_results.py
}

fuzz() {
	build_in fuzz clang-14 -Dtests=disabled -Dfuzzers=true -Db_sanitize=address,undefined -Db_lundef=false \
		-Dc_args=-fsanitize=fuzzer-no-link || return 1
	local target corpus outcome=0 found=false
	for target in build-check/fuzz/tests/fuzz/fuzz_*; do
		[ -f "$target" ] || continue # Meson keeps a folder of objects beside each program
		found=true
		corpus=build-check/corpus/${target##*/}
		mkdir -p "$corpus"
		say "fuzzing ${target##*/} for $fuzz_seconds s"
		"$target" -max_total_time="$fuzz_seconds" -print_final_stats=0 -artifact_prefix="$corpus-" "$corpus" \
			>"$corpus.log" 2>&1 || {
			tail -40 "$corpus.log"
			outcome=1
		}
		# libFuzzer ends with this line even after nothing was found.
		echo "${target##*/}: $(grep '^Done' "$corpus.log" || echo "a finding or a crash")" | tee -a "$record"
	done
	$found || say "no fuzz target was built"
	$found && return "$outcome"
}

long_rounds() {
	VOTATON=$PWD/build-check/gcc/votaton VOTATON_LONG=1 $python -m pytest -c tests/pytest.ini -rP -m long tests/e2e --timeout 1800 2>&1 | tee -a "$record"
	return "${PIPESTATUS[0]}"
}

# What takes hours leaves its dated output in the tree.
record=/dev/null
if $long; then
	mkdir -p docs/long-checks
	record=docs/long-checks/$(date -u +%Y-%m-%d).txt
	echo "./dev check --long, $(date -u +'%Y-%m-%d %H:%M') UTC, $(nproc) cores, $(uname -sr)" >"$record"
fi

tools/install.sh build test testbed check image || exit 1
start_servers build-check/servers
step "formatting" tools/fmt.sh --check
step "shell" lint_shell
step "Python" .cache/venv/bin/ruff check -q --config tools/ruff.toml tools tests bench
step "layers" tools/check_layers.py
step "function lengths and complexity" $python tools/check_functions.py src
step "gcc, warnings fatal" build_in gcc gcc
step "clang, warnings fatal, and clang-tidy" lint_c
step "AddressSanitizer and UndefinedBehaviorSanitizer" under_asan
step "ThreadSanitizer" under_tsan
step "fuzzers" fuzz
step "image" tools/check-image.sh
! $long || step "long rounds" long_rounds

[ ${#failed[@]} -eq 0 ] || die "${#failed[@]} steps failed: $(printf '%s; ' "${failed[@]}")"
say "all checks passed"

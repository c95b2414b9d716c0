#!/bin/sh
# Every test: unit programs, then pytest (tree checks, differential and end-to-end tests), then the sum. All of them
# share one Kafka, Redis and MongoDB server. Results lie in build/test-results. Arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."
. tools/say.sh
. tools/servers.sh

tools/install.sh build test testbed
# The build folder may have been made before cmocka was there.
if [ -e build/build.ninja ] && [ "$(meson introspect --tests build)" = '[]' ]; then
	meson setup --reconfigure build -Dtests=enabled >/dev/null || die "meson setup failed"
fi
tools/build.sh all
results=build/test-results
rm -rf "$results"
mkdir -p "$results"
python=.cache/venv/bin/python

start_servers build/test-servers
say "unit tests"
"$python" tools/run_unit.py --build build --results "$results" || say "some unit tests failed"
say "pytest: tree checks, differential and end-to-end tests"
"$python" tools/run_pytest.py --results "$results" "$@" || say "some pytest tests failed"
"$python" tools/sum_tests.py --servers-required "$results"

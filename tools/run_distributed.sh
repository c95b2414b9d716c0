#!/bin/sh
# Runs every role as a process of its own over the testbed; tools/run_distributed.py says how it is used.
set -eu
cd "$(dirname "$0")/.."
. tools/say.sh

say "installing what is missing for the testbed (minutes the first time)"
tools/install.sh testbed
say "building build/votaton"
tools/build.sh
exec python3 -B tools/run_distributed.py "$@"

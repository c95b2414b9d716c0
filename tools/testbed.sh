#!/bin/sh
# Real servers on loopback; tools/testbed/cli.py says how it is used.
set -eu
cd "$(dirname "$0")/.."

tools/install.sh testbed
PYTHONPATH=tools exec python3 -B -m testbed "$@"

#!/bin/sh
# Measures votatón beside its peers; see bench/README.md.
set -eu
cd "$(dirname "$0")/.."

tools/install.sh build test bench
tools/build.sh
exec .cache/venv/bin/python bench/run.py "$@"

#!/bin/sh
# Measures votatón beside its peers; see bench/README.md.
set -eu
cd "$(dirname "$0")/.."

tools/install.sh build test testbed bench
tools/build.sh
PYTHONPATH=tools exec .cache/venv/bin/python bench/run.py "$@"

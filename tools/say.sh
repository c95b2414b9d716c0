#!/bin/sh
# Shell helpers shared by the scripts here; to be sourced.

say() {
	printf '==> %s\n' "$*" >&2
}

die() {
	printf '==> FAILED: %s\n' "$*" >&2
	exit 1
}

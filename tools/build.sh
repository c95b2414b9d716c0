#!/bin/sh
# Builds build/votaton; further arguments name more targets (all: the unit tests too).
set -eu
cd "$(dirname "$0")/.."
. tools/say.sh

tools/install.sh build
if [ ! -e build/build.ninja ]; then
	meson setup build >build.log.tmp 2>&1 || {
		cat build.log.tmp >&2
		rm -f build.log.tmp
		die "meson setup failed"
	}
	rm -f build.log.tmp
fi
ninja -C build --quiet "${@:-votaton}" || die "the build failed"

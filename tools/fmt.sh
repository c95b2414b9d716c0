#!/bin/sh
# Formats C, Python and shell in place; with --check, fails where something would change.
set -eu
cd "$(dirname "$0")/.."
. tools/say.sh

tools/install.sh check
c_files() {
	find src tests bench examples -name '*.[ch]' -print0
}
shell_files="dev .ci/run tools/*.sh"
ruff=".cache/venv/bin/ruff format -q --config tools/ruff.toml"
case ${1:-} in
--check)
	c_files | xargs -0 -r clang-format-14 --dry-run -Werror
	$ruff --check --diff tools tests bench
	# shellcheck disable=SC2086 # a list of patterns
	shfmt -d $shell_files
	;;
'')
	c_files | xargs -0 -r clang-format-14 -i
	$ruff tools tests bench
	# shellcheck disable=SC2086 # a list of patterns
	shfmt -w $shell_files
	;;
*) die "usage: ./dev fmt [--check]" ;;
esac

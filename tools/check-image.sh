#!/bin/sh
# Builds the image of deploy/docker and runs every role of it, without a network and over a read-only root.
# Images and containers lie in a store of their own below build-check/image, which goes when the script ends. What
# stays, in .cache/image, is the Debian that the image is built on (delete it for a newer one) and the packages used.
set -eu
cd "$(dirname "$0")/.."
. tools/say.sh
# Building and running containers needs root.
[ "$(id -u)" -eq 0 ] || exec sudo "$PWD/tools/check-image.sh"

cache=$PWD/.cache/image
folder=$PWD/build-check/image
base=localhost/debian:bookworm-slim
image=localhost/votaton:check
uid=65532
command_seconds=60
download_seconds=600
build_seconds=1500
ready_seconds=30
stop_seconds=10
vote='{"vote_id":"6f2a7c1e-58d4-4b0a-9d3c-0e1f2a3b4c5d","name":"Soda Stereo","album":"Dynamo","year":"1992","rank":"1"}'

configure() {
	mkdir -p "$folder" "$cache/archives"
	cat >"$folder/containers.conf" <<-END
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
		log_driver = "k8s-file"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		lock_type = "file"
		runtime = "runc"
		tmp_dir = "$folder/tmp"
		[network]
		network_backend = "netavark"
	END
	cat >"$folder/storage.conf" <<-END
		[storage]
		driver = "overlay"
		graphroot = "$folder/store"
		runroot = "$folder/run"
	END
	export CONTAINERS_CONF="$folder/containers.conf" CONTAINERS_STORAGE_CONF="$folder/storage.conf"
	export DISABLE_HC_SYSTEMD=true # a health check runs when it is asked for, not by a timer of systemd
}

# bounded SECONDS COMMAND...
bounded() {
	timeout --foreground -k 5 "$@"
}

engine() {
	bounded "$command_seconds" podman "$@"
}

# Ends what is left of this run, or of one that was killed. Nothing is removed while something is still mounted.
clean() {
	[ -d "$folder" ] || return 0
	if [ -d "$folder/store" ]; then
		engine rm --all --force --time 0 >/dev/null || say "some containers could not be ended"
		bounded "$command_seconds" buildah rm --all >/dev/null || say "some builds could not be ended"
		findmnt -rno TARGET | grep "^$folder/" | sort -r | while read -r mounted; do umount "$mounted"; done
	fi
	rm -rf --one-file-system "$folder"
}

# The smallest Debian, made once.
import_base() {
	if [ ! -e "$cache/base.tar" ]; then
		say "making a Debian base in .cache/image"
		bounded "$download_seconds" debootstrap --variant=minbase bookworm "$folder/base" >"$folder/base.log" 2>&1 || {
			tail -20 "$folder/base.log" >&2
			die "debootstrap failed"
		}
		rm -rf "$folder"/base/var/cache/apt/* "$folder"/base/var/lib/apt/lists/*
		tar -C "$folder/base" -cf "$cache/base.tar.part" .
		mv "$cache/base.tar.part" "$cache/base.tar"
		rm -rf "$folder/base"
	fi
	engine import -q "$cache/base.tar" "$base" >/dev/null || die "the base cannot be imported"
	engine run --rm --pull=never --network=none "$base" true ||
		die "this machine does not run containers; the lines above say why"
}

build_image() {
	say "building the image"
	bounded "$build_seconds" buildah bud --isolation=chroot --pull-never --format=docker \
		--build-arg "BASE=$base" --build-arg "VERSION=$version" --volume "$cache/archives:/var/cache/apt/archives" \
		-f deploy/docker/Dockerfile -t "$image" . >"$folder/build.log" 2>&1 || {
		tail -40 "$folder/build.log" >&2
		die "the image does not build"
	}
}

# start NAME ARGUMENT...: a container as deployments run it, with a volume at /data that the role keeps. Its uid is the
# image's own.
start() {
	name=$1
	shift
	engine run --detach --pull=never --name="$name" --network=none --read-only --read-only-tmpfs=false --cap-drop=all \
		--security-opt=no-new-privileges --volume="$name:/data" "$image" "$@" >/dev/null || die "$name does not start"
}

pid_of() {
	engine inspect --format '{{.State.Pid}}' "$1"
}

# ask NAME CURL-ARGUMENT...: curl of this machine in the container's network; prints the body, then the status.
ask() {
	name=$1
	shift
	nsenter --net --target "$(pid_of "$name")" curl -sS -m 5 -w '\n%{http_code}\n' "$@"
}

# wait_for NAME STATUS URL: until the container answers so.
wait_for() {
	deadline=$(($(date +%s) + ready_seconds))
	until answer=$(ask "$1" "$3" 2>&1) && [ "${answer##*
}" = "$2" ]; do
		if [ "$(date +%s)" -ge "$deadline" ]; then
			engine logs "$1" >&2
			die "$1: $3 is not $2 after $ready_seconds s, but: $answer"
		fi
		sleep 0.2
	done
}

# stop NAME: SIGTERM must end it in time, with 0.
stop() {
	engine stop --time "$stop_seconds" "$1" >/dev/null
	code=$(engine inspect --format '{{.State.ExitCode}}' "$1")
	[ "$code" = 0 ] || {
		engine logs "$1" >&2
		die "$1: exit code $code after SIGTERM"
	}
	engine rm "$1" >/dev/null
}

# expect TEXT PATTERN WHAT
expect() {
	printf '%s\n' "$1" | grep -q -- "$2" || die "$3: $1"
}

check_labels() {
	expect "$(engine run --rm --pull=never --network=none "$image" --version)" "^votaton $version\$" "--version"
	labels=$(engine image inspect --format '{{json .Labels}}' "$image")
	expect "$labels" "\"org.opencontainers.image.version\":\"$version\"" "the label with the version"
}

# refused PATTERN ARGUMENT...: exit code 2 and a line on the standard error that says what is wrong.
refused() {
	pattern=$1
	shift
	code=0
	said=$(engine run --rm --pull=never --network=none "$image" "$@" 2>&1 >/dev/null) || code=$?
	[ "$code" = 2 ] || die "votaton $*: exit code $code, not 2: $said"
	expect "$said" "$pattern" "votaton $* does not say what is wrong"
}

check_refusals() {
	refused 'no command .conut.; did you mean .count.' conut
	refused '--lisen' run --lisen 0.0.0.0:8080
	refused '--ledger' ingest
	refused '--tally' count --ledger kafka://127.0.0.1:9/votes
	refused '--log' archive --ledger kafka://127.0.0.1:9/votes
}

check_confinement() {
	expect "$(cat "/proc/$(pid_of "$1")/status")" "^Uid:	$uid	$uid	$uid	$uid\$" "uid"
	expect "$(engine exec --user=0 "$1" touch /written 2>&1)" 'Read-only file system' "the root can be written to"
}

check_health() {
	expect "$(engine exec "$1" votaton health)" '^ready$' "votaton health"
	engine healthcheck run "$1" >/dev/null || die "$1: the image's health check fails"
}

# The default command takes a vote, and has it after a restart on the same volume.
check_run() {
	say "run"
	start run
	wait_for run 200 http://127.0.0.1:8080/readyz
	check_confinement run
	check_health run
	expect "$(ask run -d "$vote" http://127.0.0.1:8080/v1/votes)" '"status":"counted"' "the vote"
	stop run
	start run
	wait_for run 200 http://127.0.0.1:8080/readyz
	expect "$(ask run http://127.0.0.1:8080/v1/results)" '"name":"Soda Stereo","votes":1' "the result after a restart"
	expect "$(ask run -d "$vote" http://127.0.0.1:8080/v1/votes)" '"status":"duplicate"' "the vote's retry"
	expect "$(engine exec run votaton verify 2>&1)" 'everything agrees' "votaton verify beside it"
	stop run
}

# check_waiting ROLE MISSING ARGUMENT...: without its servers it lives, says what is missing, and stops.
check_waiting() {
	role=$1 missing=$2
	shift 2
	say "$role"
	start "$role" "$role" "$@"
	wait_for "$role" 200 http://127.0.0.1:8081/livez
	wait_for "$role" 503 http://127.0.0.1:8081/readyz
	expect "$(ask "$role" http://127.0.0.1:8081/readyz)" "$missing" "/readyz does not say what is missing"
	! engine healthcheck run "$role" >/dev/null || die "$role: healthy without its servers"
	stop "$role"
}

check_roles() {
	ledger=--ledger=kafka://127.0.0.1:9/votes
	tally=--tally=redis://127.0.0.1:9
	log=--log=mongodb://127.0.0.1:9/votaton.logs
	check_waiting ingest kafka "$ledger" --listen=0.0.0.0:8080
	check_waiting count kafka "$ledger" "$tally"
	check_waiting archive kafka "$ledger" "$log"
	check_waiting web redis "$tally" "$log"
}

bytes_of() {
	engine image inspect --format '{{.Size}}' "$1"
}

print_size() {
	say "the image is $((($(bytes_of "$image") - $(bytes_of "$base")) / 1000000)) MB beyond its base"
}

version=$(sed -n "s/^  version: '\(.*\)',$/\1/p" meson.build)
configure
clean
configure
trap clean EXIT
trap 'exit 130' INT TERM HUP
import_base
build_image
check_labels
check_refusals
check_run
check_roles
print_size

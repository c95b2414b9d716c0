#!/bin/sh
# Kafka, Redis and MongoDB for a run of tests; to be sourced, behind say.sh, from the top of the tree.
#   start_servers FOLDER   exports KAFKA, REDIS and MONGO; the servers end when the script ends, however it does

start_servers() {
	servers_folder=$1
	trap stop_servers EXIT
	trap 'exit 130' INT TERM HUP
	stop_servers # of a run that was killed
	servers_urls=$(PYTHONPATH=tools python3 -B -m testbed up --folder "$servers_folder") ||
		die "the servers do not start; their logs: $servers_folder/*/server.log"
	KAFKA=$(server_url KAFKA)
	REDIS=$(server_url REDIS)
	MONGO=$(server_url MONGO)
	export KAFKA REDIS MONGO
}

stop_servers() {
	PYTHONPATH=tools python3 -B -m testbed down --folder "$servers_folder" || say "some servers could not be ended"
}

# server_url NAME: the URL behind NAME=, without its path: each test adds a name of its own.
server_url() {
	echo "$servers_urls" | sed -n "s|^$1=\([a-z]*://[^/]*\).*|\1|p"
}

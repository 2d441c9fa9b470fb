# shellcheck shell=bash disable=SC2034
# Settings shared by install, up and down. Every one can be given in the environment.

LAB_HOME=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

# Where the unpacked programs are kept, and where one running lab lives. Labs with
# different numbers have addresses of their own and do not meet.
: "${LAB_CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/paceline-lab}"
: "${LAB_NUMBER:=1}"
: "${LAB_RUN:=$LAB_CACHE/run-$LAB_NUMBER}"

# What to fetch: the first suite that has this major version of Asterisk.
: "${LAB_MAJOR:=22}"
: "${LAB_SUITES:=forky sid}"

: "${LAB_BASE:=15000}"
: "${LAB_PBX:=127.20.$LAB_NUMBER.1}" "${LAB_CARRIER:=127.20.$LAB_NUMBER.2}" "${LAB_AGENTS:=127.20.$LAB_NUMBER.3}"
SIP_PORT=$((LAB_BASE + 60))
CARRIER_PORT=$((LAB_BASE + 70)) # +71 its control port
AGENTS_PORT=$((LAB_BASE + 80))  # +81 its control port
REGISTER_PORT=$((LAB_BASE + 82)) # +83 its control port
ARI_PORT=$((LAB_BASE + 88))
RTP_FIRST=$((LAB_BASE + 1000)) RTP_LAST=$((LAB_BASE + 4999))
CARRIER_RTP_FIRST=$((LAB_BASE + 5000)) CARRIER_RTP_LAST=$((LAB_BASE + 8999))
AGENTS_RTP_FIRST=$((LAB_BASE + 9000)) AGENTS_RTP_LAST=$((LAB_BASE + 12999))

# Names and passwords of a loopback lab: nothing here is a secret.
: "${LAB_USER:=paceline}" "${LAB_SECRET:=labsecret}" "${LAB_APP:=paceline}"
# How many phones register, with numbers from 1001 up.
: "${LAB_PHONES:=20}"

# Every how many seconds the PBX asks whether the trunk is alive (0: never).
: "${LAB_QUALIFY:=0}"

ROOT=$LAB_CACHE/root

die() {
	printf 'lab: %s\n' "$*" >&2
	exit 1
}

# The folder of the unpacked shared libraries (it holds the dynamic loader too).
lib_dir() {
	local f
	for f in "$ROOT"/usr/lib/*/libc.so.6; do
		[ -e "$f" ] && dirname -- "$f" && return
	done
	return 1
}

loader() {
	local f
	for f in "$1"/ld-linux*.so.*; do
		[ -e "$f" ] && printf '%s\n' "$f" && return
	done
	return 1
}

# The pid of a running part, if its pid file names a process of this lab.
alive() {
	local pid
	pid=$(cat "$LAB_RUN/$1.pid" 2>/dev/null) || return 1
	[ -n "$pid" ] && grep -qsF "$LAB_RUN/" "/proc/$pid/cmdline" || return 1
	printf '%s\n' "$pid"
}

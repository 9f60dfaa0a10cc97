# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests of ioattr run on a host, with the argument DIR, which has
# the command, the library and the test programs. Provides TAP and a working
# directory.

set -u
export LC_ALL=C
[ "${1:-}" != --help ] || { sed -n '3,/^$/{s/^# \{0,1\}//p}' "$0"; exit 0; }
[ $# = 1 ] || { echo "${0##*/}: see --help" >&2; exit 1; }
bin=$(realpath "$1")
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../.." && pwd)
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
mkdir -p "$top/results"
work=$(mktemp -d -p "$top/results" preload.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# try ARG...: run the command; set $status and write out and err
try()
{
	# shellcheck disable=SC2034 # for the caller
	status=0
	timeout 60 "$bin/ioattr" run "$@" >out 2>err </dev/null || status=$?
}

# says STATUS STDOUT STDERR NAME ARG...: the exact status and output
says()
{
	local expected="$1|$2|$3" name=$4
	shift 4
	try "$@"
	is "$name" "$expected" "$status|$(cat out)|$(cat err)"
}

# make_file FILE: 150 blocks; each is filled with its number
make_file()
{
	local i
	for ((i = 0; i < 150; i++)); do
		head -c 4096 /dev/zero | tr '\0' "\\$(printf %03o $i)"
	done >"$1"
}

# with_attributes COMMAND...: run it with the attributes of kernel.c. ioattr run
# keeps the value of LD_PRELOAD.
with_attributes()
{
	LD_PRELOAD=$bin/kernel.so "$@"
}

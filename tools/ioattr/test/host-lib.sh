# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests of the command on a host after they set $ioattr. Provides
# TAP and a working directory.

# the sanitizers exit with a status that the command does not use
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99
export LSAN_OPTIONS=exitcode=99 LC_ALL=C
# shellcheck source=tests/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../../tests/tap.sh"
# shellcheck source=tools/ioattr/test/options.sh
. "$(dirname "${BASH_SOURCE[0]}")/options.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# try ARG...: run the command; set $status and write out and err
try()
{
	# shellcheck disable=SC2034 # for the caller
	status=0
	# shellcheck disable=SC2154 # set by the caller
	"$ioattr" "$@" >out 2>err </dev/null || status=$?
}

# says STATUS STDOUT STDERR NAME ARG...: the exact status and output
says()
{
	local expected="$1|$2|$3" name=$4
	shift 4
	try "$@"
	is "$name" "$expected" "$status|$(cat out)|$(without_rate err)"
}

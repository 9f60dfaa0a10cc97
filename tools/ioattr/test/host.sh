# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests of the command on a host, after $ioattr is set: their
# results, as tap.sh has them, in a directory of their own.

# no status of the command's own
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99
export LSAN_OPTIONS=exitcode=99 LC_ALL=C
# shellcheck source=tools/ioattr/test/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# try ARG...: its output in out and err
try()
{
	# shellcheck disable=SC2034 # the caller's
	status=0
	# shellcheck disable=SC2154 # likewise
	"$ioattr" "$@" >out 2>err </dev/null || status=$?
}

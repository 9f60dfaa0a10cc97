#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Usage: tools/ioattr/test/cmd/completion.sh IOATTR
#
# Test the completion of ioattr for bash: commands, options, values and files.
# Prints TAP.

set -u
[ "${1:-}" != --help ] || { sed -n '3,/^$/{s/^# \{0,1\}//p}' "$0"; exit 0; }
[ $# = 1 ] || { echo "${0##*/}: see --help" >&2; exit 1; }
ioattr=$(realpath "$1")
completion=$(cd "$(dirname "$0")/../.." && pwd)/completion/ioattr.bash
# shellcheck source=tools/ioattr/test/host-lib.sh
. "$(dirname "$0")/../host-lib.sh"
mkdir bin dir
ln -s "$ioattr" bin/ioattr
PATH=$PWD/bin:$PATH
touch data1 data2
# compopt is only for a running completion
cat >completed <<'END'
compopt() { :; }
# shellcheck source=/dev/null
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_ioattr
printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd ' '
END

# completes NAME EXPECTED WORD...: the last word is the one to complete
completes()
{
	local name=$1 expected=$2
	shift 2
	is "$name" "$expected" "$(bash completed "$completion" ioattr "$@" 2>&1)"
}

is "it is for ioattr" "complete -F _ioattr ioattr" \
	"$(bash -c '. "$1"; complete -p ioattr' sh "$completion" 2>&1)"
completes "commands" \
	"--help --version probe read run scope set top trace write" ""
completes "... that begin with s" "scope set" s
for c in read write probe set scope run trace top; do
	ioattr $c --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p' | sort >expected
	is "$c: all options of --help" "$(cat expected)" \
		"$(bash completed "$completion" ioattr $c -- 2>&1 | tr -d = |
			tr ' ' '\n' | sort)"
done
completes "options with a value end in =" "--bs= --buffered" read --b
completes "hints" "admit bypass writearound writeback writethrough" \
	read --cache =
completes "... that begin with writeb" writeback read --cache = writeb
completes "... the second one" "bypass,writearound bypass,writeback\
 bypass,writethrough" read --cache = bypass,w
completes "priorities" "be idle none rt" run --prio =
completes "files" "data1 data2" read --cache = bypass data
completes "files of an option" "data1 data2" write --input = data
completes "directories" dir run --cgroup = d
completes "programs" ioattr run --cache = bypass -- ioattr
completes "... whose options are their own" "" run -- ioattr -
is "processes" yes "$(bash completed "$completion" ioattr scope $$ |
	grep -qw $$ && echo yes)"
tap_end

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Usage: tools/ioattr/test/cmd/systemd.sh IOATTR
#
# Test the drop-ins of systemd/ on a host: the options of each command are those
# of ioattr run, and so is the one in ioattr-scope(7). Prints TAP.

set -u
[ "${1:-}" != --help ] || { sed -n '3,/^$/{s/^# \{0,1\}//p}' "$0"; exit 0; }
[ $# = 1 ] || { echo "${0##*/}: see --help" >&2; exit 1; }
ioattr=$(realpath "$1")
src=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tools/ioattr/test/host-lib.sh
. "$(dirname "$0")/../host-lib.sh"

# commands FILE: those of ExecStart=, without what resets it
commands()
{
	sed -n 's/^ExecStart=\(.\)/\1/p' "$1"
}

for file in "$src"/systemd/*.conf "$src/man/ioattr-scope.7"; do
	name=$(basename "$file")
	is "$name: it resets the command of the unit, and has another" "1 1" \
		"$(grep -c '^ExecStart=$' "$file") $(commands "$file" | wc -l)"
	read -ra words <<<"$(commands "$file")"
	is "$name: it runs ioattr" "/usr/bin/ioattr run" "${words[*]:0:2}"
	options=()
	for w in "${words[@]:2}"; do
		[ "$w" != -- ] || break
		options+=("$w")
	done
	is "$name: a program follows --" yes \
		"$([ "${#words[@]}" -gt $((${#options[@]} + 3)) ] && echo yes)"
	says 0 "$("$ioattr" run --help)" '' "$name: ioattr takes its options" \
		run "${options[@]}" --help
done
tap_end

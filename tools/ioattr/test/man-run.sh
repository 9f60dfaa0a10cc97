#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Usage: man-run.sh DIR KIND [PIDEVICE]
#
# Run the programs of DIR, which man.sh took from the manual pages, and compare
# what they print with what the pages say: KIND prints for a kernel that has
# attributes, older for one that has not, off for one that was built without
# them. Programs that are given nothing print the same on all. DEVICE and CGROUP
# of the environment are what the pages call so. Prints TAP.

dir=$1
kind=$2
pidevice=${3:-}
DEVICE=${DEVICE:-/dev/nullb0}
CGROUP=${CGROUP:-/sys/fs/cgroup/client}
# shellcheck source=tools/ioattr/test/tap.sh
. "$(dirname "$0")/tap.sh"

[ -d "$CGROUP" ] || mkdir "$CGROUP" || exit 1
for file in "$dir"/*.args; do
	example=${file%.args}
	program=$dir/$(basename "$example" | sed 's/\..*//')
	[ -x "$program" ] || continue
	expected=$example.$kind
	args=$(cat "$file")
	if [ ! -e "$expected" ] && [ -z "$args" ]; then
		expected=$example.prints
	fi
	case $args in
	*PIDEVICE*) [ -n "$pidevice" ] || continue ;;
	esac
	# shellcheck disable=SC2046 # one argument each
	set -- $(echo " $args " | sed "s,CGROUP,$CGROUP,
		s, PIDEVICE , $pidevice ,; s, DEVICE , $DEVICE ,")
	status=0
	got=$("$program" "$@" 2>&1) || status=$?
	is "$(basename "$program")${args:+ $args}: as the page says" \
		"0|$(cat "$expected")" "$status|$got"
done
echo "1..$n"
[ "$n" -gt 0 ] || failed=1
exit "$failed"

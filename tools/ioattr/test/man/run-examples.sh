#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Usage: run-examples.sh DIR KIND [PIDEVICE]
#
# Run the examples in DIR, which pages.sh extracted from the manual pages, and
# compare their output with the pages. KIND is "prints" for a kernel with
# attributes, "older" for the base kernel, or "off" for a kernel built without
# attributes. Examples without arguments print the same on all kernels. DEVICE
# and CGROUP of the environment replace these words of the pages. Prints TAP.

dir=$1
kind=$2
pidevice=${3:-}
DEVICE=${DEVICE:-/dev/nullb0}
CGROUP=${CGROUP:-/sys/fs/cgroup/client}
# shellcheck source=tests/tap.sh
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
[ "$n" -gt 0 ] || failed=1
tap_end

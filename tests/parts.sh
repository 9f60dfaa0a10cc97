# SPDX-License-Identifier: GPL-2.0
# Sourced by tests that consist of parts, each a test of its own: part, then
# parts_end.
# shellcheck shell=bash

n=0
status=0

# part NAME COMMAND...: what it prints goes below its own line, as TAP nests
part()
{
	local name=$1 s=0
	shift
	n=$((n + 1))
	"$@" 2>&1 | sed -u 's/\r//; s/^/    /' || s=$?
	if [ $s = 0 ]; then
		echo "ok $n $name"
	else
		echo "not ok $n $name # status $s"
		status=1
	fi
}

parts_end()
{
	echo "1..$n"
	exit $status
}

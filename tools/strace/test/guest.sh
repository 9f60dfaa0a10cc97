#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Test in a guest how strace prints the attribute lists of a program. Prints
# TAP.

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"

# shows NAME TEXT COMMAND...: TEXT is in a line of an io_submit() that returned
# 1
shows()
{
	name=$1 text=$2
	shift 2
	status=0
	strace -y -qq -e trace=io_submit -o /tmp/trace "$@" >/tmp/log 2>&1 ||
		status=$?
	if [ "$status" = 0 ]; then
		grep -F -- "$text" /tmp/trace | grep -q ' = 1$' || status=1
	fi
	[ "$status" = 0 ] || comment /tmp/log /tmp/trace
	result "$status" "$name"
}

at="attr={size=16, id=IOCB_ATTR"
shows "cache, REPORT" \
	"aio_flags=IOCB_FLAG_ATTR, aio_attrs={size=24, flags=IOCB_ATTR_LIST_REPORT, attrs=[{${at}_cache, flags=0}, hints=IOCB_CACHE_BYPASS}]}" \
	ioattr read --cache=bypass --report --length=4096 /dev/nullb0
shows "ioprio" \
	"{${at}_ioprio, flags=0}, ioprio=IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 6)}" \
	ioattr read --prio=be:6 --length=4096 /dev/nullb0
shows "proxy_pid" "{${at}_proxy_pid, flags=0}, pid=$$}" \
	ioattr read --proxy=$$ --length=4096 /dev/nullb0
mkdir -p /sys/fs/cgroup/traced
shows "cgroup, with its path" "</sys/fs/cgroup/traced>}" \
	ioattr read --cgroup=/sys/fs/cgroup/traced --length=4096 /dev/nullb0
tap_end

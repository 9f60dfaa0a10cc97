#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Test in a guest how strace prints the attribute lists and sets of a program.
# Prints TAP.

# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"

# traced COMMAND...: write the trace to /tmp/trace and set $traced to the status
traced()
{
	traced=0
	strace -y -qq -e trace=io_submit,iocb_attr_create,prctl \
		-o /tmp/trace "$@" \
		>/tmp/log 2>&1 || traced=$?
}

# has NAME TEXT END: the command succeeded, and its trace has a line with TEXT
# that ends with the regular expression END
has()
{
	status=$traced
	if [ "$status" = 0 ]; then
		grep -F -- "$2" /tmp/trace | grep -q -- "$3\$" || status=1
	fi
	[ "$status" = 0 ] || comment /tmp/log /tmp/trace
	result "$status" "$1"
}

# shows NAME TEXT COMMAND...: TEXT is in a line of an io_submit() that returned
# 1
shows()
{
	name=$1 text=$2
	shift 2
	traced "$@"
	has "$name" "$text" ' = 1'
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

traced read_with_set /dev/nullb0
set='[0-9]*<anon_inode:\[iocb_attr]>'
has "iocb_attr_create" \
	"iocb_attr_create({size=24, flags=IOCB_ATTR_LIST_REPORT, attrs=[{${at}_cache, flags=0}, hints=IOCB_CACHE_BYPASS}]}, 0)" \
	" = $set"
has "a set" "aio_flags=IOCB_FLAG_ATTR_SET, aio_attrs=" \
	"aio_attrs=$set}]) = 1"
has "a list that names a set" \
	"aio_attrs={size=24, flags=0, attrs=[{${at}_set, flags=0}, fd=" \
	"fd=$set}]}}]) = 1"
has "a scope" "prctl(PR_SET_IOCB_ATTR, " \
	"(PR_SET_IOCB_ATTR, $set, PR_IOCB_ATTR_THREAD, 0, 0) = 0"
has "the set of a scope" "prctl(PR_GET_IOCB_ATTR, 0, 0, 0, 0)" " = $set"
tap_end

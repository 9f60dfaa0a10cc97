#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Usage: guest SECONDS TEST[:block|:char]...
#
# Run tests of liburing from /test, each in a new directory of the file system
# that is on one of two namespaces of an NVMe disk, with the device of the other
# for its argument if that is asked for. Writes a line for each: its name and "pass", "fail STATUS", "skip", or "timeout" after
# so many seconds. What it said goes to /results/NAME, and to /results/times
# when it started and ended.

limit=$1
shift
ifconfig lo up
# they are looked for at the same time, and named in the order of being found
other=2
if ! mount -t ext4 /dev/nvme0n1 /mnt 2>/dev/null; then
	mount -t ext4 /dev/nvme0n2 /mnt || exit 2
	other=1
fi

for t in "$@"; do
	# whose the kernel's messages are
	echo "test $t" >/dev/kmsg
	mkdir /mnt/dir
	cd /mnt/dir || exit 2
	# one test executes it
	ln -s /test/exec-target.t .
	case $t in
	*:block) device=/dev/nvme0n$other ;;
	*:char) device=/dev/ng0n$other ;;
	*) device= ;;
	esac
	read -r start _ </proc/uptime
	# SIGXCPU, for nothing else sends it. The group has processes that the
	# test may leave behind.
	# shellcheck disable=SC2086 # no argument if there is no device
	setsid timeout -s XCPU -k 5 "$limit" "/test/${t%:*}.t" $device \
		>"/results/$t" 2>&1 &
	# the shell says which signal ended it
	wait $! 2>/dev/null
	status=$?
	kill -KILL -- -$! 2>/dev/null
	read -r end _ </proc/uptime
	echo "$t $start $end" >>/results/times
	cd /
	rm -rf /mnt/dir
	case $status in
	0) echo "$t pass" ;;
	77) echo "$t skip" ;;
	137|152) echo "$t timeout" ;;
	*) echo "$t fail $status" ;;
	esac
done

#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Usage: guest SECONDS TEST[:block|:char]...
#
# Run tests of liburing from /test, each in a new directory. The file system is
# on one of two namespaces of an NVMe disk. With :block or :char the argument of
# the test is the device of the other namespace. Prints a line for each test:
# its name and "pass", "fail STATUS", "skip", or "timeout" after SECONDS. The
# output of a test goes to /results/NAME, the times of its start and end to
# /results/times.

limit=$1
shift
ifconfig lo up
# namespaces are scanned concurrently, so their names can be exchanged
other=2
if ! mount -t ext4 /dev/nvme0n1 /mnt 2>/dev/null; then
	mount -t ext4 /dev/nvme0n2 /mnt || exit 2
	other=1
fi

for t in "$@"; do
	# mark the kernel messages of this test
	echo "test $t" >/dev/kmsg
	mkdir /mnt/dir
	cd /mnt/dir || exit 2
	# needed by one test
	ln -s /test/exec-target.t .
	case $t in
	*:block) device=/dev/nvme0n$other ;;
	*:char) device=/dev/ng0n$other ;;
	*) device= ;;
	esac
	read -r start _ </proc/uptime
	# Use SIGXCPU, which nothing else sends. Processes that the test leaves
	# behind are in its process group.
	# shellcheck disable=SC2086 # no argument if there is no device
	setsid timeout -s XCPU -k 5 "$limit" "/test/${t%:*}.t" $device \
		>"/results/$t" 2>&1 &
	# discard the message of the shell about a signal
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

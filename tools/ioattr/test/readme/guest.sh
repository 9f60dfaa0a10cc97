#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Run the examples of README.md in a guest: with bcache, with a scheduler that
# uses cgroups, and with a disk that stores protection information. Prints TAP.
set -eu
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"

make-bcache --wipe-bcache --block 4k --bucket 64k -B /dev/vda -C /dev/vdb >log
echo /dev/vdb >/sys/fs/bcache/register
echo /dev/vda >/sys/fs/bcache/register
i=0
while [ ! -b /dev/bcache0 ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done
passes backup examples backup /dev/bcache0
echo bfq >/sys/block/nullb0/queue/scheduler
echo +io >/sys/fs/cgroup/cgroup.subtree_control
passes clients examples clients /dev/nullb0
for d in /sys/block/sd*; do
	[ ! -e "$d" ] || passes checksums examples checksums "/dev/${d##*/}"
done
echo 1 >/sys/block/bcache0/bcache/stop
for s in /sys/fs/bcache/*-*/stop; do echo 1 >"$s"; done
sleep 1
is "all three ran" 3 "$n"
tap_end

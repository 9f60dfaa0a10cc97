#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Reads through bcache that miss must not pin the cgroup that they are done in.
# Needs make-bcache and the disks BCACHE_BACKING (/dev/vda) and BCACHE_CACHE
# (/dev/vdb), whose content is lost, and io in the root's subtree_control.

backing=${BCACHE_BACKING:-/dev/vda}
cache=${BCACHE_CACHE:-/dev/vdb}
sys=/sys/block/bcache0/bcache
cg=/sys/fs/cgroup

echo "TAP version 13"
echo "1..3"
skip()
{
	for n in 1 2 3; do echo "ok $n # SKIP $1"; done
	exit 0
}
[ -w /sys/fs/bcache/register ] || skip "no bcache in this kernel"
command -v make-bcache >/dev/null || skip "no make-bcache"
if [ ! -b "$backing" ] || [ ! -b "$cache" ]; then skip "no disks for it"; fi
grep -qw io $cg/cgroup.controllers || skip "no io controller"
grep -q nr_dying_subsys_io $cg/cgroup.stat || skip "cgroup.stat is too old"

make-bcache --wipe-bcache --block 4k --bucket 64k \
	-B "$backing" -C "$cache" >/dev/null 2>&1 || skip "make-bcache failed"
echo "$cache" >/sys/fs/bcache/register
echo "$backing" >/sys/fs/bcache/register
i=0
while [ ! -b /dev/bcache0 ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
echo 0 >$sys/sequential_cutoff
echo 0 >$sys/cache/congested_read_threshold_us

dying()
{
	awk '/nr_dying_subsys_io/ { print $2 }' $cg/cgroup.stat
}

# reads DEVICE SKIP: how many cgroups are left dying when one that did 64
# reads has been removed
reads()
{
	before=$(dying)
	mkdir $cg/leak
	sh -c "echo 0 >$cg/leak/cgroup.procs; exec dd if=$1 of=/dev/null \
		bs=4k count=64 skip=$2 iflag=direct 2>/dev/null"
	rmdir $cg/leak
	i=0
	while [ $i -lt 50 ]; do
		left=$(($(dying) - before))
		[ $left -le 0 ] && break
		sleep 0.1
		i=$((i + 1))
	done
	echo "$left"
}

status=0
# result N LEFT NAME
result()
{
	if [ "$2" -le 0 ]; then
		echo "ok $1 $3"
	else
		echo "# $2 cgroup is left dying"
		echo "not ok $1 $3"
		status=1
	fi
}

result 1 "$(reads /dev/ram0 0)" "control: reads of a RAM disk pin no cgroup"
result 2 "$(reads /dev/bcache0 1000)" "reads that miss pin no cgroup"
result 3 "$(reads /dev/bcache0 1000)" "reads that hit pin no cgroup"

echo 1 >$sys/stop
for s in /sys/fs/bcache/*-*/stop; do echo 1 >"$s"; done
sleep 1
exit $status

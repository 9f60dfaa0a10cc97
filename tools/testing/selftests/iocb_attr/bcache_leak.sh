#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Reads that miss in bcache must not pin the cgroup of the reader. Needs
# make-bcache and io in the subtree_control of the root. Overwrites the disks
# BCACHE_BACKING (/dev/vda) and BCACHE_CACHE (/dev/vdb). The test of a failing
# backing device needs fault injection.

backing=${BCACHE_BACKING:-/dev/vda}
cache=${BCACHE_CACHE:-/dev/vdb}
sys=/sys/block/bcache0/bcache
cg=/sys/fs/cgroup

echo "TAP version 13"
echo "1..4"
skip()
{
	for n in 1 2 3 4; do echo "ok $n # SKIP $1"; done
	exit 0
}
[ -w /sys/fs/bcache/register ] || skip "no bcache in this kernel"
command -v make-bcache >/dev/null || skip "no make-bcache"
if [ ! -b "$backing" ] || [ ! -b "$cache" ]; then skip "no disks"; fi
grep -qw io $cg/cgroup.controllers || skip "no io controller"
grep -q nr_dying_subsys_io $cg/cgroup.stat || skip "cgroup.stat is too old"

make-bcache --wipe-bcache --block 4k --bucket 64k \
	-B "$backing" -C "$cache" >/dev/null 2>&1 || skip "make-bcache failed"
echo "$cache" >/sys/fs/bcache/register
echo "$backing" >/sys/fs/bcache/register
i=0
while [ ! -b /dev/bcache0 ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done
echo 0 >$sys/sequential_cutoff
echo 0 >$sys/cache/congested_read_threshold_us

dying()
{
	awk '/nr_dying_subsys_io/ { print $2 }' $cg/cgroup.stat
}

# reads DEVICE SKIP [DD-OPERAND...]: do reads, 64 unless the operands override
# it, in a cgroup, remove the cgroup, and print how many cgroups remain dying
reads()
{
	before=$(dying)
	mkdir $cg/leak
	dev=$1 skip=$2
	shift 2
	sh -c "echo 0 >$cg/leak/cgroup.procs; exec dd if=$dev of=/dev/null \
		bs=4k count=64 skip=$skip iflag=direct $* 2>/dev/null"
	rmdir $cg/leak
	i=0
	while [ $i -lt 600 ]; do
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
		echo "# dying cgroups: $2"
		echo "not ok $1 $3"
		status=1
	fi
}

result 1 "$(reads /dev/ram0 0)" "control: reads of a RAM disk pin no cgroup"
result 2 "$(reads /dev/bcache0 1000)" "reads that miss pin no cgroup"
result 3 "$(reads /dev/bcache0 1000)" "reads that hit pin no cgroup"

# the first half of each read misses, and the backing device fails
name="reads whose missing part fails pin no cgroup"
fault=/sys/kernel/debug/fail_make_request
fail_backing=/sys/block/${backing##*/}/make-it-fail
if [ -w $fault/probability ] && [ -w "$fail_backing" ]; then
	i=0
	while [ $i -lt 8 ]; do
		dd if=/dev/bcache0 of=/dev/null bs=4k count=1 iflag=direct \
			skip=$((2001 + 2 * i)) 2>/dev/null
		i=$((i + 1))
	done
	echo 0 >$fault/verbose
	echo -1 >$fault/times
	echo 100 >$fault/probability
	echo 1 >"$fail_backing"
	if dd if=/dev/bcache0 of=/dev/null bs=8k count=1 skip=1004 \
		iflag=direct 2>/dev/null; then
		echo "# a read did not fail"
		echo "not ok 4 $name"
		status=1
	else
		result 4 "$(reads /dev/bcache0 1000 bs=8k count=4 \
			conv=noerror)" "$name"
	fi
	echo 0 >"$fail_backing"
	echo 0 >$fault/probability
else
	echo "ok 4 $name # SKIP no fault injection"
fi

echo 1 >$sys/stop
for s in /sys/fs/bcache/*-*/stop; do echo 1 >"$s"; done
sleep 1
exit $status

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Do stacked file systems pass on the write stream of an I/O? f2fs rejects a
# stream that its device does not support.
#
# Needs mkfs.f2fs.

here=$(cd "$(dirname "$0")" && pwd)
nullb=/sys/kernel/config/nullb
mnt=/tmp/stream
log=/tmp/stream.log
n=0
failed=0

check()
{
	n=$((n + 1))
	if "$here/layer_test" stream "$2" >$log 2>&1; then
		echo "ok $n $1"
	else
		cat $log
		echo "not ok $n $1"
		failed=1
	fi
}

echo "TAP version 13"
skip()
{
	echo "1..0 # SKIP $1"
	exit 4
}
command -v mkfs.f2fs >/dev/null || skip "no mkfs.f2fs"
modprobe -qa null_blk f2fs overlay fuse 2>/dev/null
for fs in f2fs overlay fuse; do
	grep -qw $fs /proc/filesystems || skip "no $fs in this kernel"
done
grep -q ' /sys/kernel/config ' /proc/mounts ||
	mount -t configfs none /sys/kernel/config
[ -d $nullb ] || skip "no null_blk in this kernel"
mkdir -p $mnt/f2fs $mnt/over $nullb/stream
echo 512 >$nullb/stream/size
echo 1 >$nullb/stream/memory_backed
echo 1 >$nullb/stream/power
mkfs.f2fs /dev/stream >/dev/null
mount -t f2fs /dev/stream $mnt/f2fs
mkdir $mnt/f2fs/lower $mnt/f2fs/upper $mnt/f2fs/work
mount -t overlay -o lowerdir=$mnt/f2fs/lower,upperdir=$mnt/f2fs/upper \
	-o workdir=$mnt/f2fs/work none $mnt/over
dd if=/dev/zero of=$mnt/over/file bs=64k count=1 conv=fsync 2>/dev/null
touch $mnt/fuse

check "f2fs" $mnt/f2fs/upper/file
check "overlayfs" $mnt/over/file
"$here/layer_test" fuse $mnt/fuse $mnt/f2fs/upper/file passthrough
check "FUSE, passed through" $mnt/fuse

umount $mnt/fuse
umount $mnt/over
umount $mnt/f2fs
echo 0 >$nullb/stream/power
rmdir $nullb/stream
echo "1..$n"
exit $failed

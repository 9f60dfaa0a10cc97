#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Do the attributes of an I/O reach the disks below? A row for each way through
# each layer, which says what arrives at the bottom: see layer_test.c. Every
# stack is built on null_blk disks of its own, which keep their data.
#
# Usage: layers.sh [STACK...]
# Needs dmsetup, mdadm, veritysetup, make-bcache, losetup of util-linux and
# mkfs of ext4, xfs, btrfs, f2fs and vfat, and io in the root's
# subtree_control. SCHEDULER is that of the disks (mq-deadline).

# stacks are called by name
# shellcheck disable=SC2317,SC2086

here=$(cd "$(dirname "$0")" && pwd)
nullb=/sys/kernel/config/nullb
mnt=/tmp/layers
log=/tmp/layers.log
n=0
failed=0
# not busybox's
losetup=/usr/sbin/losetup
# dmsetup makes /dev/mapper/NAME itself
export DM_DISABLE_UDEV=1

say()
{
	sed 's/^\(# \)*/# /' "$@"
}

# row NAME [OPTION...] FILE read|write DISK...
row()
{
	n=$((n + 1))
	row_name=$1
	shift
	if "$here/layer_test" "$@" >$log.row 2>&1; then
		# what arrived, for whoever makes a table of it
		say $log.row
		echo "ok $n $row_name"
	else
		say $log $log.row
		echo "not ok $n $row_name"
		failed=1
	fi
}

# both NAME [OPTION...] FILE -- DISK...: a row to write and one to read
both()
{
	row_of=$1
	shift
	both_way write "$@"
	both_way read "$@"
}

both_way()
{
	way=$1
	shift
	for arg; do
		shift
		[ "$arg" != -- ] || arg=$way
		set -- "$@" "$arg"
	done
	row "$row_of: $way" "$@"
}

# disk NAME [ATTRIBUTE=VALUE...]: makes /dev/NAME, of 512 MiB
disk()
{
	disk_name=$1
	shift
	mkdir $nullb/"$disk_name"
	for a in size=512 memory_backed=1 "$@" power=1; do
		echo "${a#*=}" >$nullb/"$disk_name/${a%%=*}"
	done
	scheduler "$disk_name"
	# page by page, and no more than was asked for
	echo 0 >"/sys/block/$disk_name/queue/read_ahead_kb"
}

scheduler()
{
	echo "${SCHEDULER:-mq-deadline}" >"/sys/block/$1/queue/scheduler"
}

# until_done COMMAND...: wait for it to succeed
until_done()
{
	i=0
	until "$@" 2>/dev/null; do
		i=$((i + 1))
		[ $i -lt 300 ] || { echo "never: $*"; return 1; }
		sleep 0.1
	done
}

# dm_make NAME TABLE: of 64 MiB, or where the table says how many sectors
dm_make()
{
	dmsetup create "$1" --table "$2"
}

dm_remove()
{
	for d; do
		until_done dmsetup remove "$d" || return 1
	done
}

# md_make LEVEL [OPTION...] DISK...: makes /dev/md0
md_make()
{
	md_level=$1
	shift
	mdadm --create /dev/md0 --run --assume-clean --metadata=1.2 \
		--level="$md_level" "$@"
	until_done test -b /dev/md0
}

md_stop()
{
	until_done mdadm --stop /dev/md0
}

# fs_make TYPE DEVICE MOUNT-OPTIONS [MKFS-OPTION...]: and a file in it
fs_make()
{
	fs_type=$1 fs_dev=$2 fs_opt=$3
	shift 3
	"mkfs.$fs_type" "$@" "$fs_dev" >/dev/null
	mount -t "$fs_type" -o "$fs_opt" "$fs_dev" $mnt
	file_make $mnt/file
}

# On the disk, so that nothing is left to the page cache. Not of zeroes: they
# are no hole and compress.
file_make()
{
	yes "$1" | dd of="$1" bs=64k count=16 iflag=fullblock conv=fsync status=none
	drop_caches
	# the way to the data is known
	dd if="$1" of=/dev/null bs=64k count=16 iflag=direct status=none
}

drop_caches()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
}

loop_make()
{
	loop=$($losetup --find --show "$@")
}

loop_remove()
{
	$losetup -d "$loop"
	until_done test ! -e "/sys/block/${loop#/dev/}/loop"
}

# bcache_make BACKING CACHE MODE: makes $bcache
bcache_make()
{
	make-bcache --wipe-bcache --block 4k --bucket 64k -B "$1" -C "$2"
	echo "$2" >/sys/fs/bcache/register
	echo "$1" >/sys/fs/bcache/register
	until_done bcache_there
	echo "$3" >$bc/cache_mode
	echo 0 >$bc/sequential_cutoff
	echo 0 >$bc/cache/congested_read_threshold_us
	echo 0 >$bc/cache/congested_write_threshold_us
	# what is dirty stays so
	echo 0 >$bc/writeback_running
}

bcache_there()
{
	for bc in /sys/block/bcache*/bcache; do
		bcache=/dev/$(basename "${bc%/bcache}")
	done
	[ -e $bc/cache ] && [ -b $bcache ]
}

bcache_gone()
{
	for left in /sys/block/bcache* /sys/fs/bcache/*-*; do
		[ ! -e "$left" ] || return 1
	done
}

bcache_stop()
{
	echo 1 >$bc/stop
	for s in /sys/fs/bcache/*-*/stop; do
		echo 1 >"$s"
	done
	until_done bcache_gone
}

### the stacks: each has disks a, b, c and d, and nothing left of the last one

stack_disk()
{
	both "disk" /dev/a -- /dev/a
	row "disk, not direct, required" -b -r /dev/a read /dev/a
	row "disk, not direct: write" -b -a none /dev/a write /dev/a
	row "disk, not direct: read" -b -a none -o 1048576 /dev/a read /dev/a
}

stack_partition()
{
	build partition_make
	both "partition" /dev/a1 -- /dev/a
}

# an MBR with one partition from 1 MiB on, of 64 MiB
partition_make()
{
	{
		dd if=/dev/zero bs=446 count=1 status=none
		printf '\000\000\000\000\203\000\000\000'
		printf '\000\010\000\000\000\000\002\000'
		dd if=/dev/zero bs=48 count=1 status=none
		printf '\125\252'
	} | dd of=/dev/a bs=512 count=1 iflag=fullblock conv=fsync status=none
	blockdev --rereadpt /dev/a
	until_done test -b /dev/a1
}

stack_dm_linear()
{
	build dm_make x "0 131072 linear /dev/a 2048"
	both "dm linear" /dev/mapper/x -- /dev/a
	undo dm_remove x
}

stack_dm_striped()
{
	build dm_make x "0 131072 striped 2 128 /dev/a 0 /dev/b 0"
	both "dm striped" -s 262144 /dev/mapper/x -- /dev/a /dev/b
	undo dm_remove x
}

crypt_table()
{
	echo "0 131072 crypt aes-xts-plain64" \
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" \
		"0 $1 0"
}

stack_dm_crypt()
{
	build dm_make x "$(crypt_table /dev/a)"
	both "dm crypt" /dev/mapper/x -- /dev/a
	undo dm_remove x
}

thin_make()
{
	dm_make pool "0 131072 thin-pool /dev/b /dev/a 128 0" &&
		dmsetup message pool 0 "create_thin 0" &&
		dm_make x "0 131072 thin /dev/mapper/pool 0"
}

stack_dm_thin()
{
	build thin_make
	row "dm thin: write, new block" /dev/mapper/x write /dev/a
	both "dm thin" /dev/mapper/x -- /dev/a
	undo dm_remove x pool
}

# What was not written to it yet is read from another device.
thin_of_origin()
{
	loop_make /dev/c &&
		dm_make pool "0 131072 thin-pool /dev/b /dev/a 128 0" &&
		dmsetup message pool 0 "create_thin 0" &&
		dm_make x "0 131072 thin /dev/mapper/pool 0 $loop"
}

stack_dm_thin_origin()
{
	build thin_of_origin
	row "dm thin of a loop, not direct: read" -a cgroup -o 1048576 \
		/dev/mapper/x read /dev/c
	undo dm_remove x pool
	undo loop_remove
}

snapshot_make()
{
	dm_make x "0 131072 snapshot /dev/a /dev/b N 128"
}

stack_dm_snapshot()
{
	build snapshot_make
	row "dm snapshot: read of the origin" /dev/mapper/x read /dev/a
	row "dm snapshot: write of a whole chunk" /dev/mapper/x write /dev/b
	row "dm snapshot: write after a copy" -s 4096 -o 1048576 \
		/dev/mapper/x write /dev/b
	both "dm snapshot" /dev/mapper/x -- /dev/b
	undo dm_remove x
}

verity_make()
{
	file_make /dev/a
	hash=$(veritysetup format --data-blocks 256 /dev/a /dev/b |
		awk '/^Root hash/ { print $3 } /^Salt/ { print $2 }' |
		paste -sd ' ')
	# the salt comes first in veritysetup's words
	dmsetup create x --readonly --table \
		"0 2048 verity 1 /dev/a /dev/b 4096 4096 256 1 sha256 ${hash#* } ${hash% *}"
}

stack_dm_verity()
{
	build verity_make
	row "dm verity: read" /dev/mapper/x read /dev/a
	undo dm_remove x
}

stack_dm_multipath()
{
	# requests of dm may not wait, as they do for a disk that keeps data
	build disk p memory_backed=0
	build dm_make x "$(multipath_table 0 /dev/p)"
	mp=$(dmsetup info --columns --noheadings --options blkdevname x)
	build scheduler "$mp"
	both "dm multipath of requests" /dev/mapper/x -- "/dev/$mp"
	undo dm_remove x
	undo disk_remove p

	build dm_make x "$(multipath_table "2 queue_mode bio" /dev/a)"
	both "dm multipath of bios" /dev/mapper/x -- /dev/a
	undo dm_remove x
}

multipath_table()
{
	echo "0 131072 multipath $1 0 1 1 round-robin 0 1 1 $2 1"
}

stack_raid0()
{
	build md_make 0 --chunk=64 --raid-devices=2 /dev/a /dev/b
	both "raid0" -s 262144 /dev/md0 -- /dev/a /dev/b
	undo md_stop
}

stack_raid1()
{
	build md_make 1 --bitmap=none --raid-devices=2 /dev/a /dev/b
	row "raid1: write" -c 2 /dev/md0 write /dev/a /dev/b
	row "raid1: read" /dev/md0 read /dev/a /dev/b
	undo md_stop
}

stack_raid1_behind()
{
	build md_make 1 --bitmap=internal --write-behind=256 --raid-devices=2 \
		/dev/a --write-mostly /dev/b
	row "raid1, write-behind: write" -a none -m cgroup -c 2 /dev/md0 write \
		/dev/a /dev/b
	row "raid1, write-behind: read" /dev/md0 read /dev/a
	undo md_stop
}

stack_raid10()
{
	build md_make 10 --bitmap=none --chunk=64 --raid-devices=4 \
		/dev/a /dev/b /dev/c /dev/d
	row "raid10: write" -s 262144 -c 2 /dev/md0 write \
		/dev/a /dev/b /dev/c /dev/d
	row "raid10: read" -s 262144 /dev/md0 read \
		/dev/a /dev/b /dev/c /dev/d
	undo md_stop
}

stack_raid5()
{
	build md_make 5 --bitmap=none --chunk=64 --raid-devices=3 \
		/dev/a /dev/b /dev/c
	row "raid5: read" -s 262144 /dev/md0 read /dev/a /dev/b /dev/c
	row "raid5: write" -a none -m cgroup -s 262144 /dev/md0 write \
		/dev/a /dev/b /dev/c
	build mdadm --quiet /dev/md0 --fail /dev/c
	# what no row before has left in stripes
	row "raid5, degraded: read" -a none -m cgroup -s 262144 -o 8388608 \
		/dev/md0 read /dev/a /dev/b
	undo md_stop
}

stack_loop()
{
	build loop_make --direct-io=on /dev/a
	both "loop, direct" "$loop" -- /dev/a
	undo loop_remove

	build fs_make ext4 /dev/a defaults
	build loop_make --direct-io=on $mnt/file
	both "loop, direct, of a file" "$loop" -- /dev/a
	undo loop_remove
	undo umount $mnt
}

stack_loop_buffered()
{
	build loop_make /dev/a
	# it is not said who writes the page cache back
	row "loop, not direct: write" -u -a cgroup "$loop" write /dev/a
	row "loop, not direct: read" -a cgroup -o 1048576 "$loop" read /dev/a
	undo loop_remove
}

stack_bcache()
{
	build bcache_make /dev/a /dev/b writethrough
	row "bcache: write, writethrough" -c 2 $bcache write /dev/a /dev/b
	row "bcache: read, hit" $bcache read /dev/b
	row "bcache: read, miss" -o 1048576 $bcache read /dev/a
	echo writearound >$bc/cache_mode
	row "bcache: write, writearound" $bcache write /dev/a
	echo writeback >$bc/cache_mode
	row "bcache: write, writeback" $bcache write /dev/b
	undo bcache_stop
}

stack_bcache_dm()
{
	build dm_make x "0 524288 linear /dev/a 0"
	build dm_make y "0 524288 linear /dev/b 0"
	build bcache_make /dev/mapper/x /dev/mapper/y writethrough
	row "bcache of dm linear: write" -c 2 $bcache write /dev/a /dev/b
	row "bcache of dm linear: read, hit" $bcache read /dev/b
	row "bcache of dm linear: read, miss" -o 1048576 $bcache read /dev/a
	undo bcache_stop
	undo dm_remove x y
}

stack_crypt_bcache()
{
	build bcache_make /dev/a /dev/b writethrough
	build dm_make x "$(crypt_table $bcache)"
	row "dm crypt of bcache: write" -k -a cgroup,ioprio,cache -c 2 \
		/dev/mapper/x write /dev/a /dev/b
	row "dm crypt of bcache: read, hit" -k -a cgroup,ioprio,cache \
		/dev/mapper/x read /dev/b
	row "dm crypt of bcache: read, miss" -k -a cgroup,ioprio,cache \
		-o 1048576 /dev/mapper/x read /dev/a
	undo dm_remove x
	undo bcache_stop
}

crypt_fs_make()
{
	mkfs.ext4 -q -O encrypt /dev/a
	mount -t ext4 -o inlinecrypt /dev/a $mnt
	mkdir $mnt/d
	"$here/layer_test" encrypt $mnt $mnt/d
	file_make $mnt/d/file
}

stack_fscrypt()
{
	build crypt_fs_make
	both "blk-crypto-fallback" $mnt/d/file -- /dev/a
	undo umount $mnt
}

stack_zoned()
{
	build disk z zoned=1 zone_size=4
	# many requests, which wait for one another
	echo 64 >/sys/block/z/queue/max_sectors_kb
	row "zoned disk: write" -s 1048576 -o 4194304 /dev/z write /dev/z
	row "zoned disk: write, next" -s 1048576 -o 5242880 /dev/z write /dev/z
	row "zoned disk: read" -s 1048576 -o 4194304 /dev/z read /dev/z
	undo disk_remove z
}

stack_ext4()
{
	build fs_make ext4 /dev/a defaults
	both "ext4" $mnt/file -- /dev/a
	row "ext4, not direct, required" -b -r $mnt/file read /dev/a
	row "ext4, not direct: write" -b -a none $mnt/file write /dev/a
	undo umount $mnt
}

stack_xfs()
{
	build fs_make xfs /dev/a defaults
	both "xfs" $mnt/file -- /dev/a
	undo umount $mnt
}

stack_f2fs()
{
	build fs_make f2fs /dev/a defaults
	both "f2fs" $mnt/file -- /dev/a
	undo umount $mnt
}

stack_vfat()
{
	build fs_make vfat /dev/a defaults
	both "vfat" $mnt/file -- /dev/a
	undo umount $mnt
}

stack_btrfs()
{
	build fs_make btrfs /dev/a nodatasum
	both "btrfs, no checksums" -u $mnt/file -- /dev/a
	undo umount $mnt

	build fs_make btrfs /dev/a defaults -f
	both "btrfs" -u $mnt/file -- /dev/a
	undo umount $mnt

	build fs_make btrfs /dev/a compress -f
	build drop_caches
	row "btrfs, compressed: read" -u -a none -c 0 $mnt/file read /dev/a
	row "btrfs, compressed: write" -u -a none -c 0 $mnt/file write /dev/a
	undo umount $mnt
}

# btrfs_raid LEVEL: of its data, on three disks
btrfs_raid()
{
	fs_make btrfs /dev/a nodatasum,device=/dev/b,device=/dev/c \
		-m raid1 -d "$1" /dev/b /dev/c
}

stack_btrfs_raid1()
{
	build btrfs_raid raid1
	row "btrfs raid1: write" -u -c 2 $mnt/file write /dev/a /dev/b /dev/c
	row "btrfs raid1: read" -u $mnt/file read /dev/a /dev/b /dev/c
	undo umount $mnt
}

stack_btrfs_raid5()
{
	build btrfs_raid raid5
	row "btrfs raid5: read" -u $mnt/file read /dev/a /dev/b /dev/c
	row "btrfs raid5: write" -u -a none -m cgroup $mnt/file write \
		/dev/a /dev/b /dev/c
	undo umount $mnt
}

stack_deep()
{
	build md_make 1 --bitmap=none --raid-devices=2 /dev/a /dev/b
	build dm_make x "$(crypt_table /dev/md0)"
	build loop_make --direct-io=on /dev/mapper/x
	row "loop of dm crypt of raid1: write" -c 2 "$loop" write /dev/a /dev/b
	row "loop of dm crypt of raid1: read" "$loop" read /dev/a /dev/b
	undo loop_remove
	undo dm_remove x
	undo md_stop
}

# What they say is shown if a row fails, which it does if there is no stack.
build()
{
	"$@" >>$log 2>&1
}

undo()
{
	"$@" >>$log 2>&1 && return
	n=$((n + 1))
	say $log
	echo "not ok $n $*"
	failed=1
}

disk_remove()
{
	echo 0 >$nullb/"$1"/power && rmdir $nullb/"$1"
}

echo "TAP version 13"
mkdir -p $mnt
grep -q ' /sys/kernel/config ' /proc/mounts ||
	mount -t configfs none /sys/kernel/config
[ $# -gt 0 ] ||
	set -- disk partition dm_linear dm_striped dm_crypt dm_thin \
		dm_thin_origin dm_snapshot dm_verity dm_multipath raid0 raid1 \
		raid1_behind raid10 raid5 loop loop_buffered bcache bcache_dm \
		crypt_bcache \
		fscrypt zoned ext4 xfs f2fs vfat btrfs btrfs_raid1 \
		btrfs_raid5 deep
for stack; do
	: >$log
	for d in a b c d; do
		build disk $d
	done
	"stack_$stack"
	for d in a b c d; do
		undo disk_remove $d
	done
done
echo "1..$n"
exit $failed

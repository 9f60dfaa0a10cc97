#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Do the attributes of an I/O reach the disks at the bottom of a stack? One row
# per path through each layer lists those that arrive; see layer_test.c. Every
# stack has its own memory-backed null_blk disks.
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
over=/tmp/layers-over
log=/tmp/layers.log
n=0
failed=0
# busybox has an applet of the same name
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
		# what arrived, for the tables that are made from the log
		say $log.row
		echo "ok $n $row_name"
	else
		say $log $log.row
		echo "not ok $n $row_name"
		failed=1
	fi
}

# both NAME [OPTION...] FILE -- DISK...: a row for writes and one for reads
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

# disk NAME [ATTRIBUTE=VALUE...]: create /dev/NAME of 512 MiB
disk()
{
	disk_name=$1
	shift
	mkdir $nullb/"$disk_name"
	for a in size=512 memory_backed=1 "$@" power=1; do
		echo "${a#*=}" >$nullb/"$disk_name/${a%%=*}"
	done
	scheduler "$disk_name"
	# no readahead
	echo 0 >"/sys/block/$disk_name/queue/read_ahead_kb"
}

scheduler()
{
	echo "${SCHEDULER:-mq-deadline}" >"/sys/block/$1/queue/scheduler"
}

# until_done COMMAND...: retry until it succeeds
until_done()
{
	i=0
	until "$@" 2>/dev/null; do
		i=$((i + 1))
		[ $i -lt 1200 ] || { echo "never: $*"; return 1; }
		sleep 0.1
	done
}

# dm_make NAME TABLE: create /dev/mapper/NAME
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

# md_make LEVEL [OPTION...] DISK...: create /dev/md0
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

# fs_make TYPE DEVICE MOUNT-OPTIONS [MKFS-OPTION...]: mount it and make a file
fs_make()
{
	fs_type=$1 fs_dev=$2 fs_opt=$3
	shift 3
	"mkfs.$fs_type" "$@" "$fs_dev" >/dev/null
	mount -t "$fs_type" -o "$fs_opt" "$fs_dev" $mnt
	file_make $mnt/file
}

# Write a file to disk and drop the page cache. Its data is not zeroes, which
# would compress.
file_make()
{
	yes "$1" | dd of="$1" bs=64k count=16 iflag=fullblock conv=fsync \
		status=none
	drop_caches
	# cache the metadata that maps the file
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

# bcache_make BACKING CACHE MODE: create $bcache
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
	# keep dirty data dirty
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

### The stacks. Each has its own disks a, b, c and d, which are empty.

stack_disk()
{
	both "disk" /dev/a -- /dev/a
	row "disk, not direct, required" -b -r /dev/a read /dev/a
	# by writeback, after the report
	row "disk, not direct: write" -b -a cgroup -m none /dev/a write /dev/a
	row "disk, not direct: read" -b -a cgroup -o 1048576 /dev/a read /dev/a
}

stack_partition()
{
	build partition_make
	both "partition" /dev/a1 -- /dev/a
}

# an MBR with one partition of 64 MiB at 1 MiB
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

stack_dm_unstriped()
{
	build dm_make x "0 65536 unstriped 2 128 0 /dev/a 0"
	both "dm unstriped" /dev/mapper/x -- /dev/a
	undo dm_remove x
}

stack_dm_switch()
{
	build dm_make x "0 131072 switch 2 128 0 /dev/a 0 /dev/b 0"
	# by default the regions alternate between the devices
	build dmsetup message x 0 set_region_mappings 0:0 1:0 2:0 3:0
	both "dm switch" -s 262144 /dev/mapper/x -- /dev/a
	build dmsetup message x 0 set_region_mappings 1:1
	both "dm switch, two devices" -s 131072 /dev/mapper/x -- /dev/a /dev/b
	undo dm_remove x
}

stack_dm_delay()
{
	build dm_make x "0 131072 delay /dev/a 0 20"
	both "dm delay" /dev/mapper/x -- /dev/a
	undo dm_remove x
}

stack_dm_dust()
{
	build dm_make x "0 131072 dust /dev/a 0 512"
	both "dm dust" /dev/mapper/x -- /dev/a
	undo dm_remove x
}

stack_dm_flakey()
{
	build dm_make x "0 131072 flakey /dev/a 0 3600 0"
	both "dm flakey" /dev/mapper/x -- /dev/a
	undo dm_remove x
	# always down; the target writes a corrupted copy
	build dm_make x "0 131072 flakey /dev/a 0 0 3600 5 corrupt_bio_byte 1 w 0 0"
	row "dm flakey, corrupting: write" /dev/mapper/x write /dev/a
	undo dm_remove x
}

# AES-256-XTS has two keys
inlinecrypt_make()
{
	key=0123456789abcdef0123456789abcdef
	dm_make x "0 131072 inlinecrypt aes-xts-plain64 $key$key$(
		echo $key$key | rev) 0 /dev/a 0"
}

stack_dm_inlinecrypt()
{
	build inlinecrypt_make
	both "dm inlinecrypt" /dev/mapper/x -- /dev/a
	undo dm_remove x
}

# Half of the device is not on a disk.
zero_make()
{
	printf '%s\n' "0 65536 linear /dev/a 0" "65536 32768 zero" \
		"98304 32768 error" | dmsetup create x
}

stack_dm_zero()
{
	build zero_make
	both "dm linear with zero and error" /dev/mapper/x -- /dev/a
	undo dm_remove x
}

# Zero the metadata device, which supports no attributes.
no_metadata()
{
	dd if=/dev/zero of=/dev/ram0 bs=64k count=1 conv=fsync status=none
}

cache_make()
{
	no_metadata &&
		dm_make x "0 131072 cache /dev/ram0 /dev/b /dev/a 256 1 $1 smq 0"
}

stack_dm_cache()
{
	build cache_make writethrough
	both "dm cache" /dev/mapper/x -- /dev/a
	undo dm_remove x
}

stack_dm_writecache()
{
	build dm_make x "0 131072 writecache s /dev/a /dev/b 4096 0"
	row "dm writecache: write" /dev/mapper/x write /dev/b
	row "dm writecache: read, hit" /dev/mapper/x read /dev/b
	row "dm writecache: read, miss" -o 1048576 /dev/mapper/x read /dev/a
	undo dm_remove x
}

clone_make()
{
	no_metadata &&
		dm_make x "0 131072 clone /dev/ram0 /dev/a /dev/b 128 1 no_hydration"
}

stack_dm_clone()
{
	build clone_make
	row "dm clone: read of the source" /dev/mapper/x read /dev/b
	row "dm clone: write of a whole region" /dev/mapper/x write /dev/a
	row "dm clone: read" /dev/mapper/x read /dev/a
	row "dm clone: write after a copy" -s 4096 -o 1048576 \
		/dev/mapper/x write /dev/a
	undo dm_remove x
}

era_make()
{
	no_metadata && dm_make x "0 131072 era /dev/ram0 /dev/a 128"
}

stack_dm_era()
{
	build era_make
	row "dm era: write, new block" /dev/mapper/x write /dev/a
	both "dm era" /dev/mapper/x -- /dev/a
	undo dm_remove x
}

stack_dm_log_writes()
{
	build dm_make x "0 131072 log-writes /dev/a /dev/b"
	both "dm log-writes" /dev/mapper/x -- /dev/a
	undo dm_remove x
}

stack_dm_crypt()
{
	build dm_make x "$(crypt_table /dev/a)"
	both "dm crypt" /dev/mapper/x -- /dev/a
	undo dm_remove x
}

thin_make()
{
	no_metadata &&
		dm_make pool "0 131072 thin-pool /dev/ram0 /dev/a 128 0" &&
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

# Blocks that were never written are read from another device.
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
	# the device of the hash tree supports no attributes
	hash=$(veritysetup format --data-blocks 256 /dev/a /dev/ram0 |
		awk '/^Root hash/ { print $3 } /^Salt/ { print $2 }' |
		paste -sd ' ')
	# veritysetup prints the salt first
	dmsetup create x --readonly --table \
		"0 2048 verity 1 /dev/a /dev/ram0 4096 4096 256 1 sha256 ${hash#* } ${hash% *}"
}

stack_dm_verity()
{
	build verity_make
	row "dm verity: read" /dev/mapper/x read /dev/a
	undo dm_remove x
}

stack_dm_multipath()
{
	# request-based; memory-backed null_blk may sleep in queue_rq()
	build dm_make x "$(multipath_table 0 /dev/a)"
	mp=$(dmsetup info --columns --noheadings --options blkdevname x)
	build scheduler "$mp"
	both "dm multipath of requests" /dev/mapper/x -- "/dev/$mp"
	undo dm_remove x

	build dm_make x "$(multipath_table "2 queue_mode bio" /dev/a)"
	both "dm multipath of bios" /dev/mapper/x -- /dev/a
	undo dm_remove x

	build fail_disk a
	for way in write read; do
		build dm_make x "0 131072 multipath 2 queue_mode bio 0 2 1 \
			$(path /dev/a) $(path /dev/b)"
		row "dm multipath, path fails: $way" /dev/mapper/x \
			$way /dev/b
		undo dm_remove x
	done
}

# Let reads and writes at the start of the disk fail.
fail_disk()
{
	echo +0-8191 >$nullb/"$1"/badblocks
}

path()
{
	echo "round-robin 0 1 1 $1 1"
}

multipath_table()
{
	echo "0 131072 multipath $1 0 1 1 $(path "$2")"
}

stack_dm_mirror()
{
	build dm_make x "0 131072 mirror core 2 1024 nosync \
		2 /dev/a 0 /dev/b 0 1 handle_errors"
	row "dm mirror: write" -c 2 /dev/mapper/x write /dev/a /dev/b
	row "dm mirror: read" /dev/mapper/x read /dev/a
	build fail_disk a
	row "dm mirror, disk fails: read" /dev/mapper/x read /dev/b
	undo dm_remove x
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
	# an offset that no other row has left in the stripe cache
	row "raid5, degraded: read" -a none -m cgroup -s 262144 -o 8388608 \
		/dev/md0 read /dev/a /dev/b
	undo md_stop

	# the journal supports no attributes, but reads do not use it
	build md_make 5 --bitmap=none --chunk=64 --raid-devices=3 \
		--write-journal=/dev/ram0 /dev/a /dev/b /dev/d
	row "raid5 with a journal: read" -s 262144 /dev/md0 read \
		/dev/a /dev/b /dev/d
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
	# FS_IOC_GETIOCBATTR_CAP does not cover writeback
	row "loop, not direct: write" -u -a cgroup "$loop" write /dev/a
	row "loop, not direct: read" -a cgroup -o 1048576 "$loop" read /dev/a
	undo loop_remove
}

# zloop_make OPTIONS: four zones of 4 MiB, in files on disk a; two zones are
# conventional
zloop_make()
{
	mkfs.ext4 -q /dev/a
	mount -t ext4 /dev/a $mnt
	mkdir $mnt/0
	echo "add id=0,capacity_mb=16,zone_size_mb=4,conv_zones=2,base_dir=$mnt$1" \
		>/dev/zloop-control
	until_done test -b /dev/zloop0
	echo none >/sys/block/zloop0/queue/scheduler
	dd if=/dev/urandom of=/dev/zloop0 bs=64k count=128 oflag=direct \
		status=none
	drop_caches
}

zloop_remove()
{
	echo "remove id=0" >/dev/zloop-control
	until_done test ! -e /sys/block/zloop0
}

stack_zloop()
{
	build zloop_make
	both "zloop" /dev/zloop0 -- /dev/a
	row "zloop, sequential zone: write" -o 8388608 /dev/zloop0 write /dev/a
	row "zloop, sequential zone: read" -o 8388608 /dev/zloop0 read /dev/a
	undo zloop_remove
	undo umount $mnt

	build zloop_make ,buffered_io
	row "zloop, not direct: read" -a none -m cgroup /dev/zloop0 read /dev/a
	undo zloop_remove
	undo umount $mnt
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
	# many requests, each of which waits for the one before
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
	# the file belongs to the cgroup that created it
	row "ext4, not direct: write" -b -a none $mnt/file write /dev/a
	row "ext4, not direct: read" -b -a cgroup -o 524288 $mnt/file read \
		/dev/a
	undo umount $mnt
}

# With data=journal, O_DIRECT falls back to the page cache.
stack_ext4_journal()
{
	build fs_make ext4 /dev/a data=journal
	row "ext4 that journals data, required" -r $mnt/file read /dev/a
	undo umount $mnt
}

stack_ext2()
{
	build fs_make ext2 /dev/a defaults
	both "ext2" $mnt/file -- /dev/a
	undo umount $mnt
}

# a file system with O_DIRECT but without a device
stack_tmpfs()
{
	build mount -t tmpfs none $mnt
	build file_make $mnt/file
	row "tmpfs, required" -r $mnt/file read /dev/a
	undo umount $mnt
}

# overlay_make: mount an overlay with a lower file in $mnt, which is mounted
overlay_make()
{
	mkdir $mnt/lower $mnt/upper $mnt/work &&
		file_make $mnt/lower/file &&
		mount -t overlay -o "lowerdir=$mnt/lower,upperdir=$mnt/upper" \
			-o "workdir=$mnt/work" none $over &&
		drop_caches
}

stack_overlayfs()
{
	build fs_make ext4 /dev/a defaults
	build overlay_make
	row "overlayfs, lower file: read" $over/file read /dev/a
	build file_make $over/file
	both "overlayfs" $over/file -- /dev/a
	row "overlayfs, not direct, required" -b -r $over/file read /dev/a
	undo umount $over
	undo umount $mnt

	build mount -t tmpfs none $mnt
	build overlay_make
	row "overlayfs of tmpfs, required" -r $over/file read /dev/a
	undo umount $over
	undo umount $mnt
}

stack_fuse()
{
	build fs_make ext4 /dev/a defaults
	build touch $over.file
	build "$here/layer_test" fuse $over.file $mnt/file passthrough
	both "FUSE, passed through" $over.file -- /dev/a
	row "FUSE, passed through, not direct, required" -b -r \
		$over.file read /dev/a
	undo umount $over.file

	build "$here/layer_test" fuse $over.file $mnt/file
	build drop_caches
	row "FUSE: read" -a none -o 262144 $over.file read /dev/a
	row "FUSE, required" -r $over.file read /dev/a
	undo umount $over.file
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

# btrfs_raid LEVEL: btrfs on three disks with this profile for data
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
	row "btrfs raid5: write" -u -a none $mnt/file write \
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

# The output is printed if a row fails, and without the stack the row fails.
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

# A disk that was not written is as good as a new one, and sooner there.
written()
{
	read -r _ _ _ _ writes _ <"/sys/block/$1/stat"
	[ "$writes" -gt 0 ]
}

echo "TAP version 13"
mkdir -p $mnt $over
grep -q ' /sys/kernel/config ' /proc/mounts ||
	mount -t configfs none /sys/kernel/config
[ $# -gt 0 ] ||
	set -- disk partition dm_linear dm_striped dm_unstriped dm_switch \
		dm_delay dm_dust dm_flakey dm_inlinecrypt dm_zero dm_cache \
		dm_writecache dm_clone dm_era dm_log_writes dm_crypt dm_thin \
		dm_thin_origin dm_snapshot dm_verity dm_multipath dm_mirror \
		raid0 raid1 raid1_behind raid10 raid5 loop loop_buffered zloop \
		bcache bcache_dm crypt_bcache fscrypt zoned ext4 ext4_journal ext2 \
		xfs f2fs vfat btrfs btrfs_raid1 btrfs_raid5 tmpfs overlayfs \
		fuse deep
for stack; do
	: >$log
	for d in a b c d; do
		[ -e $nullb/$d ] || build disk $d
	done
	"stack_$stack"
	for d in a b c d; do
		! written $d || undo disk_remove $d
	done
done
for d in a b c d; do
	[ ! -e $nullb/$d ] || undo disk_remove $d
done
echo "1..$n"
exit $failed

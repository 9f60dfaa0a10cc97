#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Test the command in a guest with bcache. Needs ioattr, make-bcache, mkfs.ext4
# and the disks BCACHE_BACKING (/dev/vda) and BCACHE_CACHE (/dev/vdb), which are
# overwritten. Prints TAP.

backing=${BCACHE_BACKING:-/dev/vda}
cache=${BCACHE_CACHE:-/dev/vdb}
dev=/dev/bcache0
sys=/sys/block/bcache0/bcache
# the offset of bcache0 on the backing device
data_offset=8192
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
quiet=			# no I/O since bcache updated its statistics
cd "$(mktemp -d)" || exit 1

try()
{
	quiet=
	status=0
	ioattr "$@" >out 2>err || status=$?
}

# says STATUS STDOUT STDERR NAME ARG...: the exact status and output
says()
{
	expected="$1|$2|$3"
	name=$4
	shift 4
	try "$@"
	is "$name" "$expected" "$status|$(cat out)|$(without_rate err)"
}

# bytes FILE: convert a size as bcache prints it, for example "12.5k"
bytes()
{
	awk '{
		v = $1 + 0
		i = index("kMGT", substr($1, length($1)))
		while (i-- > 0)
			v *= 1024
		print v
	}' "$1"
}

figures()
{
	s=$sys/stats_total
	echo "$(cat $s/cache_hits)" "$(cat $s/cache_misses)" \
		"$(cat $s/cache_bypass_hits)" "$(cat $s/cache_bypass_misses)" \
		"$(bytes $s/bypassed)" "$(bytes $sys/dirty_data)"
}

# bcache updates its statistics about every 14 seconds.
settle()
{
	[ -n "$quiet" ] || sleep 15
	quiet=1
}

# moves "HITS MISSES BYPASS_HITS BYPASS_MISSES BYPASSED DIRTY" NAME: the changes
# since begin
moves()
{
	settle
	now=$(figures)
	# shellcheck disable=SC2086 # two lists of figures
	set -- "$1" "$2" $before $now
	is "$2" "$1" "$(($9 - $3)) $((${10} - $4)) $((${11} - $5)) \
$((${12} - $6)) $((${13} - $7)) $((${14} - $8))"
}

# Start counting, at 0, because bcache rounds large sizes.
begin()
{
	settle
	echo 1 >$sys/clear_stats
	before=$(figures)
}

bail()
{
	echo "Bail out! $*"
	exit 1
}

# fill BYTE LENGTH
fill()
{
	dd if=/dev/zero bs="$2" count=1 2>/dev/null | tr '\0' "$1"
}

# holds NAME FILE OFFSET LENGTH BYTE: the range is filled with BYTE
holds()
{
	quiet=
	dd if="$2" bs=4096 skip=$(($3 / 4096)) count=$(($4 / 4096)) \
		iflag=direct of=got 2>/dev/null
	fill "$5" "$4" >expected
	is "$1" same "$(cmp got expected 2>&1 && echo same)"
}

#
# Support in the kernel
#
says 0 "this kernel has per-I/O attributes
report: yes
sets: yes
scopes: yes
attributes: proxy_pid proxy_pidfd cgroup ioprio cache pi set
cache bypass: known
cache admit: known
cache writethrough: known
cache writeback: known
cache writearound: known" "" "probe: all five hints are known" probe
aio=/proc/sys/fs/aio-max-nr
room=$(cat $aio)
echo 0 >$aio
ends 0 "" "probe: no AIO context is free, and none is needed" ioattr probe
echo "$room" >$aio
# what_of FILE: print what probe prints about FILE, after the kernel
what_of()
{
	ioattr probe "$1" | sed -n '/^direct I\/O on/,$p'
}

charge="proxy_pid proxy_pidfd cgroup"
# buffered_io FILE: what probe prints of a file whose writeback knows cgroups
buffered_io()
{
	echo "buffered I/O on $1
  reads carry down: $charge ioprio cache
  writeback carries down: $charge"
}

is "probe: a disk" "direct I/O on /dev/nullb0
  reads carry down: $charge ioprio cache
  writes carry down: $charge ioprio cache
  cgroup controllers act on: $charge
  I/O schedulers act on: none
  caches act on: none
  devices act on: none
$(buffered_io /dev/nullb0)" "$(what_of /dev/nullb0)"
echo mq-deadline >/sys/block/nullb0/queue/scheduler
is "probe: its scheduler" "  I/O schedulers act on: ioprio" \
	"$(what_of /dev/nullb0 | grep schedulers)"
echo none >/sys/block/nullb0/queue/scheduler
is "probe: a file without direct I/O" "direct I/O on /proc/version
  reads carry down: none
  writes carry down: none
  cgroup controllers act on: none
  I/O schedulers act on: none
  caches act on: none
  devices act on: none
buffered I/O on /proc/version
  reads carry down: none
  writeback carries down: none" "$(what_of /proc/version)"
says 1 "$(ioattr probe)" "ioattr: /none: No such file or directory" \
	"probe: a missing file" probe /none

#
# Without a cache
#
some="--length=64K --report"
# shellcheck disable=SC2086 # several options, here and below
{
says 0 "" "65536 bytes in 16 I/Os, cache honoured for 0" \
	"no cache: nothing is honoured" read --cache=bypass $some /dev/ram0
says 0 "" "65536 bytes in 16 I/Os, cache honoured for 0" \
	"no cache: --required is handed down, and nothing is honoured" \
	read --cache=bypass --required $some /dev/ram0
says 0 "" "65536 bytes in 16 I/Os, cache honoured for 0" \
	"no cache: write" write --cache=writeback --pattern=0 $some \
	/dev/nullb0
says 0 "" "65536 bytes in 16 I/Os" "--report with nothing to report" \
	read $some /dev/ram0
says 0 "" "65536 bytes in 16 I/Os, cache honoured for 0" \
	"--buffered: taken, and not honoured" \
	read --cache=bypass --buffered $some /dev/ram0
says 1 "" "ioattr: /dev/ram0: --required: not supported for this buffered I/O: omit\
 --buffered" "--buffered and --required: refused" \
	read --cache=bypass --buffered --required $some /dev/ram0
for pair in bypass,admit writethrough,writeback writeback,writethrough \
	    writethrough,writearound writeback,writearound; do
	for verb in read "write --pattern=1 --length=64K"; do
		says 1 "" "ioattr: /dev/ram0: conflicting hints:\
 bypass and admit, or several write policies" \
			"${verb%% *}: $pair exclude each other" \
			$verb --cache=$pair $some /dev/ram0
	done
done
holds "... and nothing is written" /dev/ram0 0 65536 '\0'
}

#
# bcache
#
make-bcache --wipe-bcache --block 4k --bucket 64k \
	-B "$backing" -C "$cache" >log 2>&1 || bail "make-bcache: $(cat log)"
echo "$cache" >/sys/fs/bcache/register
echo "$backing" >/sys/fs/bcache/register
i=0
while [ ! -b $dev ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done
[ -b $dev ] || bail "there is no $dev"
echo 0 >$sys/sequential_cutoff
echo 0 >$sys/cache/congested_read_threshold_us
echo 0 >$sys/cache/congested_write_threshold_us
echo 0 >$sys/writeback_running

# the disks of bcache get a scheduler
for d in "$backing" "$cache"; do
	echo mq-deadline >"/sys/block/${d#/dev/}/queue/scheduler"
done
acted_on="direct I/O on $dev
  reads carry down: $charge ioprio cache
  writes carry down: $charge ioprio cache
  cgroup controllers act on: $charge
  I/O schedulers act on: ioprio
  caches act on: cache
  devices act on: none
$(buffered_io $dev)"
is "probe: bcache acts on hints" "$acted_on" "$(what_of $dev)"

all="65536 bytes in 16 I/Os, cache honoured for 16"
nothing="65536 bytes in 16 I/Os, cache honoured for 0"
# shellcheck disable=SC2086
{
some="--offset=4M $some"
begin
says 0 "" "$all" "read, bypass: every I/O is honoured" \
	read --cache=bypass $some $dev
moves "0 0 0 16 65536 0" "... and missed the cache without filling it"
begin
says 0 "" "$all" "read, bypass, required: the same" \
	read --cache=bypass --required $some $dev
moves "0 0 0 16 65536 0" "... and missed again"
begin
says 0 "" "65536 bytes in 16 I/Os" "read without attributes" \
	read --offset=4M --length=64K $dev
moves "0 16 0 0 0 0" "... missed the cache, and filled it"
begin
says 0 "" "$all" "read, bypass, of what is in the cache" \
	read --cache=bypass $some $dev
moves "0 0 16 0 65536 0" "... is served from the cache"
begin
says 0 "" "$nothing" "read with a write policy: not honoured" \
	read --cache=writeback $some $dev
moves "16 0 0 0 0 0" "... hits the cache as usual"
begin
says 0 "" "262144 bytes in 64 I/Os, cache honoured for 64" \
	"read, bypass, many at a time in random order" read --cache=bypass \
	--report --random=3 --depth=16 --offset=8M --length=256K $dev
moves "0 0 0 64 262144 0" "... all missed"
begin
says 0 "" "262144 bytes in 4 I/Os, cache honoured for 4" \
	"read, bypass, large ones" read --cache=bypass --report --bs=64K \
	--depth=2 --offset=12M --length=256K $dev
moves "0 0 0 4 262144 0" "... all missed"

some="--length=64K --report"

# longer sequential streams bypass the cache
echo 16384 >$sys/sequential_cutoff
begin
says 0 "" "$all" "read, admit: every I/O is honoured" \
	read --cache=admit --offset=16M $some $dev
moves "0 16 0 0 0 0" "... and fills the cache, although it is sequential"
echo 0 >$sys/sequential_cutoff

# check_write HINT MIB BYTE DISK_BYTE WRITTEN READ: a write with the hint
# changes the statistics by WRITTEN and leaves DISK_BYTE on the backing device.
# Reading the data back changes the statistics by READ. The bytes are octal.
check_write()
{
	begin
	says 0 "" "$all" "write, $1: every I/O is honoured" \
		write --cache="$1" --offset="$2M" --pattern="0$3" $some $dev
	moves "$5" "... the statistics"
	holds "... the backing device" $backing \
		$(($2 * 1048576 + data_offset)) 65536 "\\$4"
	begin
	says 0 "" "$all" "... read it back" read --cache=bypass \
		--offset="$2M" --output=o $some $dev
	fill "\\$3" 65536 >expected
	is "... the data" same "$(cmp o expected 2>&1 && echo same)"
	moves "$6" "... the statistics of the read"
}
echo writeback >$sys/cache_mode
# dirty data in the cache only
check_write writeback 32 241 0 "0 0 0 0 0 65536" "0 0 16 0 65536 0"
# in the cache and on the backing device
check_write writethrough 40 242 242 "0 0 0 0 0 0" "0 0 16 0 65536 0"
# on the backing device only
check_write writearound 48 243 243 "0 0 0 0 65536 0" "0 0 0 16 65536 0"

# a crash could lose both the dirty data and data that is written around it
begin
says 0 "" "65536 bytes in 16 I/Os, cache honoured for 0" \
	"write, writearound, over dirty data: not honoured" \
	write --cache=writearound --offset=32M --pattern=0xa4 $some $dev
moves "0 0 0 0 0 0" "... it goes to the cache, like the dirty data"
holds "... and reads return the new data" $dev $((32 * 1048576)) \
	65536 '\244'

# the administrator's setting overrides the hint, and the report says so
echo writethrough >$sys/cache_mode
begin
says 0 "" "$nothing" "write, writeback, mode writethrough: not honoured" \
	write --cache=writeback --offset=56M --pattern=0xa5 $some $dev
moves "0 0 0 0 0 0" "... nothing is dirty"
holds "... and the data is correct" $dev $((56 * 1048576)) 65536 '\245'
}

#
# A file system
#
mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 $dev 65536 \
	>log 2>&1 || bail "mkfs.ext4: $(cat log)"
mkdir mnt
mount -t ext4 -o noatime $dev mnt || bail "mount"
file=mnt/file
fill x 1048576 >$file
sync
# wait until the journal is idle
settle
# shellcheck disable=SC2086
{
# bcache has cached the writes of the page cache; write around it first
says 0 "" "1048576 bytes in 256 I/Os, cache honoured for 256" \
	"ext4: write, writearound: every I/O is honoured" \
	write --cache=writearound --report --pattern=120 --length=1M \
	--depth=8 $file
begin
says 0 "" "$all" "ext4: read, bypass: every I/O is honoured" \
	read --cache=bypass --output=o $some $file
moves "0 0 0 16 65536 0" "... and missed the cache"
fill x 65536 >expected
is "... and is the file" same "$(cmp o expected 2>&1 && echo same)"
says 0 "" "$nothing" "ext4: --buffered: accepted, not honoured" \
	read --cache=bypass --buffered $some $file
says 1 "" "ioattr: $file: --required: not supported for this buffered I/O: omit\
 --buffered" "ext4: --buffered and --required: rejected" \
	read --cache=bypass --required --buffered $some $file

echo writeback >$sys/cache_mode
before=$(bytes $sys/dirty_data)
says 0 "" "$all" "ext4: write, writeback: every I/O is honoured" \
	write --cache=writeback --required --offset=128K --pattern=0xb1 $some \
	$file
is "... dirty data grew by that at least" 1 \
	"$(($(bytes $sys/dirty_data) - before >= 65536))"
says 0 "" "$all" "ext4: write, writethrough: every I/O is honoured" \
	write --cache=writethrough --offset=256K --pattern=0xb2 $some $file
says 0 "" "12288 bytes in 2 I/Os, cache honoured for 2" \
	"ext4: write, a tail that is no multiple of --bs" write --report \
	--cache=writearound --bs=8K --offset=512K --length=12K --pattern=0xb3 \
	$file
}
# a device that is in use: the file system's, and the disk below bcache, whose
# first block is not used
busy="in use, for example mounted; see --force"
says 1 "" "ioattr: $dev: $busy" "write to a mounted device: refused" \
	write --pattern=0 --length=4K $dev
says 1 "" "ioattr: $dev: $busy" "output to a mounted device: refused" \
	read --length=4K --output=$dev /dev/nullb0
says 1 "" "ioattr: /dev/vda: $busy" "write to a disk of bcache: refused" \
	write --pattern=0 --length=4K /dev/vda
says 0 "" "4096 bytes in 1 I/Os" "... with --force" \
	write --pattern=0 --length=4K --force /dev/vda
umount mnt
mount -t ext4 -o noatime $dev mnt || bail "mount"
{
	fill x 131072
	fill '\261' 65536
	fill x 65536
	fill '\262' 65536
	fill x 196608
	fill '\263' 12288
	fill x 512000
} >expected
is "ext4: all of the file is as it should be" same \
	"$(cmp $file expected 2>&1 && echo same)"
printf tail >>$file
says 0 "" "1048580 bytes in 257 I/Os, cache honoured for 257" \
	"ext4: read to an end that is no whole block" \
	read --cache=bypass --report --output=o --depth=32 $file
printf tail >>expected
is "... and is the file" same "$(cmp o expected 2>&1 && echo same)"
is "ext4: probe: so does bcache below a file" \
	"$(echo "$acted_on" | sed "s,$dev,$file,")" "$(what_of $file)"
umount mnt

echo writethrough >$sys/cache_mode
echo 1 >$sys/writeback_running
set=$(basename "$(readlink -f $sys/cache)")
echo 1 >$sys/detach
i=0
while [ -e $sys/cache ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done
is "probe: without its cache it does not" "  caches act on: none" \
	"$(what_of $dev | grep caches)"
echo "$set" >$sys/attach
is "probe: and does with it" "  caches act on: cache" \
	"$(what_of $dev | grep caches)"
echo 1 >$sys/stop
for s in /sys/fs/bcache/*-*/stop; do echo 1 >"$s"; done
sleep 1
tap_end

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Test --pi and the example checksum in a guest. Needs root, ioattr, checksum,
# /dev/nullb0, and two devices with protection information of type 1 and blocks
# of 512 bytes, which are overwritten: /dev/nvme0n1 (NVMe) and /dev/sda
# (scsi_debug). Prints TAP.
#
# The devices differ: NVMe checks application tags and can omit checks,
# scsi_debug checks writes. QEMU's NVMe accepts a write with a wrong guard and
# reports it on the next read.

# shellcheck disable=SC2086 # several options, here and there
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$(mktemp -d)" || exit 1

# finds EXPECTED NAME ARG...: compare the output and status of checksum
finds()
{
	expected=$1
	name=$2
	shift 2
	status=0
	checksum "$@" >out 2>err || status=$?
	is "$name" "$expected" "$status|$(cat out err)"
}

# tags FIRST COUNT GUARD APP: print protection information for COUNT blocks
tags()
{
	awk -v first="$1" -v count="$2" -v guard="$3" -v app="$4" 'BEGIN {
		for (i = first; i < first + count; i++)
			printf "%s%s%08x", guard, app, i
	}' | xxd -r -p
}

# same NAME FILE FILE
same()
{
	is "$1" same "$(cmp "$2" "$3" 2>&1 && echo same)"
}

# disagree BYTES AT
disagree()
{
	echo "ioattr: $dev: blocks and protection information do not agree in\
 the $1 bytes at $2"
}

all="65536 bytes in 16 I/Os, pi honoured for 16"
part="--length=64K --report"
# the guard of 512 times this byte, computed independently
g5a=7867
g5b=7eef
gff=e6a1

both()
{
	is "$dev: probe: the format" "protection information on $dev: 8 bytes\
 for each 512, the CRC of T10" "$(ioattr probe $dev | tail -n 1)"
	is "$dev: probe: pi gets there, and is acted on" \
		"reads writes devices" "$(ioattr probe $dev |
			sed -n 's/^  \([a-z]*\) .*: .*\<pi\>.*/\1/p' | xargs)"
	tags 0 2048 $g5a 0000 >kernels
	ends 0 "1048576 bytes in 256 I/Os" "$dev: the kernel makes tags" \
		ioattr write --pattern=0x5a --length=1M $dev
	ends 0 "$all" "$dev: read" ioattr read --pi=t $part $dev
	head -c 1024 kernels >e
	same "... what the kernel has made" e t
	for o in "1024 --bs=1K" "16 --bs=64K --depth=9" "2048 --bs=512 --depth=32" \
		 "43 --bs=24K --depth=3"; do
		ends 0 "1048576 bytes in ${o%% *} I/Os" "$dev: read, ${o#* }" \
			ioattr read --pi=t --length=1M --required \
			--pi-check=guard,ref ${o#* } $dev
		same "... all of it" kernels t
	done
	ends 0 "65536 bytes in 16 I/Os, cache honoured for 0, pi honoured for\
 16" "$dev: read, with another attribute in a set" \
		ioattr read --set --cache=bypass --pi=t $part $dev
	head -c 1024 kernels >e
	same "... the same tags" e t
	ends 0 "$all" "$dev: read a part" \
		ioattr read --pi=t --offset=32K $part $dev
	tags 64 128 $g5a 0000 >e
	same "... its tags" e t
	ends 0 "$all" "$dev: read with tags from 1000 on" \
		ioattr read --pi=t --offset=32K --seed=1000 --pi-check=guard,ref \
		$part $dev
	tags 1000 128 $g5a 0000 >e
	same "... and they are" e t

	tags 5000 128 $gff c0de >t
	ends 0 "$all" "$dev: write with tags from 5000 on" \
		ioattr write --pi=t --pi-check=guard,ref --seed=5000 \
		--pattern=0xff --depth=4 $part $dev
	ends 0 "$all" "... read them" ioattr read --pi=t --output=o $part $dev
	tags 0 128 $gff c0de >e
	same "... which the device counts from 0" e t
	head -c 65536 /dev/zero | tr '\0' '\377' >e
	same "... and the data is there" e o
	ends 0 "65536 bytes in 16 I/Os" "... the kernel reads it too" \
		ioattr read --length=64K $dev
	ends 0 "65536 bytes in 128 I/Os, pi honoured for 128" \
		"$dev: write in random order" \
		ioattr write --pi=t --pi-check=guard,ref --random=3 --bs=512 \
		--depth=16 --pattern=0xff $part $dev
	ends 0 "65536 bytes in 1 I/Os, pi honoured for 1" "... and read all" \
		ioattr read --pi=o --pi-check=guard,ref --bs=64K $part $dev
	same "... as it was" t o

	# one I/O is split
	queue=/sys/block/${dev#/dev/}/queue
	max=$(cat $queue/max_sectors_kb)
	echo 4 >$queue/max_sectors_kb
	ends 0 "65536 bytes in 1 I/Os, pi honoured for 1" \
		"$dev: write in pieces of 4 KiB" \
		ioattr write --pi=t --pi-check=guard,ref --bs=64K \
		--pattern=0xff $part $dev
	ends 0 "65536 bytes in 1 I/Os, pi honoured for 1" "... read likewise" \
		ioattr read --pi=o --pi-check=guard,ref --bs=64K $part $dev
	same "... as it was" t o
	echo $max >$queue/max_sectors_kb

	mkdir /sys/fs/cgroup/pi
	ends 0 "65536 bytes in 16 I/Os, cgroup honoured for 16, cache honoured\
 for 0, pi honoured for 16" "$dev: with a cgroup and a hint" \
		ioattr read --pi=o --cgroup=/sys/fs/cgroup/pi --cache=bypass \
		$part $dev
	rmdir /sys/fs/cgroup/pi
	ends 1 "ioattr: $dev: --pi requires direct I/O: omit --buffered" \
		"$dev: buffered" ioattr read --buffered --pi=o $part $dev
	for o in --bs=1000 --offset=100 --length=100; do
		ends 1 "ioattr: $dev: for --pi, --offset, --length and --bs must\
 be multiples of the block size" "$dev: $o" ioattr read --pi=o $o $dev
	done
	head -c 1000 t >s
	ends 1 "ioattr: s: unexpected end of file
61440 bytes in 15 I/Os" "$dev: too few tags" \
		ioattr write --pi=s --pattern=0xff --length=64K $dev
	ends 1 "ioattr: none: No such file or directory" "$dev: nothing to write" \
		ioattr write --pi=none --pattern=0 $part $dev
	ends 1 "ioattr: $dev: same file as the input" "$dev: to itself" \
		ioattr read --pi=$dev $part $dev
	ends 1 "ioattr: /dev/full: No space left on device
4096 bytes in 1 I/Os, pi honoured for 1" "$dev: to a full device" \
		ioattr read --pi=/dev/full $part $dev

	finds "0|1000 blocks written, pi honoured for 125 of 125 I/Os" \
		"$dev: checksum writes" write $dev 24 1000
	finds "0|1000 of 1000 blocks are as they were written" \
		"... and reads" read $dev 24 1000
	ioattr write --pattern=0x5a --offset=50K --bs=512 --length=512 $dev \
		2>err
	finds "1|block 100: $1: guard 0x$g5a (data: 0x$g5a), tags 0x0000 100
999 of 1000 blocks are as they were written" \
		"... and finds what another program wrote" read $dev 24 1000
}

# scsi_debug
dev=/dev/sda
both "no error"
ioattr write --pattern=0x5a --length=1M $dev 2>err
tags 0 8 $g5a 0000 >t
tags 1 8 $g5b 0000 >moved
ends 1 "$(disagree 4096 0)" "$dev: write with another guard, --pi-check=guard" \
	ioattr write --pi=t --pattern=0x5b --length=4K --pi-check=guard $dev
ends 1 "$(disagree 4096 0)" "$dev: write with the tag of another block" \
	ioattr write --pi=moved --pattern=0x5b --pi-check=ref --length=4K $dev
ends 0 "1048576 bytes in 256 I/Os" "... nothing was written" \
	ioattr read --pi=o --pi-check=guard,ref --length=1M $dev
same "... to be sure" kernels o
ends 0 "4096 bytes in 1 I/Os" "... nor to the blocks" \
	ioattr read --output=o --length=4K $dev
head -c 4096 /dev/zero | tr '\0' Z >e
same "... they are as they were" e o
finds "0|24 blocks written, pi honoured for 3 of 3 I/Os" \
	"$dev: blocks to be spoilt" write $dev 0 24
finds "0|" "$dev: the disk checks nothing unasked" damage $dev 3
checksum read $dev 0 24 >out
is "... and the program finds the corrupt block" "1 23 of 24 blocks are as they were written" \
	"$? $(tail -n 1 out)"

# NVMe
dev=/dev/nvme0n1
both EILSEQ
tags 0 128 $gff c0de >t
ends 0 "$all" "$dev: write with an application tag" \
	ioattr write --pi=t --pi-check=guard,ref,app --app-tag=0xc0de \
	--pattern=0xff $part $dev
ends 0 "$all" "... read with it" ioattr read --pi=o --pi-check=app \
	--app-tag=0xc0de $part $dev
same "... as it was" t o
ends 1 "$(disagree 4096 0)" "... read with another" \
	ioattr read --pi=o --pi-check=app --app-tag=0xc0dd $part $dev
ends 1 "$(disagree 4096 0)" "... read with none" \
	ioattr read --pi=o --pi-check=app $part $dev
ends 0 "$all" "... any will do unless it is checked" \
	ioattr read --pi=o --pi-check=guard,ref $part $dev
tags 0 8 $g5a 0000 >t
ends 0 "4096 bytes in 1 I/Os" "$dev: write with another guard, unchecked" \
	ioattr write --pi=t --pattern=0x5b --length=4K $dev
ends 0 "4096 bytes in 1 I/Os" "... read unchecked" \
	ioattr read --pi=o --length=4K $dev
same "... as it was" t o
ends 1 "$(disagree 4096 0)" "... read checked" \
	ioattr read --pi=o --pi-check=guard --length=4K $dev
ends 1 "$(disagree 4096 0)" "... read by the kernel" \
	ioattr read --length=4K $dev
tags 1 8 $gff 0000 >t
ends 0 "4096 bytes in 1 I/Os" "$dev: write with another block's tag, unchecked" \
	ioattr write --pi=t --pattern=0xff --length=4K $dev
ends 0 "4096 bytes in 1 I/Os" "... the guard is good" \
	ioattr read --pi=o --pi-check=guard --length=4K $dev
ends 1 "$(disagree 4096 0)" "... the tag is not" \
	ioattr read --pi=o --pi-check=ref --length=4K $dev
finds "0|24 blocks written, pi honoured for 3 of 3 I/Os" \
	"$dev: blocks to be spoilt" write $dev 0 24
finds "0|" "$dev: spoil one" damage $dev 3
checksum read $dev 0 24 >out
is "... which is found" \
	"1|block 3: EILSEQ: guard bad, tags 0xc0de 3|23 of 24 blocks are as they were written" \
	"$?|$(sed '1s/guard 0x[0-9a-f]* (data: 0x[0-9a-f]*)/guard bad/' \
		out | xargs | sed 's/ 3 23/ 3|23/')"

dev=/dev/nullb0
is "$dev: probe: no format" 0 "$(ioattr probe $dev | grep -c protection)"
ends 1 "ioattr: $dev: no protection information" "$dev: none" \
	ioattr read --pi=o --length=64K $dev
finds "1|checksum: $dev: Wrong medium type" "... nor for checksum" read $dev 0 1
tap_end

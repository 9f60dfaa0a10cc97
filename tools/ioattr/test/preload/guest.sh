#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Usage: guest.sh [PART...]
#
# Run programs by ioattr run and check their results and the reports. Needs the
# disks /dev/vda and /dev/vdb for bcache, and /dev/vdc. Prints TAP.

set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
cg=/sys/fs/cgroup
dev=/dev/bcache0
home=$(mktemp -d)
cd "$home" || exit 1

bail()
{
	echo "Bail out! $*"
	exit 1
}

# run OPTION... -- COMMAND...: set $status, and $report to the report without
# pids
run()
{
	status=0
	rm -f told
	ioattr run --report --output=told "$@" >out 2>err || status=$?
	report=$(sed 's/\[[0-9]*\]//' told)
}

# as_user ARG...: ioattr run by another user than root
as_user()
{
	status=0
	rm -f told
	/usr/bin/setpriv --reuid=1000 --regid=1000 --clear-groups ioattr run \
		"$@" >out 2>err || status=$?
}

# tells NAME REPORT OPTION... -- COMMAND...: success and this report are
# expected
tells()
{
	local name="$1" expected="0|$2"
	shift 2
	run "$@"
	is "$name" "$expected" "$status|$report"
	[ "$expected" = "$status|$report" ] || sed 's/^/# /' out err
}

unknown="-: not known, because the kernel reports nothing for this I/O; see ioattr trace"

# figure WORD...: print the sum of the numbers after these words in the report
figure()
{
	sed -n "s/.*[ :,(]$* \([0-9]*\).*/\1/p" told |
		awk '{ sum += $1 } END { print sum + 0 }'
}

# by NAME: print the number of I/Os by "AIO" or "io_uring"
by()
{
	sed -n "s/.*[ :]\([0-9]*\) \(I\/Os \)*by $1.*/\1/p" told |
		awk '{ sum += $1 } END { print sum + 0 }'
}

# create a bcache device without heuristics
make_bcache()
{
	local s=/sys/block/bcache0/bcache i=0
	make-bcache --wipe-bcache --block 4k --bucket 64k -B /dev/vda \
		-C /dev/vdb >log 2>&1 || bail "make-bcache: $(cat log)"
	echo /dev/vdb >/sys/fs/bcache/register
	echo /dev/vda >/sys/fs/bcache/register
	while [ ! -b $dev ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done
	[ -b $dev ] || bail "there is no $dev"
	echo 0 >$s/sequential_cutoff
	echo 0 >$s/cache/congested_read_threshold_us
	echo 0 >$s/cache/congested_write_threshold_us
}

# blocks FILE N: write N blocks; each is filled with its number
blocks()
{
	awk -v n="$2" 'BEGIN {
		for (i = 0; i < n; i++)
			printf "%03o\n", i
	}' | while read -r o; do
		dd if=/dev/zero bs=4096 count=1 2>/dev/null | tr '\0' "\\$o"
	done >blocks
	dd if=blocks of="$1" bs=64k conv=notrunc 2>/dev/null
}

# The test program with io_uring.
part_uring()
{
	local t='0 I/Os by AIO, 100 by io_uring: tagged' s
	blocks $dev 150
	tells "io_uring" \
		"uring_test: $t 100, reported 0, cache given 100 honoured -, refused 0
$unknown" \
		--cache=bypass -- uring_test single $dev
	tells "io_uring, no rule matches" \
		"uring_test: $t 0, reported 0, refused 0" \
		--rule 'path:/none -> cache:bypass' -- uring_test single $dev
	tells "io_uring of a plugin with its own liburing" \
		"plugin_test: $t 100, reported 0, cache given 100 honoured -, refused 0
$unknown" \
		--cache=bypass -- plugin_test /usr/bin/uring_plugin.so single $dev
	for s in "size:4K 3" "op:write 1" "op:read,size:>=4K 2" "size:<4K 0"; do
		run --cache=bypass --rule "${s% *}" -- uring_test fixed $dev
		is "io_uring with registered buffers, rule ${s% *}" \
			"0 3 ${s#* } 0" \
			"$status $(by io_uring) $(figure tagged) $(figure refused)"
	done
	# scene, number of I/Os, number of tagged I/Os
	for s in "raw 20 20" "raw-mixed 0 0" "raw-no-array 20 20" "mixed 0 0" \
		"registered 1 1"; do
		run --cache=bypass -- uring_test "${s%% *}" $dev
		is "io_uring, ${s%% *}" "0|${s#* } 0" \
			"$status|$(by io_uring) $(figure tagged) \
$(figure refused)"
	done
	tells "io_uring, required" \
		"uring_test: $t 100, reported 0, cache given 100 honoured -, refused 0
$unknown" \
		--cache=bypass --required -- uring_test single $dev
	tells "... buffered I/O is rejected, and the program gets the error" \
		"uring_test: 0 I/Os by AIO, 4 by io_uring: tagged 4, reported 0, cache given 4 honoured -, refused 0
$unknown" \
		--cache=bypass --required -- uring_test refused $dev
}

# The test program with AIO.
part_aio()
{
	local all='cache given' s
	blocks $dev 150
	blocks /tmp/other 150
	cp blocks /mnt/file
	sync
	for s in single batch reuse threads ring errors children clones \
		"reopen /mnt/file" daemons; do
		# shellcheck disable=SC2086 # words
		set -- $s
		status=0
		aio_test "$1" $dev "${2:-}" >out 2>&1 || status=$?
		is "$1: without ioattr" "0|" "$status|$(cat out)"
		run --rule 'path:/none/* -> cache:bypass' -- \
			aio_test "$1" $dev "${2:-}"
		is "$1: no rule matches: status" "0||" \
			"$status|$(cat out)|$(cat err)"
		is "$1: no rule matches: nothing is tagged" "0 0" \
			"$(figure tagged) $(figure refused)"
	done
	tells "single: all except the first are reported" \
		"aio_test: 100 I/Os by AIO, 0 by io_uring: tagged 100, reported 99, $all 100 honoured 99, refused 0" \
		--cache=bypass -- aio_test single $dev
	is "no report" "0||" "$(ioattr run --cache=bypass aio_test single $dev \
		>out 2>err; echo "$?|$(cat out)|$(cat err)")"
	tells "batch: more iocbs than the library handles at once" \
		"aio_test: 301 I/Os by AIO, 0 by io_uring: tagged 301, reported 300, $all 301 honoured 300, refused 0" \
		--cache=bypass -- aio_test batch $dev
	tells "reuse: an iocb for another operation is clean" \
		"aio_test: 10 I/Os by AIO, 0 by io_uring: tagged 10, reported 9, $all 10 honoured 9, refused 0" \
		--cache=bypass -- aio_test reuse $dev
	run --cache=bypass -- aio_test threads $dev
	is "threads: no completed iocb is written to" "0|" \
		"$status|$(cat out)"
	is "threads: all I/Os are counted" "8000 8000 0" \
		"$(by AIO) $(figure tagged) $(figure refused)"
	is "threads: all reported I/Os are honoured" \
		"$(figure reported)" "$(figure honoured)"
	is "threads: at least half of them are reported" 1 \
		$(($(figure reported) >= 4000))
	tells "ring: no report for a program that reads it in memory" \
		"aio_test: 100 I/Os by AIO, 0 by io_uring: tagged 100, reported 0, $all 100 honoured -, refused 0
$unknown" \
		--cache=bypass -- aio_test ring $dev
	tells "errors: unchanged" \
		"aio_test: 2 I/Os by AIO, 0 by io_uring: tagged 2, reported 1, $all 2 honoured 0, refused 0" \
		--cache=bypass -- aio_test errors $dev
	tells "children have separate counts" \
		"aio_test: 10 I/Os by AIO, 0 by io_uring: tagged 10, reported 9, $all 10 honoured 9, refused 0
aio_test: 20 I/Os by AIO, 0 by io_uring: tagged 20, reported 19, $all 20 honoured 19, refused 0" \
		--cache=bypass -- aio_test children $dev
	tells "children by clone(2), too" \
		"aio_test: 10 I/Os by AIO, 0 by io_uring: tagged 10, reported 9, $all 10 honoured 9, refused 0
aio_test: 20 I/Os by AIO, 0 by io_uring: tagged 20, reported 19, $all 20 honoured 19, refused 0" \
		--cache=bypass -- aio_test clones $dev
	tells "path: the open file counts, not its descriptor" \
		"aio_test: 8 I/Os by AIO, 0 by io_uring: tagged 3, reported 2, $all 3 honoured 2, refused 0" \
		--rule "path:$dev -> cache:bypass" -- \
		aio_test reopen $dev /mnt/file
	tells "path: the first matching rule applies" \
		"aio_test: 8 I/Os by AIO, 0 by io_uring: tagged 5, reported 5, $all 5 honoured 0, refused 0" \
		--rule "path:/dev/* -> none" --rule '→ cache:bypass' -- \
		aio_test reopen $dev /mnt/file
	for s in "op:read 4" "op:write 3" "size:4K 4" "size:>4K 3" "size:>=8K 3" \
		"size:<12K 6" "size:<=12K 7" "op:write,size:>=8K 2" \
		"op:read,size:>8K,size:<=12K 1" "size:>12K 0" \
		"path:*/bcache?,op:write 3" "path:bcache0 0"; do
		run --cache=bypass --rule "${s% *}" -- aio_test sizes $dev
		is "rule ${s% *}" "0 7 ${s#* }" \
			"$status $(by AIO) $(figure tagged)"
	done
	blocks $dev 150
}

# Cgroups and priorities, and their rejection by the kernel.
part_identity()
{
	local t='by AIO, 0 by io_uring: tagged' s
	blocks $dev 150
	mkdir $cg/one
	tells "cgroup" \
		"aio_test: 100 I/Os $t 100, reported 99, cgroup given 100 honoured 99, cache given 100 honoured 99, refused 0" \
		--cgroup=$cg/one --cache=bypass -- aio_test single $dev
	is "cgroup: io.stat" "rbytes=409600" "$(sed -n "s/^$(cat \
		/sys/block/bcache0/dev) \(rbytes=[0-9]*\).*/\1/p" \
		$cg/one/io.stat)"
	for s in 1 2 3 4 5 6 7 8 9 10; do
		run --cgroup=$cg/one -- aio_test first $dev
		echo "$status $(figure tagged) $(figure refused)"
	done | sort | uniq -c >all
	is "cgroup: threads that open it at the same time" "10 0 8 0" \
		"$(sed 's/^ *//' all)"
	echo bfq >/sys/block/vda/queue/scheduler
	echo bfq >/sys/block/vdb/queue/scheduler
	tells "prio" \
		"aio_test: 100 I/Os $t 100, reported 99, ioprio given 100 honoured 99, refused 0" \
		--prio=be:6 -- aio_test single $dev
	tells "own attributes and their reports are unchanged" \
		"aio_test: 6 I/Os $t 3, reported 2, cache given 3 honoured 2, refused 0, own attributes 3" \
		--cache=bypass -- aio_test own $dev $cg/one
	for s in "" --required; do
		tells "daemons: the cgroup is opened again${s:+, $s}" \
			"aio_test: 10 I/Os $t 10, reported 9, cgroup given 10 honoured 9, refused 0" \
			--cgroup=$cg/one ${s:+"$s"} -- aio_test daemons $dev
		tells "... io_uring" \
			"uring_test: 0 I/Os by AIO, 10 by io_uring: tagged 10, reported 0, cgroup given 10 honoured -, refused 0
$unknown" \
			--cgroup=$cg/one ${s:+"$s"} -- uring_test daemons $dev
	done
	tells "errors of the program, with a cgroup" \
		"aio_test: 2 I/Os $t 2, reported 1, cgroup given 2 honoured 0, refused 0" \
		--cgroup=$cg/one -- aio_test errors $dev
	tells "removed: the I/O is not tagged" \
		"aio_test: 10 I/Os $t 5, reported 4, cgroup given 5 honoured 4, refused 5 (ENODEV 5)" \
		--cgroup=$cg/one -- aio_test removed $dev $cg/one
	mkdir $cg/one
	for s in "" --required; do
		tells "created again: the new one is charged${s:+, $s}" \
			"aio_test: 15 I/Os $t 15, reported 14, cgroup given 15 honoured 14, refused 0" \
			--cgroup=$cg/one ${s:+"$s"} -- aio_test remade $dev $cg/one
		is "... by io.stat" "rbytes=20480" "$(sed -n "s/^$(cat \
			/sys/block/bcache0/dev) \(rbytes=[0-9]*\).*/\1/p" \
			$cg/one/io.stat)"
		tells "... io_uring" \
			"uring_test: 0 I/Os by AIO, 15 by io_uring: tagged 15, reported 0, cgroup given 15 honoured -, refused 0
$unknown" \
			--cgroup=$cg/one ${s:+"$s"} -- uring_test remade $dev $cg/one
	done
	tells "io_uring of a child by clone(2)" \
		"uring_test: 0 I/Os by AIO, 10 by io_uring: tagged 10, reported 0, cgroup given 10 honoured -, refused 0
uring_test: 0 I/Os by AIO, 20 by io_uring: tagged 20, reported 0, cgroup given 20 honoured -, refused 0
$unknown" \
		--cgroup=$cg/one -- uring_test clones $dev
	rmdir $cg/one
	tells "a missing cgroup" \
		"aio_test: 100 I/Os $t 0, reported 0, refused 100 (ENOENT 100)" \
		--rule "-> cgroup:$cg/one" -- aio_test single $dev
	is "... a message without --report" \
		"0|ioattr: aio_test: attributes refused for 100 I/Os (ENOENT 100)" \
		"$(ioattr run --rule "-> cgroup:$cg/one" -- aio_test single \
		$dev 2>err; echo "$?|$(sed 's/\[[0-9]*\]//' err)")"
	tells "... and required: rejected" \
		"aio_test: 0 I/Os $t 0, reported 0, refused 1 (ENOENT 1)" \
		--rule "-> cgroup:$cg/one,required" -- aio_test refused $dev 2
	mkdir $cg/one
	# users may not use class rt
	chmod 666 $dev
	chmod 1777 .
	as_user --prio=rt:1 --report --output=told -- aio_test single $dev
	is "no permission: the I/O is not tagged" "0 100 0 100 100" \
		"$status $(by AIO) $(figure tagged) $(figure refused) \
$(figure EPERM)"
	# nor cgroups whose cgroup.procs they cannot write to
	s="ioattr: $cg/one/cgroup.procs: Permission denied"
	as_user --cgroup=$cg/one --report --output=told -- aio_test single $dev
	is "no permission for the cgroup: a warning" \
		"0 100 0 100|$s: its attributes will be refused" \
		"$status $(figure EACCES) $(figure tagged) $(figure \
		refused)|$(cat err)"
	as_user --cgroup=$cg/one --required -- aio_test single $dev
	is "... required: the program is not started" \
		"125|$s: required attributes cannot be added; see PERMISSIONS in ioattr-run(1)" \
		"$status|$(cat err)"
	rmdir $cg/one
}

# Compare with the numbers of fio.
part_fio()
{
	local total what
	for what in "--rw=randrw" "--rw=randwrite --iodepth_batch_submit=8" \
		"--rw=write --numjobs=2 --bsrange=4k-64k --offset_increment=4M" \
		"--rw=randwrite --userspace_reap" "--rw=randrw --thread"; do
		for rule in "" path:/none; do
			# shellcheck disable=SC2086 # words
			run --cache=writeback ${rule:+--rule "$rule"} -- fio \
				--name=x --filename=$dev --size=2M --direct=1 \
				--ioengine=libaio --iodepth=16 --bs=4k \
				--verify=crc32c --verify_fatal=1 \
				--randseed=1 --output-format=json $what
			total=$(sed -n 's/.*"total_ios" : \([0-9]*\).*/\1/p' \
				out | awk '{ s += $1 } END { print s }')
			is "fio $what${rule:+, no rule matches}: verified" \
				"0|" "$status|$(cat err)"
			is "... its I/Os are counted" "$total" "$(by AIO)"
			is "... and tagged" "$([ -n "$rule" ] && echo 0 ||
				echo "$total") 0" \
				"$(figure tagged) $(figure refused)"
		done
	done
	run --cache=writeback -- fio --name=x --filename=$dev --size=2M \
		--direct=1 --ioengine=io_uring --iodepth=16 --bs=4k \
		--verify=crc32c --verify_fatal=1 --rw=randrw
	is "fio io_uring: its own system calls are not intercepted" "0 0 0" \
		"$status $(by io_uring) $(figure tagged)"
}

# QEMU reads the AIO ring in memory and uses res2 as a part of the result.
part_qemu()
{
	local how rule
	dd if=/dev/zero of=$dev bs=1M count=4 conv=fsync 2>/dev/null
	for how in native io_uring; do
		for rule in "" path:/none; do
			run --cache=bypass ${rule:+--rule "$rule"} -- \
				qemu-img bench -f raw -c 256 -d 16 -s 4096 -w \
				--pattern=90 -i $how -t none $dev
			is "qemu-img $how, writes${rule:+, no rule matches}" \
				"0||256 $([ -n "$rule" ] && echo 0 || echo 256) 0 0" \
				"$status|$(cat err)|$(($(by AIO) + $(by \
				io_uring))) $(figure tagged) $(figure \
				reported) $(figure refused)"
			dd if=$dev bs=1M count=1 iflag=direct 2>/dev/null |
				tr -d Z | wc -c >left
			is "... the data is correct" 0 "$(cat left)"
			dd if=/dev/zero of=$dev bs=1M count=4 conv=fsync \
				2>/dev/null
			run --cache=bypass ${rule:+--rule "$rule"} -- \
				qemu-img bench -f raw -c 256 -d 16 -s 4096 \
				-i $how -t none $dev
			is "qemu-img $how, reads${rule:+, no rule matches}" \
				"0||256 $([ -n "$rule" ] && echo 0 || echo 256) 0" \
				"$status|$(cat err)|$(($(by AIO) + $(by \
				io_uring))) $(figure tagged) $(figure refused)"
		done
	done
	# a qcow2 file by native AIO
	qemu-img create -f qcow2 /mnt/a.qcow2 16M >/dev/null
	run --cache=writeback -- qemu-img bench -f qcow2 -c 128 -d 8 -s 64K -w \
		--pattern=90 -i native -t none /mnt/a.qcow2
	is "qcow2" "0|$(by AIO)" "$status|$(figure tagged)"
	is "qcow2: at least one I/O per write" 1 $(($(by AIO) >= 128))
	is "qcow2: no error in the file" 0 "$(qemu-img check -q /mnt/a.qcow2 \
		>out 2>&1; echo $?)"
	mkdir $cg/two
	run --cgroup=$cg/two -- qemu-img bench -f raw -c 64 -d 4 -s 4096 \
		-i io_uring -t none $dev
	is "qemu-img io_uring, cgroup" "0 64 0" \
		"$status $(figure tagged) $(figure refused)"
	is "... it is charged" "rbytes=262144" "$(sed -n "s/^$(cat \
		/sys/block/bcache0/dev) \(rbytes=[0-9]*\).*/\1/p" \
		$cg/two/io.stat)"
	rmdir $cg/two
	run --rule "-> cgroup:$cg/two" -- qemu-img bench -f raw -c 64 -d 4 \
		-s 4096 -i io_uring -t none $dev
	is "qemu-img io_uring, no such cgroup: not tagged" "0 0 64" \
		"$status $(figure tagged) $(figure ENOENT)"
}

part_stress()
{
	local s rule
	mkdir /mnt/stress
	cd /mnt/stress || bail "no /mnt/stress"
	for s in "aiol AIO" "io-uring io_uring" "aio none"; do
		for rule in "" path:/none; do
			run --cache=bypass ${rule:+--rule "$rule"} -- stress-ng \
				--"${s% *}" 1 --"${s% *}"-ops 100 --verify
			is "stress-ng --${s% *}${rule:+, no rule matches}" 0 $status
			[ $status = 0 ] || sed 's/^/# /' out err
			if [ "${s#* }" = none ]; then
				is "... does not use AIO of the kernel" 0 \
					"$(by AIO)"
				continue
			fi
			is "... some of it is counted" 1 $(($(by "${s#* }") >= 32))
			expected=0
			[ -n "$rule" ] || expected=$(by "${s#* }")
			is "... and tagged" "$expected 0" \
				"$(figure tagged) $(figure refused)"
		done
	done
	cd "$home" || bail "no $home"
}

# sql COMMAND: run it in the server
sql()
{
	mariadb --no-defaults --socket=/tmp/sql --batch --skip-column-names \
		-e "$1"
}

# server OPTION...: start MariaDB by ioattr run with these options
server()
{
	local i=0
	rm -f told
	ioattr run --report --output=told "$@" -- mariadbd --no-defaults \
		--datadir=/mnt/sql --user=root --socket=/tmp/sql \
		--skip-networking --skip-grant-tables --skip-log-error \
		--innodb-flush-method=O_DIRECT --innodb-use-native-aio=ON \
		--innodb-linux-aio=$linux_aio --innodb-buffer-pool-size=8M \
		--innodb-log-file-size=4M --innodb-undo-tablespaces=0 \
		--innodb-data-file-path=ibdata1:12M:autoextend \
		--innodb-temp-data-file-path=ibtmp1:4M:autoextend \
		>>server 2>&1 &
	pid=$!
	while ! grep -q 'ready for connections' server; do
		sleep 0.2
		kill -0 $pid 2>/dev/null || return
	done
}

# stop: stop it and set $status
stop()
{
	sql shutdown
	status=0
	wait $pid || status=$?
	sed 's/^/# /' told
}

part_mariadb()
{
	local kind
	for linux_aio in aio io_uring; do
		kind=$([ $linux_aio = aio ] && echo AIO || echo io_uring)
		rm -rf /mnt/sql
		mkdir /mnt/sql
		: >server
		mkdir $cg/db
		server --cgroup=$cg/db --cache=writeback
		sql "create database t;
			create table t.a (i int primary key auto_increment,
				c char(200)) engine=innodb;
			insert into t.a (c) select repeat(char(65 + seq % 26), 200)
				from (with recursive s as (select 1 seq union
				all select seq + 1 from s where seq < 900)
				select seq from s) x;
			insert into t.a (c) select c from t.a;
			insert into t.a (c) select c from t.a;
			insert into t.a (c) select c from t.a;
			insert into t.a (c) select c from t.a"
		sums=$(sql "select count(*), sum(crc32(c)) from t.a")
		stop
		is "mariadb $linux_aio: exit status" 0 $status
		[ $status = 0 ] || sed 's/^/# /' server
		is "... it uses this interface" "Using $(echo "$kind" |
			sed 's/AIO/Linux native AIO/')" "$(grep -o \
			'Using \(io_uring\|Linux native AIO\)' server)"
		is "... all of its I/O is tagged" "$(by "$kind") 0" \
			"$(figure tagged) $(figure refused)"
		is "... at least 50 I/Os" 1 \
			$(($(figure tagged) >= 50))
		is "... rows" 14400 "${sums%%	*}"
		if [ $linux_aio = aio ]; then
			# reads of unwritten blocks do not reach the device
			charged=$(figure cgroup given "[0-9]*" honoured)
			is "... some I/Os are reported and charged to the cgroup" 1 \
				$((0 < charged &&
				   charged <= $(figure reported) &&
				   $(figure reported) < $(figure tagged)))
		fi
		rmdir $cg/db
		: >server
		server --cache=bypass --rule 'path:*/a.ibd,op:read' \
			--rule 'path:/none -> prio:be:1'
		is "... started again: all rows are there" "$sums" \
			"$(sql "select count(*), sum(crc32(c)) from t.a")"
		is "... check table" "t.a	check	status	OK" \
			"$(sql "check table t.a extended")"
		stop
		is "... ends well" 0 $status
		is "... a rule with path and op: some I/Os" 1 \
			$(($(figure tagged) > 0 &&
			   $(figure tagged) < $(by "$kind")))
		: >server
		server --rule 'path:/none -> cache:bypass'
		is "... no rule matches: all rows are there" "$sums" \
			"$(sql "select count(*), sum(crc32(c)) from t.a")"
		stop
		is "... ends well" "0 0 1" \
			"$status $(figure tagged) $(($(by "$kind") > 0))"
	done
}

make_bcache
mkfs.ext4 -q /dev/vdc || bail mkfs.ext4
[ $# -gt 0 ] || set -- aio uring identity fio qemu stress mariadb
mount /dev/vdc /mnt || bail mount
for part in "$@"; do
	case $part in
	aio) part_aio ;;
	uring) part_uring ;;
	identity) part_identity ;;
	fio) part_fio ;;
	qemu) part_qemu ;;
	stress) part_stress ;;
	mariadb) part_mariadb ;;
	*) bail "no part $part" ;;
	esac
done
umount /mnt || bail umount
tap_end

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Bios that are initialized and never submitted must not pin a group of their
# disk: its request queue would stay when the disk goes away. Needs mdadm and
# the counts of slab caches.

nullb=/sys/kernel/config/nullb
log=/tmp/blkg_leak.log
failed=/tmp/blkg_leak.failed

echo "TAP version 13"
echo "1..1"
skip()
{
	echo "ok 1 # SKIP $1"
	exit 0
}

# queues: the number of request queues
queues()
{
	# frees those in the quarantine of KASAN
	echo 1 >/sys/kernel/slab/request_queue/shrink
	awk '$1 == "request_queue" { print $2 }' /proc/slabinfo
}

# disk NAME: create /dev/NAME, which takes 50 ms for a request
disk()
{
	mkdir "$nullb/$1"
	for a in size=64 memory_backed=1 irqmode=2 completion_nsec=50000000 \
		power=1; do
		echo "${a#*=}" >"$nullb/$1/${a%%=*}"
	done
}

disk_remove()
{
	echo 0 >"$nullb/$1/power" && rmdir "$nullb/$1"
}

# until_done COMMAND...: retry for half a minute until it succeeds
until_done()
{
	i=0
	until "$@" >>$log 2>&1; do
		i=$((i + 1))
		[ $i -lt 30 ] || return 1
		sleep 1
	done
}

no_more_queues()
{
	[ "$(queues)" -le "$before" ]
}

# write_until_failed BLOCK: write 40 blocks again and again
write_until_failed()
{
	while [ ! -e $failed ]; do
		dd if=/dev/zero of=/dev/md0 bs=4k count=40 seek="$1" \
			oflag=direct conv=notrunc
	done
}

# The partial parity log of a raid5 array: while a disk writes one unit of its
# log, the next one collects stripes. A disk that fails meanwhile does not get
# it.
raid5_ppl()
{
	for d in ppl0 ppl1 ppl2; do
		disk $d || return 1
	done
	mdadm --create /dev/md0 --run --assume-clean --metadata=1.2 --level=5 \
		--consistency-policy=ppl --chunk=64 --raid-devices=3 \
		/dev/ppl0 /dev/ppl1 /dev/ppl2 && until_done test -b /dev/md0 ||
		return 1
	n=0
	while [ $n -lt 16 ]; do
		write_until_failed $((n * 100)) &
		n=$((n + 1))
	done
	sleep 3
	mdadm /dev/md0 --fail /dev/ppl2 || return 1
	touch $failed
	wait
	until_done mdadm --stop /dev/md0 || return 1
	for d in ppl0 ppl1 ppl2; do
		until_done disk_remove $d || return 1
	done
}

command -v mdadm >/dev/null || skip "no mdadm"
[ -n "$(queues 2>/dev/null)" ] || skip "no counts of slab caches"
grep -q ' /sys/kernel/config ' /proc/mounts ||
	mount -t configfs none /sys/kernel/config
# those of other tests are freed after a grace period
sleep 2
before=$(queues)
rm -f $failed
if ! raid5_ppl >$log 2>&1; then
	sed 's/^/# /' $log
	echo "not ok 1 raid5 with a partial parity log"
	exit 1
fi
if ! until_done no_more_queues; then
	echo "# request queues that stay: $(($(queues) - before))"
	echo "not ok 1 raid5 with a partial parity log"
	exit 1
fi
echo "ok 1 raid5 with a partial parity log"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Run in the guest: set up devices and run fio's t/iocbattr.py and a test of
# guards. Usage: guest.sh [off|scsi]
set -eu

test=/fio/t/iocbattr.py
case ${1:-} in
off) exec python3 $test --only kernel --none off ;;
scsi) exec python3 $test --only kernel --run 'pi' --pi /dev/sda \
	--plain /dev/nullb0 ;;
esac

make-bcache --bucket 64k -B /dev/vda -C /dev/vdb >/dev/null
echo /dev/vdb >/sys/fs/bcache/register
echo /dev/vda >/sys/fs/bcache/register
while [ ! -b /dev/bcache0 ]; do sleep 0.1; done
echo writethrough >/sys/block/bcache0/bcache/cache_mode

echo +io >/sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/client

status=0
python3 $test --only kernel --bcache /dev/bcache0 --plain /dev/nullb0 \
	--cgroup /sys/fs/cgroup/client --pi /dev/nvme0n1 --pi /dev/nvme0n2 \
	--ng /dev/ng0n1 || status=$?

# Write a block with a wrong guard. The device accepts it and, without a flag,
# does not check it on reads. Only fio can detect it. Namespaces are scanned
# concurrently, so their names can be exchanged.
for d in /sys/block/nvme*; do
	[ "$(cat "$d/nsid")" != 1 ] || disk=/dev/${d##*/}
done
job="--filename=$disk --direct=1 --bs=4k --size=64k --attr_pi=1
	--continue_on_error=verify"

# must COMMAND...: run it; print its output if it fails
must()
{
	"$@" >/tmp/out 2>&1 || { cat /tmp/out; echo "failed: $*"; status=1; }
}

for engine in libaio io_uring; do
	# shellcheck disable=SC2086 # several options
	must fio --name=guard --ioengine=$engine $job --rw=write
	printf '\336\255\0\0\0\0\0\120' >/tmp/tags
	must ioattr write --pi=/tmp/tags --offset=40960 --length=512 \
		--pattern=0x5a "$disk"
	# fio fails because it continues after the error
	# shellcheck disable=SC2086 # likewise
	fio --name=guard --ioengine=$engine $job --rw=read >/tmp/out 2>&1 || :
	# 7867 is the CRC of 512 times 0x5a
	if [ "$(grep attr_pi: /tmp/out)" = "guard: attr_pi: guard of the block\
 at offset 40960 of $disk is dead, not 7867" ]; then
		echo "Test guard PASSED $engine guard"
	else
		echo "Test guard FAILED $engine guard"
		cat /tmp/out
		status=1
	fi
done
exit $status

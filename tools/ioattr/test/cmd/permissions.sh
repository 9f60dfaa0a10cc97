#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Test the effect of the options --cgroup, --proxy and --prio in a guest, and
# their permissions. Needs root, ioattr, setpriv, /dev/nullb0, and cgroup2 with
# the io controller on /sys/fs/cgroup. Prints TAP.

cg=/sys/fs/cgroup
dev=/dev/nullb0
queue=/sys/block/nullb0/queue
number=$(cat /sys/block/nullb0/dev)
some="--length=64K --report"
all="65536 bytes in 16 I/Os"
nobody="/usr/bin/setpriv --reuid=1000 --regid=1000 --clear-groups"
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$(mktemp -d)" || exit 1
chmod 755 .

# rbytes CGROUP: the bytes read from the device, by io.stat
rbytes()
{
	awk -v d="$number" '$1 == d {
		sub(/rbytes=/, "", $2); print $2; found = 1
	} END { if (!found) print 0 }' "$cg/$1/io.stat"
}


chmod 666 $dev
mkdir $cg/one $cg/two
sleep 1000 & sleeper=$!
echo $sleeper >$cg/two/cgroup.procs

# shellcheck disable=SC2086 # several options, here and below
{
echo none >$queue/scheduler
ends 0 "$all, cgroup honoured for 16" "cgroup: honoured" \
	ioattr read --cgroup=$cg/one $some $dev
is "... and charged for all of it" 65536 "$(rbytes one)"
ends 0 "$all, proxy_pid honoured for 16" "proxy: honoured" \
	ioattr read --proxy=$sleeper $some $dev
is "... and its cgroup charged" 65536 "$(rbytes two)"
ends 0 "$all, proxy_pidfd honoured for 16" "proxy-pidfd: honoured" \
	ioattr read --proxy-pidfd=$sleeper --required --depth=8 $some $dev
is "... and its cgroup charged again" 131072 "$(rbytes two)"
ends 0 "$all, proxy_pid honoured for 0, cgroup honoured for 16" \
	"cgroup and proxy: the cgroup decides" \
	ioattr read --cgroup=$cg/one --proxy=$sleeper $some $dev
is "... and is charged" "131072 131072" "$(rbytes one) $(rbytes two)"
ends 0 "$all, ioprio honoured for 0" "prio: no scheduler" \
	ioattr read --prio=be:7 $some $dev
for s in mq-deadline bfq; do
	echo $s >$queue/scheduler
	for p in rt:0 rt be:7 idle none; do
		ends 0 "$all, ioprio honoured for 16" "$s: prio $p: honoured" \
			ioattr read --prio=$p $some $dev
	done
	ends 0 "$all, cgroup honoured for 16, ioprio honoured for 16, cache\
 honoured for 0" "$s: all in one list" ioattr read --cgroup=$cg/one \
		--prio=be:1 --cache=bypass --required $some $dev
done
echo none >$queue/scheduler

# no permission
ends 1 "ioattr: $dev: no permission for --cgroup: write permission is required\
 for its cgroup.procs and, unless it is below your own cgroup, for that of the\
 common ancestor" "cgroup: no permission" \
	$nobody ioattr read --cgroup=$cg/one $dev
chown 1000 $cg/one/cgroup.procs
ends 0 "$all, cgroup honoured for 16" \
	"cgroup: a descendant with write permission" \
	$nobody ioattr read --cgroup=$cg/one $some $dev
ends 1 "ioattr: $dev: no permission for --proxy: the process must be your own\
 unless you have CAP_SYS_PTRACE and CAP_SYS_NICE; its cgroup must be yours or a\
 descendant unless you have CAP_SYS_ADMIN or use --cgroup; class rt requires\
 CAP_SYS_NICE" "proxy: no permission" \
	$nobody ioattr read --proxy=$sleeper $dev
ends 1 "ioattr: $dev: no permission for --prio: class rt requires CAP_SYS_NICE" \
	"prio: rt" $nobody ioattr read --prio=rt:0 $dev
ends 0 "$all, ioprio honoured for 0" "prio: idle needs no permission" \
	$nobody ioattr read --prio=idle $some $dev

# targets that do not exist
ends 1 "ioattr: $cg/none: No such file or directory" \
	"cgroup: no such directory" \
	ioattr read --cgroup=$cg/none $dev
ends 1 "ioattr: /tmp: not a cgroup2 directory" "cgroup: another directory" \
	ioattr read --cgroup=/tmp $dev
ends 1 "ioattr: $dev: --proxy: no such process" "proxy: no such process" \
	ioattr read --proxy=123456 $dev
ends 1 "ioattr: --proxy-pidfd: no such process" "proxy-pidfd: no such process" \
	ioattr read --proxy-pidfd=123456 $dev

# buffered
one="65536 bytes in 1 I/Os"
ends 0 "$one, cgroup honoured for 1" "buffered: honoured" \
	ioattr read --buffered --bs=64K --cgroup=$cg/one $some $dev
ends 0 "$one, cgroup honoured for 1" "buffered and required: honoured" \
	ioattr read --buffered --bs=64K --cgroup=$cg/one --required $some $dev
ends 1 "ioattr: $dev: --required: not supported for this buffered I/O: omit\
 --buffered" "buffered and required priority: rejected" \
	ioattr write --buffered --prio=be:7 --required --pattern=0 $some $dev
}

kill $sleeper
wait $sleeper 2>/dev/null
rmdir $cg/one $cg/two
is "both cgroups can be removed" 0 $?
tap_end

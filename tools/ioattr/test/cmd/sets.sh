#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Test ioattr set and the option --set of ioattr read in a guest. Needs root,
# ioattr, setpriv, /dev/nullb0 with the scheduler bfq, and cgroup2 with the io
# controller on /sys/fs/cgroup. Prints TAP.

cg=/sys/fs/cgroup
dev=/dev/nullb0
queue=/sys/block/nullb0/queue
number=$(cat /sys/block/nullb0/dev)
some="--length=64K --report"
all="65536 bytes in 16 I/Os"
nobody="/usr/bin/setpriv --reuid=1000 --regid=1000 --clear-groups"
head="    PID COMMAND            FD ATTRIBUTES"
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$(mktemp -d)" || exit 1
chmod 755 .

# rbytes CGROUP: what io.stat has of the device
rbytes()
{
	awk -v d="$number" '$1 == d {
		sub(/rbytes=/, "", $2); print $2; found = 1
	} END { if (!found) print 0 }' "$cg/$1/io.stat"
}

# fd_of PID: its only set
fd_of()
{
	# shellcheck disable=SC2012 # of numbers
	ls -l "/proc/$1/fd" |
		sed -n 's/.* \([0-9]*\) -> anon_inode:\[iocb_attr\]$/\1/p'
}

# shows PID ATTRIBUTES NAME OPTION...: its only set
shows()
{
	pid=$1
	expected=$(printf '%s\n%7d %-15s %5d %s' "$head" "$pid" \
		"$(cat "/proc/$pid/comm")" "$(fd_of "$pid")" "$2")
	name=$3
	shift 3
	is "$name" "$expected" "$(ioattr set "$@" "$pid" 2>&1)"
}

# hold ATTRIBUTE...: a process with such a set, in $holder
hold()
{
	ioattr set "$@" -- sleep 1000 &
	holder=$!
	i=0
	until [ -n "$(fd_of $holder)" ] && grep -q sleep /proc/$holder/comm; do
		i=$((i + 1))
		[ $i -lt 100 ] || break
		sleep 0.1
	done
}

let_go()
{
	kill "$holder"
	wait "$holder" 2>/dev/null
}

# with "ATTRIBUTE..." "OPTION...": read with such a set and these options
# shellcheck disable=SC2317 # called by ends
with()
{
	# shellcheck disable=SC2016,SC2086 # the shell below; several options
	ioattr set $1 -- sh -c 'exec ioattr read --set=$IOATTR_SET_FD "$@"' \
		sh $2 $dev
}

chmod 666 $dev
echo none >$queue/scheduler
mkdir $cg/one $cg/two $cg/three
sleep 1000 & sleeper=$!
echo $sleeper >$cg/two/cgroup.procs

is "probe: this kernel has sets" "sets: yes" "$(ioattr probe | grep ^sets:)"

#
# A set for all I/O of a command
#
# shellcheck disable=SC2086 # several options, here and below
{
ends 0 "$all, cgroup honoured for 16" "cgroup: honoured" \
	ioattr read --set --cgroup=$cg/one $some $dev
is "... and charged for all of it" 65536 "$(rbytes one)"
ends 0 "$all, proxy_pid honoured for 16" "proxy: honoured" \
	ioattr read --set --proxy=$sleeper --depth=8 $some $dev
is "... and its cgroup charged" 65536 "$(rbytes two)"
ends 0 "$all, proxy_pidfd honoured for 16" "proxy-pidfd: honoured" \
	ioattr read --set --proxy-pidfd=$sleeper --required $some $dev
is "... and its cgroup charged again" 131072 "$(rbytes two)"
ends 0 "$all" "cgroup, without a report" \
	ioattr read --set --cgroup=$cg/one --length=64K $dev
is "... and charged" 131072 "$(rbytes one)"
echo bfq >$queue/scheduler
for p in rt:0 be:7 idle; do
	ends 0 "$all, ioprio honoured for 16" "bfq: prio $p: honoured" \
		ioattr read --set --prio=$p $some $dev
done
# each I/O has the priority of its submitter
ends 0 "$all, ioprio honoured for 0" "bfq: prio none: no attribute of a set" \
	ioattr read --set --prio=none $some $dev
ends 0 "$all, cgroup honoured for 16, ioprio honoured for 16, cache honoured\
 for 0" "bfq: all in one set" ioattr read --set --cgroup=$cg/one --prio=be:1 \
	--cache=bypass --required $some $dev
ends 0 "$all, cgroup honoured for 16" "write" \
	ioattr write --set --cgroup=$cg/one --pattern=0 $some $dev
echo none >$queue/scheduler
for pair in bypass,admit writethrough,writeback; do
	ends 1 "ioattr: $dev: conflicting hints: bypass and admit, or several\
 write policies" "$pair exclude each other" \
		ioattr read --set --cache=$pair $dev
done
ends 1 "ioattr: $dev: --proxy: no such process" "proxy: none" \
	ioattr read --set --proxy=123456 $dev
one="65536 bytes in 1 I/Os"
ends 0 "$one, cgroup honoured for 1" "buffered: honoured" \
	ioattr read --set --buffered --bs=64K --cgroup=$cg/one $some $dev
ends 0 "$one, cgroup honoured for 1" "buffered and required: honoured" \
	ioattr read --set --buffered --bs=64K --cgroup=$cg/one --required \
	$some $dev
ends 0 "$one, ioprio honoured for 0" "buffered: no report of the priority" \
	ioattr read --set --buffered --bs=64K --prio=be:7 $some $dev
ends 1 "ioattr: $dev: --required: not supported for this buffered I/O: omit\
 --buffered" "... and not if it is required" \
	ioattr read --set --buffered --prio=be:7 --required $some $dev
}

#
# A set that is inherited
#
was=$(rbytes one)
ends 0 "$all, cgroup honoured for 16" "inherited, with a report" \
	with --cgroup=$cg/one "$some"
ends 0 "$all" "inherited, without one" \
	with "--cgroup=$cg/one --report" --length=64K
is "... and charged both times" $((was + 131072)) "$(rbytes one)"
was="$(rbytes one) $(($(rbytes two) + 65536))"
ends 0 "$all, cgroup honoured for 16" "another cgroup beside it" \
	with "--cgroup=$cg/one" "--cgroup=$cg/two $some"
is "... is charged instead" "$was" "$(rbytes one) $(rbytes two)"
echo bfq >$queue/scheduler
ends 0 "$all, cgroup honoured for 16, ioprio honoured for 16" \
	"another priority beside it" \
	with "--cgroup=$cg/one --prio=be:1" "--prio=be:7 $some"
echo none >$queue/scheduler
ends 1 "ioattr: $dev: --set: not an attribute set" "not a set" \
	ioattr read --set=1 $dev
ends 1 "ioattr: $dev: --set: not an attribute set" "not open" \
	ioattr read --set=99 $dev
ends 1 "ioattr: $dev: --set: not an attribute set" "... in a list" \
	ioattr read --set=99 --report $dev

#
# The sets of processes
#
hold --cgroup=$cg/one --prio=be:6 --cache=bypass,writeback --required --report
shows $holder "cgroup=/one ioprio=be:6 cache=bypass,writeback\
 required=cgroup,ioprio,cache report" "a set in words"
is "... is among all" 1 "$(ioattr set | grep -c "^ *$holder sleep ")"
shows $holder "cgroup=/one ioprio=be:6 cache=bypass,writeback\
 required=cgroup,ioprio,cache report; honoured: cgroup=0 ioprio=0 cache=0" \
	"... with counts" --counts
rmdir $cg/one
is "a set does not keep a cgroup" 0 $?
shows $holder "cgroup=/one (deleted) ioprio=be:6 cache=bypass,writeback\
 required=cgroup,ioprio,cache report" "... and says that it is removed"
mkdir $cg/one
let_go
hold --proxy=$sleeper
is "a process is not shown, but what is done for it" "proxy cgroup=/two" \
	"$(ioattr set $holder | sed -n '2s/.* \(proxy cgroup=[^ ]*\).*/\1/p')"
let_go
hold --prio=idle
shows $holder "ioprio=idle" "idle has no level"
# shellcheck disable=SC2086 # several words
ends 1 "ioattr: process $holder: Permission denied" \
	"another user's process" $nobody ioattr set $holder
is "... is not among all" "$head" "$($nobody ioattr set 2>&1)"
let_go
# shellcheck disable=SC2016 # the shell below
is "counts of what was honoured" "cgroup=/one; honoured: cgroup=16" \
	"$(ioattr set --cgroup=$cg/one -- sh -c 'ioattr read \
		--set=$IOATTR_SET_FD --length=64K '$dev' 2>/dev/null
		ioattr set --counts $$' | sed -n '2s/.* \(cgroup=\/one\)/\1/p')"
ends 1 "ioattr: $dev: --set: the cgroup is being removed" \
	"a set whose cgroup is removed" ioattr set --cgroup=$cg/one -- sh -c "
		rmdir $cg/one
		exec ioattr read --set=\$IOATTR_SET_FD $dev"
mkdir $cg/one

#
# Permissions
#
# shellcheck disable=SC2086 # several words
{
ends 125 "ioattr: no permission for --cgroup: write permission is required for\
 its cgroup.procs and, unless it is below your own cgroup, for that of the\
 common ancestor" "a cgroup without permission" \
	$nobody ioattr set --cgroup=$cg/one true
chown 1000 $cg/one/cgroup.procs
ends 0 "" "a cgroup below one's own, and writable" \
	$nobody ioattr set --cgroup=$cg/one true
ends 125 "ioattr: no permission for the attributes or for --delegate, which\
 requires write permission to the cgroup.procs of the cgroup above" \
	"... and what is above is not" \
	$nobody ioattr set --cgroup=$cg/one --delegate true
ends 125 "ioattr: no permission for --prio: class rt requires CAP_SYS_NICE" \
	"prio: rt" $nobody ioattr set --prio=rt:0 true
}

# moved ATTRIBUTE...: read with such a set in another cgroup
# shellcheck disable=SC2317 # called by ends
moved()
{
	ioattr set "$@" -- sh -c "
		echo \$\$ >$cg/three/cgroup.procs
		exec ioattr read --set=\$IOATTR_SET_FD $some $dev"
}
ends 1 "ioattr: $dev: no permission for --set: it was made in another cgroup;\
 see ioattr set --delegate" "used in another cgroup" moved --cgroup=$cg/one
ends 0 "$all, cgroup honoured for 16" "... and delegated" \
	moved --cgroup=$cg/one --delegate
ends 0 "$all" "a set that names no cgroup or process" moved --prio=be:7
hold --cgroup=$cg/one --delegate
shows $holder "cgroup=/one delegate=/" "who may use it"
let_go

kill $sleeper
wait $sleeper 2>/dev/null
rmdir $cg/one $cg/two $cg/three
is "the cgroups can be removed" 0 $?
tap_end

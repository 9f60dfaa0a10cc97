#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Test ioattr scope and programs in a scope in a guest. Needs root, ioattr,
# run_scope, setpriv, /dev/nullb0, and cgroup2 with the io controller on
# /sys/fs/cgroup. Prints TAP.

cg=/sys/fs/cgroup
dev=/dev/nullb0
number=$(cat /sys/block/nullb0/dev)
nobody="/usr/bin/setpriv --reuid=1000 --regid=1000 --clear-groups"
head="    PID     TID COMMAND         SCOPE"
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

# charged CGROUP COMMAND...: bytes that the cgroup is charged for a command
charged()
{
	cgroup=$1
	shift
	before=$(rbytes "$cgroup")
	"$@" >/dev/null 2>&1
	echo $(($(rbytes "$cgroup") - before))
}

# says STATUS STDOUT STDERR NAME COMMAND...: the exact status and output
says()
{
	expected="$1|$2|$3"
	name=$4
	shift 4
	status=0
	"$@" >out 2>err || status=$?
	is "$name" "$expected" "$status|$(cat out)|$(cat err)"
}

# row PID TID WORDS: of such a thread
row()
{
	printf '%7d %7d %-15s %s' "$1" "$2" "$(cat "/proc/$1/task/$2/comm")" \
		"$3"
}

# hold COMMAND...: run it in the background, in $holder
hold()
{
	"$@" &
	holder=$!
	i=0
	until grep -q sleep /proc/$holder/comm; do
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

# hold_attributes ATTRIBUTE...: a process with such a scope
hold_attributes()
{
	hold run_scope "$@" -- sleep 1000
}

mkdir $cg/one $cg/two
chmod 666 $dev

#
# What the kernel and a device support
#
is "probe: this kernel has scopes" "scopes: yes" \
	"$(ioattr probe | grep ^scopes:)"
is "probe: buffered I/O" "buffered I/O on $dev
  reads carry down: proxy_pid proxy_pidfd cgroup ioprio cache
  writeback carries down: proxy_pid proxy_pidfd cgroup" \
	"$(ioattr probe $dev | sed -n '/^buffered/,$p')"

#
# Programs in a scope
#
read_direct="dd if=$dev of=/dev/null bs=64K count=4 iflag=direct"
read_buffered="dd if=$dev of=/dev/null bs=64K count=4"
# shellcheck disable=SC2086 # several words
{
is "direct reads are charged" 262144 \
	"$(charged one run_scope --cgroup=$cg/one $read_direct)"
echo 3 >/proc/sys/vm/drop_caches
bytes=$(charged one run_scope --cgroup=$cg/one $read_buffered)
is "buffered reads are charged, with readahead" yes \
	"$([ "$bytes" -ge 262144 ] && echo yes || echo "$bytes")"
is "a program without a scope charges its own" 0 "$(charged one $read_direct)"
# shellcheck disable=SC2016 # the shell below
is "children are charged" 262144 "$(charged one run_scope --cgroup=$cg/one -- \
	sh -c "$read_direct; true")"
}
hold_attributes --cgroup=$cg/one
is "the program has the process of ioattr" "sleep" "$(cat /proc/$holder/comm)"
# shellcheck disable=SC2010 # of links
is "... and no set is open in it" 0 \
	"$(ls -l /proc/$holder/fd | grep -c iocb_attr)"
kill -USR1 $holder
wait $holder 2>/dev/null
is "a signal is the program's" 138 $?
ends 7 "" "an exit status is the program's" \
	run_scope --cache=bypass -- sh -c 'exit 7'
# shellcheck disable=SC2016 # the shell below
is "arguments and the environment are the program's" "a b|--x|y" \
	"$(VAR=y run_scope --cache=bypass -- sh -c \
		'echo "$1|$2|$VAR"' sh "a b" --x)"
ends 127 "ioattr: none: No such file or directory" "no such program" \
	run_scope --cache=bypass -- none
echo x >data
ends 126 "ioattr: ./data: Permission denied" "not a program" \
	run_scope --cache=bypass -- ./data
mkdir suid
cp /bin/busybox suid/true
chown 1000 suid/true
chmod 4755 suid/true
ends 0 "ioattr: suid/true: set-user-ID: it runs without attributes" \
	"a program that gains privileges" run_scope --cache=bypass -- suid/true
ends 125 "ioattr: --required: a scope never makes an I/O fail: omit --required,\
 or use --rule, which loads a library into touch" "--required: refused" \
	run_scope --cache=bypass --required -- touch made
ends 125 "ioattr: $cg/none: No such file or directory" "no such cgroup" \
	run_scope --cgroup=$cg/none -- touch made
ends 125 "ioattr: conflicting hints: bypass and admit, or several write\
 policies" "conflicting hints" run_scope --cache=bypass,admit -- touch made
# shellcheck disable=SC2086 # several words
ends 125 "ioattr: no permission for --cgroup: write permission is required for\
 its cgroup.procs and, unless it is below your own cgroup, for that of the\
 common ancestor" "a cgroup without permission" \
	$nobody run_scope --cgroup=$cg/one -- touch made
# shellcheck disable=SC2086 # several words
ends 125 "ioattr: no permission for --prio: class rt requires CAP_SYS_NICE" \
	"prio: rt" $nobody run_scope --prio=rt:0 -- touch made
is "... and none of these ran the program" 1 "$([ -e made ]; echo $?)"
# shellcheck disable=SC2016,SC2086 # the shell below; several words
is "moved to another cgroup: its I/O is its own" "0" \
	"$(charged one run_scope --cgroup=$cg/one -- sh -c "
		echo \$\$ >$cg/two/cgroup.procs
		exec $read_direct")"
is "... and charged there" yes "$([ "$(rbytes two)" -ge 262144 ] && echo yes)"

#
# ioattr scope
#
says 1 "$head" '' "this shell has no scope" ioattr scope $$
hold_attributes --cgroup=$cg/one --prio=be:6 --cache=bypass --report
words="cgroup=/one ioprio=be:6 cache=bypass"
says 0 "$head
$(row $holder $holder "$words")" '' "a scope in words" ioattr scope $holder
says 0 "$head
$(row $$ $$ -)
$(row $holder $holder "$words")" '' "--all: a process without one, too" \
	ioattr scope --all $$ $holder
is "... is among all" "$(row $holder $holder "$words")" \
	"$(ioattr scope | tail -n +2)"
is "... with counts" "$(row $holder $holder "$words; honoured: cgroup=0\
 ioprio=0 cache=0")" "$(ioattr scope --counts $holder | tail -n +2)"
rmdir $cg/one
is "a scope does not keep a cgroup" 0 $?
says 0 "$head
$(row $holder $holder "cgroup=/one (deleted) ioprio=be:6 cache=bypass")" '' \
	"... and says that it is removed" ioattr scope $holder
mkdir $cg/one
# shellcheck disable=SC2086 # several words
{
says 1 "$head" "ioattr: no permission to read the scopes of process $holder:\
 run ioattr as its user or as root" "another user's process" $nobody ioattr scope $holder
says 1 "$head" '' "... is not among all" $nobody ioattr scope
}
let_go
# shellcheck disable=SC2086 # several words
hold $nobody run_scope --prio=be:7 -- sleep 1000
# shellcheck disable=SC2086 # several words
says 0 "$head
$(row $holder $holder ioprio=be:7)" '' "one's own process" \
	$nobody ioattr scope $holder
let_go
says 1 "$head" "ioattr: there is no process or thread $holder" "it has exited" \
	ioattr scope $holder
hold scope_thread $cg/one
# shellcheck disable=SC2010 # of numbers
tid=$(ls /proc/$holder/task | grep -vx $holder)
says 0 "$head
$(row $holder "$tid" cgroup=/one)" '' "one thread of two" ioattr scope $holder
says 0 "$head
$(row $holder "$tid" cgroup=/one)" '' "... by its id" ioattr scope "$tid"
says 0 "$head
$(row $holder $holder -)
$(row $holder "$tid" cgroup=/one)" '' "... and the other" \
	ioattr scope --all $holder
let_go

rmdir $cg/one $cg/two
is "the cgroups can be removed" 0 $?
tap_end

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Test ioattr trace and top in a guest: the counts equal the I/O. Needs root,
# ioattr, ioattr-asan (built with sanitizers), refused, make-bcache, setpriv of
# util-linux, env of coreutils, /dev/nullb0 and three disks, the first two for
# /dev/bcache0. Prints TAP.

tracing=/sys/kernel/tracing
instances=$tracing/instances
dev=/dev/bcache0
sys=/sys/block/bcache0/bcache
env=/usr/bin/env
nobody="/usr/bin/setpriv --reuid=1000 --regid=1000 --clear-groups"
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$(mktemp -d)" || exit 1
chmod 755 .

bail()
{
	echo "Bail out! $*"
	exit 1
}

# traces NAME STATUS EXPECTED ARG...: ioattr trace with ARGs must end with
# STATUS and print these rows, without times and pids
traces()
{
	name=$1
	expected="$2|$3"
	shift 3
	status=0
	ioattr trace --output=rows "$@" >out 2>err || status=$?
	is "$name" "$expected" "$status|$(rows)"
}

# print the rows without pids, with single spaces: "process device attribute
# layer given honoured refused reasons"
rows()
{
	sed 's/^[0-9.]* s: //; s/\[[0-9]*\]//; s/  */ /g
		/ given honoured refused$/d' rows
}

# gone NAME: no instance of ioattr may exist
gone()
{
	is "$1" '' "$(ls "$instances")"
}

# until_true COMMAND...: wait at most a minute until it succeeds
until_true()
{
	i=0
	while ! "$@" && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done
	"$@"
}

# shellcheck disable=SC2317 # called by until_true
traced()
{
	grep -qs 1 "$instances"/ioattr-*/events/iocb_attr/enable
}

# sums: print the sums of given and honoured I/Os in all reports
sums()
{
	awk '/ s: / { g += $3; h += $5 } END { print g, h }' rows
}

# shellcheck disable=SC2317 # called by until_true
all_seen()
{
	[ "$(sums)" = "16 16" ]
}

make-bcache --wipe-bcache --block 4k --bucket 64k \
	-B /dev/vda -C /dev/vdb >log 2>&1 || bail "make-bcache: $(cat log)"
echo /dev/vdb >/sys/fs/bcache/register
echo /dev/vda >/sys/fs/bcache/register
until_true [ -b $dev ] || bail "there is no $dev"
echo 0 >$sys/sequential_cutoff
echo 0 >$sys/cache/congested_read_threshold_us
echo 0 >$sys/cache/congested_write_threshold_us
echo mq-deadline >/sys/block/vdc/queue/scheduler
some="--report --length=64K"

#
# Counts
#
# shellcheck disable=SC2086 # several options, here and below
{
traces "reads with a hint" 0 "16 given, 16 honoured, 0 refused
ioattr bcache0 cache - 16 - -
ioattr bcache0 cache bcache - 16 -" -- ioattr read --cache=bypass $some $dev
is "... which work as usual" "65536 bytes in 16 I/Os, cache honoured for 16" \
	"$(without_rate err)"
gone "... and the instance is gone"
traces "not honoured" 0 "16 given, 0 honoured, 0 refused
ioattr nullb0 cache - 16 - -" -- ioattr read --cache=bypass $some /dev/nullb0
traces "no attributes" 0 "0 given, 0 honoured, 0 refused" \
	-- ioattr read --length=64K $dev
traces "two attributes, one of them honoured" 0 "8 given, 8 honoured, 0 refused
ioattr vdc cgroup - 8 - -
ioattr vdc cgroup blk-cgroup - 8 -
ioattr vdc cache - 8 - -" -- ioattr write --cgroup=/sys/fs/cgroup \
	--cache=bypass --pattern=0 --length=32K /dev/vdc
traces "... by process: once for each list" 0 "8 given, 8 honoured, 0 refused
ioattr 8 8 0" --by=process -- ioattr write --cgroup=/sys/fs/cgroup --cache=bypass \
	--pattern=0 --length=32K /dev/vdc
traces "... by device" 0 "8 given, 8 honoured, 0 refused
vdc 8 8 -" --by=device -- ioattr write --cgroup=/sys/fs/cgroup --cache=bypass \
	--pattern=0 --length=32K /dev/vdc
# a scheduler reports twice, for the merge lookup and for the request, perhaps
# from another task
status=0
ioattr trace --output=rows -- ioattr read --prio=be:2 $some /dev/vdc 2>err ||
	status=$?
is "events of a scheduler have the pid of the submitter" \
	"0|ioattr vdc ioprio -|1" \
	"$status|$(rows | sed -n 's/ - 16 - -$/ -/p')|$(rows | awk '
		/^ioattr vdc ioprio mq-deadline - / && $6 >= 16' | wc -l)"
traces "a list without attributes" 0 "16 given, 0 honoured, 0 refused
ioattr vdc none - 16 - -" -- ioattr read $some /dev/vdc
}

# two processes at once
cat >both <<'END'
ioattr read --cache=bypass --length=256K /dev/bcache0 &
ioattr read --cgroup=/sys/fs/cgroup --length=128K /dev/vdc &
wait %1 && wait %2
END
traces "two processes at once" 0 "96 given, 96 honoured, 0 refused
ioattr bcache0 cache - 64 - -
ioattr bcache0 cache bcache - 64 -
ioattr vdc cgroup - 32 - -
ioattr vdc cgroup blk-cgroup - 32 -" -- sh both
is "... are two, by their pids" 2 \
	"$(sed -n 's/^ioattr\[\([0-9]*\)\].*/\1/p' rows | sort -u | wc -l)"

traces "--device: one of them" 0 "64 given, 64 honoured
ioattr bcache0 cache - 64 - -
ioattr bcache0 cache bcache - 64 -" --device=bcache0 -- sh both
traces "... by its number" 0 "32 given, 32 honoured
vdc 32 32 -" "--device=$(cat /sys/block/vdc/dev)" --by=device -- sh both
# shellcheck disable=SC2016 # for the shell below
traces "--pid: another process" 0 "0 given, 0 honoured, 0 refused" --pid=1 \
	-- sh both

#
# Rejected lists
#
refused $dev >reasons 2>err || bail "refused: $(cat err)"
is "all reasons except one" 13 "$(wc -l <reasons)"
ioattr trace --json --output=json -- refused $dev >out
# "EINVAL value cache" from the rows of one process
# shellcheck disable=SC2016 # awk's
tr '{' '\n' <json | awk -F'"' '
	/"attribute":/ {
		for (i = 1; i < NF; i++)
			if ($i == "attribute")
				attribute = $(i + 2)
	}
	/^"error":/ { print $4, $8, attribute }' | sort >got
is "each list has its reason" "$(sort reasons)" "$(cat got)"
is "... once, with the process of the exited thread" "13 1" \
	"$(grep -o '"count":1}' json | wc -l) $(grep -o \
	'"process":"refused","pid":[0-9]*' json | sort -u | wc -l)"

cat >three <<END
ioattr read --cache=bypass,admit --length=4K $dev
ioattr read --cache=bypass --buffered --required --length=4K $dev
$nobody ioattr read --prio=rt:0 --length=4K /dev/nullb0
ioattr read --proxy=2000000000 --length=4K $dev
ioattr read --cache=bypass --length=4K $dev
END
chmod 666 /dev/nullb0
traces "four rejected reads and an accepted one" 0 "1 given, 1 honoured, 4 refused
ioattr bcache0 cache - 1 - -
ioattr bcache0 cache bcache - 1 -
ioattr - cache - 0 - 1 1 EINVAL value
ioattr - cache - 0 - 1 1 EOPNOTSUPP unsupported
ioattr - ioprio - 0 - 1 1 EPERM target
ioattr - proxy_pid - 0 - 1 1 ESRCH target" --sort=device -- sh three
is "... with the reasons in the messages" "$(printf '%s\n' \
	"conflicting hints" "--required" \
	"no permission for --prio" "no such process" | wc -l)" \
	"$(grep -c -e "conflicting hints" \
	-e "--required" -e "no permission for --prio" \
	-e "no such process" err)"
traces "... by attribute" 0 "1 given, 1 honoured, 4 refused
proxy_pid 0 0 1 1 ESRCH target
ioprio 0 0 1 1 EPERM target
cache 1 1 2 1 EINVAL value, 1 EOPNOTSUPP unsupported" --by=attribute -- sh three

#
# Lost events: their count and the counted events add up
#
status=0
# shellcheck disable=SC2016 # for the shell below
ioattr trace --buffer=8 --json --output=json -- sh -c 'kill -STOP $PPID
	ioattr read --cache=bypass --length=4M /dev/bcache0
	kill -CONT $PPID' 2>err || status=$?
set -- "$(sed 's/.*"given":\([0-9]*\),"honoured":\([0-9]*\),.*"lost":\([0-9]*\),.*/\1 \2 \3/' json)"
# shellcheck disable=SC2086
set -- $1
is "a small buffer that is not read: events are lost" "0 1" \
	"$status $(($3 > 0 && $1 < 1024))"
is "... all others are counted" 2048 $(($1 + $2 + $3))
# shellcheck disable=SC2016
ioattr trace --buffer=8 --output=rows -- sh -c 'kill -STOP $PPID
	ioattr read --cache=bypass --length=4M /dev/bcache0
	kill -CONT $PPID' 2>err
is "... and a message says so" 1 "$(grep -c \
	'^LOST: [0-9]* events are not counted' rows)"
traces "a large buffer: none is lost" 0 "1024 given, 1024 honoured, 0 refused
ioattr bcache0 cache - 1024 - -
ioattr bcache0 cache bcache - 1024 -" --buffer=2048 -- \
	ioattr read --cache=bypass --length=4M $dev

#
# The end of the command
#
traces "the command's status" 7 "0 given, 0 honoured, 0 refused" -- \
	sh -c 'exit 7'
traces "no such command" 127 "0 given, 0 honoured, 0 refused" -- none
is "... its message" "ioattr: none: No such file or directory" "$(cat err)"
traces "not executable" 126 "0 given, 0 honoured, 0 refused" -- /dev/null
for s in INT TERM KILL; do
	# shellcheck disable=SC2016
	traces "the command dies of $s" $((128 + $(kill -l $s))) \
		"1 given, 1 honoured, 0 refused
ioattr bcache0 cache - 1 - -
ioattr bcache0 cache bcache - 1 -" -- sh -c \
		'ioattr read --cache=bypass --length=4K /dev/bcache0
		kill -'$s' $$'
	gone "... the instance is gone"
done
# signals that the caller ignores
for ignored in CHLD PIPE; do
	status=0
	timeout -s KILL 60 $env --ignore-signal=$ignored \
		ioattr trace --output=rows -- \
		grep SigIgn /proc/self/status >out 2>err || status=$?
	bit=$((1 << $(kill -l $ignored) - 1))
	is "the caller ignores $ignored: the end is detected" \
		"0|0 given, 0 honoured, 0 refused" "$status|$(rows)"
	is "... and the command ignores it as well" $bit \
		$((0x$(awk '{ print $2 }' out) & bit))
	gone "... and the instance is gone"
done
# commands in the background of a shell ignore INT
for s in TERM HUP; do
	status=0
	ioattr trace --output=rows -- sleep 1000 2>err &
	pid=$!
	until_true traced || bail "no instance"
	kill -$s $pid
	wait $pid || status=$?
	is "$s is forwarded to the command" \
		"$((128 + $(kill -l $s)))|0 given, 0 honoured, 0 refused" \
		"$status|$(rows)"
	gone "... the instance is gone"
done

#
# Without a command
#
for s in INT TERM HUP; do
	status=0
	ioattr trace --interval=0 --output=rows 2>err &
	pid=$!
	until_true traced || bail "no instance"
	ioattr read --cache=bypass --length=64K $dev 2>/dev/null
	kill -$s $pid
	wait $pid || status=$?
	is "$s ends it" "0|16 given, 16 honoured, 0 refused
ioattr bcache0 cache - 16 - -
ioattr bcache0 cache bcache - 16 -|" "$status|$(rows)|$(cat err)"
	gone "... the instance is gone"
done

ioattr trace --interval=0 --output=rows 2>err &
pid=$!
until_true traced || bail "no instance"
mkdir $instances/ioattr-other
kill -KILL $pid
wait $pid
is "after KILL the instance remains" "ioattr-$pid" \
	"$(cd $instances && echo ioattr-[0-9]*)"
traces "... and the next run removes it" 0 "0 given, 0 honoured, 0 refused" \
	-- ls $instances
is "... but no instance of others" 2 "$(wc -l <out)"
rmdir $instances/ioattr-other
gone "... and nothing remains"

ioattr trace --interval=0 --output=rows 2>err &
pid=$!
until_true traced || bail "no instance"
ioattr read --cache=bypass --length=64K $dev 2>/dev/null &
reader=$!
wait $reader
kill -INT $pid
wait $pid
is "the process is the one that read" 2 \
	"$(grep -c "^ioattr\[$reader\] .* 16 " rows)"

ioattr trace --interval=0.2 --count=3 >rows 2>err
is "--count: as many reports" "3|" "$(grep -c ' s: 0 given' rows)|$(cat err)"
ioattr trace --interval=0.2 --count=3 --json >rows 2>err
is "... of JSON" "3|" "$(grep -c '^{"seconds":.*"rows":\[\]}$' rows)|$(cat err)"
ioattr top --interval=0.2 >rows 2>err &
pid=$!
until_true traced || bail "no instance"
ioattr read --cache=bypass --length=64K $dev 2>/dev/null
until_true all_seen
kill -INT $pid
wait $pid
is "top to a file: lines with all counts" "16 16" "$(sums)"
is "... and the process and the layer" "ioattr bcache0 cache -
ioattr bcache0 cache bcache" "$(rows | grep -v 'refused$' | cut -d' ' -f1-4 |
	sort -u)"
gone "... the instance is gone"
ioattr trace --interval=0 --pid=$$ >rows 2>err &
pid=$!
until_true traced || bail "no instance"
ioattr read --cache=bypass --length=64K $dev 2>/dev/null
kill -INT $pid
wait $pid
is "--pid: others are not counted" "0 given, 0 honoured, 0 refused" "$(rows)"
cat >self <<'END'
echo $$ >pid
until [ -e go ]; do sleep 0.1; done
exec ioattr read --cache=bypass --length=32K /dev/bcache0
END
sh self 2>/dev/null &
self=$!
until_true [ -s pid ]
ioattr trace --interval=0 --pid=$self >rows 2>err &
pid=$!
until_true traced || bail "no instance"
ioattr read --cache=bypass --length=64K $dev 2>/dev/null
: >go
wait $self
kill -INT $pid
wait $pid
is "... the process itself is counted" "8 given, 8 honoured, 0 refused
ioattr bcache0 cache - 8 - -
ioattr bcache0 cache bcache - 8 -" "$(rows)"

#
# Another instance: at the end of its buffer, wait for more events
#
other=$instances/other
mkdir $other
echo 1 >$other/events/iocb_attr/enable
taskset 1 ioattr read --cache=bypass --length=64K /dev/nullb0 2>/dev/null
echo 0 >$other/events/iocb_attr/enable
dd if=$other/per_cpu/cpu0/trace_pipe_raw of=page bs=4096 count=1 2>/dev/null
mkfifo fifo
mount --bind fifo $other/per_cpu/cpu0/trace_pipe_raw
rm -f rows
ioattr trace --instance=$other --interval=0.2 --output=rows 2>err &
pid=$!
until_true grep -qs given rows || bail "no report"
is "--instance: an empty buffer" "0 0" "$(sums)"
exec 3<>fifo
cat page >&3
# shellcheck disable=SC2317 # called by until_true
given()
{
	[ "$(sums)" = "16 0" ]
}
until_true given
is "... later events are counted" "16 0" "$(sums)"
exec 3>&-
kill -INT $pid
wait $pid
umount $other/per_cpu/cpu0/trace_pipe_raw
rmdir $other

#
# Error messages
#
$nobody ioattr trace --count=1 >out 2>err
is "not root" "1|ioattr: $tracing: Permission denied: run it as root" \
	"$?|$(cat err)"
ioattr trace --count=1 --output=/none/x >out 2>err
is "no such output" "1|ioattr: /none/x: No such file or directory" \
	"$?|$(cat err)"
ioattr trace --count=1 --interval=0.1 >/dev/full 2>err
is "no room for the output" \
	"1|ioattr: standard output: No space left on device" "$?|$(cat err)"
gone "... the instance is gone"
# the instance is created, but none of its files can be opened
export ASAN_OPTIONS=exitcode=99:detect_leaks=0:detect_stack_use_after_return=1
for program in ioattr ioattr-asan; do
	# shellcheck disable=SC3045 # busybox has it
	(ulimit -n 4; exec $program trace --count=1) >out 2>err
	is "$program: no more files" \
		"1|ioattr: $instances/ioattr-N/options/overwrite: Too many open files" \
		"$?|$(sed 's/ioattr-[0-9]*/ioattr-N/' err)"
	gone "... the instance is gone"
done
ioattr trace --device=none >out 2>err
is "no such device" "1|ioattr: /dev/none: No such file or directory" \
	"$?|$(cat err)"
mount --bind $instances $tracing
ioattr trace --count=1 >out 2>err
is "no such events" "1|ioattr: this kernel has no events of per-I/O attributes\
 (CONFIG_IOCB_ATTR); see ioattr probe" "$?|$(cat err)"
umount $tracing
umount $tracing
# tracefs may also be mounted below debugfs
umount /sys/kernel/debug/tracing 2>/dev/null
umount /sys/kernel/debug
ioattr trace --count=1 >out 2>err
is "no tracefs" "1|ioattr: tracefs is not mounted: mount -t tracefs nodev\
 $tracing" "$?|$(cat err)"
mount -t debugfs none /sys/kernel/debug
mount -t tracefs none $tracing

echo 1 >$sys/stop
for s in /sys/fs/bcache/*-*/stop; do echo 1 >"$s"; done
sleep 1
tap_end

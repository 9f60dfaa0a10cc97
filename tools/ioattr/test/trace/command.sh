#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Usage: tools/ioattr/test/trace/command.sh IOATTR DIRECTORY
#
# Test the command lines of ioattr trace and ioattr top on a host, and the
# output of ioattr trace for DIRECTORY, a copy of an instance of tracefs. Its
# kernel recorded the expected output (recorded/expected). Prints TAP.

set -u
[ "${1:-}" != --help ] || { sed -n '3,/^$/{s/^# \{0,1\}//p}' "$0"; exit 0; }
[ $# = 2 ] || { echo "${0##*/}: see --help" >&2; exit 1; }
ioattr=$(realpath "$1")
dir=$(realpath "$2")
here=$(cd "$(dirname "$0")" && pwd)
man=$here/../../man
# shellcheck source=tools/ioattr/test/host-lib.sh
. "$here/../host-lib.sh"

# shows ROWS NAME ARG...: trace must print these rows of the copy, with single
# spaces
shows()
{
	local expected="0|$1|" name=$2
	shift 2
	try trace --instance="$dir" "$@"
	is "$name" "$expected" \
		"$status|$(sed '1s/^[0-9.]* s: //; s/  */ /g' out)|$(cat err)"
}

# refuses TEXT ARG...: invalid usage
refuses()
{
	local text=$1
	shift
	try "$@"
	is "refuses: $*" "1||ioattr: $text; see ioattr $1 --help" \
		"$status|$(cat out)|$(cat err)"
}

# fails TEXT NAME ARG...: valid usage, but an error
fails()
{
	local text=$1 name=$2
	shift 2
	try "$@"
	is "$name" "1||ioattr: $text" "$status|$(cat out)|$(cat err)"
}

#
# --help and the man pages
#
for verb in trace top; do
	try $verb --by=layer --help --none
	is "$verb: help: status 0, nothing on stderr" "0|" "$status|$(cat err)"
	is "... begins with the usage" 1 "$(head -n 1 out | grep -c \
		"^Usage: ioattr $verb \[OPTION...\]")"
	is "... no line is longer than 80" '' "$(grep -E '.{81}' out)"
	options_of_help out >in_help
	options_of_man "$man/ioattr-$verb.1" >in_man
	is "... options" "$([ $verb = top ] && echo 9 || echo 11)" \
		"$(wc -l <in_help)"
	is "man page: has every option of --help, in its words" '' \
		"$(comm -23 in_help in_man)"
	is "man page: has no other option" '' "$(comm -13 in_help in_man)"
	while IFS=: read -r opt _; do
		# an argument that all of these options accept
		case $opt in
		--by=*|--sort=*) arg='=layer' ;;
		*=*) arg='=1:1' ;;
		*) arg= ;;
		esac
		[[ $opt = --device=* ]] || arg=${arg%:1}
		try $verb "${opt%%[=[]*}$arg" --help
		is "takes ${opt%%[=[]*}$arg" "0|" "$status|$(cat err)"
	done <in_help
done

#
# Invalid usage
#
for verb in trace top; do
	for v in abc '' ' 1' +1 -1 1s 1.5.5 . inf nan 0x1; do
		refuses "--interval=$v: invalid number" $verb "--interval=$v"
	done
	refuses "--interval=0.09 is less than 0.1" $verb --interval=0.09
	refuses "--interval=86401 is more than 86400" $verb --interval=86401
	for opt in count pid buffer; do
		for v in abc '' ' 1' +1 -1 1K 1.5; do
			refuses "--$opt=$v: invalid number" $verb "--$opt=$v"
		done
		refuses "--$opt=0 is less than 1" $verb "--$opt=0"
	done
	refuses "--pid=2147483648 is more than 2147483647" $verb \
		--pid=2147483648
	refuses "--buffer=1048577 is more than 1048576" $verb --buffer=1048577
	for c in '' dev devices 'layer,' ',layer' events; do
		refuses "unknown column \"$(case $c in *,*) ;; \
			*) echo "$c" ;; esac)\"" $verb "--by=$c"
	done
	for c in '' dev devices 'layer,device'; do
		refuses "unknown sort key \"$c\"" $verb "--sort=$c"
	done
	refuses "--buffer cannot be combined with --instance" $verb \
		--instance=x --buffer=1
	try $verb --fast
	is "$verb: refuses --fast" "1||ioattr $verb: unrecognized option '--fast'
see ioattr $verb --help" "$status|$(cat out)|$(cat err)"
	fails "/dev/none: No such file or directory" "$verb: no such device" \
		$verb --device=none
	fails "none/events/header_page: No such file or directory" \
		"$verb: no such instance" $verb --instance=none
done
refuses "--interval=0 is less than 0.1" top --interval=0
refuses 'unexpected argument "x"' top x
refuses "--count cannot be combined with COMMAND" trace --count=1 -- true
refuses "--instance cannot be combined with COMMAND" \
	trace --instance=x -- true
refuses "--count needs an --interval" trace --interval=0 --count=1
fails "none/x: No such file or directory" "no such output" \
	trace --instance="$dir" --output=none/x

#
# The recorded events
#
try trace --instance="$dir"
# device names are unknown on this machine
sed 's/bcache0/251:0  /; s/vdc   /253:32/' "$dir/expected" | sed 's/  */ /g' \
	>expected
is "the recorded output" "0|$(cat expected)|" \
	"$status|$(sed '1d; s/  */ /g' out)|$(cat err)"
try trace --instance="$dir" --output=file
is "... to a file, too" "0||$(cat expected)" \
	"$status|$(cat out)|$(sed '1d; s/  */ /g' file)"
why="1 ESRCH target, 1 E2BIG long, 1 EFAULT pointer, 1 EINVAL list-size,\
 1 EINVAL list-flags, 1 EINVAL size, 1 EINVAL flags, 1 EINVAL duplicate,\
 1 EINVAL short, 1 EINVAL reserved, 1 EINVAL value, 1 EINVAL conflict,\
 1 EOPNOTSUPP unsupported"
shows "24 given, 24 honoured, 13 refused
device given honoured refused
251:0 16 16 -
253:32 8 8 -
- 0 - 13 $why" "by device" --by=device
shows "24 given, 24 honoured, 13 refused
process given honoured refused
ioattr[92] 16 16 0
ioattr[93] 8 8 0
refused[94] 0 0 13 $why" "by process: a list counts once" --by=process
shows "24 given, 24 honoured, 13 refused
attribute given honoured refused
list - - 3 1 EFAULT pointer, 1 EINVAL list-size, 1 EINVAL list-flags
proxy_pid 0 0 1 1 ESRCH target
proxy_pidfd 0 0 1 1 EINVAL conflict
cgroup 8 8 1 1 EINVAL short
ioprio 8 0 1 1 EINVAL flags
cache 16 16 5 1 E2BIG long, 1 EINVAL size, 1 EINVAL duplicate, 1 EINVAL\
 reserved, 1 EINVAL value
77 0 0 1 1 EOPNOTSUPP unsupported" "by attribute" --by=attribute
shows "24 given, 24 honoured, 13 refused
layer given honoured refused
bcache - 16 -
bio_attr - 8 -
- 24 - 13 $why" "by layer, in descending order" --by=layer --sort=honoured
shows "16 given, 16 honoured
device layer given honoured refused
251:0 - 16 - -
251:0 bcache - 16 -" "--device" --device=251:0 --by=device,layer
shows "8 given, 8 honoured, 0 refused
process device attribute layer given honoured refused
ioattr[93] 253:32 cgroup - 8 - -
ioattr[93] 253:32 cgroup bio_attr - 8 -
ioattr[93] 253:32 ioprio - 8 - -" "--pid" --pid=93
shows "0 given, 0 honoured, 13 refused
process given honoured refused
refused[94] 0 0 13 $why" "--pid of a process" --pid=94 --by=process
cp out process
try trace --instance="$dir" --pid=95 --by=process
is "... of its thread" "$(sed 1d process)" "$(sed 1d out)"
# the process of an exited thread is unknown
grep -v '^95 ' "$dir/saved_tgids" >tgids
cp -r "$dir" copy
cp tgids copy/saved_tgids
try trace --instance=copy --by=process
is "a thread of an unknown process" "refused[95]" \
	"$(awk '/^refused/ { print $1 }' out)"
rm copy/saved_*
try trace --instance=copy --by=process
is "without saved names" "?[92] ?[93] ?[95]" \
	"$(awk '/^\?/ { print $1 }' out | sort | xargs)"
printf '92 a "b\\\033c\n' >copy/saved_cmdlines
try trace --instance=copy --by=process --json
is "a name with special characters" \
	'a "b\?c' "$(python3 -c '
import json, sys
rows = json.load(sys.stdin)["rows"]
print(*(row["process"] for row in rows if row.get("pid") == 92))' <out)"

# more CPUs
cp -r copy/per_cpu/cpu1 copy/per_cpu/cpu2
try trace --instance=copy
is "one more CPU" "48 given, 48 honoured, 13 refused" \
	"$(sed '1s/.*s: //; q' out)"
for what in "overrun" "commit overrun" "dropped events"; do
	sed -i "s/^$what: .*/$what: 20/" copy/per_cpu/cpu1/stats
done
try trace --instance=copy
is "lost events" "LOST: 60 events are not counted because a\
 buffer was full; see --buffer" "$(sed -n 2p out)"
try trace --instance=copy --json
is "... in JSON" 60 \
	"$(python3 -c 'import json, sys; print(json.load(sys.stdin)["lost"])' \
	<out)"

# the buffer of an instance is cleared while it is read
cp -r "$dir" live
mkfifo pipe
exec 3<>pipe
for cpu in live/per_cpu/*; do
	ln -sf ../../../pipe "$cpu/trace_pipe_raw"
done
# loses N: N events are lost since it was cleared; wait for a report with them
loses()
{
	sed "s/^overrun: .*/overrun: $1/" "$dir/per_cpu/cpu1/stats" >stats
	mv stats live/per_cpu/cpu1/stats
	for ((i = 0; i < 600; i++)); do
		! grep -qs "\"lost\":$1," json || break
		sleep 0.1
	done
}

"$ioattr" trace --instance=live --interval=0.1 --json --output=json 2>err &
pid=$!
loses 20
loses 7
kill -TERM $pid
status=0
wait $pid || status=$?
is "... are reported once, also if the buffer is cleared" "0|20 7|" \
	"$status|$(grep -o '"lost":[1-9][0-9]*' json | cut -d: -f2 |
	xargs)|$(cat err)"
exec 3>&-

# the complete JSON
try trace --instance="$dir" --json
is "JSON: one line" "0|1|" "$status|$(wc -l <out)|$(cat err)"
is "... its rows are those of the table" "$(sed 1d expected |
	sed 's/  .*//')" "$(python3 -c '
import json, sys
report = json.load(sys.stdin)
assert report["given"] == 24 and report["honoured"] == 24
assert report["refused"] == 13 and report["lost"] == 0
assert report["seconds"] >= 0
for row in report["rows"]:
    text = lambda name: "-" if row[name] is None else str(row[name])
    process = text("process")
    if process != "-":
        process += "[%d]" % row["pid"]
    else:
        assert "pid" not in row
    assert row["device"] == row.get("dev")
    whys = ", ".join("%(count)d %(error)s %(reason)s" % why
                     for why in row["reasons"])
    print(" ".join([process] + [text(name) for name in ("device",
          "attribute", "layer", "given", "honoured", "refused")] +
          ([whys] if whys else [])))' <out)"

#
# Invalid copies
#
head -c 2000 "$dir/per_cpu/cpu1/trace_pipe_raw" \
	>copy/per_cpu/cpu1/trace_pipe_raw
fails "copy/per_cpu: malformed trace buffer" \
	"a truncated buffer" trace --instance=copy
sed -i 's/ given;/ taken;/' copy/events/iocb_attr/iocb_attr_accepted/format
fails "copy/events/iocb_attr/iocb_attr_accepted/format: missing given" \
	"another kernel" trace --instance=copy
rm -r copy/per_cpu
cp "$dir/events/iocb_attr/iocb_attr_accepted/format" \
	copy/events/iocb_attr/iocb_attr_accepted/format
fails "copy/per_cpu: No such file or directory" "no buffer" \
	trace --instance=copy

tap_end

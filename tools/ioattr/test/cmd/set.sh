#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Usage: tools/ioattr/test/cmd/set.sh IOATTR
#
# Test ioattr set and the option --set of ioattr read on a host, whose kernel
# need
# not have attribute sets: the command lines, the sets in a copy of /proc, and
# errors. Prints TAP.

set -u
[ "${1:-}" != --help ] || { sed -n '3,/^$/{s/^# \{0,1\}//p}' "$0"; exit 0; }
[ $# = 1 ] || { echo "${0##*/}: see --help" >&2; exit 1; }
ioattr=$(realpath "$1")
man=$(cd "$(dirname "$0")/../.." && pwd)/man/ioattr-set.1
# shellcheck source=tools/ioattr/test/host-lib.sh
. "$(dirname "$0")/../host-lib.sh"

# refuses TEXT ARG...: invalid usage
refuses()
{
	local text=$1
	shift
	says 125 '' "ioattr: $text; see ioattr set --help" "refuses: $*" \
		set "$@"
}

head="    PID COMMAND            FD ATTRIBUTES"

#
# --help and the man page
#
try set --help
options_of_help out >in_help
options_of_man "$man" >in_man
is "help: eleven options" 11 "$(wc -l <in_help)"
is "man page: has every option of --help, in its words" '' \
	"$(comm -23 in_help in_man)"
is "man page: has no other option" '' "$(comm -13 in_help in_man)"
while IFS=: read -r opt _; do
	# an argument that any of them takes
	case $opt in
	--cache=*) arg='=admit' ;;
	--prio=*) arg='=be:1' ;;
	*=*) arg='=1' ;;
	*) arg= ;;
	esac
	try set "${opt%%=*}$arg" --help
	is "takes ${opt%%=*}$arg" "0|" "$status|$(cat err)"
done <in_help

#
# Invalid usage
#
for o in --required --report --delegate; do
	refuses "--required, --report and --delegate need --cache, --cgroup,\
 --proxy or --prio" $o
	refuses "--required, --report and --delegate need --cache, --cgroup,\
 --proxy or --prio" $o -- true
done
for o in --cache=bypass --prio=be:1 "--cache=bypass --prio=rt"; do
	# shellcheck disable=SC2086 # one option or two
	refuses "--delegate needs --cgroup or --proxy" $o --delegate true
done
refuses "--counts and --proc cannot be combined with attributes" \
	--counts --cache=bypass true
refuses "--counts and --proc cannot be combined with attributes" \
	--cache=bypass --proc=x true
for o in --cache=bypass --cgroup=/ --proxy=1 --proxy-pidfd=1 --prio=none; do
	refuses "missing PROGRAM" $o
	refuses "missing PROGRAM" $o --
done
refuses 'unknown cache hint "fast"' --cache=fast true
refuses "--prio=be:8: invalid priority" --prio=be:8 true
refuses "--proxy=0 is less than 1" --proxy=0 true
refuses "--proxy-pidfd: only one process can be given" \
	--proxy=1 --proxy-pidfd=1 true
for p in true 0 -1 1x '' 99999999999; do
	refuses "$p: invalid PID" -- "$p"
	refuses "$p: invalid PID" 1 "$p" 2
done
says 125 '' "ioattr set: unrecognized option '--fast'
see ioattr set --help" "refuses: --fast" set --fast

#
# A copy of /proc
#
# process PID NAME
process()
{
	mkdir -p "proc/$1/fd" "proc/$1/fdinfo"
	printf '%b\n' "$2" >"proc/$1/comm"
}

# file PID FD LINK LINE...: an open file
file()
{
	local at=proc/$1 fd=$2
	ln -s "$3" "$at/fd/$fd"
	shift 3
	{
		printf 'pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t1051\n'
		printf '%b\n' "$@"
	} >"$at/fdinfo/$fd"
}

link='anon_inode:[iocb_attr]'
honoured='iocb_attr_honoured: '
process 1 init
file 1 0 /dev/null ''
process 9 'a server'
file 9 12 "$link" 'iocb_attr: cgroup=/a/b ioprio=be:6 report' \
	"${honoured}cgroup=123 ioprio=4"
file 9 3 "$link" 'iocb_attr: proxy cgroup=/b\\040c (deleted) ioprio=idle' \
	"${honoured}proxy_pid=18446744073709551615 ioprio=0"
# others, and what was closed after its link was read
file 9 4 'anon_inode:[io_uring]' 'iocb_attr: no'
file 9 5 'anon_inode:[iocb_attr]x' 'iocb_attr: no'
file 9 6 'anon_inode:[iocb_att]' 'iocb_attr: no'
file 9 7 "$link" 'iocb_attr_honoured: no' ' iocb_attr: no'
ln -s "$link" proc/9/fd/8
process 10 'x\033[2J'
file 10 1000 "$link" 'iocb_attr: none' iocb_attr_honoured:
process 70000 "$(printf 'n%.0s' {1..15})"
long=/$(printf 'd%.0s' {1..250})
file 70000 3 "$link" "iocb_attr: cgroup=$long$long$long$long report" \
	"${honoured}cgroup=1"
file 70000 4 "$link" 'iocb_attr: cgroup=/\001\033x'
# a thread that exited, the kernel's files, and what is no process
mkdir -p proc/200 proc/sys/fd proc/self/fd
touch proc/version
rows9="      9 a server            3 proxy cgroup=/b\\040c (deleted) ioprio=idle
      9 a server           12 cgroup=/a/b ioprio=be:6 report"
rows10="     10 x?[2J            1000 none"
rows70000="  70000 nnnnnnnnnnnnnnn     3 cgroup=$long$long$long$long report
  70000 nnnnnnnnnnnnnnn     4 cgroup=/??x"

says 0 "$head
$rows9
$rows10
$rows70000" '' "all processes, in the order of their numbers" set --proc=proc
says 0 "$head
$rows10" '' "one process" set --proc=proc 10
says 0 "$head
$rows10
$rows9" '' "two processes, as they were given" set --proc=proc 10 9
says 0 "$head" '' "a process without sets" set --proc=proc -- 1
says 1 "$head
$rows9" "ioattr: process 11: no such process" "no such process, and another" \
	set --proc=proc 11 9
says 1 "$head" "ioattr: process 200: no such process" "not any more" \
	set --proc=proc 200
says 0 "$head
      9 a server            3 proxy cgroup=/b\\040c (deleted) ioprio=idle;\
 honoured: proxy_pid=18446744073709551615 ioprio=0
      9 a server           12 cgroup=/a/b ioprio=be:6 report; honoured:\
 cgroup=123 ioprio=4
$rows10
${rows70000/report/report; honoured: cgroup=1}" '' \
	"with counts, where there are some" set --counts --proc=proc
says 1 "$head" "ioattr: none: No such file or directory" "no such directory" \
	set --proc=none
rm proc/10/comm
says 0 "$head
     10 ?                1000 none" '' "the name of the process is not known" \
	set --proc=proc 10
if [ "$(id -u)" != 0 ]; then
	chmod 0 proc/10/fd
	says 1 "$head" "ioattr: process 10: Permission denied" \
		"another user's process" set --proc=proc 10
	says 0 "$head
$rows9
$rows70000" '' "... is left out of all" set --proc=proc
	chmod 700 proc/10/fd
fi
rm -r proc
says 0 "$head" '' "this process has no sets" set $$

#
# Making a set, which this kernel need not know
#
seq 1 10000 >data
status=0
"$ioattr" probe >known 2>err || status=$?
case $status,$(sed -n 's/^sets: //p' known) in
0,yes)
	says 0 "$head" '' "a program with a set" \
		set --cache=bypass -- "$ioattr" set $$
	says 127 '' "ioattr: none: No such file or directory" \
		"no such program" set --cache=bypass -- none
	says 126 '' "ioattr: ./data: Permission denied" \
		"not a program" set --cache=bypass -- ./data
	;;
0,no) none="this kernel has no attribute sets" ;;
2,) none=$(cat known) ;;
*) none="$status, $(cat known err)" ;;
esac
if [ -n "${none:-}" ]; then
	says 125 '' "ioattr: $none" "set: says why not" \
		set --cache=bypass -- touch made
	is "... and does not run the program" 1 "$([ -e made ]; echo $?)"
	for o in "--set --cache=bypass" --set=5 "--set=5 --cache=bypass"; do
		# shellcheck disable=SC2086 # one option or two
		says 1 '' "ioattr: data: $none" "read $o: says why not" \
			read --buffered $o data
	done
fi
says 125 '' "ioattr: none: No such file or directory" "no such cgroup" \
	set --cgroup=none true
says 125 '' "ioattr: .: not a cgroup2 directory" "another directory" \
	set --cgroup=. true
says 125 '' "ioattr: --proxy-pidfd: no such process" "no such process" \
	set --proxy-pidfd=99999999 true

# the option of read and write
readonly needs="--set needs --cache, --cgroup, --proxy, --prio or a file\
 descriptor"
for v in read write; do
	for o in "" --report --pi=y; do
		# shellcheck disable=SC2086 # one option or none
		says 1 '' "ioattr: $needs; see ioattr $v --help" \
			"refuses: $v --set $o" $v --set $o data
	done
	for o in 0 -1 x 1x 2147483648 ''; do
		try $v "--set=$o" data
		is "refuses: $v --set=$o" "1||1" "$status|$(cat out)|$(grep -c \
			"^ioattr: --set=$o.*; see ioattr $v --help" err)"
	done
done

tap_end

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Usage: tools/ioattr/test/cmd/scope.sh IOATTR RUN_SCOPE
#
# Test ioattr scope, and cmd/run_scope.c by the program RUN_SCOPE, on a host,
# whose kernel need not have scopes: the command line, the scopes in a copy of
# /proc, and errors. Prints TAP.

set -u
[ "${1:-}" != --help ] || { sed -n '3,/^$/{s/^# \{0,1\}//p}' "$0"; exit 0; }
[ $# = 2 ] || { echo "${0##*/}: see --help" >&2; exit 1; }
ioattr=$(realpath "$1")
run_scope=$(realpath "$2")
man=$(cd "$(dirname "$0")/../.." && pwd)/man/ioattr-scope.1
# shellcheck source=tools/ioattr/test/host-lib.sh
. "$(dirname "$0")/../host-lib.sh"

# refuses TEXT ARG...: invalid usage
refuses()
{
	local text=$1
	shift
	says 1 '' "ioattr: $text; see ioattr scope --help" "refuses: $*" \
		scope "$@"
}

head="    PID     TID COMMAND         SCOPE"

#
# --help and the man page
#
try scope --help
options_of_help out >in_help
options_of_man "$man" >in_man
is "help: four options" 4 "$(wc -l <in_help)"
is "man page: has every option of --help, in its words" '' \
	"$(comm -23 in_help in_man)"
is "man page: has no other option" '' "$(comm -13 in_help in_man)"
while IFS=: read -r opt _; do
	arg=
	[ "${opt#*=}" = "$opt" ] || arg='=1'
	try scope "${opt%%=*}$arg" --help
	is "takes ${opt%%=*}$arg" "0|" "$status|$(cat err)"
done <in_help

#
# Invalid usage
#
for p in true 0 -1 1x '' 99999999999; do
	refuses "$p: invalid PID or TID" -- "$p"
	refuses "$p: invalid PID or TID" 1 "$p" 2
done
says 1 '' "ioattr scope: unrecognized option '--fast'
see ioattr scope --help" "refuses: --fast" scope --fast

#
# A copy of /proc
#
# process PID
process()
{
	mkdir -p "proc/$1"
	printf 'Name:\tx\nTgid:\t%s\nPid:\t%s\n' "$1" "$1" >"proc/$1/status"
}

# thread PID TID NAME [LINE...]: without a LINE it has no scope
thread()
{
	local at=proc/$1/task/$2
	mkdir -p "$at" "proc/$2"
	printf 'Name:\tx\nTgid:\t%s\nPid:\t%s\n' "$1" "$2" >"proc/$2/status"
	printf '%b\n' "$3" >"$at/comm"
	shift 3
	: >"$at/iocb_attr"
	[ $# = 0 ] || printf '%b\n' "$@" >"$at/iocb_attr"
}

counts='iocb_attr_honoured: '
process 1
thread 1 1 init
process 9
thread 9 9 'a server'
thread 9 12 worker 'iocb_attr: cgroup=/a/b ioprio=be:6 report' \
	"${counts}cgroup=123 ioprio=4"
thread 9 100 worker 'iocb_attr: none' "$counts"
process 10
thread 10 10 'x\033[2J' 'iocb_attr: cgroup=/b\\040c (deleted) ioprio=idle' \
	"${counts}cgroup=18446744073709551615 ioprio=0"
process 70000
thread 70000 70000 'a\0302\0233b\0377\0303\0244c' \
	'iocb_attr: cgroup=/\001\033x/\0303\0251\0303' 'iocb_attr: no'
# a thread that has exited since, one of an older kernel, no threads
mkdir -p proc/9/task/13 proc/200/task/200 proc/sys/task
touch proc/version
row12="      9      12 worker          cgroup=/a/b ioprio=be:6 report"
row100="      9     100 worker          none"
row10="     10      10 x?[2J           cgroup=/b\\040c (deleted) ioprio=idle"
row70000="  70000   70000 a??b?äc        cgroup=/??x/é?"

says 0 "$head
$row12
$row100
$row10
$row70000" '' "all threads, in the order of their numbers" scope --proc=proc
says 0 "$head
$row10" '' "one process" scope --proc=proc 10
says 0 "$head
$row10
$row12
$row100" '' "two processes, as they were given" scope --proc=proc 10 9
says 0 "$head
$row100" '' "one thread" scope --proc=proc 100
says 1 "$head" '' "a process without scopes" scope --proc=proc -- 1
says 0 "$head
      1       1 init            -
      9       9 a server        -
$row12
$row100
$row10
$row70000" '' "--all: threads without one, too" scope --all --proc=proc
says 1 "$head
      1       1 init            -" '' "... which do not count" \
	scope --all --proc=proc 1
# its first thread leads the process
says 0 "$head
      9       9 a server        -
$row12
$row100" '' "... of one process" scope --all --proc=proc 9
says 1 "$head" "ioattr: there is no process or thread 11" "no such process" \
	scope --proc=proc 11
says 0 "$head
$row10" "ioattr: there is no process or thread 11" \
	"no such process, and another" scope --proc=proc 11 10
says 0 "$head
$row12; honoured: cgroup=123 ioprio=4
$row100
$row10; honoured: cgroup=18446744073709551615 ioprio=0
$row70000" '' "with counts, where there are some" scope --counts --proc=proc
says 1 "$head" "ioattr: none: No such file or directory" "no such directory" \
	scope --proc=none
rm proc/10/task/10/comm
says 0 "$head
     10      10 ?               cgroup=/b\\040c (deleted) ioprio=idle" '' \
	"the name of the thread is not known" scope --proc=proc 10
if [ "$(id -u)" != 0 ]; then
	chmod 0 proc/10/task/10/iocb_attr proc/9/task/12/iocb_attr
	says 1 "$head" "ioattr: no permission to read the scopes of process 10:\
 run ioattr as its user or as root" "another user's process" \
		scope --proc=proc 10
	says 1 "$head" "ioattr: no permission to read the scopes of process 9:\
 run ioattr as its user or as root" "... or its thread" scope --proc=proc 12
	says 0 "$head
$row100
$row70000" '' "... is left out of all" scope --proc=proc
fi
rm -r proc

#
# This kernel, which need not have scopes
#
status=0
"$ioattr" probe >known 2>err || status=$?
case $status,$(sed -n 's/^scopes: //p' known) in
0,yes) ;;
0,no) none="this kernel has no scopes" ;;
2,) none=$(cat known) ;;
*) none="$status, $(cat known err)" ;;
esac
if [ -z "${none:-}" ]; then
	says 1 "$head" '' "this shell has no scope" scope $$
else
	says 1 '' "ioattr: $none" "scope: says why not" scope $$
	ioattr=$run_scope
	hint=
	[ "$none" != "this kernel has no scopes" ] ||
		hint="; run it with --rule, which loads a library into it"
	says 125 '' "ioattr: $none: touch was not run$hint" \
		"run: says why not" --cache=bypass -- touch made
	is "... and does not run the program" 1 "$([ -e made ]; echo $?)"
fi
tap_end

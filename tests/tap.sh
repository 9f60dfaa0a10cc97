# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Print results in the Test Anything Protocol. Sourced by tests in bash and, in
# a guest, in busybox sh. A test ends with tap_end.

n=0
failed=0

# result STATUS NAME [COMMENT]: print a result
result()
{
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n $2${3:+ # $3}"
	else
		echo "not ok $n $2${3:+ # $3}"
		failed=1
	fi
}

# comment FILE...: print files, or standard input for "-", as comments
comment()
{
	sed 's/\r$//; s/^/# /' "$@"
}

# is NAME EXPECTED GOT: compare two strings
is()
{
	if [ "$2" = "$3" ]; then
		result 0 "$1"
	else
		printf 'expected: %s\ngot: %s\n' "$2" "$3" | comment -
		result 1 "$1"
	fi
}

# without_rate FILE: print the messages of ioattr read or write, whose last line
# ends with the time and the rate, but for these
without_rate()
{
	sed 's/, [0-9.]* s, [0-9.]* MiB\/s$//' "$1"
}

# ends STATUS STDERR NAME COMMAND...: check the status and STDERR of a command
ends()
{
	expected="$1|$2"
	name=$3
	shift 3
	status=0
	"$@" >out 2>err || status=$?
	is "$name" "$expected" "$status|$(without_rate err)"
}

# passes NAME COMMAND...: the command must succeed; print its output if it fails
passes()
{
	local name=$1 s=0 out
	shift
	out=$("$@" 2>&1) || s=$?
	if [ "$s" != 0 ]; then printf '%s\n' "$out" | comment; fi
	result "$s" "$name"
}

# part NAME COMMAND...: run a test with several results and nest them below one.
# Needs pipefail.
part()
{
	local name=$1 s=0
	shift
	"$@" 2>&1 | sed -u 's/\r//; s/^/    /' || s=$?
	if [ "$s" = 0 ]; then
		result 0 "$name"
	else
		result 1 "$name" "status $s"
	fi
}

# tap_end: print the plan and exit
tap_end()
{
	echo "1..$n"
	exit "$failed"
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Sourced by the tests in shell: their results, as TAP. They end with a line
# "1..$n" and the status $failed.

n=0
failed=0

# is NAME EXPECTED GOT
is()
{
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n $1"
	else
		printf 'expected: %s\ngot: %s\n' "$2" "$3" | sed 's/^/# /'
		echo "not ok $n $1"
		failed=1
	fi
}

# ends STATUS STDERR NAME COMMAND...: so does the command
ends()
{
	expected="$1|$2"
	name=$3
	shift 3
	status=0
	"$@" >out 2>err || status=$?
	is "$name" "$expected" "$status|$(cat err)"
}

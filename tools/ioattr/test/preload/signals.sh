#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Usage: tools/ioattr/test/preload/signals.sh DIR
#
# Test that ioattr run passes signals on to the program, and that with --exec it
# becomes the program. DIR is as for host.sh. Prints TAP.

# shellcheck source=tools/ioattr/test/preload/host-lib.sh
. "$(dirname "$0")/host-lib.sh"

# wait_for TEXT: wait until out contains the line
wait_for()
{
	local i
	for ((i = 0; i < 200; i++)); do
		! grep -qx "$1" out || return 0
		sleep 0.05
	done
	return 1
}

# start COMMAND...: in the background; its process is $pid
start()
{
	: >out
	"$@" >>out 2>err </dev/null &
	pid=$!
	wait_for ready || echo "# $1 is not ready"
}

# every signal that can be forwarded, to the wrapper only
start "$bin/ioattr" run --cache=bypass -- "$bin/signal_test"
for ((s = 1; s <= 64; s++)); do
	case $s in
	9|15|19|32|33) continue ;;
	esac
	: >out
	kill -$s $pid 2>/dev/null
	wait_for "$s 0"
	is "signal $s ($(kill -l $s)) is forwarded" "$s 0" "$(cat out)"
done
: >out
"$bin/signal_test" queue $pid 40 4711
wait_for "40 4711"
is "the value of sigqueue(3) is forwarded" "40 4711" "$(cat out)"
kill $pid
status=0
wait $pid || status=$?
is "SIGTERM is forwarded, and the program ends" "0|15 0" "$status|$(tail -n 1 out)"

# a timer is kept by exec(3), but not inherited by the child
is "SIGALRM of a timer is forwarded" "ready 14 0 15 0" "$(timeout 20 \
	python3 -c 'import os, signal, sys
signal.setitimer(signal.ITIMER_REAL, 1)
os.execv(sys.argv[1], sys.argv[1:])' "$bin/ioattr" run --cache=bypass -- \
	sh -c "(sleep 2; kill \$\$) & exec $bin/signal_test" | xargs)"

# signals of the child are for its parent, which has no use for them
# shellcheck disable=SC2016 # for the other shell
says 5 '' '' "a signal that the program sends to its parent" --cache=bypass \
	sh -c 'trap "exit 9" USR1; kill -USR1 $PPID; sleep 0.3; exit 5'
says 143 '' '' "a signal ends the program" --cache=bypass sh -c 'kill $$'
for sig in CHLD INT; do
	is "SIG$sig is ignored: the status of the program" 3 \
		"$(env --ignore-signal=$sig "$bin/ioattr" run --cache=bypass \
			sh -c 'exit 3' >out 2>err; echo $?)"
	is "... which ignores it as well" "$(env --ignore-signal=$sig \
		grep SigIgn /proc/self/status)" "$(env --ignore-signal=$sig \
		"$bin/ioattr" run --cache=bypass grep SigIgn /proc/self/status)"
done
is "the signal mask is that of before" "$(grep SigBlk /proc/self/status)" \
	"$("$bin/ioattr" run --cache=bypass grep SigBlk /proc/self/status)"
# a signal while the report is written must not go to a process that is not there
for ((i = 0; i < 20; i++)); do
	"$bin/ioattr" run --cache=bypass -- true >out 2>err &
	kill -USR1 $! 2>/dev/null
	wait $! 2>/dev/null
	echo $?
done | sort -u >all
is "a signal at the start or end: that of the program, or none" '' \
	"$(grep -vxE '0|138' all)"
# SIGCONT is sent to the program, and to ioattr run, which forwards it
is "in a terminal" "ready 2 0 stopped 18 0 3 0 15 0 ended 0" \
	"$(python3 "$top/tools/ioattr/test/preload/terminal.py" "$bin/ioattr" \
		run --cache=bypass -- "$bin/signal_test" job 2>&1 |
		sed 's/18 0 18 0/18 0/')"

#
# --exec
#
# shellcheck disable=SC2016
is "--exec: the program is the process that was started" same \
	"$(sh -c 'echo $$
		exec "$1" run --exec --cache=bypass -- sh -c "echo \$\$"' sh \
		"$bin/ioattr" 2>&1 | uniq -c | awk '{ print $1 == 2 ? "same" : $0 }')"
# shellcheck disable=SC2016
says 0 "$bin/libioattr-preload.so |" '' "--exec: the library, without counts" \
	--exec --cache=bypass -- \
	sh -c 'echo "$LD_PRELOAD $IOATTR_COUNTS|$IOATTR_REPORT"'
says 127 '' "ioattr: /none: No such file or directory" \
	"--exec: no such program" --exec --cache=bypass /none
says 126 '' "ioattr: /: Permission denied" "--exec: not a program" \
	--exec --cache=bypass /
start "$bin/ioattr" run --exec --cache=bypass -- "$bin/signal_test"
kill -USR1 $pid
wait_for "10 0"
is "--exec: signals" "ready 10 0" "$(xargs <out)"
kill $pid
wait $pid
tap_end

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Usage: tools/ioattr/test/preload/seccomp.sh DIR
#
# Test that ioattr run makes no system calls in a program that has forbidden
# them to itself. DIR is as for host.sh. Prints TAP.

# shellcheck source=tools/ioattr/test/preload/host-lib.sh
. "$(dirname "$0")/host-lib.sh"
make_file file

# figure WORD: the number after it in the report
figure()
{
	sed -n "s/.*[ :,(]$1 \([0-9]*\).*/\1/p" told
}

for deed in kill eperm; do
	for by in aio uring; do
		for how in prctl seccomp early; do
			is "$deed, $by, $how: without ioattr" "done 0" \
				"$(echo "$("$bin/shut_test" $deed $by $how file;
					echo $?)" | xargs)"
			for rule in '-> cache:bypass' '-> prio:rt:1' \
				'path:* -> cache:bypass' \
				'path:/none -> cache:bypass' \
				'size:>1G -> cache:bypass' \
				"-> cgroup:$work/none"; do
				try --rule "$rule" -- \
					"$bin/shut_test" $deed $by $how file
				is "$deed, $by, $how, $rule" "0 done" \
					"$status $(cat out)"
			done
		done
	done
done

# with attributes
report()
{
	rm -f told
	with_attributes try --report --output=told "$@"
}
mkdir cgroup
report --rule '-> cache:bypass' -- "$bin/shut_test" kill aio prctl file
is "AIO has its attributes" "0 done 4 0" \
	"$status $(cat out) $(figure tagged) $(figure refused)"
report --rule "path:*/file -> cache:bypass" -- \
	"$bin/shut_test" kill aio early file
is "AIO, a rule with a path: the file is unknown after the filter" \
	"0 done 1 4 0" "$status $(cat out) $(figure tagged) \
$(figure unreachable) $(figure refused)"
report --rule "path:*/file,size:>1G -> cache:bypass" \
	--rule '-> cache:admit' -- "$bin/shut_test" kill aio prctl file
is "... a rule with a path and another size does not matter" "0 done 4 " \
	"$status $(cat out) $(figure tagged) $(figure unreachable)"
report --cache=bypass -- "$bin/shut_test" kill uring prctl file
is "io_uring: the kind of the file is unknown" "0 done 0 4" \
	"$status $(cat out) $(figure tagged) $(figure unreachable)"

# required
report --cache=bypass --required -- "$bin/shut_test" kill aio prctl file
is "required, AIO: it has its attributes" "0 done 4" \
	"$status $(cat out) $(figure tagged)"
report --rule "path:*/file -> cache:bypass,required" -- \
	"$bin/shut_test" kill aio prctl file
is "required, AIO, a rule with a path: it fails" "4 io_submit" \
	"$status $(cat out)"
report --cache=bypass --required -- "$bin/shut_test" kill uring prctl file
is "required, io_uring: it fails" "7 EINVAL" "$status $(cat out)"
tap_end

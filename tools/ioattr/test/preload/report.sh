#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Usage: tools/ioattr/test/preload/report.sh DIR
#
# Test the report of ioattr run with the attributes of kernel.c. The report marks
# unknown counts, and a program cannot corrupt it. DIR is as for host.sh. Prints
# TAP.

# shellcheck source=tools/ioattr/test/preload/host-lib.sh
. "$(dirname "$0")/host-lib.sh"
make_file file

# tells NAME REPORT ARG...: success and this report, without pids
tells()
{
	local name=$1 expected="0|$2"
	shift 2
	rm -f told
	with_attributes try --report --output=told "$@"
	is "$name" "$expected" "$status|$(sed 's/\[[0-9]*\]//' told)"
}

unknown="-: not known, because the kernel reports nothing for this I/O; see ioattr trace"
none="no I/O by AIO or io_uring was seen; that of read(2), write(2) and the like cannot have attributes"

tells "AIO" "aio_test: 100 I/Os by AIO, 0 by io_uring: tagged 100, reported 99, cache given 100 honoured 99, refused 0" \
	--cache=bypass -- "$bin/aio_test" single file
tells "a program that reads the ring: nothing is known" \
	"aio_test: 100 I/Os by AIO, 0 by io_uring: tagged 100, reported 0, cache given 100 honoured -, refused 0
$unknown" --cache=bypass -- "$bin/aio_test" ring file
tells "read(2)" "$none" --cache=bypass -- cat file
tells "nothing is tagged" "aio_test: 100 I/Os by AIO, 0 by io_uring: tagged 0, reported 0, refused 0" \
	--rule 'path:/none -> cache:bypass' -- "$bin/aio_test" single file
tells "io_uring with registered files" \
	"uring_test: 0 I/Os by AIO, 1 by io_uring: tagged 0, reported 0, refused 0, unreachable 1" \
	--cache=bypass -- "$bin/uring_test" fixed-file file
tells "io_uring with SQPOLL" \
	"uring_test: 0 I/Os by AIO, 1 by io_uring: tagged 0, reported 0, refused 0, unreachable 1" \
	--cache=bypass -- "$bin/uring_test" sqpoll file
tells "... no rule is for it" \
	"uring_test: 0 I/Os by AIO, 1 by io_uring: tagged 0, reported 0, refused 0" \
	--rule 'op:write -> cache:bypass' -- "$bin/uring_test" sqpoll file

if [ "$(id -u)" = 0 ]; then
	# the other user needs to read these
	public=$(mktemp -d)
	trap 'rm -rf "$work" "$public"' EXIT
	cp "$bin"/{ioattr,libioattr-preload.so,kernel.so,aio_test} file \
		"$public"
	chmod 755 "$public"
	private=$bin
	bin=$public
	cd "$public" || exit 1
	user=(setpriv --reuid=1000 --regid=1000 --clear-groups)
	tells "another user" "aio_test: 100 I/Os by AIO, 0 by io_uring: tagged 100, reported 99, cache given 100 honoured 99, refused 0" \
		--cache=bypass -- "${user[@]}" "$bin/aio_test" single file
	tells "... in a child" "aio_test: 100 I/Os by AIO, 0 by io_uring: tagged 100, reported 99, cache given 100 honoured 99, refused 0" \
		--cache=bypass -- "${user[@]}" sh -c "$bin/aio_test single file
			true"
	tells "... by a program that has closed all files" \
		"some processes are not counted: they have another user or pid namespace, and closed all files" \
		--cache=bypass -- python3 -c 'import os, sys
os.closerange(3, 2000)
os.setgid(1000)
os.setuid(1000)
os.execv(sys.argv[1], sys.argv[1:])' "$bin/aio_test" single file
	! unshare --mount --pid --fork --mount-proc true 2>/dev/null ||
		tells "another pid namespace" "aio_test: 100 I/Os by AIO, 0 by io_uring: tagged 100, reported 99, cache given 100 honoured 99, refused 0" \
			--cache=bypass -- unshare --mount --pid --fork \
			--mount-proc "$bin/aio_test" single file
	with_attributes try --cache=bypass --required -- "${user[@]}" \
		"$bin/aio_test" single file
	is "another user, required" "0|" \
		"$status|$(cat err)"
	cd "$work" || exit 1
	bin=$private
fi

# children by clone(2), which have no context of AIO
tells "children by clone(2)" "aio_test: 10 I/Os by AIO, 0 by io_uring: tagged 10, reported 9, cache given 10 honoured 9, refused 0
aio_test: 20 I/Os by AIO, 0 by io_uring: tagged 20, reported 19, cache given 20 honoured 19, refused 0" \
	--cache=bypass -- "$bin/aio_test" clones file

# a file whose name was removed has the name it was opened by
cp file gone
tells "path: a file that was removed" "aio_test: 100 I/Os by AIO, 0 by io_uring: tagged 100, reported 99, cache given 100 honoured 99, refused 0" \
	--rule "path:*/gone -> cache:bypass" -- "$bin/aio_test" unlinked gone
cp file gone
ln gone linked
tells "... and has another name" "aio_test: 100 I/Os by AIO, 0 by io_uring: tagged 100, reported 99, cache given 100 honoured 99, refused 0" \
	--rule "path:*/gone -> cache:bypass" -- "$bin/aio_test" unlinked gone
cp file "gone (deleted)"
tells "... and a name that only looks like it" "aio_test: 100 I/Os by AIO, 0 by io_uring: tagged 0, reported 0, refused 0" \
	--rule "path:*/gone -> cache:bypass" -- \
	"$bin/aio_test" single "gone (deleted)"

#
# Processes that do no I/O take no place, and the last place is for all others
#
# shellcheck disable=SC2016 # for the other shell
tells "300 programs without I/O, and two with" \
	"aio_test: 100 I/Os by AIO, 0 by io_uring: tagged 100, reported 99, cache given 100 honoured 99, refused 0
uring_test: 0 I/Os by AIO, 100 by io_uring: tagged 0, reported 0, refused 1 (EOPNOTSUPP 1)" \
	--cache=bypass -- sh -c 'i=0
	while [ $i -lt 300 ]; do /bin/true; i=$((i + 1)); done
	"$1" single file && "$2" single file' sh "$bin/aio_test" "$bin/uring_test"
rm -f told
# shellcheck disable=SC2016
with_attributes try --report --output=told --cache=bypass -- sh -c 'i=0
	while [ $i -lt 258 ]; do "$1" reuse file || exit; i=$((i + 1)); done' \
	sh "$bin/aio_test"
is "258 programs: the last three share a line" \
	"0 255|other processes: 30 I/Os by AIO, 0 by io_uring: tagged 30, reported 27, cache given 30 honoured 27, refused 0" \
	"$status $(grep -c '^aio_test\[[0-9]*\]: 10 I/Os by AIO' told)|$(tail -n 1 told)"

#
# Programs can write to the memory with the counts
#
evil=$'\033[31mevil\nioattr: all is well'
rm -f told
# shellcheck disable=SC2016
with_attributes try --report --output=told --cache=bypass -- \
	bash -c 'exec -a "$1" "$2" single file' bash "$evil" "$bin/aio_test"
is "a name with an escape sequence" \
	"?[31mevil?ioattr: all is well: 100 I/Os by AIO" \
	"$(sed 's/\[[0-9]*\]:/:/; s/ AIO.*/ AIO/' told)"
# shellcheck disable=SC2016
says 0 'truncate: failed
done' '' "the file of the counts cannot be made shorter" --cache=bypass -- \
	sh -c 'truncate -s 0 "$IOATTR_COUNTS" 2>/dev/null ||
		echo "truncate: failed"
	truncate -s 1G "$IOATTR_COUNTS" 2>/dev/null && echo longer; echo done'
# everything in it is set
rm -f told
# shellcheck disable=SC2016
with_attributes try --report --output=told --cache=bypass -- \
	sh -c 'tr "\0" "\377" </dev/zero | dd of="$IOATTR_COUNTS" bs=1K count=32 \
		conv=notrunc iflag=fullblock 2>/dev/null'
is "garbage in the counts: status, and only what can be printed" "0 0" \
	"$status $(LC_ALL=C grep -c '[^ -~]' told)"
is "... lines of processes" '' "$(grep -v '^?*\[-1\]: \|^other proc\|^-: \|^some proc\|^\[?\]: ' told | head -n 1)"

#
# The output
#
says 125 '' "ioattr: /none/x: No such file or directory" \
	"--output is opened before the program starts" \
	--cache=bypass --report --output=/none/x -- touch started
is "... which does not start" '' "$(ls started 2>/dev/null)"
echo old >told
says 127 '' "ioattr: /none: No such file or directory" \
	"no program: the output is kept" --cache=bypass --report --output=told \
	/none
is "... unchanged" old "$(cat told)"
seq 1000 >told
with_attributes try --cache=bypass --report --output=told -- cat file
is "a shorter report replaces it" "$none" "$(cat told)"
tap_end

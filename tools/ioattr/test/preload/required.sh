#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Usage: tools/ioattr/test/preload/required.sh DIR
#
# Test that ioattr run does not let I/O pass without attributes that are
# required, with the attributes of kernel.c. DIR is as for host.sh. Prints TAP.

# shellcheck source=tools/ioattr/test/preload/host-lib.sh
. "$(dirname "$0")/host-lib.sh"
make_file file
cp "$bin/exec_test" "$bin/aio_test" .
busybox=$(realpath "$(command -v busybox)")
prefix="required attributes cannot be added:"
none="ioattr: ./exec_test: no I/O by AIO or io_uring was seen: no I/O had the required attributes; see SUPPORTED I/O in ioattr-run(1)"
changed="$prefix the environment was changed; keep LD_PRELOAD and IOATTR_*, or omit required"

required()
{
	with_attributes try --cache=bypass --required "$@"
}

# refuses NAME STATUS STDOUT TEXT COMMAND...
refuses()
{
	local name=$1 expected="$2|$3|$4"
	shift 4
	required "$@"
	is "$name" "$expected" "$status|$(cat out)|$(cat err)"
}

required ./aio_test single file
is "a program that gets them" "0||" "$status|$(cat out)|$(cat err)"
required sh -c './aio_test single file && ./aio_test single file'
is "children that get them" "0||" "$status|$(cat out)|$(cat err)"

#
# Programs that the library cannot be loaded into: PROGRAM, and its children
#
cannot="a library cannot be loaded"
advice="required attributes cannot be added; omit required, or use another build of the program"
refuses "a static program" 125 '' "ioattr: $busybox: $cannot (statically\
 linked): $advice" "$busybox" true
refuses "... executed by another" 1 "Operation not permitted" \
	"ioattr: $busybox: $prefix statically linked
$none" \
	./exec_test execv keep "$busybox" true
printf '#!%s sh\necho done\n' "$busybox" >script
chmod +x script
refuses "... as the interpreter of a script" 125 '' "ioattr: $busybox:\
 $cannot (statically linked): $advice" ./script
refuses "a program for musl" 125 '' "ioattr: $bin/musl_test: $cannot (built\
 for another C library): $advice" "$bin/musl_test"
refuses "... executed by another" 1 "Operation not permitted" \
	"ioattr: $bin/musl_test: $prefix built for another C library
$none" \
	./exec_test posix_spawn keep "$bin/musl_test"
printf '\177ELF\1\1\1\0' | dd bs=64 conv=sync 2>/dev/null >small
chmod +x small
refuses "a 32-bit program" 125 '' "ioattr: ./small: $cannot (built for another\
 architecture): $advice" ./small

# who may do so can make a program that gains privileges
if [ "$(id -u)" = 0 ]; then
	chmod 755 . && chmod 644 file
	for kind in set-user-ID set-group-ID; do
		cp exec_test gains
		[ $kind = set-user-ID ] || chgrp 1 gains
		[ $kind = set-group-ID ] || chown 1 gains
		[ $kind = set-user-ID ] || chmod 2755 gains
		[ $kind = set-group-ID ] || chmod 4755 gains
		refuses "a $kind program" 125 '' "ioattr: ./gains: $cannot\
 ($kind): $advice" ./gains
		rm gains
	done
	cp exec_test gains
	chmod 4755 gains
	required ./exec_test execv keep ./gains print
	is "set-user-ID of the same user: the library is loaded" \
		"done" "$(cat out err | head -n 1)"
	rm gains
fi

#
# Environments without the library
#
for how in execve execv execvp execvpe execl execlp execle fexecve execveat \
	syscall posix_spawn posix_spawnp vfork system popen; do
	required ./exec_test $how keep ./exec_test print
	is "$how: the environment is kept" "done" "$(cat out)"
	where=./exec_test
	case $how in
	system|popen) where=$(readlink -f /bin/sh); where=/bin/sh ;;
	fexecve) where=/proc/self/fd/3 ;;
	esac
	required ./exec_test $how clear ./exec_test print
	is "$how: it is cleared" "Operation not permitted|ioattr: $where: $changed" \
		"$(grep -v '^done' out)$(grep '^done' out)|$(head -n 1 err)"
done
required env -i ./aio_test single file
is "env -i" "126|ioattr: ./aio_test: $changed" "$status|$(head -n 1 err)"
required env -u LD_PRELOAD ./aio_test single file
is "without LD_PRELOAD" "126|ioattr: ./aio_test: $changed" \
	"$status|$(head -n 1 err)"
required env IOATTR_RULES='-> none' ./aio_test single file
is "with other rules" "126|ioattr: ./aio_test: $changed" \
	"$status|$(head -n 1 err)"
with_attributes try --cache=bypass -- env -i "$bin/exec_test" print
is "not required: the environment may be cleared" "0|done" "$status|$(cat out)"
if [ "$(id -u)" = 0 ]; then
	mkdir closed
	cp "$bin/ioattr" "$bin/libioattr-preload.so" closed
	chmod 700 closed
	chmod 755 .
	status=0
	with_attributes closed/ioattr run --cache=bypass --required -- setpriv \
		--reuid=1000 --regid=1000 --clear-groups "$work/exec_test" \
		print >out 2>err || status=$?
	is "another user, who may not read the library" \
		"|ioattr: $work/exec_test: $prefix the library cannot be read; make it readable, or omit required" \
		"$(cat out)|$(head -n 1 err)"
fi

#
# I/O whose attributes the library cannot decide
#
for scene in fixed-file personality sqpoll; do
	try --cache=bypass -- "$bin/uring_test" "$scene" file
	is "io_uring, $scene: not required" "0|" "$status|$(cat out)"
	try --cache=bypass --required -- "$bin/uring_test" "$scene-refused" file
	is "... required: EINVAL" "0|" "$status|$(cat out)"
	try --rule 'op:write -> cache:bypass,required' --rule '-> none' -- \
		"$bin/uring_test" "$scene" file
	is "... required for writes only: a read passes" "0|" \
		"$status|$(cat out)"
	try --rule 'path:/none -> cache:bypass,required' -- \
		"$bin/uring_test" "$scene-refused" file
	is "... required for some path: EINVAL" "0|" "$status|$(cat out)"
done
for scene in sqpoll mixed index unknown; do
	try --rule '-> cache:bypass,required' -- \
		"$bin/uring_test" "raw-$scene-refused" file
	is "a ring without liburing, $scene: EINVAL" 0 "$status"
done
says 125 "done" "ioattr: $bin/exec_test: no I/O by AIO or io_uring was seen: no\
 I/O had the required attributes; see SUPPORTED I/O in ioattr-run(1)" \
	"a program that does no such I/O" --cache=bypass --required \
	"$bin/exec_test" print
tap_end

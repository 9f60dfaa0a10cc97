#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Usage: tools/ioattr/test/preload/reach.sh DIR
#
# Test which programs the library of ioattr run can be loaded into, and which
# functions it replaces. DIR is as for host.sh. Prints TAP.

# shellcheck source=tools/ioattr/test/preload/host-lib.sh
. "$(dirname "$0")/host-lib.sh"
make_file file

# sees NAME REPORT ARG...: success and a report that begins like this
sees()
{
	local name=$1 expected="0||$2"
	shift 2
	rm -f told
	try --cache=bypass --report --output=told -- "$@"
	is "$name" "$expected" "$status|$(cat out)|$(sed -n \
		'1{s/\[[0-9]*\]//; s/: tagged.*//; p}' told)"
}

sees "liburing" "uring_test: 0 I/Os by AIO, 100 by io_uring" \
	"$bin/uring_test" single file
sees "liburing-ffi" "ffi_test: 0 I/Os by AIO, 100 by io_uring" \
	"$bin/ffi_test" single file
sees "liburing: io_uring_enter()" "uring_test: 0 I/Os by AIO, 2 by io_uring" \
	"$bin/uring_test" enter file
sees "liburing-ffi: io_uring_enter()" \
	"ffi_test: 0 I/Os by AIO, 2 by io_uring" "$bin/ffi_test" enter file
sees "a ring without an array of indices" \
	"uring_test: 0 I/Os by AIO, 20 by io_uring" \
	"$bin/uring_test" raw-no-array file

#
# Other C libraries and sanitizers
#
expected="0|done|ioattr: $bin/musl_test: a library cannot be loaded (built for\
 another C library): its I/O is not changed
ioattr: $bin/libioattr-preload.so was not loaded into $bin/musl_test: its I/O\
 was not changed"
try --cache=bypass -- "$bin/musl_test"
is "a program for musl runs, with a warning" "$expected" \
	"$status|$(cat out)|$(cat err)"
says 0 "done" '' "... as a child of a shell" --cache=bypass -- \
	sh -c "$bin/musl_test"
says 0 "done" '' "... and executes others" --cache=bypass -- \
	sh -c "$bin/musl_test execv keep $bin/exec_test"
# the functions of libc that the library uses are those of POSIX and of musl
nm -D --defined-only /lib/ld-musl-x86_64.so.1 2>/dev/null |
	awk '{ print $3 }' | sort >there
# missing LIBRARY: print the functions that musl does not have
missing()
{
	nm -D --undefined-only "$1" |
		awk '$1 == "U" { sub(/@.*/, "", $2); print $2 }' | sort |
		comm -23 - there
}
is "musl has all functions that the library needs" '' \
	"$(missing "$bin/libioattr-preload.so")"
make -s --no-print-directory -C "$top/tools/ioattr" "O=$work/b" \
	CFLAGS="-O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong" \
	"$work/b/libioattr-preload.so" >/dev/null
is "... built with the options of a distribution" '' \
	"$(missing b/libioattr-preload.so)"
unset ASAN_OPTIONS
sees "AddressSanitizer" "asan_test: 100 I/Os by AIO, 0 by io_uring" \
	"$bin/asan_test" single file
sees "... in a child" "asan_test: 100 I/Os by AIO, 0 by io_uring" \
	sh -c "$bin/asan_test single file"
export ASAN_OPTIONS=detect_leaks=0
is "... with options" "verify_asan_link_order=0:detect_leaks=0" \
	"$("$bin/ioattr" run --cache=bypass printenv ASAN_OPTIONS)"
unset ASAN_OPTIONS

#
# What costs nothing must go on costing nothing
#
strace -f -c -e trace=io_getevents -o calls "$bin/ioattr" run --cache=bypass -- \
	"$bin/aio_test" poll file
is "polls of an idle context make no system call" '' \
	"$(grep io_getevents calls)"
strace -f -o calls "$bin/ioattr" run --cache=bypass -- /bin/true
is "a program without I/O makes no system calls of AIO or io_uring" 0 \
	"$(sed '1,/execve(.*bin\/true/d' calls | grep -c 'io_')"

#
# Cgroups, with the attributes of kernel.c
#
figures()
{
	sed -n 's/.*: \([0-9]*\) I\/Os.*tagged \([0-9]*\),.*refused \(.*\)/\1 \2 \3/p' \
		told
}
report()
{
	rm -f told
	with_attributes try --report --output=told "$@"
}
# kernel.c takes any directory; ioattr run does not, if it is there at the start
cgroup=$work/cgroup
for required in "" ,required; do
	mkdir cgroup.real
	ln -s none "$cgroup"
	report --rule "-> cgroup:$cgroup$required" -- sh -c "
		rm $cgroup && mv cgroup.real cgroup &&
		$bin/aio_test remade file $cgroup"
	is "a cgroup that is removed and made again${required/,/, }" \
		"0 15 15 0" "$status $(figures)"
	rmdir cgroup
done
mkdir cgroup.real
ln -s none "$cgroup"
report --rule "-> cgroup:$cgroup" -- sh -c "
	rm $cgroup && mv cgroup.real cgroup &&
	$bin/aio_test away file $cgroup"
is "a cgroup that is away for a while" "0 15 10 5 (ENODEV 5)" \
	"$status $(figures)"
rmdir cgroup
mkdir root
if [ "$(id -u)" = 0 ]; then
	cp file root/file
	mkdir cgroup.real
	ln -s none "$cgroup"
	report --rule "-> cgroup:$cgroup" -- sh -c "
		rm $cgroup && mv cgroup.real cgroup &&
		$bin/aio_test chroot file $work/root"
	is "a program that changes its root directory" "0 10 10 0" \
		"$status $(figures)"
	rmdir cgroup
	# without /proc the path is not known
	report --rule "path:*/file -> cache:bypass" -- \
		"$bin/aio_test" chroot file "$work/root"
	is "... and has no /proc: the path is unknown" "0 10 0 0, unreachable 10" \
		"$status $(figures)"
	with_attributes try --rule "path:*/file -> cache:bypass,required" -- \
		"$bin/aio_test" chroot file "$work/root"
	is "... required: it fails" "1 1" \
		"$status $(cat out err | grep -c 'io_submit(')"
fi
tap_end

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Usage: tools/ioattr/test/preload/host.sh DIR
#
# Test ioattr run on a host, whose kernel need not have attributes, with the
# command, the library and the test programs in DIR: the options, and that
# programs work unchanged. Prints TAP.

# shellcheck source=tools/ioattr/test/preload/host-lib.sh
. "$(dirname "$0")/host-lib.sh"
# shellcheck source=tools/ioattr/test/options.sh
. "$top/tools/ioattr/test/options.sh"
man=$top/tools/ioattr/man/ioattr-run.1

# refuses TEXT ARG...: invalid usage
refuses()
{
	local text=$1
	shift
	says 125 '' "ioattr: $text; see ioattr run --help" \
		"refuses: $*" "$@"
}

#
# --help and the man page
#
try --help
is "help: status 0, nothing on stderr" "0|" "$status|$(cat err)"
is "help: begins with the usage" \
	"Usage: ioattr run [OPTION...] [--] PROGRAM [ARG...]" "$(head -n 1 out)"
is "help: no line is longer than 80" '' "$(grep -E '.{81}' out)"
options_of_help out >in_help
options_of_man "$man" >in_man
is "help: ten options" 10 "$(wc -l <in_help)"
is "man page: has every option of --help, in its words" '' \
	"$(comm -23 in_help in_man)"
is "man page: has no other option" '' "$(comm -13 in_help in_man)"
while IFS=: read -r opt _; do
	case $opt in
	--cache=*) arg='=admit' ;;
	--prio=*) arg='=be:1' ;;
	--rule=*) arg='=op:read' ;;
	*=*) arg=. ; arg="=$arg" ;;
	*) arg= ;;
	esac
	try "${opt%%[=[]*}$arg" --help
	is "takes ${opt%%[=[]*}$arg" "0|" "$status|$(cat err)"
done <in_help

#
# Invalid usage
#
refuses "missing --cache, --cgroup, --prio or --rule"
refuses "missing --cache, --cgroup, --prio or --rule" true
refuses "missing PROGRAM" --cache=bypass
refuses "missing PROGRAM" --cache=bypass --
refuses 'unknown cache hint "none"' --cache=none true
refuses "--cache=bypass,admit: conflicting hints" \
	--cache=bypass,admit true
refuses "--prio=be:8: invalid priority" --prio=be:8 true
refuses "--required needs --cache, --cgroup or --prio" --required true
refuses "--output needs --report" --cache=bypass --output=x true
refuses "--exec cannot be combined with --report" --cache=bypass --exec \
	--report true
refuses '--rule=op:x: "op:x": must be read or write' --rule=op:x true
refuses "--rule=: empty rule" --rule= true
refuses "--rule=op:read: no action, and no option gives one" \
	--rule=op:read true
says 125 '' "ioattr: --rule=a
b: contains a line break; see ioattr run --help" \
	"refuses a rule of two lines" --rule="a
b" true
refuses "--cache, --cgroup and --prio have no effect: each rule has actions" \
	--cache=bypass --rule='-> none' true
many=()
for ((i = 0; i < 33; i++)); do many+=(--rule='-> none'); done
refuses "more than 32 rules" "${many[@]}" true
says 0 '' '' "32 rules" "${many[@]:1}" true
says 125 '' "ioattr: /none: No such file or directory" "no such cgroup" \
	--cgroup=/none true
says 125 '' "ioattr: /none/x: No such file or directory" "no such output" \
	--cache=bypass --report --output=/none/x true
for arg in --cgroup=/proc --rule='-> cgroup:/proc'; do
	says 125 '' "ioattr: /proc: not a cgroup2 directory" \
		"not a cgroup: $arg" "$arg" true
done

#
# The program
#
says 127 '' "ioattr: /none: No such file or directory" "no such program" \
	--cache=bypass /none
says 126 '' "ioattr: /: Permission denied" "not a program" --cache=bypass /
# shellcheck disable=SC2016 # for the other shell, here and below
says 7 out err "status, output and arguments of the program" \
	--cache=bypass -- sh -c 'echo out; echo err >&2; exit $1' sh 7
says 143 '' '' "a signal ends the program" --cache=bypass \
	sh -c 'kill $$'
is "standard input" 'in' "$(echo in |
	"$bin/ioattr" run --cache=bypass cat)"
says 0 "" "ioattr: $(command -v busybox): a library cannot be loaded\
 (statically linked): its I/O is not changed
ioattr: $bin/libioattr-preload.so was not loaded into busybox: its I/O was not\
 changed" "a static program" --cache=bypass busybox true
says 125 "" "ioattr: $(command -v busybox): a library cannot be loaded\
 (statically linked): required attributes cannot be added; omit required, or\
 use another build of the program" \
	"... required: it is not started" \
	--cache=bypass --required busybox true
for odd in "a b" a:b "a\$LIB"; do
	mkdir "$odd"
	cp "$bin/libioattr-preload.so" "$odd"
	is "no library: invalid path \"$odd\" for LD_PRELOAD" \
		"125|ioattr: $work/$odd/libioattr-preload.so: LD_PRELOAD does not allow spaces, colons and dollar signs in a name; set IOATTR_PRELOAD to another one" \
		"$(IOATTR_PRELOAD=$odd/libioattr-preload.so "$bin/ioattr" run \
			--cache=bypass true >out 2>err; echo "$?|$(cat err)")"
done
mkdir rel
cp "$bin/libioattr-preload.so" rel
is "a relative name of the library" "0|" \
	"$(IOATTR_PRELOAD=rel/libioattr-preload.so "$bin/ioattr" run \
		--cache=bypass sh -c 'cd / && true' >out 2>err
	echo "$?|$(cat err)")"
is "LD_PRELOAD is extended" "$bin/libioattr-preload.so:libm.so.6" \
	"$(LD_PRELOAD=libm.so.6 "$bin/ioattr" run --cache=bypass printenv \
		LD_PRELOAD)"
is "no library" "125|ioattr: /none: No such file or directory" \
	"$(IOATTR_PRELOAD=/none "$bin/ioattr" run --cache=bypass true \
		>out 2>err; echo "$?|$(cat err)")"
mkdir prefix
make -s --no-print-directory -C "$top/tools/ioattr" "O=$work/b" \
	"PREFIX=$work/prefix" install >/dev/null
"$work/prefix/bin/ioattr" run --cache=bypass true >out 2>err
is "the installed library" "0|" "$?|$(cat err)"
# packages may be built with another prefix, and are installed below DESTDIR
lib=/usr/lib/x86_64-linux-gnu
make -s --no-print-directory -C "$top/tools/ioattr" "O=$work/b" \
	"DESTDIR=$work/dest" PREFIX=/usr LIBDIR=$lib install >/dev/null
"$work/dest/usr/bin/ioattr" run --cache=bypass true >out 2>err
is "built, then installed with another prefix" "0|" "$?|$(cat err)"
rm "$work/dest$lib/ioattr/libioattr-preload.so"
"$work/dest/usr/bin/ioattr" run --cache=bypass true >out 2>err
is "... which the command knows" \
	"125|ioattr: $lib/ioattr/libioattr-preload.so: No such file or directory; set IOATTR_PRELOAD to its path" \
	"$?|$(cat err)"

#
# Programs work unchanged, with or without attributes in the kernel
#
make_file file
cp file other
for scene in single batch reuse threads ring errors children clones sizes \
	daemons "reopen other"; do
	read -r name other <<<"$scene"
	"$bin/aio_test" "$name" file ${other:+"$other"} >out 2>err
	is "$name: without ioattr" "0||" "$?|$(cat out)|$(cat err)"
	[ "$name" != sizes ] || cp other file
	for rule in '-> cache:bypass,prio:be:5' 'path:/none -> cache:bypass'; do
		try --report --output=told --rule "$rule" -- \
			"$bin/aio_test" "$name" file ${other:+"$other"}
		is "$name: --rule='$rule'" "0|" "$status|$(cat out)"
		[ "$name" != sizes ] || cp other file
	done
done
"$bin/uring_test" single file >out 2>err
is "io_uring: without ioattr" "0||" "$?|$(cat out)|$(cat err)"
"$bin/plugin_test" "$bin/uring_plugin.so" single file >out 2>err
is "io_uring of a plugin: without ioattr" "0||" "$?|$(cat out)|$(cat err)"
for rule in '-> cache:bypass,prio:be:5' 'path:/none -> cache:bypass'; do
	try --report --output=told --rule "$rule" -- \
		"$bin/uring_test" single file
	is "io_uring: --rule='$rule'" "0|" "$status|$(cat out)"
	try --report --output=told --rule "$rule" -- \
		"$bin/plugin_test" "$bin/uring_plugin.so" single file
	is "io_uring of a plugin: --rule='$rule'" "0|" "$status|$(cat out)"
done

for scene in raw registered; do
	for rule in '-> cache:bypass' 'path:/none -> cache:bypass'; do
		try --rule "$rule" -- "$bin/uring_test" $scene file
		is "io_uring, $scene: --rule='$rule'" "0|" "$status|$(cat out)"
	done
done

# a signal handler may make the first call; dlsym(3) must not be called in it
export LD_DEBUG=symbols LD_BIND_NOW=1
try --rule 'path:/none -> cache:bypass' -- "$bin/aio_test" maps file
unset LD_DEBUG LD_BIND_NOW
is "mmap and munmap: looked up before the call" "0||here" \
	"$status|$(cat out)|$(sed '1,/^here$/d' err |
		grep -E 'symbol=(mmap|mmap64|munmap)(;|$)')$(grep -x here err)"

export IOATTR_PRELOAD=$bin/aio-only/libioattr-preload.so
is "without headers of liburing: no functions of liburing" '' \
	"$(nm -D --defined-only "$IOATTR_PRELOAD" | grep uring)"
for program in aio_test uring_test; do
	try --cache=bypass --report --output=told -- \
		"$bin/$program" single file
	is "... $program" "0|" "$status|$(cat out)"
done
is "... io_uring is not intercepted" '' "$(grep '^uring_test' told)"
unset IOATTR_PRELOAD

# not honoured: the kernel has no attributes, or the I/O is not direct
try --cache=bypass --required --report --output=told -- \
	"$bin/uring_test" refused file
is "required, io_uring: each I/O is rejected" "0|" "$status|$(cat out)"
is "... without a message about unchanged I/O" '' "$(grep 'not changed' err)"
try --rule 'op:write -> cache:bypass' --rule 'op:read -> cache:bypass,required' \
	-- "$bin/aio_test" reads-refused file
is "required, AIO: each matching I/O is rejected" "0|" \
	"$status|$(cat out)"
for s in 126 127; do
	rm -f told
	# shellcheck disable=SC2016
	try --cache=bypass --report --output=told -- \
		sh -c '"$1" single file; exit $2' sh "$bin/aio_test" $s
	is "a program with exit status $s: report" \
		"$s|100 I/Os by AIO" \
		"$status|$(sed -n 's/^aio_test.*: \(.* AIO\),.*/\1/p' told)"
done
for engine in libaio io_uring; do
	try --cache=writeback -- fio --name=x --filename=file --size=600k \
		--direct=1 --ioengine=$engine --iodepth=8 --bs=4k --rw=randrw \
		--verify=crc32c --verify_fatal=1
	is "fio $engine" 0 "$status"
done
for how in native io_uring; do
	try --cache=bypass -- qemu-img bench -f raw -c 100 -d 8 -s 4096 -w \
		--pattern=90 -i $how -t none file
	is "qemu-img $how" 0 "$status"
	is "... the data is correct" 0 "$(head -c 409600 file | tr -d Z | wc -c)"
done
for s in aiol io-uring aio; do
	try --cache=bypass -- stress-ng --$s 1 --$s-ops 50 --verify
	is "stress-ng --$s" 0 "$status"
done
tap_end

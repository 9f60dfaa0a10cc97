#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Usage: tools/ioattr/test/cmd/command.sh IOATTR
#
# Test the command on a host, whose kernel need not have attributes: the command
# line, I/O without attributes, and errors. Prints TAP.

set -u
[ "${1:-}" != --help ] || { sed -n '3,/^$/{s/^# \{0,1\}//p}' "$0"; exit 0; }
[ $# = 1 ] || { echo "${0##*/}: see --help" >&2; exit 1; }
ioattr=$(realpath "$1")
man=$(cd "$(dirname "$0")/../.." && pwd)/man/ioattr.1
# shellcheck source=tools/ioattr/test/host-lib.sh
. "$(dirname "$0")/../host-lib.sh"

# moves BYTES IOS NAME ARG...: success and this summary
moves()
{
	local bytes=$1 ios=$2 name=$3
	shift 3
	says 0 '' "$bytes bytes in $ios I/Os" "$name" "$@"
}

# refuses TEXT ARG...: invalid usage
refuses()
{
	local text=$1
	shift
	says 1 '' "ioattr: $text; see ioattr $1 --help" "refuses: $*" "$@"
}

# misused TEXT ARG...: the same with a message of getopt_long()
misused()
{
	local text=$1
	shift
	says 1 '' "ioattr $1: $text
see ioattr $1 --help" "refuses: $*" "$@"
}

# fails TEXT NAME ARG...: valid usage, but an error
fails()
{
	local text=$1 name=$2
	shift 2
	says 1 '' "ioattr: $text" "$name" "$@"
}

# same NAME FILE FILE: compare files
same()
{
	is "$1" same "$(cmp "$2" "$3" 2>&1 && echo same)"
}

# slice FILE OFFSET LENGTH: print a part of a file
slice()
{
	tail -c +$(($2 + 1)) "$1" | head -c "$3"
}

# fill BYTE LENGTH: print LENGTH bytes
fill()
{
	head -c "$2" /dev/zero | LC_ALL=C tr '\0' "$1"
}

max=4611686018427387903

#
# --help and the man page
#
try --help
is "help: status 0, nothing on stderr" "0|" "$status|$(cat err)"
is "help: begins with the usage" "Usage: ioattr COMMAND [OPTION...] [ARG...]" \
	"$(head -n 1 out)"
is "help: no line is longer than 80" '' "$(grep -E '.{81}' out)"
sed -n 's/^  \([a-z]*\) .*/\1/p' out >commands
is "help: the commands" "read write probe set scope run trace top" "$(xargs <commands)"
while read -r c; do
	try "$c" --help
	is "$c: help: status 0, nothing on stderr" "0|" "$status|$(cat err)"
	is "$c: help: begins with the usage" 1 \
		"$(head -n 1 out | grep -cE "^Usage: ioattr ([a-z]*\|)?$c\>")"
	is "$c: help: no line is longer than 80" '' "$(grep -E '.{81}' out)"
done <commands
# a line "read FILE: description" per command
"$ioattr" --help | awk '/^  [a-z]/ {
	args = substr($0, 9, 13)
	sub(/ *$/, "", args)
	print $1 (args == "" ? "" : " " args) ": " substr($0, 23)
}' | sort >in_help
awk '
	/^\.It Cm/ {
		cmd = $0
		sub(/^\.It Cm /, "", cmd)
		sub(/ Op Fl - Ar COMMAND/, " [-- COMMAND]", cmd)
		sub(/ Op Ar FILE/, " [FILE]", cmd)
		sub(/ Op Ar PROGRAM/, " [PROGRAM]", cmd)
		sub(/ Op Ar PID \| TID \.\.\./, " [PID|TID...]", cmd)
		sub(/ Ar /, " ", cmd)
		getline
		sub(/\.$/, "")
		if (cmd ~ /^(read|write|probe|set|scope|run|trace|top)( |$)/)
			print cmd ": " $0
	}' "$man" | sort >in_man
is "man page: has every command of --help, in its words" "$(cat in_help)" \
	"$(cat in_man)"
is "... which are eight" 8 "$(wc -l <in_help)"
try read --help
cp out help
try write --bs=1K --help nothing
is "help: among other options" "0|$(cat help)|" \
	"$status|$(cat out)|$(cat err)"

options_of_help help >in_help
options_of_man "$man" >in_man
is "help: twenty-three options" 23 "$(wc -l <in_help)"
is "man page: has every option of --help, in its words" '' \
	"$(comm -23 in_help in_man)"
is "man page: has no other option" '' "$(comm -13 in_help in_man)"
while IFS=: read -r opt _; do
	# an argument that all of these options accept
	case $opt in
	--cache=*) arg='=admit' ;;
	--prio=*) arg='=be:1' ;;
	--pi-check=*) arg='=guard' ;;
	*=*) arg='=1' ;;
	*) arg= ;;
	esac
	try read "${opt%%[=[]*}$arg" --help
	is "takes ${opt%%[=[]*}$arg" "0|" "$status|$(cat err)"
done <in_help

#
# Invalid usage
#
fails "missing command; see ioattr --help" "no command"
says 0 "ioattr $(sed -n 's/^.define IOATTR_VERSION_[MP][A-Z]*[[:space:]]*//p' \
	"${man%/man/*}/include/ioattr.h" | paste -sd .)" '' "--version" --version
for c in copy --bs=4K ''; do
	fails "unknown command \"$c\"; see ioattr --help" "no such command: $c" \
		"$c" x
done
refuses "missing FILE" read
refuses "missing FILE" write --pattern=1
refuses 'unexpected argument "y"' read x y
refuses 'unexpected argument "y"' probe x y
misused "unrecognized option '--cache=bypass'" probe --cache=bypass x
refuses "--required needs --cache, --cgroup, --proxy, --prio or --pi" \
	read --required x
refuses "--required needs --cache, --cgroup, --proxy, --prio or --pi" \
	read --required --report x
for p in '' rt:8 rt: rt:-1 be:10 idle:1 none:1 be0 rtx 4; do
	refuses "--prio=$p: invalid priority" read "--prio=$p" x
done
refuses "--proxy=0 is less than 1" read --proxy=0 x
refuses "--proxy=self: invalid number" read --proxy=self x
refuses "--proxy=2147483648 is more than 2147483647" read --proxy=2147483648 x
refuses "--proxy-pidfd: only one process can be given" \
	read --proxy=1 --proxy-pidfd=1 x
refuses "--pattern and --input are options of write" read --pattern=1 x
refuses "--pattern and --input are options of write" read --input=y x
refuses "--output is an option of read" write --output=y x
refuses "--output cannot be combined with --random" read --random --output=y x
refuses "missing --length" write x
refuses "missing --length" write --pattern=0 x
refuses "missing --length" write --input=y x
refuses "missing --pattern or --input" write --length=4K x
refuses "--pattern cannot be combined with --input" \
	write --length=4K --pattern=0 --input=y x
refuses "--input cannot be combined with --random" \
	write --length=4K --random --input=y x
refuses "--bs times --depth is more than 1073741824" read --bs=512M --depth=3 x
misused "unrecognized option '--fast'" read --fast x
misused "invalid option -- 'x'" read -x
misused "option '--bs' requires an argument" read x --bs
misused "option '--report' doesn't allow an argument" read --report=1 x
misused "option '--re' is ambiguous; possibilities: '--required' '--report'" \
	read --re x

# protection information
for o in --pi-check=guard --app-tag=0 --seed=0; do
	refuses "--pi-check, --app-tag and --seed need --pi" read $o x
done
for o in guards gua "guard," ",app" '' all; do
	refuses "unknown tag \"$([ "$o" = guard, ] || [ "$o" = ,app ] ||
		echo "$o")\"" read "--pi-check=$o" --pi=y x
done
refuses "--app-tag=65536 is more than 65535" read --pi=y --app-tag=65536 x
refuses "--pi cannot be combined with --random" read --pi=y --random x
refuses "--pi and --output are the same file" read --pi=y --output=y x
for o in guard app,ref guard,ref,app ref,ref; do
	fails "x: No such file or directory" "takes --pi-check=$o" \
		write --pi=y --pi-check=$o --pattern=0 --length=4K x
done

# hints
refuses 'unknown cache hint "fast"' read --cache=fast x
refuses 'unknown cache hint "fast"' read --cache=bypass,fast x
refuses 'unknown cache hint "by"' read --cache=by x
refuses 'unknown cache hint "bypassed"' read --cache=bypassed x
refuses 'unknown cache hint ""' read --cache= x
refuses 'unknown cache hint ""' read --cache=bypass, x
refuses 'unknown cache hint ""' read --cache=,bypass x
for hint in bypass admit writethrough writeback writearound bypass,writeback; do
	fails "x: No such file or directory" "takes --cache=$hint" \
		write "--cache=$hint" --pattern=0 --length=4K x
done

# numbers
for opt in offset length bs depth random pattern app-tag seed; do
	verb='read'
	[ $opt != pattern ] || verb='write'
	for v in abc '' ' 1' +1 -1 1X 1k 1KB 1KK 1.5 0x 08 '1 '; do
		refuses "--$opt=$v: invalid number" $verb "--$opt=$v" x
	done
done
for v in 4611686018427387904 4398046511104M 9223372036854775807 \
	 9223372036854775808 99999999999999999999 4294967296G 4194304T \
	 0x4000000000000000
do
	refuses "--offset=$v is more than $max" read --offset=$v x
done
refuses "--length=4503599627370496K is more than $max" \
	read --length=4503599627370496K x
refuses "--length=0 is less than 1" read --length=0 x
refuses "--bs=0 is less than 1" read --bs=0 x
refuses "--bs=0K is less than 1" read --bs=0K x
refuses "--bs=1073741825 is more than 1073741824" read --bs=1073741825 x
refuses "--bs=2G is more than 1073741824" read --bs=2G x
refuses "--depth=0 is less than 1" read --depth=0 x
refuses "--depth=257 is more than 256" read --depth=257 x
refuses "--random=0 is less than 1" read --random=0 x
refuses "--pattern=256 is more than 255" write --pattern=256 x
refuses "--pattern=1K is more than 255" write --pattern=1K x
for v in $max 4611686018427387903 4294967295G 4398046511103M 4194303T 0x10 010; do
	fails "x: No such file or directory" "takes --offset=$v" \
		read "--offset=$v" "--length=$v" x
done

# sizes and offsets in a file
truncate -s 3G sizes
for at in 1024 1048576 1073741824 2147483648; do
	printf '%-10s' $at | dd of=sizes bs=1 seek=$at conv=notrunc status=none
done
while read -r v at; do
	try read --buffered "--offset=$v" --length=10 --output=o sizes
	is "--offset=$v is $at" "0|10 bytes in 1 I/Os|$at" \
		"$status|$(without_rate err)|$(xargs <o)"
done <<END
1024 1024
1K 1024
0x400 1024
02000 1024
1M 1048576
1024K 1048576
1G 1073741824
2G 2147483648
2048M 2147483648
END
moves 1048576 256 "--length=1M" read --buffered --length=1M sizes
says 1 '' "ioattr: sizes: unexpected end: 0 of 1073741824 bytes at 3221225472
0 bytes in 1 I/Os" "--length=1T" \
	read --buffered --offset=3G --length=1T --bs=1G sizes
moves 1048576 1 "--bs=1M" read --buffered --bs=1M --length=1M sizes
rm sizes

#
# Plain I/O
#
seq 1 100000 | head -c 263378 >data	# 64 blocks of 4K, and 1234 bytes
fill x 65536 >old
direct=yes
try read data
if [ "$status" != 0 ]; then
	direct=
	is "direct I/O: not supported by the file system" \
		"1|ioattr: data: no direct I/O; see --buffered" \
		"$status|$(cat err)"
fi
for mode in ${direct:+direct} buffered; do
	opt=()
	[ "$mode" = direct ] || opt=(--buffered)

	moves 263378 65 "$mode: read and discard" \
		read ${opt[@]+"${opt[@]}"} data
	for o in --bs=4K --bs=64K --bs=1M --depth=2 --depth=256 \
		 "--bs=8K --depth=7"; do
		bs=4096
		case $o in
		*bs=8K*) bs=8192 ;;
		*bs=64K*) bs=65536 ;;
		*bs=1M*) bs=1048576 ;;
		esac
		rm -f o
		# shellcheck disable=SC2086 # one option or two
		moves 263378 $(((263378 + bs - 1) / bs)) \
			"$mode: read all, $o" \
			read ${opt[@]+"${opt[@]}"} $o --output=o data
		same "... the data" data o
	done

	moves 12288 3 "$mode: read a part" read ${opt[@]+"${opt[@]}"} \
		--offset=4K --length=12K --output=o data
	slice data 4096 12288 >e
	same "... the data" e o
	moves 20480 3 "$mode: a length that is not a multiple of --bs" \
		read ${opt[@]+"${opt[@]}"} --bs=8K --length=20K --output=o data
	slice data 0 20480 >e
	same "... the data" e o
	moves 1234 1 "$mode: read the end only" read ${opt[@]+"${opt[@]}"} \
		--offset=256K --output=o data
	slice data 262144 1234 >e
	same "... the data" e o

	# the previous content of --output is discarded
	cp old o
	moves 4096 1 "$mode: read to an existing file" \
		read ${opt[@]+"${opt[@]}"} --length=4K --output=o data
	slice data 0 4096 >e
	same "... it is truncated first" e o

	moves 262144 64 "$mode: read in random order" \
		read ${opt[@]+"${opt[@]}"} --random --length=256K --depth=4 data

	cp old w
	moves 65536 16 "$mode: write" write ${opt[@]+"${opt[@]}"} \
		--pattern=0 --length=64K w
	fill '\0' 65536 >e
	same "... zeros in the whole file" e w
	for depth in 1 7; do
		cp old w
		slice data 0 65536 >e
		moves 65536 16 "$mode: write a file, depth $depth" \
			write ${opt[@]+"${opt[@]}"} --input=data \
			--depth=$depth --length=64K w
		same "... all of it" e w
		cp old w
		status=0
		# shellcheck disable=SC2002 # a pipe is the point
		cat data | "$ioattr" write ${opt[@]+"${opt[@]}"} --input=- \
			--depth=$depth --length=64K w 2>err || status=$?
		is "$mode: write standard input, depth $depth" \
			"0|65536 bytes in 16 I/Os" "$status|$(without_rate err)"
		same "... all of it" e w
		"$ioattr" read ${opt[@]+"${opt[@]}"} --output=- --bs=8K \
			--depth=$depth data 2>err | cat >o
		is "$mode: read to a pipe, depth $depth" \
			"263378 bytes in 33 I/Os" "$(without_rate err)"
		same "... all of it, in order" data o
	done
	cp old w
	moves 20480 3 "$mode: write a part" write ${opt[@]+"${opt[@]}"} \
		--pattern=0xa5 --bs=8K --offset=8K --length=20K --depth=2 w
	{ fill x 8192; fill '\245' 20480; fill x 36864; } >e
	same "... and nothing else changes" e w
	moves 8192 2 "$mode: write after the end" \
		write ${opt[@]+"${opt[@]}"} --pattern=98 --offset=64K \
		--length=8K w
	fill b 8192 >>e
	same "... and the file grows" e w

	# each seed has its own order, which the written blocks show
	for seed in 7 7 8; do
		cp old w$seed
		[ ! -e first ] || cp old w$seed
		moves 65536 128 "$mode: write in the random order $seed" \
			write ${opt[@]+"${opt[@]}"} --bs=512 --depth=1 \
			--random=$seed --pattern=1 --length=64K w$seed
		[ -e first ] || mv w$seed first
	done
	same "... the same seed: the same blocks" first w7
	is "... another seed: other blocks" 1 "$(cmp -s w7 w8; echo $?)"
	is "... and not all of them" 1 \
		"$(cmp -s w7 <(fill '\1' 65536); echo $?)"
	rm first w7 w8
done

# errors of direct I/O, unless the file system supports it
if [ -n "$direct" ]; then
	whole="invalid argument: for direct I/O, --offset, --length and --bs must\
 be multiples of the block size"
	for o in --offset=1000 --bs=1000 --length=1000; do
		try read "$o" data
		case $status in
		0) is "direct: the file system accepts $o" 0 0 ;;
		*) is "direct: $o is rejected" "1||ioattr: data: $whole" \
			"$status|$(cat out)|$(cat err)" ;;
		esac
	done
fi

moves 5000 6 "buffered: odd numbers" read --buffered --offset=1001 \
	--length=5000 --bs=999 --depth=3 --output=o data
slice data 1001 5000 >e
same "... the data" e o
cp old w
moves 777 111 "buffered: odd numbers" write --buffered --offset=3 \
	--length=777 --bs=7 --pattern=98 --depth=9 w
{ fill x 3; fill b 777; fill x 64756; } >e
same "... the data" e w
moves 1048576 256 "a device without a size" \
	read --buffered --length=1M --output=o /dev/zero
fill '\0' 1048576 >e
same "... the data" e o

#
# Errors
#
: >empty
mkdir dir
fails "none: No such file or directory" "read a missing file" read none
fails "none: No such file or directory" "write a missing file" \
	write --pattern=0 --length=4K none
is "... which is not created" 1 "$([ -e none ]; echo $?)"
fails "none/x: No such file or directory" "read in a missing directory" \
	read none/x
for verb in read "write --pattern=0 --length=4K"; do
	# shellcheck disable=SC2086 # a command and its options
	fails "dir: Is a directory" "$verb a directory" $verb dir
	# shellcheck disable=SC2086 # likewise
	fails "dir: Is a directory" "$verb a directory, buffered" \
		$verb --buffered dir
done
fails "empty: nothing to read at 0: the file ends at 0; see --length" \
	"read an empty file" read --buffered empty
fails "data: nothing to read at 263378: the file ends at 263378; see\
 --length" "read at the end" read --buffered --offset=263378 data
fails "data: nothing to read at 1073741824: the file ends at 263378; see\
 --length" "read after the end" read --buffered --offset=1G data
fails "/dev/zero: nothing to read at 0: the file ends at 0; see --length" \
	"a device without a size needs --length" read --buffered /dev/zero
fails "/proc/version: no direct I/O; see --buffered" \
	"no direct I/O" read /proc/version

for verb in read "write --pattern=0 --length=4K"; do
	# shellcheck disable=SC2086 # a command and its options
	fails "data: no protection information" \
		"$verb: no protection information" \
		$verb --buffered --pi=tags data
	is "... and no file is created" 1 "$([ -e tags ]; echo $?)"
done

says 1 '' "ioattr: data: unexpected end: 1234 of 4096 bytes at 262144
263378 bytes in 65 I/Os" "a file that is shorter than --length" \
	read --buffered --length=1M --output=o data
same "... the data" data o
says 1 '' "ioattr: empty: unexpected end: 0 of 4096 bytes at 0
0 bytes in 1 I/Os" "an empty file and a --length" \
	read --buffered --length=1M empty
status=0
(trap '' XFSZ; ulimit -f 10; exec "$ioattr" write --buffered --depth=1 \
	--pattern=0 --length=16K w) >out 2>err || status=$?
is "a write that ends early" "1||ioattr: w: unexpected end: 2048 of 4096 bytes at\
 8192
10240 bytes in 3 I/Os" "$status|$(cat out)|$(without_rate err)"
says 1 '' "ioattr: /dev/full: No space left on device
4096 bytes in 1 I/Os" "read to a full device" \
	read --buffered --output=/dev/full data
fails "none/o: No such file or directory" "output in a missing directory" \
	read --buffered --output=none/o data
fails "dir: Is a directory" "output to a directory" \
	read --buffered --output=dir data
cp data copy
ln copy link
ln -s copy symlink
for o in copy ./copy link symlink; do
	fails "$o: same file as the input" "output to the input: $o" \
		read --buffered --output=$o copy
done
same "... which is unchanged" data copy
mkfifo fifo
cat fifo >piped &
moves 263378 65 "output to a named pipe" \
	read --buffered --depth=5 --output=fifo data
wait $!
same "... is the data" data piped
fails "none: No such file or directory" "input that is missing" \
	write --buffered --input=none --length=4K w
says 1 '' "ioattr: data: unexpected end of file
262144 bytes in 64 I/Os" "input that is too short" \
	write --buffered --input=data --offset=4K --length=260K w
status=0
"$ioattr" read --buffered --output=- data >>copy 2>err || status=$?
is "output to a standard output that is not the input" 0 "$status"
# shellcheck disable=SC2094 # the same file is the point
"$ioattr" read --buffered --output=- copy 2>err >>copy
is "output to a standard output that is the input" \
	"ioattr: -: same file as the input" "$(cat err)"

# the rate is that of the bytes and the time, which are rounded
"$ioattr" read --buffered --bs=64K --length=64M /dev/zero 2>err
is "the rate" right "$(sed -n 's/^\([0-9]*\) bytes .*, \([0-9.]*\) s, \([0-9.]*\) MiB\/s$/\1 \2 \3/p' err |
	awk '{ least = $1 / 1048576 / ($2 + 0.0005) - 0.05
		most = $2 > 0.0005 ? $1 / 1048576 / ($2 - 0.0005) + 0.05 : 1e9
		print least <= $3 && $3 <= most ? "right" : $0 }')"

#
# Attributes, whether the kernel supports them or not
#
try probe
cp out probe
probed=$status
case $probed in
2)
	none=$(cat probe)
	case $none in
	"this kernel has no per-I/O attributes") ;;
	"this kernel was built without per-I/O attributes"*) ;;
	*) none="no message" ;;
	esac
	is "probe: this kernel has no attributes" "$none|" \
		"$(cat probe)|$(cat err)"
	says 2 "$none" '' "probe with a file: the same message" probe data
	for o in --cache=bypass --report "--cache=bypass --required" \
		 "--cache=writeback,writethrough"; do
		# shellcheck disable=SC2086 # one option or two
		fails "data: $none" "read $o: message" \
			read --buffered $o data
		cp old w
		# shellcheck disable=SC2086
		fails "w: $none" "write $o: message" \
			write --buffered $o --pattern=1 --length=64K w
		same "... and nothing is written" old w
	done
	;;
*)
	is "probe: this kernel has attributes" \
		"0|this kernel has per-I/O attributes|report: yes|1|5" \
		"$probed|$(sed -n 1p probe)|$(sed -n 2p probe)|$(grep -cE \
		'^sets: (yes|no)$' probe)|$(grep -c '^cache [a-z]*: known$' \
		probe)"
	says 1 "$(cat probe)" "ioattr: none: No such file or directory" \
		"probe a missing file" probe none
	says 0 '' "263378 bytes in 65 I/Os, cache honoured for 0" \
		"no hint is honoured for buffered I/O" \
		read --buffered --cache=bypass --report data
	fails "data: --required: not supported for this buffered I/O: omit\
 --buffered" \
		"--required and --buffered" \
		read --buffered --cache=bypass --required data
	fails "data: conflicting hints: bypass and admit, or several write policies" \
		"conflicting hints" \
		read --buffered --cache=bypass,admit data
	;;
esac

tap_end

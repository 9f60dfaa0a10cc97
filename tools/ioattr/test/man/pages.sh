#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Usage: tools/ioattr/test/man/pages.sh DIR
#
# Test the manual pages and the installed files on a host: install to DIR/root,
# compile the synopses and examples of the pages with these files, and compare
# the pages with the headers and the library. Runs examples in DIR/shared, and
# leaves all in DIR/static for a guest. Prints TAP.

set -euo pipefail
export LC_ALL=C
[ "${1:-}" != --help ] || { sed -n '3,/^$/{s/^# \{0,1\}//p}' "$0"; exit 0; }
[ $# = 1 ] || { echo "${0##*/}: see --help" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
src=$(cd "$here/../.." && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)
root=$work/root
man=$root/usr/local/share/man
# shellcheck source=tests/tap.sh
. "$src/../../tests/tap.sh"

# silent NAME COMMAND...: the command succeeds and prints nothing
silent()
{
	local name=$1 status=0
	shift
	"$@" >"$work/out" 2>&1 </dev/null || status=$?
	is "$name" "0|" "$status|$(head -n 6 "$work/out")"
}

cd "$work"
mkdir -p examples shared static
make -s --no-print-directory -C "$src" WERROR=1 "O=$work/build" "DESTDIR=$root" \
	install

# what was installed, and nothing else is looked at from here on
export PKG_CONFIG_SYSROOT_DIR=$root
export PKG_CONFIG_LIBDIR=$root/usr/local/lib/pkgconfig
flags=$(pkg-config --cflags libioattr)
shared=$(pkg-config --libs libioattr)
static=$(pkg-config --static --libs libioattr)
read -ra flags <<<"$flags"
read -ra shared <<<"$shared"
read -ra static <<<"$static"
export LD_LIBRARY_PATH=$root/usr/local/lib
warn=(-Wall -Wextra -Werror)

is "install: these files" "$(sed '/^#/d' "$here/installed" | sort)" \
	"$(cd "$root" && find . -type f -printf '%P\n' -o \
		-type l -printf '%P -> %l\n' | sort)"
is "install: the version of the library is that of pkg-config" \
	"libioattr.so.$(pkg-config --modversion libioattr)" \
	"$(readlink "$root/usr/local/lib/libioattr.so.1")"

#
# Names: those of the map, of the headers and of the pages
#
sed -n 's/^\t\t\(ioattr_[a-z0-9_]*\);$/\1/p' "$src/lib/libioattr.map" | sort >map
nm -D --defined-only "$root/usr/local/lib/libioattr.so" |
	awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort >exported
is "the library exports what the map lists" "$(cat map)" "$(cat exported)"
# what the headers declare, after the preprocessor, each on a line of its own
declared()
{
	printf '#define _GNU_SOURCE\n#include <%s>\n' "$1" |
		gcc -std=c11 -E "${flags[@]}" - |
		awk -v dir="$root/usr/local/include/" '
			/^# [0-9]/ { ours = index($3, "\"" dir) == 1; next }
			ours' | tr '\n{}' ' ;;' |
		sed 's/#pragma[^;]*(default)//g; s/; */;\n/g' |
		sed -nE 's/^.+[ *]((ioattr|io_uring)_[a-z0-9_]*)\([^()]*\) *;$/\1/p'
}
{
	declared ioattr-aio.h
	declared liburing-attr.h
} | sort -u >headers
is "the headers declare what the map lists, and what is inline" \
	"$(cat map)" "$(grep -vxE 'io_uring_.*|ioattr_cap_honoured|ioattr_init|ioattr_probe|ioattr_prep_(read|write|sqe).*|ioattr_uring_flags|ioattr_cqe_honoured' headers)"
(cd "$man/man3" && ls) | sed 's/\.3$//' | sort >pages
is "each function has a page, and each page a function" \
	"$(cat headers)" "$(cat pages)"


#
# Pages
#
synopsis()
{
	mandoc -T utf8 -O width=400 "$1" | col -b | awk '
		/^[A-Z]/ { on = /^SYNOPSIS/; next }
		on'
}
for page in "$man"/man[237]/*; do
	name=$(basename "$page")
	so=$(sed -n '1s/^\.so //p' "$page")
	if [ -n "$so" ]; then
		is "$name: another page, with its name" "1 line, ${name%.3}" \
			"$(wc -l <"$page") line, $(sed -n 's/^\.Nm \([a-z0-9_]*\).*/\1/p' \
			"$man/$so" | grep -x "${name%.3}")"
		continue
	fi
	silent "$name: mandoc" mandoc -T lint -W warning "$page"
	silent "$name: its examples" awk -v "dir=$work/examples" \
		-f "$here/examples.awk" "$page"
	is "$name: it has some" yes "$(! grep -q '^\.\\" example ' "$page" ||
		echo yes)"
	if [ "${name##*.}" = 2 ]; then
		silent "$name: groff" groff -man -t -ww -z -Tutf8 "$page"
		is "$name: its sections" "NAME LIBRARY SYNOPSIS DESCRIPTION\
 RETURN VALUE ERRORS STANDARDS HISTORY NOTES EXAMPLES SEE ALSO" \
			"$(sed -n 's/^\.SH //p' "$page" | paste -sd ' ')"
	fi
	[ "${name##*.}" = 3 ] || continue
	is "$name: its sections" "NAME LIBRARY SYNOPSIS DESCRIPTION\
 RETURN VALUES EXAMPLES ERRORS SEE ALSO HISTORY" \
		"$(sed -n 's/^\.Sh //p' "$page" | paste -sd ' ')"
done
# what pages of section 1 there are depends on more than the library
is "the pages refer to pages that are there" "" \
	"$(sed -nE 's/^\.(Xr|BR) (ioattr[a-z0-9_]*|iocb_attr[a-z_]*|io_uring[a-z_]*attr[a-z_]*) \(?([237]).*/\2.\3/p' \
		"$man"/man[237]/* | sort -u | while read -r page; do
			[ -e "$man/man${page##*.}/$page" ] || echo "$page"
		done)"
# whoever does I/O says what comes of it on each kind of kernel
for args in examples/*.args; do
	kinds=prints
	! grep -qw DEVICE "$args" || kinds="off older prints"
	name=$(basename "$args" .args)
	is "$name: what comes of it is told" yes "$(for k in $kinds; do
			[ -s "${args%.args}.$k" ] || echo "no $k"
		done | grep . || echo yes)"
done

# one line each, so that apropos(1) and whatis(1) find what was meant
is "the pages have a line each about themselves" "" \
	"$(sed -n 's/^\.Nd //p' "$man"/man?/*.[137] | sort | uniq -d)"

for page in "$man"/man3/*; do
	grep -q '^\.so ' "$page" && continue
	name=$(basename "$page")
	# what a reader sees is what a compiler gets: a wrong prototype is one
	# that conflicts with the header's
	{
		echo '#define _GNU_SOURCE'
		synopsis "$page"
	} >"$name.c"
	silent "$name: its synopsis is that of the header" gcc -std=c11 \
		"${warn[@]}" "${flags[@]}" -fsyntax-only "$name.c"
	is "$name: its synopsis has the functions that it names" \
		"$(sed -n '/^\.Sh NAME/,/^\.Nd/s/^\.Nm \([a-z0-9_]*\).*/\1/p' \
			"$page" | sort)" \
		"$(sed -nE 's/.*[ *]([a-z0-9_]+)\(.*\);$/\1/p' "$name.c" | sort)"
done
add=$src/man/io_submit.2.add
silent "io_submit.2.add: mandoc" mandoc -T lint -W warning "$add"
silent "io_submit.2.add: groff" groff -man -t -ww -z -Tutf8 "$add"

# makes_call FILE: it is an example of iocb_attr_create(2), with the headers of
# a kernel that has it
makes_call()
{
	grep -q SYS_iocb_attr_create "$1"
}

#
# Examples: as C and as C++, with the library shared and static
#
for file in examples/*.c; do
	name=$(basename "$file" .c)
	more=()
	! grep -q '<libaio.h>' "$file" || more+=(-laio)
	! grep -q '<liburing-attr.h>' "$file" || more+=(-luring)
	if makes_call "$file"; then
		more+=(-DSYS_iocb_attr_create=473 -DIOCB_FLAG_ATTR_SET=8
			-Daio_attrs=aio_reserved2
			-idirafter "$src/../../include/uapi")
	fi
	silent "$name: compiles" gcc -std=c11 "${warn[@]}" "${flags[@]}" \
		-o "shared/$name" "$file" "${shared[@]}" "${more[@]}"
	silent "$name: compiles, static" gcc -std=c11 "${warn[@]}" -static \
		"${flags[@]}" -o "static/$name" "$file" "${static[@]}" \
		"${more[@]}"
	makes_call "$file" && continue
	# which defines _GNU_SOURCE by itself
	silent "$name: is C++, too" g++ -x c++ -std=c++11 -U_GNU_SOURCE \
		"${warn[@]}" -Wpedantic "${flags[@]}" -fsyntax-only "$file"
done
cp examples/*.*.* shared
cp examples/*.*.* static
cp "$here/run-examples.sh" "$src/../../tests/tap.sh" .

#
# Headers: each by itself, all, and next to those of others
#
headers()
{
	printf '#include <%s>\n' "$@"
	echo 'int main(void) { return 0; }'
}
for set in ioattr.h ioattr-aio.h liburing-attr.h \
	   "ioattr.h libaio.h" "libaio.h ioattr.h" \
	   "ioattr.h liburing-attr.h" "liburing-attr.h ioattr.h" \
	   "ioattr-aio.h liburing-attr.h" "liburing-attr.h ioattr-aio.h"; do
	read -ra names <<<"$set"
	headers "${names[@]}" >headers.c
	for cc in "gcc -std=c11 -D_GNU_SOURCE" "clang -std=c11 -D_GNU_SOURCE" \
		  "g++ -std=c++11 -x c++" "g++ -std=c++20 -x c++" \
		  "clang++ -std=c++11 -x c++" "clang++ -std=c++20 -x c++"; do
		read -ra cmd <<<"$cc"
		silent "${cmd[*]::2}: $set" "${cmd[@]}" "${warn[@]}" \
			-Wpedantic "${flags[@]}" -fsyntax-only headers.c
	done
done
# where the kernel's headers have attributes, these are taken
headers ioattr.h liburing-attr.h ioattr-aio.h >headers.c
is "linux/iocb_attr.h is preferred" "1 0" "$(gcc -std=c11 -D_GNU_SOURCE -M \
	"${flags[@]}" -idirafter "$src/../../include/uapi" headers.c |
	tr ' ' '\n' | awk '/uapi\/linux\/iocb_attr.h/ { a++ }
		/ioattr\/iocb_attr.h/ { b++ } END { print a + 0, b + 0 }')"

# a program of C++ that calls each function there is
{
	printf '#include <%s>\n' ioattr-aio.h liburing-attr.h cstdio
	echo 'typedef void (*function)();'
	echo 'static const function all[] = {'
	sed 's/.*/	reinterpret_cast<function>(\&&),/' headers
	echo '};'
	echo 'int main() { for (function f : all) if (!f) return 1;'
	echo 'std::puts(ioattr_name(4)); }'
} >all.cc
silent "a program of C++ that has all of them: compiles" g++ -std=c++11 \
	"${warn[@]}" -Wno-cast-function-type "${flags[@]}" -o all all.cc \
	"${shared[@]}" -luring
is "... and runs with the shared library" "cache libioattr.so.1" \
	"$(./all) $(readelf -d all | sed -n 's/.*\[\(libioattr.*\)\]/\1/p')"

#
# Examples: what they print here. Without direct I/O, or where attributes have
# an effect, those that do no I/O; and nobody knows whether a container lets
# io_uring through, or what this kernel has for the number of
# iocb_attr_create(2).
#
status=0
root/usr/local/bin/ioattr probe >known || status=$?
case $status,$(cat known) in
0,*) kind=prints ;;
2,*CONFIG*) kind=off ;;
*) kind=older ;;
esac
truncate -s 64K file
direct=yes
dd if=file of=/dev/null bs=4096 count=1 iflag=direct 2>/dev/null || direct=
for file in examples/*.c; do
	name=$(basename "$file" .c)
	for args in "shared/$name".*.args; do
		if grep -q '<liburing-attr.h>' "$file" || makes_call "$file" ||
		   { grep -q . "$args" &&
		     { [ $kind = prints ] || [ -z "$direct" ]; }; }; then
			rm "$args"
		fi
	done
done
status=0
CGROUP=/ DEVICE=$work/file sh ./run-examples.sh shared "$kind" >out 2>&1 ||
	status=$?
sed 's/^/    /' out
is "what the examples print here" 0 "$status"
tap_end

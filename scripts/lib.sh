# SPDX-License-Identifier: GPL-2.0
# Sourced by every script: where things are, and how to say so.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${IOCB_ATTR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iocb-attr}
export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache}
export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-8G}
# one source tree is built at several places, and objects of the same text are
# shared between them
export CCACHE_NOHASHDIR=1
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$cache/kbuild}
# make rebuilds objects if the path of the compiler changes. With this PATH, all
# clones run ccache-cc by its name.
export PATH=$top/scripts/kernel:$PATH
jobs=$(nproc)

say()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	progress "$*"
}

# scripts/check sets CHECK_STATE to a path: .now beside it has what is being done,
# .builds the CPU seconds of what was compiled.

# progress TEXT
progress()
{
	[ -z "${CHECK_STATE:-}" ] || printf '%s\n' "$*" >"$CHECK_STATE.now"
}

# compiling WHAT COMMAND...: run it, and note the CPU seconds that it took
compiling()
{
	local what=$1 status=0 TIMEFORMAT='%U %S'
	shift
	if [ -z "${CHECK_STATE:-}" ]; then
		"$@"
		return
	fi
	# the figures alone go to the file
	{ time "$@" 2>&3; } 3>&2 2>"$CHECK_STATE.time.$$" || status=$?
	awk -v what="$what" '{ print $1 + $2, what }' "$CHECK_STATE.time.$$" \
		>>"$CHECK_STATE.builds"
	rm -f "$CHECK_STATE.time.$$"
	return "$status"
}

die()
{
	say "$*"
	exit 1
}

# need PROGRAM PACKAGE
need()
{
	command -v "$1" >/dev/null ||
		die "$1 is missing: apt-get install $2, or run scripts/install-deps"
}

# content_key FILE...: one word that changes with any byte of any file
content_key()
{
	sha256sum "$@" | awk '{ print $1 }' | sha256sum | cut -c1-16
}

# commit_id: the commit of the repository, and whether it was changed since
commit_id()
{
	git -C "$top" describe --always --dirty --abbrev=12 2>/dev/null ||
		echo unknown
}

# lock NAME: wait until no other run uses what is kept under NAME
lock()
{
	mkdir -p "$cache/lock"
	exec {lock_fd}>"$cache/lock/$1"
	flock -n "$lock_fd" && return
	say "another run holds $1, waiting"
	flock "$lock_fd"
}

# The comment at the head of a script is its --help.
usage()
{
	sed -n '3,/^$/{s/^# \{0,1\}//p}' "$0"
}

# fragments NAME: the files of a kernel configuration, those that its first line
# names and its own
fragments()
{
	local dir=$top/scripts/kernel/config w
	for w in $(sed -n '1s/^# with //p' "$dir/$1.config"); do
		echo "$dir/$w.config"
	done
	echo "$dir/$1.config"
}

# base_value NAME: a value of patches/base
base_value()
{
	awk -v n="$1" '$1 == n { print $2; exit }' "$top/patches/base"
}

# kernel_key TREE COMMIT: one word for what a kernel is made from, of which
# documents and tests are no part
kernel_key()
{
	{
		git -C "$1" ls-tree "$2" |
			grep -v "$(printf '\t')\(Documentation\|tools\)\$"
		git -C "$1" ls-tree "$2" tools/ | grep -v 'tools/testing$'
	} | sha256sum | cut -c1-40
}

# What a test found of the base does not change as long as the base kernel, the
# programs and QEMU are the same: a word for them is in the name of the file. Those
# of Debian's present release are in the repository.

# base_result NAME WORD: the file, if there is one
base_result()
{
	local f
	for f in "$top/tests/base/$1-$2" "$cache/base-results/$1-$2"; do
		[ -e "$f" ] || continue
		record_base_result "$1" "$2" "$f"
		echo "$f"
		return
	done
	return 1
}

# record_base_result NAME WORD FILE: with RECORD=1, in the repository
record_base_result()
{
	local to=$top/tests/base/$1-$2
	[ -n "${RECORD:-}" ] && [ ! "$3" -ef "$to" ] || return 0
	rm -f "$top/tests/base/$1"-*
	cp "$3" "$to"
}

# keep_base_result NAME WORD FILE
keep_base_result()
{
	mkdir -p "$cache/base-results"
	cp "$3" "$cache/base-results/$1-$2"
	record_base_result "$1" "$2" "$3"
}

# uapi_headers TREE: the directory with a kernel's headers for programs
uapi_headers()
{
	local tree=$1 headers
	headers=$cache/headers/$(kernel_key "$tree" HEAD)
	(
		lock headers
		[ ! -d "$headers" ] || exit 0
		work=$(mktemp -d)
		trap 'rm -rf "$work"' EXIT
		make -s -C "$tree" "O=$work/kobj" ARCH=x86 \
			"INSTALL_HDR_PATH=$work/hdr" headers_install \
			>/dev/null &&
			mkdir -p "$cache/headers" &&
			mv "$work/hdr/include" "$headers"
	) || return
	echo "$headers"
}

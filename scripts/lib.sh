# SPDX-License-Identifier: GPL-2.0
# Sourced by all scripts: paths, messages, caches and locks.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${IOCB_ATTR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iocb-attr}
export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache}
export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-8G}
# One source tree is built at several paths. This lets builds share the objects
# of identical sources.
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

# scripts/check sets CHECK_STATE to a path. The file $CHECK_STATE.now has the
# current step, $CHECK_STATE.builds the CPU seconds of compilations.

# progress TEXT: set the current step
progress()
{
	[ -z "${CHECK_STATE:-}" ] || printf '%s\n' "$*" >"$CHECK_STATE.now"
}

# compiling WHAT COMMAND...: run it and record its CPU seconds
compiling()
{
	local what=$1 status=0 TIMEFORMAT='%U %S'
	shift
	if [ -z "${CHECK_STATE:-}" ]; then
		"$@"
		return
	fi
	# only the figures go to the file
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

# need PROGRAM PACKAGE: fail if the program is missing
need()
{
	command -v "$1" >/dev/null ||
		die "$1 is missing: apt-get install $2, or run scripts/install-deps"
}

# content_key FILE...: print a hash of the files
content_key()
{
	sha256sum "$@" | awk '{ print $1 }' | sha256sum | cut -c1-16
}

# commit_id: print the commit of the repository, and whether it was changed
commit_id()
{
	git -C "$top" describe --always --dirty --abbrev=12 2>/dev/null ||
		echo unknown
}

# lock NAME: wait until no other run uses the data kept under NAME
lock()
{
	mkdir -p "$cache/lock"
	exec {lock_fd}>"$cache/lock/$1"
	flock -n "$lock_fd" && return
	say "another run holds $1, waiting"
	flock "$lock_fd"
}

# The comment at the beginning of a script is its --help.
usage()
{
	sed -n '3,/^$/{s/^# \{0,1\}//p}' "$0"
}

# fragments NAME: print the files of a kernel configuration: those that its
# first line lists, and its own
fragments()
{
	local dir=$top/scripts/kernel/config w
	for w in $(sed -n '1s/^# with //p' "$dir/$1.config"); do
		echo "$dir/$w.config"
	done
	echo "$dir/$1.config"
}

# base_value NAME: print a value of patches/base
base_value()
{
	awk -v n="$1" '$1 == n { print $2; exit }' "$top/patches/base"
}

# kernel_key TREE COMMIT: print a hash of the sources of a kernel, without
# documents and tests
kernel_key()
{
	{
		git -C "$1" ls-tree "$2" |
			grep -v "$(printf '\t')\(Documentation\|tools\)\$"
		git -C "$1" ls-tree "$2" tools/ | grep -v 'tools/testing$'
	} | sha256sum | cut -c1-40
}

# The results of a test on the base kernel do not change as long as the base,
# the programs and QEMU are the same. The file name contains a hash of these.
# The repository has the results for the current Debian release.

# base_result NAME HASH: print the path of the file, or fail
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

# record_base_result NAME HASH FILE: with RECORD=1, add it to the repository
record_base_result()
{
	local to=$top/tests/base/$1-$2
	[ -n "${RECORD:-}" ] && [ ! "$3" -ef "$to" ] || return 0
	rm -f "$top/tests/base/$1"-*
	cp "$3" "$to"
}

# keep_base_result NAME HASH FILE: keep it outside the clone
keep_base_result()
{
	mkdir -p "$cache/base-results"
	cp "$3" "$cache/base-results/$1-$2"
	record_base_result "$1" "$2" "$3"
}

# uapi_headers TREE: print the directory with the installed headers of a kernel
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

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Completion of ioattr(1) for bash. It takes the commands and options from
# --help.

# _ioattr_words PREFIX WORD...: complete the part after the last comma
_ioattr_words()
{
	local cur=$1 done=
	shift
	case $cur in
	*,*) done=${cur%,*}, cur=${cur##*,} ;;
	esac
	mapfile -t COMPREPLY < <(compgen -P "$done" -W "$*" -- "$cur")
	compopt -o nospace
}

_ioattr_value()
{
	local opt=$1 cur=$2
	case $opt in
	--cache)
		_ioattr_words "$cur" bypass admit writethrough writeback \
			writearound ;;
	--pi-check) _ioattr_words "$cur" guard ref app ;;
	--by) _ioattr_words "$cur" process device attribute layer ;;
	--prio)
		mapfile -t COMPREPLY < <(compgen -W "rt be idle none" -- "$cur") ;;
	--proxy|--proxy-pidfd|--pid)
		mapfile -t COMPREPLY < <(compgen -W "$(
			cd /proc && compgen -G '[0-9]*')" -- "$cur") ;;
	--cgroup|--instance|--proc)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
	--pi|--input|--output|--device)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	esac
}

_ioattr()
{
	local cmd=${COMP_WORDS[1]:-} cur=${COMP_WORDS[COMP_CWORD]} opt='' i
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "--help --version $(
			"${COMP_WORDS[0]}" --help 2>/dev/null |
				sed -n 's/^  \([a-z]*\) .*/\1/p')" -- "$cur")
		return
	fi
	# bash splits words at "="
	if [ "$cur" = = ]; then
		opt=${COMP_WORDS[COMP_CWORD - 1]} cur=
	elif [ "${COMP_WORDS[COMP_CWORD - 1]}" = = ]; then
		opt=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [ -n "$opt" ]; then
		_ioattr_value "$opt" "$cur"
		return
	fi
	for ((i = 2; i < COMP_CWORD; i++)); do
		[ "${COMP_WORDS[i]}" != -- ] || break
	done
	case $cur in
	-*)
		# after "--" they are those of the program
		[ "$i" = "$COMP_CWORD" ] || return
		mapfile -t COMPREPLY < <(compgen -W "$(
			"${COMP_WORDS[0]}" "$cmd" --help 2>/dev/null |
				sed -n 's/^  \(--[a-z-]*\)\(\[\{0,1\}=\{0,1\}\).*/\1\2/p' |
				tr -d '[')" -- "$cur")
		[[ ${COMPREPLY[0]:-} != *= ]] || compopt -o nospace
		return ;;
	esac
	case $cmd in
	run|set|trace)
		if [ "$((i + 1))" = "$COMP_CWORD" ]; then
			mapfile -t COMPREPLY < <(compgen -c -- "$cur")
			return
		fi ;;
	scope)
		_ioattr_value --pid "$cur"
		return ;;
	top) return ;;
	esac
	compopt -o filenames
	mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

complete -F _ioattr ioattr

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by tests: the options in a --help text and in a man page, sorted, one
# "--name=ARG: description" per line.

# options_of_help FILE
options_of_help()
{
	sed -n 's/^  \(--[^ ]*\)  *\(.*\)/\1: \2/p' "$1" | sort
}

# options_of_man PAGE
options_of_man()
{
	awk '
		/^\.It Fl -/ {
			opt = $0
			sub(/^\.It /, "", opt)
			tail = sub(/Op /, "[", opt) ? "]" : ""
			gsub(/ Ns /, "", opt); gsub(/ Ns /, "", opt)
			gsub(/Ns |Ar /, "", opt); sub(/^Fl /, "-", opt)
			gsub(/ /, "", opt)
			getline
			sub(/\.$/, "")
			print opt tail ": " $0
		}' "$1" | sort
}

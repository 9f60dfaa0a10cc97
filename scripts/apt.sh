# SPDX-License-Identifier: GPL-2.0
# Sourced after lib.sh: use packages of suites that the apt of this machine may
# not have, with a separate apt configuration.
# shellcheck shell=bash

# print the Debian mirror of this machine, from one-line or deb822 sources
apt_mirror()
{
	{
		sed -n 's/^URIs: *\([^ ]*\).*/\1/p' \
			/etc/apt/sources.list.d/*.sources 2>/dev/null || :
		sed -n 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\).*/\2/p' \
			/etc/apt/sources.list \
			/etc/apt/sources.list.d/*.list 2>/dev/null || :
	} | grep -E '/debian/?$' | head -n 1
}

# apt_setup DIR TYPE SUITE: create in DIR an apt configuration with one suite,
# TYPE being deb or deb-src, and set $apt to the options for it
apt_setup()
{
	local uri keys=/usr/share/keyrings/debian-archive-keyring.gpg
	uri=$(apt_mirror)
	if [ -z "$uri" ]; then
		say "no Debian mirror in the machine's apt sources"
		return 1
	fi
	if [ ! -e "$keys" ]; then
		say "apt-get install debian-archive-keyring"
		return 1
	fi
	rm -rf "$1"
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
	: >"$1/status"
	echo "$2 [signed-by=$keys] $uri $3 main" >"$1/sources.list"
	apt=(-qq -o "Dir::Etc::sourcelist=$1/sources.list"
		-o Dir::Etc::sourceparts=/dev/null
		-o "Dir::State::lists=$1/lists"
		-o "Dir::State::status=$1/status"
		-o "Dir::Cache=$1/cache" -o APT::Sandbox::User=root)
	if ! apt-get "${apt[@]}" update; then
		say "the package lists could not be had"
		return 1
	fi
}

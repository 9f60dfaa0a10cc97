#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Test ioattr.bt in a guest: the counts equal the I/O. Needs root, bpftrace,
# ioattr, refused, /dev/nullb0, and ioattr.bt in the same directory. Prints TAP.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/tap.sh
. "$here/tap.sh"
cd "$(mktemp -d)" || exit 1
dev=/dev/nullb0
number="$(printf '%d %d' "0x$(stat -c %t $dev)" "0x$(stat -c %T $dev)")"

# without BTF, types.h of the kernel must define the types of event fields
mkdir -p include/linux
cat >include/linux/types.h <<'END'
typedef unsigned int u32, dev_t;
typedef unsigned short u16;
typedef unsigned long long u64;
typedef long long loff_t;
typedef int pid_t;
END

# counted COMMAND: run ioattr.bt with COMMAND and write its output to "counts"
counted()
{
	status=0
	bpftrace -I "$PWD/include" -c "$1" "$here/ioattr.bt" \
		>counts 2>err || status=$?
	[ "$status" = 0 ] || sed 's/^/# /' err
}

# sums MAP FIELD: print the keys of a map without FIELD, the process, and the
# sum of their counts
sums()
{
	awk -F'[]:,[] *' -v map="@$1" -v process="$2" '
		$1 == map {
			key = ""
			for (i = 1; i <= 5; i++)
				if (i != process)
					key = key $(i + 1) " "
			n[key] += $NF
		}
		END { for (key in n) print key n[key] }' counts | sort
}

cat >given <<END
ioattr read --cgroup=/sys/fs/cgroup --cache=bypass --length=64K $dev
ioattr write --cgroup=/sys/fs/cgroup --pattern=0 --length=32K $dev
ioattr read --length=64K $dev
END
cat >lists <<END
refused $dev >$PWD/reasons
END

counted "/bin/sh $PWD/given"
is "bpftrace accepts the script and ends with the command" 0 "$status"
is "given, by process, device and attribute" \
	"ioattr $number cache 16
ioattr $number cgroup 24" "$(sums given 2)"
is "honoured, by device, attribute and layer" \
	"$number cgroup blk-cgroup 24" "$(sums honoured 1)"
is "no list is refused" '' "$(sums refused 2)"

counted "/bin/sh $PWD/lists"
is "all reasons except one" "0 13" "$status $(wc -l <reasons)"
# "EINVAL value cache", with numbers for names that BPF does not have
is "each list has its reason" "$(awk '
	BEGIN { n["EFAULT"] = 14; n["EINVAL"] = 22; n["E2BIG"] = 7
		n["ESRCH"] = 3; n["EOPNOTSUPP"] = 95 }
	{ print "refused", $3 == 77 ? "unknown" : $3, n[$1], $2, 1 }' reasons |
	sort)" "$(sums refused 2)"
is "... and none is given" '' "$(sums given 2)"
tap_end

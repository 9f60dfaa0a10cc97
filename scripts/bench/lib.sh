# SPDX-License-Identifier: GPL-2.0
# Sourced by scripts that count the rows of scripts/bench/rows, core and gate,
# and by others that use the same programs. $work is a temporary directory.
# shellcheck shell=bash disable=SC2154

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# bench_programs NAME-count...: build them in $work/overlay/bench
bench_programs()
{
	local p
	mkdir -p "$work/overlay/bench"
	for p in "$@"; do
		gcc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -static -pthread \
			-idirafter "$top/include/uapi" \
			-o "$work/overlay/bench/$p" \
			"$bench/$p.c" "$top"/tools/ioattr/lib/*.c
	done
}

# bench_overlay: put the programs and the tools for the devices into
# $work/overlay
bench_overlay()
{
	bench_programs aio-count uring-count sync-count
	cp "$bench/guest" "$work/overlay/bench"
	"$top/scripts/vm/overlay" "$work/overlay" make-bcache mkfs.ext4 mkfs.xfs
}

# bench_rows patched|base [gate]: print the rows of a kernel, or those of the
# gate: rows that are compared with the base, and rows of sets and scopes that
# have a limit. table.py selects the same rows. Rows of both kernels come first
# and in the same order, because earlier rows determine how much memory is
# cached. The virtio disk is last.
bench_rows()
{
	awk -v kernel="$1" -v gate="${2:-}" '
		function put(depth, limit) {
			if (limit == ".")
				return
			row = $1 " " $2 " " $3 " " depth " " $4
			if ($2 == "virtio")
				last = last row "\n"
			else
				print row
		}
		function in_gate() {
			return $6 == "base" || ($7 != "-" &&
				$4 ~ /^(set|fixed|scope|switch)\+/)
		}
		/^#/ || (gate && !in_gate()) { next }
		$5 == (FNR == NR ? "both" : kernel) { put(1, $7); put(32, $8) }
		END { printf "%s", last }
	' "$bench/rows" "$bench/rows"
}

# bench_disk: print options of scripts/vm/run for a virtio disk of zeroes that
# the guest plugs in; see plug_disk in the guest. Its latency is long enough
# that the guest is already waiting.
bench_disk()
{
	printf -- '--qemu\n%s\n' \
		-blockdev driver=null-co,node-name=disk,size=1073741824,read-zeroes=on,latency-ns=400000 \
		-chardev "socket,id=monitor,path=$work/monitor,server=on,wait=off" \
		-mon chardev=monitor \
		-chardev "socket,id=plug,path=$work/monitor" \
		-device virtserialport,nr=5,chardev=plug
}

# bench_boot patched|base NUMBER [gate]: write the counts of one boot to
# $work/KERNEL-NUMBER
bench_boot()
{
	local kernel=$1 n=$2 base=() disk
	[ "$kernel" != base ] || base=(--base)
	say "$kernel, boot $n"
	mapfile -t disk < <(bench_disk)
	rm -f "$work/monitor"
	bench_rows "$kernel" "${3:-}" >"$work/overlay/bench/rows"
	"$top/scripts/vm/run" --icount --config perf ${base[@]+"${base[@]}"} \
		--name "bench-$kernel-$n" --out "$work/out" \
		--silence 900 \
		--overlay "$work/overlay" "${disk[@]}" -- /bench/guest >&2 ||
		die "no counts; see results/runs/bench-$kernel-$n"
	mv "$work/out/counts" "$work/$kernel-$n"
}

# bench_boots [gate]: boot both kernels twice. If the counts of a kernel differ,
# boot it again: on a busy host another task may interfere, and two boots must
# agree.
bench_boots()
{
	local kernel n
	for n in 1 2; do
		for kernel in base patched; do
			[ -e "$work/$kernel-$n" ] ||
				bench_boot "$kernel" "$n" "$@"
		done
	done
	for kernel in base patched; do
		python3 "$bench/table.py" agree "$bench/rows" "$@" \
			"$work/$kernel"-[12] || bench_boot "$kernel" 3 "$@"
	done
}

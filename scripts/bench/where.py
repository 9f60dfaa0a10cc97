# SPDX-License-Identifier: GPL-2.0
"""The counting of scripts/bench/where.

count SYMBOLS CALL DEPTH [ONLY] <LOG: instructions per I/O and function, by
    QEMU's log; only those at the addresses in the file ONLY
compare [--all] NAME FILE NAME FILE: print two such counts side by side
"""
import bisect
import collections
import re
import sys

INTERRUPT = re.compile(r"asm_(sysvec|common_interrupt|exc_)")
SPLIT = re.compile(r"\.(isra|part|constprop|cold)\b.*")
# Trace 0: host-address [cs-base/pc/flags/cflags] symbol
PC = re.compile(r"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")


def read_symbols(path, entry):
    """Start addresses of the kernel's functions, and their names."""
    found = {}
    with open(path) as f:
        for line in f:
            words = line.split()
            if len(words) == 3 and words[1] in "tTwW":
                # if two names have this address, use that of the system call
                name = found.get(int(words[0], 16))
                if name is None or words[2] == entry:
                    found[int(words[0], 16)] = words[2]
    starts = sorted(found)
    return starts, [found[a] for a in starts]


def rounds(log, starts, names, entry, only):
    """Counts by function between two calls of @entry, for each pair."""
    memory = {}
    current = None
    at_entry = starts[names.index(entry)]
    for line in log:
        match = PC.match(line)
        if not match:
            continue
        text = match.group(1)
        name = memory.get(text)
        if name is None:
            pc = int(text, 16)
            i = bisect.bisect_right(starts, pc) - 1
            name = names[i] if i >= 0 else "(user)"
            memory[text] = name
        if int(text, 16) == at_entry:
            if current is not None:
                yield current
            current = collections.Counter()
        if current is not None:
            # a round shows all functions that it was in
            current[name] += only is None or int(text, 16) in only


def read_addresses(path):
    with open(path) as f:
        return {int(line.rstrip(":\n"), 16) for line in f}


def count(symbols, call, depth, only):
    """Print the mean of all rounds that nothing interrupted."""
    entry = f"__x64_sys_{call}"
    starts, names = read_symbols(symbols, entry)
    total = collections.Counter()
    used = 0
    for one in rounds(sys.stdin, starts, names, entry, only):
        if any(INTERRUPT.match(name) for name in one):
            continue
        used += 1
        for name, n in one.items():
            total[SPLIT.sub("", name)] += n
    if used < 5:
        sys.exit(f"where: only {used} whole rounds in the log")
    for name, n in total.items():
        print(name, n / used / depth)


def read_counts(path):
    with open(path) as f:
        return {name: float(n) for name, n in (line.split() for line in f)}


def compare(every, name_a, file_a, name_b, file_b):
    """A table, largest difference first."""
    a, b = read_counts(file_a), read_counts(file_b)
    rows = [(f, a.get(f, 0), b.get(f, 0)) for f in a.keys() | b.keys()]
    rows.sort(key=lambda r: (-abs(r[2] - r[1]), -r[1], r[0]))
    print(f"{name_a:>22} {name_b:>22} {'more':>9}")
    print(f"{sum(a.values()):22.1f} {sum(b.values()):22.1f} "
          f"{sum(b.values()) - sum(a.values()):+9.1f}  in all")
    for function, x, y in rows:
        if every or abs(y - x) >= 0.05:
            print(f"{x:22.1f} {y:22.1f} {y - x:+9.1f}  {function}")


def main():
    args = sys.argv[1:]
    if args[:1] == ["count"] and len(args) in (4, 5):
        only = read_addresses(args[4]) if len(args) == 5 else None
        count(args[1], args[2], int(args[3]), only)
    elif args[:1] == ["compare"] and len(args) in (5, 6):
        every = args[1] == "--all"
        compare(every, *args[-4:])
    else:
        sys.exit(__doc__)


main()

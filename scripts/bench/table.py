# SPDX-License-Identifier: GPL-2.0
"""The table of scripts/bench/core, and the lines of scripts/bench/gate.

table ROWS JSON PLOT GCC COUNTS...: print all rows; COUNTS are base-1 and so on
tap ROWS COUNTS...: print the rows of the gate as TAP
agree ROWS [gate] COUNTS...: fail if two boots of a kernel differ in a row
"""
import json
import os
import statistics
import sys

INTERFACES = {
    "aio": "AIO",
    "uring": "io_uring",
    "uring-sqe": "io_uring, SQE128",
    "uring-cqe": "io_uring, CQE32",
    "aio-child": "AIO, child cgroup",
    "aio-threads": "AIO, child cgroup, threads",
    "uring-child": "io_uring, child cgroup",
    "uring-cqe-child": "io_uring, CQE32, child cgroup",
    "sync": "sync",
    "sync-child": "sync, child cgroup",
    "buffered": "buffered",
    "buffered-child": "buffered, child cgroup",
}
DEVICES = {
    "null": "null_blk", "ram": "brd", "ext4": "ext4", "xfs": "xfs",
    "bcache": "bcache hit", "virtio": "virtio-blk",
    "iocost": "null_blk with iocost",
}
WHATS = {
    "none": "no attributes",
    "empty": "empty list",
    "flag-ioprio": "today: IOCB_FLAG_IOPRIO",
    "set-ioprio": "today: ioprio_set(2)",
    "rw-hint": "today: F_SET_RW_HINT",
    "move": "today: cgroup.procs",
    "process": "today: a process each",
    "setfsuid": "setfsuid(2) twice",
}
# their counts depend on other tasks and on the current work of RCU
OTHER_TASKS = ("move", "process", "setfsuid", "setfsuid+cgroup")
# their counts depend on a timer
TIMERS = ("iocost",)
PARTS = {"proxy": "proxy_pid", "pidfd": "proxy_pidfd", "report": "REPORT",
         "all": "cache, ioprio, cgroup, proxy_pid",
         "setfsuid": "setfsuid(2) twice"}
SETS = {"set": "set", "fixed": "fixed set", "scope": "scope",
        "switch": "PR_SET_IOCB_ATTR and scope"}
# columns of a label in the table
WIDTH = 54


def label_of(what):
    """The attributes of a row, as text."""
    what, _, n = what.partition(":")
    if what == "records":
        return f"{n} unknown record" + ("s" if n != "1" else "")
    if what in WHATS:
        return WHATS[what]
    kind, _, of = what.partition("+")
    if kind in SETS:
        kind = SETS[kind] + (f", {n} sets in turn" if n else "")
        return f"{kind}: {label_of(of)}"
    if n:
        return f"{n} {what}s in turn"
    return ", ".join(PARTS.get(p, p) for p in what.split("+"))


class Row:
    """A line of ROWS at one depth, and its counts."""

    def __init__(self, words, depth, limit):
        (self.interface, self.device, self.op, self.what, self.kernels,
         self.than) = words[:6]
        self.depth = depth
        self.limit = None if limit == "-" else float(limit)
        self.aim = None if words[8] == "-" else float(words[8])
        self.counts = {}
        self.switches = 0

    def key(self, what=None):
        return (self.interface, self.device, self.op, str(self.depth),
                what or self.what)

    def label(self):
        return label_of(self.what)

    def has_set(self):
        return self.what.partition("+")[0] in SETS

    def in_gate(self):
        return self.than == "base" or \
               (self.has_set() and self.limit is not None)

    def place(self):
        return (f"{INTERFACES[self.interface]}, {self.op}, "
                f"{DEVICES[self.device]}")

    def name(self):
        return f"{INTERFACES[self.interface]}: {self.label()}"

    def __str__(self):
        return f"{self.place()}, {self.label()}, depth {self.depth}"

    def count(self, kernel):
        """The mean of two boots, or the median of three."""
        counts = self.counts.get(kernel)
        return statistics.median(counts) if counts else None

    def tolerance(self):
        """The maximum difference of boots that agree."""
        return 25 if self.inexact() else 0.5

    def inexact(self):
        return self.what in OTHER_TASKS or self.device in TIMERS

    def apart(self):
        """Whether no two boots agree."""
        return any(min(b - a for a, b in zip(c, c[1:])) > self.tolerance()
                   for c in map(sorted, self.counts.values()) if c[1:])


def read_rows(path, gate):
    rows = {}
    with open(path) as f:
        for line in f:
            words = line.split()
            if not words or line.startswith("#"):
                continue
            for depth, limit in (1, words[6]), (32, words[7]):
                if limit == ".":
                    continue
                row = Row(words, depth, limit)
                if row.in_gate() or not gate:
                    rows[row.key()] = row
    return rows


def read_counts(rows, paths):
    """Add the counts of boots to the rows; return the floor."""
    floor = None
    for path in paths:
        kernel = os.path.basename(path).split("-")[0]
        with open(path) as f:
            for line in f:
                words = line.split()
                if words[0] == "floor":
                    floor = [float(w) for w in words[1:]]
                    continue
                row = rows[tuple(words[:5])]
                row.counts.setdefault(kernel, []).append(float(words[5]))
                row.switches = float(words[6])
    for row in rows.values():
        for kernel in ["patched"] + ["base"] * (row.kernels == "both"):
            boots = sum(os.path.basename(p).startswith(kernel) for p in paths)
            if len(row.counts.get(kernel, [])) != boots:
                sys.exit(f"a count is missing: {row}")
    return floor


def more(row, rows):
    """The increase over the row that it is compared with."""
    if row.than == "base":
        return row.count("patched") - row.count("base")
    return row.count("patched") - rows[row.key(row.than)].count("patched")


def number(n, sign=""):
    return "" if n is None else f"{n:{sign}.1f}"


def print_line(label, pair, rows):
    """One line, at both depths."""
    text = f"{label:{WIDTH}}"
    for row in pair:
        limit = "-" if row.limit is None else f"{row.limit:g}"
        text += (f" {number(row.count('base')):>8} {row.count('patched'):8.1f}"
                 f" {number(more(row, rows), '+'):>8} {limit:>5}")
    if len(pair) == 1:
        text += " " * 33
    aim = "" if pair[0].aim is None else f"{pair[0].aim:g}"
    switches = " ".join(f"{r.switches:.1f}" for r in pair)
    if all(r.switches < 0.05 for r in pair):
        switches = ""
    print(f"{text} {aim:>4}  {switches}".rstrip())


def print_rows(rows):
    lines = {}
    for row in rows.values():
        lines.setdefault((row.interface, row.device, row.op, row.what),
                         []).append(row)
    print("Without attributes; more than on the base kernel")
    for pair in lines.values():
        if pair[0].than == "base":
            print_line(f"{pair[0].place()}", pair, rows)
    groups = {}
    for pair in lines.values():
        if pair[0].than != "base":
            groups.setdefault((pair[0].place(), pair[0].than), []).append(pair)
    for (place, than), pairs in groups.items():
        other = "without attributes" if than == "none" else \
                f"with {label_of(than)}"
        print(f"\n{place}; more than {other}")
        for pair in pairs:
            print_line("  " + pair[0].label(), pair, rows)


def print_records(rows):
    """The cost of a further unknown record."""
    for depth in 1, 32:
        n = {}
        for row in rows.values():
            if row.what.startswith("records:") and row.depth == depth:
                n[int(row.what[8:])] = row.count("patched")
        if len(n) > 1:
            least, most = min(n), max(n)
            each = (n[most] - n[least]) / (most - least)
            print(f"each further record, depth {depth:2}: {each:+.1f}")


def print_floor(floor):
    print(f"the floor: one checked copy from user memory, of 32 bytes "
          f"{floor[0]:.1f}, of 64 {floor[1]:.1f}; to it, of 8 {floor[2]:.1f}")


def write_json(path, gcc, rows):
    out = []
    for row in rows.values():
        one = {
            "name": row.name(),
            "device": DEVICES[row.device],
            "op": f"{row.op} 4k",
            "depth": row.depth,
            "base": row.count("base"),
            "patched": row.count("patched"),
            "switches": row.switches,
        }
        if row.limit is not None:
            one["limit"] = row.limit
        out.append({k: round(v, 2) if isinstance(v, float) else v
                    for k, v in one.items()})
    with open(path, "w") as f:
        f.write('{"config":"perf","gcc":%s,"rows":[\n' % json.dumps(gcc))
        f.write(",\n".join(json.dumps(r) for r in out) + "\n]}\n")


def write_plot(path, rows):
    with open(path, "w") as f:
        for row in rows.values():
            # sets are used by servers, in a child cgroup
            interface = "aio-child" if row.has_set() else "aio"
            if row.key()[:4] == (interface, "null", "read", "1") and \
               row.than == "none":
                f.write(f'"{row.label()}" {more(row, rows):.1f}\n')


def complain(rows):
    """Whether boots disagree or a limit is passed, and where."""
    bad = False
    for row in rows.values():
        if row.apart():
            bad = True
            counts = "; ".join(f"{k} {c}" for k, c in row.counts.items())
            print(f"no two boots agree to {row.tolerance():g}: {row}: "
                  f"{counts}")
    for row in rows.values():
        if row.limit is not None and more(row, rows) > row.limit + 0.5:
            bad = True
            print(f"above the limit: {row}: {more(row, rows):+.1f}, "
                  f"limit {row.limit:+g}")
    if not bad:
        exact = [row for row in rows.values() if not row.inexact()]
        print("two boots of each kernel agree to half an instruction in "
              f"{len(exact)} rows, and to 25 in {len(rows) - len(exact)} that "
              "involve other tasks or timers")
    return bad


def table(rows_path, json_path, plot, gcc, *paths):
    rows = read_rows(rows_path, False)
    floor = read_counts(rows, paths)
    print("Instructions per 4 KiB I/O, means of two boots; under emulation, "
          "counts not cycles.")
    print(f"{'':{WIDTH}} {'depth 1':>32} {'depth 32':>32}")
    print(f"{'':{WIDTH}}" + f" {'base':>8} {'patched':>8} {'more':>8} {'limit':>5}"
          * 2 + f" {'aim':>4}  switches")
    print_rows(rows)
    print()
    print_records(rows)
    print_floor(floor)
    write_json(json_path, gcc, rows)
    write_plot(plot, rows)
    sys.exit(complain(rows))


def tap(rows_path, *paths):
    rows = read_rows(rows_path, True)
    read_counts(rows, paths)
    failed = False
    print("# instructions per I/O under emulation, counts not cycles")
    print(f"1..{len(rows)}")
    for i, row in enumerate(rows.values(), 1):
        good = row.limit is not None and \
               more(row, rows) <= row.limit + 0.5 and not row.apart()
        failed |= not good
        print(f"# {row.counts}, {more(row, rows):+.1f}, limit {row.limit}")
        print(f"{'' if good else 'not '}ok {i} {row}")
    sys.exit(failed)


def agree(rows_path, *paths):
    gate = paths[0] == "gate"
    rows = read_rows(rows_path, gate)
    read_counts(rows, paths[gate:])
    sys.exit(any(row.apart() for row in rows.values()))


def main():
    args = sys.argv[1:]
    if args[:1] == ["table"] and len(args) > 5:
        table(*args[1:])
    elif args[:1] == ["tap"] and len(args) > 2:
        tap(*args[1:])
    elif args[:1] == ["agree"] and len(args) > 3:
        agree(*args[1:])
    else:
        sys.exit(__doc__)


main()

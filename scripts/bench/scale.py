# SPDX-License-Identifier: GPL-2.0
"""The table, the checks and the plots of scripts/bench/scale.

DIR JSON GCC: DIR has {base,patched}-{1,2}, with lines "CURVE X none|list COUNT"
"""
import collections
import json
import os
import subprocess
import sys

# Maximum difference of two boots of a kernel, in instructions per read.
BOOTS = 0.5

# name: the title, the unit, and the limits, in instructions per read:
# more   additional cost of a list at any point, compared with the first point
# plain  what the series may add to the slope of a read without attributes
# list   what a list may add to that slope
Curve = collections.namedtuple("Curve", "title unit more plain list")
CURVES = {
    # The grants are in a hash table of 1,024 buckets. With 1,000 cgroups a
    # bucket holds one grant on average, and a random hash leads to half a wrong
    # grant per lookup. The ids of the cgroups decide, so allow for one: eight
    # instructions. Nothing else depends on the number of cgroups.
    "cgroups": Curve("cgroups in turn", "cgroup", 8, 0.01, 0.01),
    # Each context has its own table, so nothing grows.
    "contexts": Curve("AIO contexts in turn", "context", 1, 0.05, 0.05),
    "rings": Curve("io_uring rings in turn", "ring", 1, 0.05, 0.05),
    # A pointer is copied to each clone. The list determines the cgroup of a
    # clone, which is looked up otherwise.
    "stack": Curve("dm-linear devices", "device", None, 12, 0),
    "splits": Curve("requests of one read", "request", None, 0, 1),
}

# A curve bends upwards if its last step is steeper than the overall slope by
# more than a tenth, or by more than an instruction if the slope is about 0. On
# curves that must be flat, the series may add one instruction to reads without
# attributes, compared with the first point.
STEEPER = 1.1
FLAT = 1.0

PLOT = """
set terminal svg size 1000,760 font "sans,11" background "white" noenhanced
set output "{svg}"
set multiplot layout 2,2 title "Instructions per read, under emulation, \\
counts not cycles"
set grid
set yrange [0:*]
set ylabel "instructions"
"""


def read_counts(directory):
    """{kernel: {(curve, what): {x: [count of each boot]}}}"""
    counts = {}
    for kernel in "base", "patched":
        rows = collections.defaultdict(lambda: collections.defaultdict(list))
        for boot in "1", "2":
            with open(os.path.join(directory, f"{kernel}-{boot}")) as f:
                for line in f:
                    curve, x, what, count = line.split()
                    rows[curve, what][int(x)].append(float(count))
        counts[kernel] = rows
    return counts


def slope(points):
    """By least squares, of a sorted list of (x, y)."""
    n = len(points)
    mean_x = sum(x for x, _ in points) / n
    mean_y = sum(y for _, y in points) / n
    by = (sum((x - mean_x) * (y - mean_y) for x, y in points) /
          sum((x - mean_x) ** 2 for x, _ in points))
    # the precision of the counts; adding 0.0 avoids -0
    return round(by, 3) + 0.0


def last_step(points):
    (x1, y1), (x2, y2) = points[-2:]
    return (y2 - y1) / (x2 - x1)


class Checks:
    def __init__(self):
        self.failed = []

    def limit(self, what, value, limit):
        if value > limit:
            self.failed.append(f"{what}: {value:.2f} above {limit:.2f}")


def check_boots(checks, counts):
    for kernel, rows in counts.items():
        for (curve, what), points in rows.items():
            for x, boots in points.items():
                if len(boots) != 2:
                    sys.exit(f"scale: {kernel} {curve} {x} {what}: "
                             f"{len(boots)} counts of two")
                checks.limit(f"two boots of {kernel}, {curve} {x} {what}",
                             abs(boots[0] - boots[1]), BOOTS)


def means(counts, kernel, curve, what):
    rows = counts[kernel].get((curve, what))
    if not rows:
        sys.exit(f"scale: no counts of {kernel} {curve} {what}")
    return sorted((x, sum(boots) / len(boots)) for x, boots in rows.items())


def one_curve(name, counts, checks):
    """Print and check a curve; return its part of the JSON file."""
    curve = CURVES[name]
    base = means(counts, "base", name, "none")
    plain = means(counts, "patched", name, "none")
    listed = means(counts, "patched", name, "list")
    if not [x for x, _ in base] == [x for x, _ in plain] == \
            [x for x, _ in listed]:
        sys.exit(f"scale: {name}: not the same points")

    print(f"\n{curve.title:24} {'base':>10} {'patched':>10} {'more':>7} "
          f"{'with list':>10} {'more':>7}")
    for (x, b), (_, p), (_, w) in zip(base, plain, listed):
        print(f"{x:24} {b:10.1f} {p:10.1f} {p - b:+7.1f} {w:10.1f} "
              f"{w - p:+7.1f}")
    slopes = [slope(points) for points in (base, plain, listed)]
    print(f"{'per ' + curve.unit:24} {slopes[0]:10.3f} {slopes[1]:10.3f} "
          f"{slopes[1] - slopes[0]:+7.3f} {slopes[2]:10.3f} "
          f"{slopes[2] - slopes[1]:+7.3f}")

    for what, points, per in zip(("base", "patched", "with a list"),
                                 (base, plain, listed), slopes):
        checks.limit(f"{name}, {what}: the last step", last_step(points),
                     max(per * STEEPER, per + FLAT))
    checks.limit(f"{name}: what the series adds per {curve.unit}",
                 slopes[1] - slopes[0], curve.plain)
    checks.limit(f"{name}: what a list adds per {curve.unit}",
                 slopes[2] - slopes[1], curve.list)
    if curve.more is not None:
        more = listed[0][1] - plain[0][1]
        series = plain[0][1] - base[0][1]
        for (x, b), (_, p), (_, w) in zip(base, plain, listed):
            checks.limit(f"{name}: what the series costs more with {x}",
                         p - b - series, FLAT)
            checks.limit(f"{name}: what a list costs more with {x}",
                         w - p - more, curve.more)
    return {
        "name": curve.title,
        "points": [{"x": x, "base": round(b, 2), "patched": round(p, 2),
                    "list": round(w, 2)}
                   for (x, b), (_, p), (_, w) in zip(base, plain, listed)],
        "slope": dict(zip(("base", "patched", "list"), slopes)),
    }


def draw(curves, svg):
    """Four plots, AIO contexts and rings in one of them."""
    commands = PLOT.format(svg=svg)
    for names in ("cgroups",), ("contexts", "rings"), ("stack",), ("splits",):
        # flat curves leave room at the bottom, growing ones at the top
        flat = CURVES[names[0]].more is not None
        commands += "set logscale x\nset key bottom left\n" if flat else \
            "unset logscale x\nset key top left\n"
        titles = " or ".join(CURVES[n].title for n in names)
        commands += f'set xlabel "{titles}"\n'
        plots, data = [], ""
        for dash, name in enumerate(names, 1):
            which = f"{name}, " if len(names) > 1 else ""
            for color, (key, label) in enumerate(
                    (("base", "base"), ("patched", "patched"),
                     ("list", "cgroup and ioprio")), 1):
                plots.append(f"'-' with linespoints lc {color} pt {color} "
                             f"dt {dash} title '{which}{label}'")
                data += "".join(f"{p['x']} {p[key]}\n"
                                for p in curves[name]["points"]) + "e\n"
        commands += "plot " + ", ".join(plots) + "\n" + data
    subprocess.run(["gnuplot"], input=commands, text=True, check=True)


def main():
    directory, path, gcc = sys.argv[1:]
    counts = read_counts(directory)
    checks = Checks()
    check_boots(checks, counts)
    print("Instructions per direct read, null_blk, mean of two boots:")
    curves = {name: one_curve(name, counts, checks) for name in CURVES}
    print("\nunder emulation, counts not cycles")
    with open(path, "w") as f:
        json.dump({"config": "perf", "gcc": gcc,
                   "unit": "instructions per read, under emulation, "
                           "counts not cycles",
                   "failed": checks.failed, "curves": curves}, f, indent=1)
        f.write("\n")
    draw(curves, os.path.splitext(path)[0] + ".svg")
    for line in checks.failed:
        print("scale: " + line, file=sys.stderr)
    sys.exit(1 if checks.failed else 0)


main()

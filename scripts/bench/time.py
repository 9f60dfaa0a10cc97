# SPDX-License-Identifier: GPL-2.0
"""The slices, the tables and the plot of scripts/bench/time.

slices DIR CPU       time slices, with DIR/{base,patched,initramfs}; for report
report DIR JSON GCC  DIR has slices, and {base,patched}-N/ of fio
"""
import itertools
import json
import math
import os
import random
import statistics
import subprocess
import sys
import threading

BOOTS = 10
PART = 500_000      # nanoseconds; a slice is 40 parts
WARM_UP = 64        # reads in a part
LINE_TIMEOUT = 60   # seconds

# The reads that all kernels do without attributes, and the lists that the
# series adds to them.
READS = ("aio 1", "aio 32", "uring 1", "uring 32", "pread 1")
LISTS = ("cache", "cgroup+ioprio")
KERNELS = ("base", "patched", "again")
# a round has each order of the kernels
ORDERS = tuple(itertools.permutations(KERNELS))

RESAMPLES = 2000
# maximum width of the interval of base against base
ABSURD = 0.5

NOTE = {
    "um": "wall-clock time of user-mode Linux on a shared machine; "
          "spread as given",
    "fio": "fio, under emulation, on a shared machine; spread as given",
}
UM_NAMES = {"patched": "no attributes", "again": "base, a second time"}

PLOT = """
set terminal svg size 1000,{height} font "sans,11" background "white" noenhanced
set output "{svg}"
set multiplot layout 2,1 title "Time, patched / base: median, quartiles, and \\
interval of the median (95 %)"
set grid xtics
set key off
set style fill solid 0.3
set boxwidth 0.5
set arrow 1 from 1, graph 0 to 1, graph 1 nohead lt -1 dt 2
"""


def lists_of(read):
    return () if read.startswith("pread") else LISTS


class Guest:
    """User-mode Linux with time-io, one line at a time."""

    def __init__(self, directory, kernel, boot, cpu):
        self.name = kernel
        image = "base" if kernel == "again" else kernel
        self.log = []
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            ["taskset", "-c", cpu, os.path.join(directory, image), "mem=256M",
             "initrd=" + os.path.join(directory, "initramfs"), "quiet",
             "uml_dir=" + directory, f"umid={kernel}-{boot}", "seccomp=auto",
             "con=null", "con0=fd:0,fd:1"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def answer(self):
        """What comes after "= "; the kernel's own lines are passed over."""
        timer = threading.Timer(LINE_TIMEOUT, self.process.kill)
        timer.start()
        try:
            for line in self.process.stdout:
                self.log.append(line)
                if line.startswith("= "):
                    return line[2:].strip()
                if line.startswith("! "):
                    break
        finally:
            timer.cancel()
        sys.exit(f"time: {self.name} did not answer:\n" +
                 "".join(self.log[-20:]))

    def slice(self, read, what, reads):
        """Nanoseconds per read."""
        self.process.stdin.write(f"{read} {what} {reads}\n")
        self.process.stdin.flush()
        return int(self.answer()) / reads

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def one_boot(directory, boot, cpu, reads):
    """{read: {column: [nanoseconds per read]}}, a column being a kernel or a
    list; reads gets how many of each make a part, if it is not known"""
    guests = {k: Guest(directory, k, boot, cpu) for k in KERNELS}
    times = {}
    for guest in guests.values():
        guest.answer()
    for read in READS:
        columns = [(k, k, "none") for k in KERNELS]
        columns += [(what, "patched", what) for what in lists_of(read)]
        # warm up: one-time work is done here
        ns = min(guests[kernel].slice(read, what, WARM_UP)
                 for _, kernel, what in columns)
        reads.setdefault(read, int(PART / ns / 32 + 1) * 32)
        times[read] = {name: [] for name, _, _ in columns}
        for order in ORDERS:
            for kernel in order:
                for name, of, what in columns:
                    if of == kernel:
                        times[read][name].append(guests[kernel].slice(
                            read, what, reads[read]))
    for guest in guests.values():
        guest.stop()
    return times


def slices(directory, cpu):
    reads = {}
    boots = [one_boot(directory, n, cpu, reads) for n in range(BOOTS)]
    with open(os.path.join(directory, "slices"), "w") as f:
        json.dump({"reads": reads, "boots": boots}, f)


def quantile(ordered, share):
    """Between the two nearest, of a sorted list."""
    at = share * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def bootstrap(boots):
    """The interval of the median of ratios that come in boots: boots are drawn,
    and ratios of each, because the ratios of one boot are not independent"""
    rng = random.Random(1)
    medians = []
    for _ in range(RESAMPLES):
        drawn = []
        for ratios in rng.choices(boots, k=len(boots)):
            drawn += rng.choices(ratios, k=len(ratios))
        medians.append(statistics.median(drawn))
    medians.sort()
    return quantile(medians, 0.025), quantile(medians, 0.975)


def by_rank(ratios):
    """Two of the ratios that the median is between with 95 %, the nearest"""
    n = len(ratios)
    ordered = sorted(ratios)
    outside = rank = 0
    while True:
        outside += 2 * math.comb(n, rank) / 2 ** n
        if outside > 0.05:
            break
        rank += 1
    if not rank:
        sys.exit(f"time: {n} pairs are too few")
    return ordered[rank - 1], ordered[n - rank]


def with_depth(name):
    return "{}, depth {}".format(*name.split())


def row(kind, name, unit, base, other, ratios, interval):
    ordered = sorted(ratios)
    return {
        "kind": kind, "name": name, "unit": unit, "pairs": len(ordered),
        "base": round(base, 1), "patched": round(other, 1),
        "ratio": round(quantile(ordered, 0.5), 4),
        "interval": [round(x, 4) for x in interval],
        "quartiles": [round(quantile(ordered, q), 4) for q in (0.25, 0.75)],
    }


def um_rows(boots):
    rows = []
    for read in READS:
        base = [ns for boot in boots for ns in boot[read]["base"]]
        for column in ("again", "patched", *lists_of(read)):
            ratios = [[ns / b for ns, b in zip(boot[read][column],
                                               boot[read]["base"])]
                      for boot in boots]
            rows.append(row(
                "um", f"{with_depth(read)}, {UM_NAMES.get(column, column)}",
                "ns",
                statistics.median(base),
                statistics.median(ns for boot in boots
                                  for ns in boot[read][column]),
                [r for boot in ratios for r in boot], bootstrap(ratios)))
    return rows


def mean_clat(path):
    """Nanoseconds: of the means of 2 ms each the median, for the reason that a
    slice has parts"""
    with open(path) as f:
        return statistics.median(int(line.split(",")[1]) for line in f)


def fio_boots(directory, kernel):
    """[{job: (IOPS, ns of a mean completion)}]"""
    boots = []
    for n in itertools.count(1):
        results = os.path.join(directory, f"{kernel}-{n}")
        if not os.path.exists(results):
            return boots
        with open(os.path.join(results, "fio.json")) as f:
            jobs = json.load(f)["jobs"]
        boots.append({
            job["jobname"]: (job["read"]["iops"], mean_clat(os.path.join(
                results, f"log_clat.{number}.log")))
            for number, job in enumerate(jobs, 1)})


def fio_rows(directory):
    base = fio_boots(directory, "base")
    patched = fio_boots(directory, "patched")
    if len(base) != len(patched) or not base:
        sys.exit("time: not as many boots of both")
    rows = []
    for job in base[0]:
        for i, unit in enumerate(("IOPS", "ns")):
            b = [boot[job][i] for boot in base]
            p = [boot[job][i] for boot in patched]
            if min(b + p) <= 0:
                sys.exit(f"time: {job}: fio has read nothing")
            ratios = [y / x for x, y in zip(b, p)]
            rows.append(row(
                "fio", with_depth(job) + ("", ", clat")[i], unit,
                statistics.median(b), statistics.median(p), ratios,
                by_rank(ratios)))
    return rows


def print_rows(title, rows):
    print(f"{title}\n{'':36} {'base':>9} {'patched':>9}      ratio  "
          "95 % interval   quartiles")
    for r in rows:
        print(f"{r['name']:36} {r['base']:9.0f} {r['patched']:9.0f} "
              f"{r['unit']:4} {r['ratio']:6.3f}  "
              f"{r['interval'][0]:.3f} - {r['interval'][1]:.3f}   "
              f"{r['quartiles'][0]:.3f} - {r['quartiles'][1]:.3f}")


def draw(rows, svg):
    commands = PLOT.format(svg=svg, height=120 + 22 * len(rows))
    for kind in "um", "fio":
        of_kind = [r for r in rows if r["kind"] == kind]
        data = ""
        for y, r in enumerate(of_kind):
            # more IOPS are better; their inverse is a time
            values = [r["ratio"], *r["interval"], *r["quartiles"]]
            name = r["name"]
            if r["unit"] == "IOPS":
                values = [1 / v for v in values]
                name += ", 1 / IOPS"
            color = 2 if name.endswith(UM_NAMES["again"]) else 1
            data += f"{y} \"{name}\" {color} " + \
                " ".join(map(str, values)) + "\n"
        commands += (
            f"$d << E\n{data}E\n"
            f'set xlabel "{NOTE[kind]}"\n'
            f"set yrange [{len(of_kind) - 0.5}:-0.5]\n"
            "plot $d using 4:1:7:8:($1-0.3):($1+0.3):3 "
            "with boxxyerror lc variable, "
            "'' using 4:1:5:6:3:ytic(2) with xerrorbars pt 7 ps 0.6 "
            "lc variable\n")
    subprocess.run(["gnuplot"], input=commands, text=True, check=True)


def report(directory, path, gcc):
    with open(os.path.join(directory, "slices")) as f:
        done = json.load(f)
    um = um_rows(done["boots"])
    fio = fio_rows(directory)
    print_rows(f"{NOTE['um']}; {um[0]['pairs']} pairs of slices:", um)
    print()
    print_rows(f"{NOTE['fio']}; {fio[0]['pairs']} pairs of boots:", fio)
    with open(path, "w") as f:
        json.dump({"gcc": gcc, "notes": NOTE, "reads_in_part": done["reads"],
                   "rows": um + fio}, f, indent=1)
        f.write("\n")
    draw(um + fio, os.path.splitext(path)[0] + ".svg")
    for r in um:
        low, high = r["interval"]
        if r["name"].endswith(UM_NAMES["again"]) and high - low > ABSURD:
            sys.exit(f"time: {r['name']}: the interval says nothing; "
                     "this machine is too busy")


{"slices": slices, "report": report}[sys.argv[1]](*sys.argv[2:])

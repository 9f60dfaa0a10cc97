# SPDX-License-Identifier: GPL-2.0
"""Fairness after isol-bench."""

TITLE = "Fairness between cgroups, after isol-bench"
CONTROLLERS = ("iocost", "bfq", "io.max")
WEIGHTS = {"uniform": "equal", "weighted": "different"}
BOUND = 0.01

PUBLISHED = """\
isol-bench (IISWC 2025) compares the controllers of bandwidth in the kernel. One
fio job per cgroup reads an SSD, and Jain's index of bandwidth divided by weight
says how fair the result is: 1 if all cgroups get their share, 1/N if one of N
gets everything. A server whose clients have no process of their own cannot use
these controllers. With a tag on each I/O it can, and the index should be the
same."""

DIFFERS = """\
- The clients read for {seconds} seconds after 1 second, instead of 60 after 20,
  with 8 I/Os in flight instead of 256: the I/Os of 256 clients then fit into the
  2048 requests of a scheduler.
- The disk is null_blk. With BFQ it serves 5000 I/Os of 4 KiB a second, four at a
  time. With iocost and io.max the disk is faster, and the controllers permit 5000
  I/Os a second.
- iocost has a fixed rate (min and max are 100 %) instead of a quantile of the
  latency.
- The weights are 100, 200, 300, 400, 100 and so on. For io.max, the sum of the
  limits is the rate, and the limits are proportional to the weights.
- BFQ has low_latency=0, as in the original, and the default of slice_idle. It
  gives the disk to one queue for up to 125 ms (timeout_sync). With 64 cgroups a
  round takes longer than the run, and the index is low for processes and tags
  alike.
- Each client is a thread of tests/effects/load.c that reads by libaio, not a fio
  job."""

# of the table
MORE = """\
The last columns are context switches per I/O, with those that start the
processes. """

CAPTION = ("Jain's index of bandwidth divided by weight, with weights from 100 to "
           "400, by the number of cgroups.")


def jain(values):
    squares = sum(v * v for v in values)
    return sum(values) ** 2 / (len(values) * squares) if squares else 0


def weight(name, kind):
    return 1 if kind == "uniform" else 1 + (int(name[1:]) - 1) % 4


def index(figures, scene, variant, kind):
    clients = figures.clients[scene, variant].values()
    return jain([c.bytes / weight(c.name, kind) for c in clients])


def split(scene):
    _, controller, n = scene.split("-")
    return controller, int(n)


def rows(figures):
    found = []
    for scene in figures.scenes("fairness"):
        controller, n = split(scene)
        for kind in WEIGHTS:
            row = {"controller": controller, "cgroups": n, "weights": kind}
            for variant in "processes", "tags":
                row[variant] = index(figures, scene, f"{variant}-{kind}", kind)
                row[variant + "_switches"] = figures.switches(
                    scene, f"{variant}-{kind}")
            row["untagged"] = index(figures, scene, "untagged", kind)
            found.append(row)
    return sorted(found, key=lambda r: (CONTROLLERS.index(r["controller"]),
                                        r["cgroups"], r["weights"]))


def table(figures):
    return (("controller", "cgroups", "weights", "N processes",
             "one process, tags", "difference", "one process, no tags",
             "switches per I/O, processes", "... tags"),
            [(r["controller"], r["cgroups"], WEIGHTS[r["weights"]],
              f"{r['processes']:.4f}", f"{r['tags']:.4f}",
              # no -0.0000
              f"{round(r['tags'] - r['processes'], 4) + 0.0:.4f}",
              f"{r['untagged']:.4f}", f"{r['processes_switches']:.2f}",
              f"{r['tags_switches']:.2f}")
             for r in rows(figures)])


def goals(figures):
    for r in rows(figures):
        yield (abs(r["tags"] - r["processes"]) <= BOUND,
               f"{r['controller']}, {r['cgroups']} cgroups, {WEIGHTS[r['weights']]} "
               f"weights: Jain's index {r['tags']:.4f} with tags, "
               f"{r['processes']:.4f} as processes")
    for scene in figures.scenes("fairness"):
        yield (all(figures.all_honoured(scene, f"tags-{kind}", "cgroup")
                   for kind in WEIGHTS), f"{scene}: every tag was honoured")


def plot(figures):
    """A block of data for each controller, and what draws them."""
    data = {}
    for r in rows(figures):
        if r["weights"] == "weighted":
            data.setdefault(r["controller"], []).append(
                (r["cgroups"], r["processes"], r["tags"], r["untagged"]))
    script = f"""\
set multiplot layout 1,{len(data)}
set logscale x 2
set xtics (2, 4, 16, 64, 256)
set xlabel "cgroups"
set xrange [1.7:300]
set yrange [0.4:1.02]
set key bottom left Left reverse
"""
    for name in data:
        script += f"""\
set title "{name}"
plot ${name.replace('.', '_')} using 1:2 with linespoints pt 4 ps 1.4 lw 2 \
lc rgb "#2166ac" title "N processes", \
"" using 1:3 with linespoints pt 2 lw 2 lc rgb "#1b7837" \
title "one process, tags", \
"" using 1:4 with linespoints pt 6 lw 2 lc rgb "#b2182b" \
title "one process, no tags"
"""
    return data, script + "unset multiplot\n", (900, 340)

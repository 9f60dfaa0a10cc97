# SPDX-License-Identifier: GPL-2.0
"""Instructions per I/O of the clients of fairness.py."""

TITLE = "CPU per I/O: one process for N clients, against N processes"

PUBLISHED = """\
isol-bench also looks at the CPU, and finds that io.cost adds latency once it is
saturated. A process per client costs context switches. One process that tags has
to pay for the tags, and for a worker of the kernel where a controller delays an
I/O. The question is which needs fewer instructions."""

DIFFERS = """\
- The original has many CPUs and measures their utilization. Here the only CPU executes
  an instruction per nanosecond and is never idle, because the disk needs 10 us
  for an I/O and takes 1024 at a time. The instructions per I/O are therefore
  the time divided by the number of I/Os. They include the programs, interrupts
  and workers of the kernel. They are counts, not cycles: a context switch costs
  a real CPU more than its instructions.
- The controllers are enabled, but permit more than the CPU can do."""

CAPTION = "Instructions per 4 KiB read with a saturated CPU, by cgroups."


def rows(figures):
    found = []
    for scene in figures.scenes("cost"):
        _, controller, n = scene.split("-")
        row = {"controller": controller, "cgroups": int(n)}
        for variant in "processes", "tags":
            clients = figures.clients[scene, f"{variant}-uniform"].values()
            ios = sum(c.ios for c in clients)
            row[variant] = figures.origins[scene].seconds * 1e9 / ios
            row[variant + "_switches"] = figures.switches(
                scene, f"{variant}-uniform")
        found.append(row)
    return sorted(found, key=lambda r: (r["controller"] != "iocost",
                                        r["cgroups"]))


def table(figures):
    return (("controller", "cgroups", "N processes", "one process, tags",
             "difference, %", "switches per I/O, processes", "... tags"),
            [(r["controller"], r["cgroups"], f"{r['processes']:,.0f}",
              f"{r['tags']:,.0f}",
              f"{100 * (r['tags'] / r['processes'] - 1):+.1f}",
              f"{r['processes_switches']:.3f}", f"{r['tags_switches']:.3f}")
             for r in rows(figures)])


def goals(figures):
    """None: the figures say what a process for all clients costs."""
    return ()


def plot(figures):
    data = {"cost": [(f'"{r["controller"]}, {r["cgroups"]}"', r["processes"],
                      r["tags"]) for r in rows(figures)]}
    return data, """\
set style data histogram
set style histogram cluster gap 1
set style fill solid 0.8
set ylabel "instructions per I/O"
set yrange [0:*]
set key outside bottom center horizontal Left reverse
plot $cost using 2:xtic(1) lc rgb "#2166ac" title "N processes", \
"" using 3 lc rgb "#1b7837" title "one process, tags"
""", (700, 360)

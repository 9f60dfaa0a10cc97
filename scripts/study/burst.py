# SPDX-License-Identifier: GPL-2.0
"""A burst of a latency-critical client after isol-bench."""

TITLE = "A latency-critical burst, after isol-bench"
CONTROLLERS = ("iocost", "bfq", "mq-deadline")
VARIANTS = ("processes", "tags", "untagged")
# the largest p99 with tags, in parts of that of a process
FACTOR = 1.1

PUBLISHED = """\
isol-bench lets four best-effort jobs read with 256 I/Os in flight each. After a
while a latency-critical job reads one block at a time for ten seconds. The
latency of its slowest reads says how well a controller isolates it. Here the
jobs are the clients of one server."""

DIFFERS = """\
- The best-effort clients read for {seconds} seconds instead of 80. The
  latency-critical client begins after 3/8 of this time instead of 60 seconds, and
  reads until the end.
- The disk is the one of the fairness comparison: 5000 I/Os of 4 KiB a second.
- mq-deadline: the latency-critical client has the real-time class and the others
  the best-effort class, by ionice(1) for processes. BFQ and iocost: its cgroup
  has the weight 1000, the others 100.
- The percentile is the 99th of all reads of the latency-critical client.

With mq-deadline the tags miss the goal of 1.1: the median is that of a process, and
the 99th percentile is higher by the 0.8 ms that the disk needs for a request.
mq-deadline holds back the lower classes while a real-time request is queued or in
flight. The only thread of the server also serves the best-effort clients. It may
submit the next real-time read so late that one of their requests has been
dispatched. This explanation is from the code and was not tested."""

CAPTION = ("The 99th percentile of the latency of the latency-critical client, "
           "logarithmic.")


def rows(figures):
    found = []
    for controller in CONTROLLERS:
        scene = f"burst-{controller}"
        if (scene, "processes") not in figures.clients:
            continue
        row = {"controller": controller}
        for variant in VARIANTS:
            clients = figures.clients[scene, variant]
            row[variant] = clients["c5"].p99
            row[variant + "_median"] = clients["c5"].p50
            row[variant + "_reads"] = clients["c5"].ios
        found.append(row)
    return found


def table(figures):
    def cells(r):
        for v in VARIANTS:
            yield f"{r[v + '_median'] / 1000:,.2f}"
            yield f"{r[v] / 1000:,.2f}"
    return (("controller", "processes: median, ms", "p99, ms",
             "tags: median, ms", "p99, ms", "no tags: median, ms", "p99, ms",
             "p99, tags : processes"),
            [(r["controller"], *cells(r), f"{r['tags'] / r['processes']:.3f}")
             for r in rows(figures)])


def goals(figures):
    for r in rows(figures):
        yield (r["tags"] <= FACTOR * r["processes"],
               f"{r['controller']}: p99 {r['tags']} us with tags, "
               f"{r['processes']} us as a process, {r['untagged']} us untagged")
        yield (figures.all_honoured(
            f"burst-{r['controller']}", "tags",
            "ioprio" if r["controller"] == "mq-deadline" else "cgroup"),
               f"{r['controller']}: every tag was honoured")


def plot(figures):
    data = {"burst": [(r["controller"], *(r[v] / 1000 for v in VARIANTS))
                      for r in rows(figures)]}
    return data, """\
set style data histogram
set style histogram cluster gap 1
set style fill solid 0.8
set logscale y
set ylabel "p99, ms"
set yrange [0.1:*]
set key outside bottom center horizontal Left reverse
plot $burst using 2:xtic(1) lc rgb "#2166ac" title "a process each", \
"" using 3 lc rgb "#1b7837" title "one process, tags", \
"" using 4 lc rgb "#b2182b" title "one process, no tags"
""", (700, 360)

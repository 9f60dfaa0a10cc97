# SPDX-License-Identifier: GPL-2.0
"""Priorities after Split-level I/O scheduling."""

TITLE = "Eight priorities, after Split-level I/O scheduling"
SCENES = {"priorities": "direct reads",
          "priorities-buffered-threads": "buffered reads"}
VARIANTS = ("processes", "tagged", "untagged")
DIRECT = 15
UNTAGGED = 50

PUBLISHED = """\
Split-level I/O scheduling (SOSP 2015) shows that CFQ misallocates bandwidth among
threads of different priority, because it does not know for whom a write is. Its
AFQ reduces the deviation from the ideal shares by a factor of 28. The file system
and the page cache carry tags there. Here the program sets them: on each I/O, or
with a scope for buffered reads."""

DIFFERS = """\
- The eight threads with the priorities 0 to 7 are the clients of one process. They
  read 64 KiB blocks of their own parts of a disk of 50 MiB/s in an order without
  neighbours, with 4 I/Os in flight, for {seconds} seconds.
- Only reads are compared. The factor of 28 is about asynchronous writes. The
  kernel's flusher threads submit these, with a priority of their own.
- The scheduler is BFQ: it replaced CFQ in the kernel, and no AFQ exists for it.
  The ideal shares are those of BFQ's weights for the priorities, 80 to 10.
- Only the abstract and notes on the paper were at hand, not its full text. The
  workload is built after them."""

CAPTION = ("Bandwidth of eight clients of one process by priority, as a part of the "
           "sum. The line shows the ideal shares.")


def shares(figures, scene, variant):
    clients = figures.clients[scene, variant]
    total = sum(c.bytes for c in clients.values())
    return [clients[name].bytes / total for name in "abcdefgh"]


IDEAL = [(8 - n) / 36 for n in range(8)]


def deviation(figures, scene, variant):
    """The mean deviation from the ideal shares, in percent."""
    return 100 * sum(abs(s / i - 1) for s, i in
                     zip(shares(figures, scene, variant), IDEAL)) / 8


def rows(figures):
    return [{"scene": scene, "io": io,
             **{v: deviation(figures, scene, v) for v in VARIANTS}}
            for scene, io in SCENES.items()
            if (scene, "tagged") in figures.clients]


def table(figures):
    return (("deviation from the ideal shares, %", "eight processes",
             "one process, tags", "one process, no tags", "no tags : tags"),
            [(r["io"], *(f"{r[v]:.1f}" for v in VARIANTS),
              f"{r['untagged'] / r['tagged']:.1f}") for r in rows(figures)])


def goals(figures):
    for r in rows(figures):
        yield (r["tagged"] < DIRECT,
               f"{r['io']}: {r['tagged']:.1f} % from the ideal shares with tags, "
               f"{r['processes']:.1f} % as processes")
        yield (r["untagged"] > UNTAGGED,
               f"{r['io']}: {r['untagged']:.1f} % without tags")


def plot(figures):
    data = {}
    for i, r in enumerate(rows(figures)):
        by = [shares(figures, r["scene"], v) for v in VARIANTS]
        data[f"io{i}"] = [(n, *(s[n] for s in by), IDEAL[n])
                          for n in range(8)]
    script = f"""\
set multiplot layout 1,{len(data)}
set style data histogram
set style histogram cluster gap 1
set style fill solid 0.8
set xlabel "priority"
set ylabel "share of the bandwidth"
set yrange [0:0.4]
"""
    for i, r in enumerate(rows(figures)):
        script += f"""\
set title "{r['io']}"
plot $io{i} using 2:xtic(1) lc rgb "#2166ac" title "eight processes", \
"" using 3 lc rgb "#1b7837" title "one process, tags", \
"" using 4 lc rgb "#b2182b" title "one process, no tags", \
"" using 0:5 with linespoints lw 2 lc rgb "black" title "ideal"
"""
    return data, script + "unset multiplot\n", (900, 360)

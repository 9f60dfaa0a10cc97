# SPDX-License-Identifier: GPL-2.0
"""A fair file server after the fair queueing of knfsd."""

TITLE = "A fair file server, after fair queueing for knfsd"
VARIANTS = {"servers": "a server for each client", "tags": "one server, tags",
            "untagged": "one server, no tags"}
BOUND = 0.9

PUBLISHED = """\
The RFC of fair queueing for the NFS server (June 2026) measures an interactive
client beside a greedy one with K connections. Alone it does 241 operations per
second, and beside 8 greedy connections 72. With fair queueing of the server's
threads it does 182, 0.76 of what it did alone."""

DIFFERS = """\
- The server is tools/ioattr/examples/file-server, which has one thread and tags
  each read with the cgroup of its client. The disk is shared fairly, not the
  threads of the server.
- The clients read over TCP on the loopback interface, for {seconds} seconds: the
  interactive one 64 KiB at a time, each greedy connection with 16 such reads in
  flight.
- The disk is null_blk with BFQ. It takes 2.5 ms for each read, two at a time.
- Both clients have the same weight, whatever the number of connections."""

CAPTION = ("Operations per second of the interactive client, by the number of greedy "
           "connections.")
CONNECTIONS = (0, 1, 2, 4, 8)


def operations(figures, variant, k, who="interactive"):
    key = ("server-bfq", f"{variant}-{k}", who)
    if key not in figures.numbers:
        return None
    return figures.numbers[key][0] / figures.origins["server-bfq"].seconds


def rows(figures):
    return [{"variant": variant,
             **{f"k{k}": operations(figures, variant, k)
                for k in CONNECTIONS}} for variant in VARIANTS]


def table(figures):
    return (("operations/s of the interactive client, beside", "nobody",
             *(f"K={k}" for k in CONNECTIONS[1:]), "K=8 : K=1"),
            [(VARIANTS[r["variant"]],
              *(f"{r[f'k{k}']:.1f}" for k in CONNECTIONS),
              f"{r['k8'] / r['k1']:.2f}") for r in rows(figures)])


def goals(figures):
    by = {r["variant"]: r for r in rows(figures)}
    for variant, fair in ("tags", True), ("untagged", False):
        r = by[variant]
        yield ((r["k8"] >= BOUND * r["k1"]) == fair,
               f"{VARIANTS[variant]}: {r['k8']:.1f} operations/s beside 8 greedy "
               f"connections, {r['k1']:.1f} beside 1")
    for k in CONNECTIONS:
        yes, reads = figures.numbers["server-bfq", f"tags-{k}", "honoured"]
        yield yes == reads, f"K={k}: {yes} of {reads} tags were honoured"


def plot(figures):
    found = rows(figures)
    data = {"server": [(k, *(r[f"k{k}"] for r in found))
                       for k in CONNECTIONS]}
    styles = {"servers": 'pt 4 ps 1.4 lc rgb "#2166ac"',
              "tags": 'pt 2 lc rgb "#1b7837"',
              "untagged": 'pt 6 lc rgb "#b2182b"'}
    return data, """\
set xlabel "greedy connections"
set xrange [-0.3:8.3]
set xtics (0, 1, 2, 4, 8)
set ylabel "operations/s"
set yrange [0:*]
set key outside bottom center horizontal Left reverse
plot """ + ", ".join(
        f'$server using 1:{i + 2} with linespoints lw 2 '
        f'{styles[r["variant"]]} title "{VARIANTS[r["variant"]]}"'
        for i, r in enumerate(found)) + "\n", (700, 380)

# SPDX-License-Identifier: GPL-2.0
"""Cache hints after Differentiated Storage Services."""

TITLE = "A hot set beside a backup, after Differentiated Storage Services"
VARIANTS = {"default": "bcache as it is", "lru": "LRU: sequential_cutoff=0",
            "hints": "hints"}
FACTOR = 2

PUBLISHED = """\
Differentiated Storage Services (SOSP 2011) puts a class on each SCSI command, by
which a cache decides what to keep. The throughput of a file server more than
doubles against a cache with LRU. Here the classes are cache hints, and the cache
is bcache: ADMIT for the random reads of a hot set, BYPASS for a backup that reads
the remainder at the same time."""

DIFFERS = """\
- The original changes file systems, which know the class of their blocks, and
  uses file server benchmarks. Here a program reads a block device and sets the
  hints itself.
- The disk has 1280 MiB and takes 5 ms for each request, up to 32 at a time. The
  cache has 128 MiB and takes 0.2 ms. The hot set has 88 MiB and 2 reads of 4 KiB
  in flight, the backup 16 reads of 64 KiB. All of the hot set is in the cache at
  the beginning.
- Both run for {seconds} seconds. The requests are counted after the first
  second, the hits from the beginning: LRU still has most of the hot set then. A hit
  ratio twice that of LRU was a goal, and is not reached in so short a run.
- LRU is bcache with sequential_cutoff=0 and congested_read_threshold_us=0. With
  hints, these are 0 as well, so that only the hints act.
- In the random order, a backup reads each block once, but no two neighbours after
  each other: sequential_cutoff does not see it.
- Only the abstract of the paper was at hand. The workload is built after it."""

CAPTION = ("Requests per second to the hot set, and its hit ratio, while a backup "
           "runs.")


def rows(figures):
    found = []
    for order in "sequential", "random":
        scene = f"cache-{order}"
        for variant in VARIANTS:
            if (scene, variant) not in figures.clients:
                continue
            clients = figures.clients[scene, variant]
            hits, misses = figures.numbers[scene, variant, "hits"]
            measured = figures.origins[scene].seconds - 1
            found.append({
                "order": order, "variant": variant,
                "hits": 100 * hits / (hits + misses),
                "requests": clients["hot"].ios / measured,
                "p99": clients["hot"].p99,
                "backup": clients["backup"].bytes / measured / 2**20})
    return found


def table(figures):
    return (("order of the backup", "cache", "hit ratio, %", "requests/s",
             "p99, ms", "backup, MiB/s"),
            [(r["order"], VARIANTS[r["variant"]], f"{r['hits']:.1f}",
              f"{r['requests']:,.0f}", f"{r['p99'] / 1000:.2f}",
              f"{r['backup']:.0f}") for r in rows(figures)])


def goals(figures):
    by = {(r["order"], r["variant"]): r for r in rows(figures)}
    for order in dict.fromkeys(k[0] for k in by):
        hints, lru = by[order, "hints"], by[order, "lru"]
        yield (hints["requests"] >= FACTOR * lru["requests"],
               f"{order}: {hints['requests']:.0f} requests/s with hints, "
               f"{lru['requests']:.0f} with LRU")
        yield (hints["hits"] >= FACTOR * lru["hits"],
               f"{order}: {hints['hits']:.1f} % hits with hints, "
               f"{lru['hits']:.1f} % with LRU")
        if order == "random":
            default = by[order, "default"]
            yield (hints["hits"] >= default["hits"] and
                   hints["requests"] >= default["requests"],
                   f"{order}: {hints['requests']:.0f} requests/s with hints, "
                   f"{default['requests']:.0f} with the default")
    for order in dict.fromkeys(k[0] for k in by):
        yield (figures.all_honoured(f"cache-{order}", "hints", "cache"),
               f"{order}: every hint was honoured")


def plot(figures):
    data = {}
    for r in rows(figures):
        data.setdefault(r["variant"], []).append(
            (r["order"], r["requests"], r["hits"]))
    colours = {"default": "#2166ac", "lru": "#b2182b", "hints": "#1b7837"}
    script = """\
set multiplot layout 1,2
set style data histogram
set style histogram cluster gap 1
set style fill solid 0.8
set key outside bottom center vertical Left reverse
set yrange [0:*]
"""
    for column, title in (2, "requests/s"), (3, "hits, %"):
        script += f'set title "{title}"\nplot ' + ", ".join(
            f'${v} using {column}:xtic(1) lc rgb "{colours[v]}" '
            f'title "{VARIANTS[v]}"' for v in data) + "\n"
    return data, script + "unset multiplot\n", (900, 400)

# SPDX-License-Identifier: GPL-2.0
"""The tables and the checks of scripts/bench/memory.

DIR JSON GCC: DIR has sizes, with lines "CONFIG KERNEL STRUCTURE BYTES", and
base and patched, with "slab NAME OBJECT SIZE OBJECTS" and "read SCHEDULER
INTERFACE LIST WHEN SITE ASKED BYTES TIMES"
"""
import collections
import json
import os
import sys

# Structures of each I/O whose size must be that of the base.
FIXED = {"kiocb": 48, "io_rw": 64, "aio_kiocb": 176}

# Slabs whose objects must not grow, in the guest.
SLABS = ("aio_kiocb", "io_kiocb", "bio-")

# A bio has a new pointer. SLUB adds another one, because bios are freed by RCU,
# and rounds the size up to cache lines. In the configuration of distributions
# there is room for the pointer. In the small one there is none: 120 bytes
# filled two lines, so this is not checked.
LINE = 64
POINTER = 8

# Slabs are refilled occasionally, by whichever allocation needs it.
REFILL = ("pages", "__pcs_replace_empty_main", "__kfree_rcu_sheaf",
          "alloc_slab_obj_exts")

# Allocations of a cached permission. Functions may be inlined into their
# callers. The other allocations of the first read for a cgroup are those of any
# read that is charged to it, and an inode to check the mode of cgroup.procs.
GRANTS = ("grant_alloc", "grants_alloc_table", "check_and_grant",
          "iocb_attr_resolve_cgroup")

# Bios are kept in a list of their CPU if they end in a suitable context. It is
# therefore partly random whether a read allocates one. No read allocates two.
BIO = "bio_alloc_bioset"

LISTS = {
    "none": "without attributes", "empty": "empty list", "cache": "cache",
    "ioprio": "ioprio", "proxy": "proxy_pid", "cgroup": "cgroup",
    "both": "cgroup and ioprio", "set+cache": "set: cache",
    "set+ioprio": "set: ioprio", "set+proxy": "set: proxy_pid",
    "set+cgroup": "set: cgroup", "set+both": "set: cgroup and ioprio",
}

failed = []


def check(right, text):
    if not right:
        failed.append(text)


def read_sizes(path):
    """{(configuration, structure): {kernel: bytes}}"""
    sizes = collections.defaultdict(dict)
    with open(path) as f:
        for line in f:
            config, kernel, structure, size = line.split()
            sizes[config, structure][kernel] = int(size)
    return sizes


def read_guest(path):
    """{slab: (object, size, objects)}, and the allocations:
    {(scheduler, interface, list, when): {(site, asked): [bytes, times]}}"""
    slabs, reads = {}, collections.defaultdict(dict)
    with open(path) as f:
        for line in f:
            words = line.split()
            if words[0] == "slab":
                slabs[words[1]] = tuple(int(w) for w in words[2:])
                continue
            what, site = tuple(words[1:5]), words[5]
            asked, size, times = (int(w) for w in words[6:])
            reads[what][site, asked] = [size, times]
    return slabs, reads


def total(sites):
    return sum(size * times for size, times in sites.values())


def objects(reads, what):
    return {site: n for site, n in reads[what].items()
            if site[0] not in REFILL}


def check_read(title, plain, sites, reads):
    """A read must not allocate more than one without, at any site."""
    for (site, asked), (_, times) in sites.items():
        most = plain.get((site, asked), (0, 0))[1]
        # so does BFQ, when it changes from one cgroup's queue to another's
        if site in REFILL or site.startswith("bfq_"):
            most = max(most, reads // 100)
        if site == BIO:
            most = reads
        check(times <= most, f"{title}: {times} times {asked} bytes in "
              f"{site}, where reads without attributes have {most}")


def in_slab(size):
    """The size of a bio in a slab of SLUB."""
    return -(-(size + POINTER) // LINE) * LINE


def show_sizes(sizes):
    print(f"{'bytes of a structure':24} {'configuration':14} {'base':>7} "
          f"{'patched':>8} {'more':>6}")
    rows = []
    for (config, name), of in sizes.items():
        base, patched = of.get("base"), of.get("patched")
        check(patched is not None, f"no size of {name}, {config}")
        more = "" if base is None else f"{patched - base:+6}"
        print(f"{name:24} {config:14} {base or '-':>7} {patched:8} {more}")
        if name in FIXED:
            check(base == FIXED[name] and patched == FIXED[name],
                  f"struct {name} is not {FIXED[name]} bytes, {config}: "
                  f"{base}, {patched}")
        if name == "bio":
            was, now = in_slab(base), in_slab(patched)
            print(f"{'    in a slab':24} {config:14} {was:7} {now:8} "
                  f"{now - was:+6}")
            check(now == was or config != "distro", f"struct bio has grown "
                  f"to {now} bytes in a slab, {config}")
        rows.append({"name": name, "config": config, "base": base,
                     "patched": patched})
    for name in (*FIXED, "bio"):
        for config in "small", "distro":
            check((config, name) in sizes, f"no size of {name}, {config}")
    return rows


def show_slabs(base, patched):
    """Caches of bios have their size in the name: the nth is the nth."""
    def pick(slabs):
        return [(name, slabs[name]) for name in sorted(
            (n for n in slabs if not n.startswith("kmalloc")),
            key=lambda n: (n.split("-")[0], slabs[n]))]

    print(f"\n{'object of a slab':24} {'base':>20} {'patched':>20}"
          "   (bytes, with padding, in a slab)")
    ours, theirs = pick(patched), pick(base)
    check([n.split("-")[0] for n, _ in ours] ==
          [n.split("-")[0] for n, _ in theirs],
          "base and patched have not the same slabs")
    rows = []
    for (was, b), (name, p) in zip(theirs, ours):
        title = name if name == was else f"{was}, {name}"
        print(f"{title:24} {b[0]:8} {b[1]:6} {b[2]:4} {p[0]:8} {p[1]:6} "
              f"{p[2]:4}")
        if name.startswith(SLABS):
            check(p[1] <= b[1] and p[2] >= b[2], f"the slab {name} has grown")
        rows.append({"name": name, "base": b, "patched": p})
    return rows


def show_reads(base, patched):
    print(f"\n{'allocated for one read':44} {'bytes':>9} {'times':>8}")
    rows = []
    for scheduler in "none", "bfq":
        for interface in "aio", "uring":
            plain = None
            for kernel, reads, lists in (("base", base, ["none"]),
                                         ("patched", patched, LISTS)):
                for name in lists:
                    key = scheduler, interface, name
                    n = reads[(*key, "READS")]["-", 0][1]
                    sites = reads[(*key, "reads")]
                    size = total(sites) / n
                    times = sum(t for _, t in sites.values()) / n
                    title = f"{interface}, {scheduler}: {kernel}, " \
                            f"{LISTS[name]}"
                    print(f"{title:44} {size:9.1f} {times:8.2f}")
                    rows.append({
                        "interface": interface, "scheduler": scheduler,
                        "kernel": kernel, "list": name, "bytes": size,
                        "allocations": times})
                    if plain is None:
                        plain = sites
                    check_read(title, plain, sites, n)
    return rows


def show_contexts(base, patched):
    """Objects only: pages, a ring's own among them, are left out."""
    print(f"\n{'bytes for a context or ring':44} {'base':>9} {'patched':>9}")
    rows = []
    whens = (("setup", "none", "made"), ("first", "none", "first read"),
             ("first", "cgroup", "first read with a cgroup"),
             ("first", "set+cgroup", "first read with a set of a cgroup"),
             ("other", "none", "next read"),
             ("other", "cgroup", "next read, with another cgroup"),
             ("other", "set+cgroup", "next read, with another set"))
    for interface in "aio", "uring":
        for when, name, title in whens:
            key = "none", interface, name, when
            b = total(objects(base, key)) if name == "none" else None
            p = total(objects(patched, key))
            print(f"{interface + ': ' + title:44} "
                  f"{'-' if b is None else b:>9} {p:9}")
            grants = sum(size * n for (site, _), (size, n) in
                         patched[key].items() if site in GRANTS)
            if name == "cgroup":
                print(f"{'    for the cached permission':44} {'':>9} "
                      f"{grants:9}")
                check(grants, f"{interface}: {title}: no permission cached")
                check(grants, f"{interface}: {title}: no permission cached")
            rows.append({"interface": interface, "when": title, "base": b,
                         "patched": p, "grants": grants,
                         "sites": [{"site": s, "asked": a, "bytes": size,
                                    "times": n} for (s, a), (size, n) in
                                   objects(patched, key).items()]})
    return rows


def show_sets(reads):
    """A set and its file, with its per-CPU memory on the guest's CPUs."""
    print(f"\n{'bytes for an attribute set':44} {'bytes':>9} {'times':>8}")
    rows = []
    for name, title in LISTS.items():
        if not name.startswith("set+"):
            continue
        key = "none", "sets", name
        n = reads[(*key, "SETS")]["-", 0][1]
        sites = objects(reads, (*key, "made"))
        size = total(sites) / n
        times = sum(t for _, t in sites.values()) / n
        print(f"{title:44} {size:9.1f} {times:8.2f}")
        for (site, asked), (got, t) in sorted(sites.items(),
                                              key=lambda s: -s[1][0] * s[1][1]):
            print(f"{f'    {asked} for {site}':44} {got * t / n:9.1f} "
                  f"{t / n:8.2f}")
        rows.append({"set": title, "bytes": size, "allocations": times,
                     "sites": [{"site": s, "asked": a, "bytes": got,
                                "times": t / n}
                               for (s, a), (got, t) in sites.items()]})
    return rows


def main():
    directory, path, gcc = sys.argv[1:]
    sizes = read_sizes(os.path.join(directory, "sizes"))
    base_slabs, base_reads = read_guest(os.path.join(directory, "base"))
    slabs, reads = read_guest(os.path.join(directory, "patched"))
    result = {
        "config": "perf", "gcc": gcc,
        "structures": show_sizes(sizes),
        "slabs": show_slabs(base_slabs, slabs),
        "reads": show_reads(base_reads, reads),
        "contexts": show_contexts(base_reads, reads),
        "sets": show_sets(reads),
        "failed": failed,
    }
    with open(path, "w") as f:
        json.dump(result, f, indent=1)
        f.write("\n")
    for line in failed:
        print("memory: " + line, file=sys.stderr)
    sys.exit(1 if failed else 0)


main()

# SPDX-License-Identifier: GPL-2.0
"""page.py [--require-all] RESULTS PAGE: the page of scripts/report/make."""
import html
import json
import os
import re
import sys

from figures import Bad, inline_svg

HERE = os.path.dirname(os.path.abspath(__file__))
COUNTS = "under emulation, counts not cycles"
NONE = "no attributes"
UNKNOWN = "not recorded"

# the comparisons of make study, which the page has if they were run
STUDY = ("fairness", "cost", "burst", "priorities", "cache", "server")

# the command that makes each result
MAKE = {
    "demo/cache": "make demo",
    "demo/clients": "make demo",
    "demo/checksum": "make demo",
    "demo/backup": "make check T=backup",
    "demo/cache-fio": "make check-long T=fio-scenes",
    "demo/clients-fio": "make check-long T=fio-scenes",
    "effects": "make check T=effects",
    "bench": "make bench",
    "bench-pi": "make bench",
    "bench-scale": "make bench",
    "bench-memory": "make bench",
    "bench-time": "make bench",
    "layers": "make check T=selftests",
    **{f"study/{name}": "make study" for name in STUDY},
    "check": "make check",
}


def die(text):
    sys.exit(f"report: {text}")


def esc(text):
    return html.escape(str(text))


def count(n):
    return "" if n is None else f"{n:,.0f}"


def more(n):
    return "" if n is None else f"{n:+,.0f}"


class Results:
    """The directory of results, and the missing ones."""

    def __init__(self, directory):
        self.directory = directory
        self.missing = []

    def path(self, name):
        return os.path.join(self.directory, name)

    def has(self, name):
        if os.path.exists(self.path(name)):
            return True
        self.missing.append((name, MAKE[os.path.splitext(name)[0]]))
        return False

    def json(self, name):
        if not self.has(f"{name}.json"):
            return None
        try:
            with open(self.path(f"{name}.json")) as f:
                return json.load(f)
        except ValueError as e:
            die(f"{name}.json: {e}")

    def lines(self, name):
        try:
            with open(self.path(name)) as f:
                return f.read().splitlines()
        except OSError:
            return []

    def run(self, name, figures):
        """The commit, kernel and version of a guest run.

        Nothing is returned if the guest ran again after its figures were
        written, because it may have had another kernel.
        """
        try:
            made = os.path.getmtime(self.path(f"runs/{name}/from"))
        except OSError:
            return {}
        if made > os.path.getmtime(self.path(f"{figures}.json")):
            return {}
        said = dict(line.split(None, 1)
                    for line in self.lines(f"runs/{name}/from"))
        for line in self.lines(f"runs/{name}/.config")[:4]:
            version = re.match(r"# Linux/\S+ (\S+) Kernel", line)
            if version:
                said["version"] = version[1]
        return said


# Three globals are used by all parts of the page: the results, the headings so
# far, and the guest runs that the figures are from.
results = None
headings = []
runs = {}


def from_runs(figures, *names):
    for name in names:
        if os.path.isdir(results.path(f"runs/{name}")):
            runs.setdefault(figures, {})[name] = True


def heading(ident, text):
    headings.append((ident, text))
    return f'<h2 id="{ident}">{esc(text)}</h2>\n'


def not_there(name):
    make = MAKE[os.path.splitext(name)[0]]
    return (f'<div class="missing"><p>{esc(name)} is missing: run '
            f"<code>{make}</code></p></div>\n")


def figure(name, title, description, caption):
    """results/NAME.svg, with a description for readers who cannot see it."""
    ident = "fig-" + name.replace("/", "-")
    if not results.has(f"{name}.svg"):
        return not_there(f"{name}.svg")
    try:
        svg = inline_svg(results.path(f"{name}.svg"), ident, title, description)
    except Bad as e:
        die(f"{name}.svg {e}")
    return (f'<figure id="{ident}">\n{svg}\n'
            f"<figcaption>{esc(caption)}</figcaption>\n</figure>\n")


def is_number(text):
    return re.fullmatch(r"([+-]?[\d,]+(\.\d+)?[kM]?)?", text)


def right(number):
    return ' class="n"' if number else ""


def table(ident, caption, head, rows):
    """Rows of text: a row's first cell is its heading."""
    rows = [[str(c) for c in row] for row in rows]
    numbers = [all(is_number(row[i]) for row in rows)
               for i in range(len(head))]
    out = [f'<div class="scroll"><table id="{ident}">',
           f"<caption>{esc(caption)}</caption>", "<thead><tr>"]
    for text, n in zip(head, numbers):
        out.append(f'<th scope="col"{right(n)}>{esc(text)}</th>')
    out.append("</tr></thead>\n<tbody>")
    for row in rows:
        cells = [f'<th scope="row">{esc(row[0])}</th>']
        for text, n in zip(row[1:], numbers[1:]):
            cells.append(f"<td{right(n)}>{esc(text)}</td>")
        out.append("<tr>" + "".join(cells) + "</tr>")
    out.append("</tbody></table></div>\n")
    return "\n".join(out)


# The scenes of the demo

def cache_scene():
    out = '<h3 id="cache">Hints: a backup beside a hot set</h3>\n'
    d = results.json("demo/cache")
    if d is None:
        return out + not_there("demo/cache.json")
    from_runs("demo/cache", "demo-plain", "demo-bypass")
    plain, bypass = d["plain"], d["bypass"]
    out += (f"<p>One thread reads a hot set of {d['hot_mib']} MiB at random "
            f"from bcache with a cache of {d['cache_mib']} MiB, and makes a "
            f"backup of the device of {d['device_mib']} MiB: once without "
            "attributes, once with the hint BYPASS on the reads of the "
            "backup.</p>\n")
    out += figure(
        "demo/cache", "Hit ratio of the hot set over time",
        "Two lines over the seconds since the backup began. While it runs, "
        f"the hit ratio is {plain['ratio_during']} % without hints and "
        f"{bypass['ratio_during']} % with BYPASS; afterwards "
        f"{plain['ratio_later']} % and {bypass['ratio_later']} %.",
        "Hit ratio of the hot set before, during and after a backup of the "
        "device, with and without the hint.")
    rows = [[label, plain[key], bypass[key]] for label, key in (
        ("hot set's hit ratio before the backup, %", "ratio_before"),
        ("while it runs, %", "ratio_during"),
        ("afterwards, %", "ratio_later"),
        ("bcache: cache_hits", "cache_hits"),
        ("bcache: cache_misses", "cache_misses"),
        ("bcache: cache_bypass_hits", "cache_bypass_hits"),
        ("bcache: cache_bypass_misses", "cache_bypass_misses"),
        ("bcache: bypassed", "bypassed"),
        ("reads of the backup", "backup_reads"),
        ("honoured, by res2", "honoured"))]
    return out + table("tab-cache", "The backup and the statistics of bcache.",
                       ["", "no hints", "BYPASS"], rows)


def clients_scene():
    out = '<h3 id="clients">Tags: one file server, two clients</h3>\n'
    d = results.json("demo/clients")
    if d is None:
        return out + not_there("demo/clients.json")
    from_runs("demo/clients", "demo-untagged", "demo-tagged")
    plain, tagged = d["untagged"], d["tagged"]
    out += ("<p>A file server with one thread reads a slow device for two "
            "clients. Their cgroups have the weights 100 and 300, and after "
            f"{d['half_seconds']} seconds 300 and 100. The server runs "
            "without tags, and with each read tagged with the cgroup of its "
            "client.</p>\n")
    out += figure(
        "demo/clients", "Bandwidth of two clients over time",
        "Two plots of two lines each. Without tags both clients have the same "
        "bandwidth. With tags, client b has "
        f"{tagged['ratio_first']} times the bandwidth of client a, and after "
        f"the change {tagged['ratio_second']} times.",
        "Bandwidth of two clients of one file server, without and with tags; "
        "their weights are exchanged in the middle.")
    rows = [[label, plain[key], tagged[key]] for label, key in (
        ("weights 100 and 300: client a, MiB/s", "a_first"),
        ("client b, MiB/s", "b_first"),
        ("b : a", "ratio_first"),
        ("weights 300 and 100: client a, MiB/s", "a_second"),
        ("client b, MiB/s ", "b_second"),
        ("b : a ", "ratio_second"),
        ("reads for client a", "a_reads"),
        ("honoured, by res2", "a_honoured"),
        ("reads for client b", "b_reads"),
        ("honoured, by res2 ", "b_honoured"))]
    return out + table("tab-clients", "Bandwidth and reads of the clients.",
                       ["", "no tags", "tagged"], rows)


def checksum_scene():
    out = '<h3 id="checksum">Checksums: detecting a wrong block</h3>\n'
    d = results.json("demo/checksum")
    if d is None:
        return out + not_there("demo/checksum.json")
    from_runs("demo/checksum", "demo-checksum")
    out += (f"<p>A program writes {d['blocks']} blocks to an NVMe device, each "
            "with its own checksum and tags; the attribute was honoured for "
            f"{d['honoured']} of {d['ios']} I/Os. Then a bit of one block "
            "flips on the medium, and another program overwrites a second "
            "block. "
            f"{d['good']} blocks are unchanged.</p>\n")
    rows = [[f"block {d[key]['block']}: {label}", d[key]["plain"],
             d[key]["checked"], d[key]["pi"]] for key, label in (
                 ("lost", "a bit flipped on the medium"),
                 ("foreign", "overwritten by another program"))]
    return out + table("tab-checksum", "The result of a read of the block.",
                       ["", "no checks", "the kernel checks",
                        "with the attribute pi"], rows)


def backup_scene():
    out = '<h3 id="backup">Scopes: unmodified backup programs</h3>\n'
    d = results.json("demo/backup")
    if d is None:
        return out + not_there("demo/backup.json")
    from_runs("demo/backup", "demo-backup")
    ratio = {}
    for row in d["rows"]:
        reads = row["hits"] + row["misses"]
        ratio[row["program"], row["variant"]] = \
            f"{100 * row['hits'] / reads:.2f}"
    programs = list(dict.fromkeys(row["program"] for row in d["rows"]))
    out += ("<p>Unmodified programs back up a directory of ext4 on bcache "
            "through the page cache, as they are and by <code>ioattr run "
            "--cache=bypass</code>. A hot file was in the cache before."
            "</p>\n")
    rows = [[p, ratio[p, "plain"], ratio[p, "bypass"]] for p in programs]
    out += figure(
        "demo/backup", "Hot file in the cache after a backup",
        "Bars for each program. " + " ".join(
            f"After {p}, {plain} % of the hot file is in the cache, and "
            f"{bypass} % with BYPASS." for p, plain, bypass in rows),
        "How much of a hot file is still in the cache after a backup, with "
        "and without the hint.")
    return out + table("tab-backup",
                       "The hot file that is still in the cache, %.",
                       ["", "as it is", "BYPASS"], rows)


def by_fio(scene, title, columns, keys):
    """The same scene by fio, if tools/fio/test/run-scenes was run."""
    name = f"demo/{scene}-fio"
    if not os.path.exists(results.path(f"{name}.json")):
        return ""
    ours, fio = results.json(f"demo/{scene}"), results.json(name)
    if ours is None:
        return ""
    rows = [[f"{label}, {column}", ours[column][key], fio[column][key]]
            for column in columns for label, key in keys]
    return figure(
        name, title + ", by fio",
        "The plot above, with fio instead of the demo's programs.",
        f"{title}: the scene by fio and tools/fio/jobs/{scene}.fio.") + table(
            f"tab-{scene}-fio", "The demo's programs, and fio.",
            ["", "the demo", "fio"], rows)


def demo():
    return (heading("demo", "The demo") + cache_scene() +
            by_fio("cache", "Hit ratio of the hot set over time",
                   ("plain", "bypass"),
                   (("before the backup, %", "ratio_before"),
                    ("while it runs, %", "ratio_during"),
                    ("afterwards, %", "ratio_later"))) +
            clients_scene() +
            by_fio("clients", "Bandwidth of two clients over time",
                   ("untagged", "tagged"),
                   (("b : a, weights 100 and 300", "ratio_first"),
                    ("b : a, weights 300 and 100", "ratio_second"))) +
            checksum_scene() + backup_scene())


# Comparisons with published work

def study():
    out = ""
    for name in STUDY:
        if not os.path.exists(results.path(f"study/{name}.json")):
            continue
        out = out or heading("study", "Comparisons with published work")
        d = results.json(f"study/{name}")
        from_runs(f"study/{name}", *(f"study-{name}-{n}" for n in range(1, 10)))
        out += f"<h3>{esc(d['title'])}</h3>\n" + figure(
            f"study/{name}", d["title"],
            f"{d['caption']} The table has the numbers.",
            d["caption"]) + table(f"tab-study-{name}", d["title"] + ".",
                                  d["head"], d["table"])
    return out


# Clients of one process against a process each

def effects():
    out = heading("effects", "Clients of one process")
    d = results.json("effects")
    if d is None:
        return out + not_there("effects.json")
    out += ("<p>Two clients of one device: as two processes in separate "
            "cgroups, and as clients of one process, with and without tags on "
            "its I/O. With tags a client should get the same as with its own "
            "process.</p>\n")
    out += figure(
        "effects", "Bandwidth of two clients, by scene and variant",
        "Pairs of bars, one for each client, for each scene as processes, "
        "tagged and untagged; the table has the numbers.",
        "Bandwidth of two clients of one device, in each scene.")
    from_runs("effects", "effects", "effects-virtio")
    rows = []
    for row in d["rows"]:
        if "seconds" not in row:
            continue
        rows.append([
            row["scene"], row["variant"], row["client"],
            f"{row['bytes'] / row['seconds'] / 2**20:.2f}", f"{row['ios']:,}",
            f"{row['p50_us'] / 1000:,.1f}", f"{row['p99_us'] / 1000:,.1f}"])
    return out + table(
        "tab-effects", "Each client of each scene: bandwidth, and the median "
        "and 99th percentile of its latency.",
        ["scene", "variant", "client", "MiB/s", "I/Os", "p50, ms", "p99, ms"],
        rows)


# The cost of attributes

class Counts:
    """The rows of bench.json by interface, device, operation, list, depth."""

    def __init__(self, rows):
        self.rows = {}
        for row in rows:
            interface, _, what = row["name"].partition(": ")
            self.rows[interface, row["device"], row["op"], what,
                      row["depth"]] = row

    def places(self, what):
        return list(dict.fromkeys(key[:3] for key in self.rows
                                  if key[3] == what))

    def lists(self, today):
        return list(dict.fromkeys(
            key[3] for key in self.rows
            if key[3] != NONE and key[3].startswith("today: ") == today))

    def get(self, kernel, *key):
        return self.rows.get(key, {}).get(kernel)

    def limit(self, *key):
        return self.get("limit", *key)

    def than_base(self, place, depth):
        key = (*place, NONE, depth)
        base, patched = self.get("base", *key), self.get("patched", *key)
        return None if base is None else patched - base

    def than_none(self, kernel, place, what, depth):
        with_it = self.get(kernel, *place, what, depth)
        without = self.get(kernel, *place, NONE, depth)
        if with_it is None or without is None:
            return None
        return with_it - without


def without_table(counts):
    rows = []
    for place in counts.places(NONE):
        interface, device, op = place
        row = [f"{interface}, {op}, {device}"]
        for depth in 1, 32:
            key = (*place, NONE, depth)
            row += [count(counts.get("base", *key)),
                    more(counts.than_base(place, depth)),
                    count(counts.limit(*key))]
        rows.append(row)
    return table(
        "tab-without", "I/O without attributes: instructions per I/O on the "
        "base kernel, the increase with the series, and its limit, at queue "
        f"depths 1 and 32; {COUNTS}.",
        ["4 KiB of", "base, depth 1", "more", "limit", "base, depth 32",
         "more", "limit"], rows)


# Suffix of interfaces: the program is not in the root cgroup.
CHILD = ", child cgroup"


def lists_table(counts, depth, child):
    def cell(interface, what):
        place = (interface, "null_blk", "read 4k")
        return more(counts.than_none("patched", place, what, depth))

    lists = counts.lists(False)
    interfaces = [i for i in dict.fromkeys(key[0] for key in counts.rows)
                  if (CHILD in i) == child and
                  any(cell(i, what) for what in lists)]
    if child and not interfaces:
        return ""
    rows = [[what] + [cell(i, what) for i in interfaces] for what in lists]
    return table(
        f"tab-lists-{depth}" + ("-child" if child else ""),
        "The increase with a list of attributes or with a set" +
        (" in a cgroup other than the root" if child else "") +
        f": instructions per 4 KiB read of null_blk, depth {depth}; {COUNTS}.",
        ["list"] + [i.replace(CHILD, "") for i in interfaces],
        [row for row in rows if any(row[1:])])


def today_table(counts):
    rows = []
    for interface, device, op, what, depth in counts.rows:
        if depth != 1 or what not in counts.lists(True):
            continue
        n = counts.than_none("base", (interface, device, op), what, 1)
        switches = counts.get("switches", interface, device, op, what, 1)
        rows.append([what.removeprefix("today: "), f"{op}, {device}", more(n),
                     count(switches)])
    return table(
        "tab-today", "Calls that programs use today before each I/O, on the "
        f"base kernel: the increase in instructions, {COUNTS}, and the context "
        "switches.",
        ["before each I/O", "of", "more", "switches"], rows)


def cost():
    out = "<h3>Instructions</h3>\n"
    d = results.json("bench")
    if d is None:
        return out + not_there("bench.json")
    from_runs("bench", *(f"bench-{k}-{n}" for k in ("base", "patched")
                         for n in (1, 2)))
    counts = Counts(d["rows"])
    out += figure(
        "bench", "The cost of each list",
        "A bar for each list of attributes and for each call that programs use "
        "today; the tables have the numbers.",
        "The increase over a read without attributes: instructions per 4 KiB "
        f"AIO read of null_blk at depth 1; {COUNTS}.")
    out += without_table(counts)
    for child in False, True:
        for depth in 1, 32:
            out += lists_table(counts, depth, child)
    return out + today_table(counts)


def cost_pi():
    out = "<h3>Checksums</h3>\n"
    d = results.json("bench-pi")
    if d is None:
        return out + not_there("bench-pi.json")
    from_runs("bench-pi", "bench-pi-1", "bench-pi-2")
    rows = [[f"{r['name']}, {r['op']}, {r['device']}, depth {r['depth']}",
             count(r["none"]), count(r["pi"]), more(r["pi"] - r["none"])]
            for r in d["rows"]]
    return out + table(
        "tab-pi", f"With the attribute pi: instructions per I/O; {COUNTS}.",
        ["", "none", "pi", "more"], rows)


def scale():
    out = "<h3>Scaling</h3>\n"
    d = results.json("bench-scale")
    if d is None:
        return out + not_there("bench-scale.json")
    from_runs("bench-scale", *(f"bench-scale-{k}-{n}"
                               for k in ("base", "patched") for n in (1, 2)))
    out += figure(
        "bench-scale", "Instructions per read, by number of objects",
        "A plot for each kind of object, with lines for the base, the series, "
        "and the series with a list; the table has the slopes.",
        "Instructions per read with more cgroups, contexts, rings, stacked "
        f"devices and requests; {COUNTS}.")
    rows = []
    for curve in d["curves"].values():
        slope = curve["slope"]
        rows.append([curve["name"], curve["points"][0]["x"],
                     curve["points"][-1]["x"]] +
                    [f"{slope[k]:,.3f}" for k in ("base", "patched", "list")])
    return out + table(
        "tab-scale", f"The cost of one more object: instructions, {COUNTS}.",
        ["", "from", "to", "base", "no attributes", "with a list"], rows)


def memory():
    out = "<h3>Memory</h3>\n"
    d = results.json("bench-memory")
    if d is None:
        return out + not_there("bench-memory.json")
    from_runs("bench-memory", "bench-memory-base", "bench-memory-patched")
    sizes = [[s["name"], s["config"], count(s["base"]), count(s["patched"])]
             for s in d["structures"]]
    out += table("tab-sizes", "Structures, in bytes.",
                 ["structure", "configuration", "base", "patched"], sizes)
    made = [[f"{c['interface']}: {c['when']}", count(c["base"]),
             count(c["patched"])] for c in d["contexts"]]
    out += table(
        "tab-contexts", "The memory of a context or ring, in bytes.",
        ["", "base", "patched"], made)
    if "sets" not in d:
        return out
    return out + table(
        "tab-sets", "The memory of an attribute set with its file.",
        ["", "bytes", "allocations"],
        [[s["set"], count(s["bytes"]), f"{s['allocations']:.1f}"]
         for s in d["sets"]])


def time():
    out = "<h3>Time</h3>\n"
    d = results.json("bench-time")
    if d is None:
        return out + not_there("bench-time.json")
    from_runs("bench-time", *(f"bench-time-{k}-{n}" for k in ("base", "patched")
                         for n in range(1, 7)))
    out += figure(
        "bench-time", "Time with the series divided by time on the base",
        "Boxes of quartiles and intervals of the median, one for each kind of "
        "read; the table has the numbers.",
        "Ratio of times, patched to base: " + "; ".join(d["notes"].values()) +
        ".")
    rows = [[r["name"], r["kind"], f"{r['base']:,.1f}", f"{r['patched']:,.1f}",
             r["unit"], f"{r['ratio']:.3f}",
             f"{r['interval'][0]:.3f} to {r['interval'][1]:.3f}"]
            for r in d["rows"]]
    return out + table(
        "tab-time", "Time or rate of a read, medians: um is user-mode Linux, "
        "fio is under emulation, both on a shared machine.",
        ["", "by", "base", "patched", "unit", "ratio", "95 % interval"], rows)


def costs():
    return (heading("cost", "Cost") + cost() + cost_pi() + scale() +
            memory() + time())


# Attributes in stacked devices

def arrived(row):
    """The attributes that reached the disks, as text."""
    if not row["passed"]:
        return "failed"
    if row["refused"]:
        return "refused"
    charged = [d for d in row["disks"] if d["cgroup"]]
    what = []
    if charged:
        what.append("cgroup")
    if any(d["priority"] for d in row["disks"]):
        what.append("priority")
    if "cache" in row["reported"]:
        what.append("hint")
    text = ", ".join(what) or "none"
    return text + (f" ({len(charged)} disks)" if len(charged) > 1 else "")


def layers():
    out = heading("layers", "Stacked devices and file systems")
    d = results.json("layers")
    if d is None:
        return out + not_there("layers.json")
    from_runs("layers", "selftest-layers.sh")
    cells = {}
    for row in d["rows"]:
        ways = cells.setdefault(row["stack"], {})
        found = ways.setdefault(row["way"] or "read", {})
        found.setdefault(arrived(row), []).append(
            row["what"].removeprefix(f"{row['way']}, "))
    rows = []
    for stack, ways in cells.items():
        line = [stack]
        for way in "read", "write":
            found = ways.get(way, {})
            line.append("; ".join(
                text if len(found) == 1 else f"{text}: {', '.join(what)}"
                for text, what in found.items()) or "–")
        rows.append(line)
    failed = sum(not row["passed"] for row in d["rows"])
    return out + table(
        "tab-layers", "The cgroup and the priority, if they reached the disks "
        "by io.stat and by the disks' schedulers, and the hint, if there was "
        f"one and it was honoured: {len(d['rows'])} rows of layers.sh, "
        f"{failed} of them failed.",
        ["stack", "reads", "writes"], rows)


# The tests

def tests():
    out = heading("tests", "Tests")
    d = results.json("check")
    if d is None:
        return out + not_there("check.json")
    by = {}
    bad = []
    for test in d["tests"]:
        name, _, what = test["name"].partition(": ")
        one = by.setdefault(name, {"pass": 0, "fail": 0, "skip": 0})
        one[test["result"]] += 1
        one["seconds"] = test["seconds"]
        if test["result"] != "pass":
            bad.append([name, what, {"fail": "failed",
                                     "skip": "skipped"}[test["result"]]])
    kind = "bad" if d["failed"] else "good"
    out += (f'<p class="totals {kind}">{d["passed"]:,} passed, '
            f'{d["failed"]:,} failed, {d["skipped"]:,} skipped</p>\n')
    times = {t["test"]: t for t in d.get("times", [])}
    rows = [[name, one["pass"], one["fail"], one["skip"], one["seconds"],
             round(times[name]["cpu"]) if name in times else "–",
             round(times[name]["build_cpu"]) if name in times else "–"]
            for name, one in by.items()]
    # kernels that were built for the tests
    rows += [[name, "–", "–", "–", t["seconds"], round(t["cpu"]),
              round(t["build_cpu"])]
             for name, t in times.items() if name not in by]
    out += table(
        "tab-tests", "The last make check, of commit "
        f"{d.get('commit', UNKNOWN)}. Tests without a row were not part of "
        "it.",
        ["test", "passed", "failed", "skipped", "seconds",
         "CPU seconds", "... to compile"], rows)
    if bad:
        out += table("tab-bad", "Failed and skipped tests.",
                     ["test", "what", "result"], bad)
    return out


# The origin of the figures

def origins():
    """{(figures, commit, kernel, version): guests}"""
    found = {}
    for figures, names in runs.items():
        for name in names:
            said = results.run(name, figures)
            key = (figures, said.get("commit", UNKNOWN),
                   said.get("kernel", UNKNOWN), said.get("version", UNKNOWN))
            found.setdefault(key, []).append(name)
    return found


def origin_table(found):
    rows = [[figures, commit, version, kernel, ", ".join(names)]
            for (figures, commit, kernel, version), names in found.items()]
    out = heading("from", "Origin of the figures")
    if not rows:
        return out + "<p>There are no figures.</p>\n"
    return out + table(
        "tab-from", "For all figures: the commit of this repository, the "
        "version of the kernel, and its name, which begins with its "
        "configuration. "
        "They are not recorded if the guests ran again after the figures were "
        "made.",
        ["figures", "commit", "Linux", "kernel", "guests, in results/runs"],
        rows)


def all_of(words):
    known = sorted(set(words) - {UNKNOWN})
    if UNKNOWN in words:
        known.append(f"{UNKNOWN} for some")
    return esc(", ".join(known) or "no figures")


def summary(found):
    return ('<dl class="from">'
            f"<dt>commit</dt><dd>{all_of([k[1] for k in found])}</dd>"
            f"<dt>Linux</dt><dd>{all_of([k[3] for k in found])}</dd>"
            "<dt>configurations</dt>"
            f"<dd>{all_of([k[2].rsplit('-', 1)[0] for k in found])}</dd>"
            "</dl>\n")


def missing_list():
    if not results.missing:
        return ""
    items = "".join(f"<li>{esc(name)}: run <code>{make}</code></li>"
                    for name, make in results.missing)
    return f'<div class="missing"><p>Missing:</p><ul>{items}</ul></div>\n'


def page():
    body = demo() + effects() + study() + costs() + layers() + tests()
    found = origins()
    body += origin_table(found)
    with open(os.path.join(HERE, "style.css")) as f:
        style = f.read()
    links = "".join(f'<li><a href="#{i}">{esc(t)}</a></li>'
                    for i, t in headings)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, '
        'initial-scale=1"/>\n'
        "<title>Per-I/O attributes for Linux: results</title>\n"
        f"<style>\n{style}</style>\n</head>\n<body>\n<header>\n"
        "<h1>Per-I/O attributes for Linux</h1>\n"
        "<p>Programs attach attributes to individual I/Os: the cgroup or "
        "process to charge, a priority, cache hints and protection "
        "information. This page has the results of the demo, the benchmarks "
        f"and the tests. Instructions are counted {COUNTS}.</p>\n"
        f"{summary(found)}{missing_list()}"
        f'<nav aria-label="Sections"><ul>{links}</ul></nav>\n</header>\n'
        f"<main>\n{body}</main>\n"
        "<footer>Written by <code>make report</code> from "
        "<code>results/</code> alone. GPL-2.0.</footer>\n"
        "</body>\n</html>\n")


def main():
    global results
    args = sys.argv[1:]
    require = args[:1] == ["--require-all"]
    if len(args) - require != 2:
        sys.exit(__doc__)
    results = Results(args[-2])
    try:
        text = page()
    except (KeyError, TypeError, IndexError, AttributeError) as e:
        if os.environ.get("REPORT_DEBUG"):
            raise
        die(f"a file in {args[-2]} is incomplete: {e!r}")
    for name, make in results.missing:
        print(f"report: {name} is missing: run {make}", file=sys.stderr)
    if require and results.missing:
        sys.exit(1)
    with open(args[-1], "w") as f:
        f.write(text)


main()

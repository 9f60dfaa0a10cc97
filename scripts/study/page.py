# SPDX-License-Identifier: GPL-2.0
"""page.py DIR [COMPARISON]: the page of scripts/study/run, from DIR/*.figures.

Writes DIR/study.md, a plot and a JSON file for each comparison, and prints a TAP
line for each goal, only those of COMPARISON if it is given.
"""
import json
import os
import subprocess
import sys

import burst
import cache
import cost
import fairness
import figures
import priorities
import server

COMPARISONS = {"fairness": fairness, "cost": cost, "burst": burst,
               "priorities": priorities, "cache": cache, "server": server}

HEAD = """\
# Comparisons with published work

Several papers, and a patch series on the lists, measure how I/O is shared among
processes, cgroups or connections. Their experiments are repeated here with the
clients of one process, which tags each I/O with the attributes of its client. The
question is whether the tagged clients get what processes get.

    make study                          # all of this page
    scripts/study/run --only NAME       # one comparison

The guests run in virtual time, in which each instruction takes 1 ns, on one CPU
and on disks with a fixed time for each request. The absolute figures are therefore
not those of a machine, but they are the same in each run, and the ratios can be
compared. `scripts/study/scenes` lists the scenes, and `results/study/*.json` has
all figures.
"""


def words(origins, field):
    return ", ".join(sorted({str(getattr(o, field)) for o in origins}))


def measured(found):
    """When and with what the figures were measured."""
    origins = found.origins.values()
    return (f"Measured on {words(origins, 'date')} with Linux "
            f"{words(origins, 'linux')} and the series, kernel configuration "
            "`perf`.")


def markdown_table(head, rows):
    lines = ["| " + " | ".join(head) + " |",
             "|" + "|".join(["---"] + ["---:"] * (len(head) - 1)) + "|"]
    lines += ["| " + " | ".join(str(c) for c in row) + " |" for row in rows]
    return "\n".join(lines)


def draw(directory, name, module, found):
    """Let gnuplot write DIR/NAME.svg."""
    data, commands, size = module.plot(found)
    blocks = "".join(
        f"${block.replace('.', '_')} << END\n" + "".join(
            " ".join(str(v) for v in row) + "\n" for row in rows) + "END\n"
        for block, rows in data.items())
    script = (f'set terminal svg size {size[0]},{size[1]} font "sans,12" '
              'background "white" noenhanced\n'
              'set grid ytics lc rgb "#dddddd"\nset key Left reverse\n' +
              blocks + commands)
    svg = subprocess.run(["gnuplot"], input=script, text=True, check=True,
                         stdout=subprocess.PIPE).stdout
    with open(os.path.join(directory, f"{name}.svg"), "w") as f:
        # gnuplot ends a line with a space
        f.write("\n".join(line.rstrip() for line in svg.splitlines()).rstrip() +
                "\n")


def section(name, module, found):
    seconds = words(found.origins.values(), "seconds")
    head, rows = module.table(found)
    return f"""
## {module.TITLE}

{module.PUBLISHED}

![{module.CAPTION}]({name}.svg)

    scripts/study/run --only {name}

{markdown_table(head, rows)}

{getattr(module, 'MORE', '') + measured(found)}

What differs from the original:

{module.DIFFERS.replace('{seconds}', seconds)}
"""


def missing(name, module):
    return f"""
## {module.TITLE}

{module.PUBLISHED}

There are no figures yet. To measure them:

    scripts/study/run --only {name}
"""


def main():
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    directory, only = sys.argv[1], sys.argv[2:]
    page = HEAD
    n = failed = 0
    for name, module in COMPARISONS.items():
        found = figures.load(directory, name)
        if found is None:
            page += missing(name, module)
            continue
        draw(directory, name, module, found)
        page += section(name, module, found)
        with open(os.path.join(directory, f"{name}.json"), "w") as f:
            head, rows = module.table(found)
            json.dump({"title": module.TITLE, "caption": module.CAPTION,
                       "head": head, "table": rows,
                       "rows": module.rows(found),
                       "origins": {scene: origin._asdict() for scene, origin
                                   in found.origins.items()}}, f, indent=1)
            f.write("\n")
        if only and name not in only:
            continue
        for ok, text in module.goals(found):
            n += 1
            failed += not ok
            print(f"{'ok' if ok else 'not ok'} {n} {name}: {text}")
    print(f"1..{n}")
    with open(os.path.join(directory, "study.md"), "w") as f:
        f.write(page)
    sys.exit(failed > 0 or not n)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Usage: scripts/report/layers.py RUN

Print, as JSON, what layers.sh measured in the guest whose directory RUN is: for
each of its rows what came to the disks and what the completion reported, from
the lines that layer_test printed before the row's result.
"""
import json
import os
import re
import sys

DISK = re.compile(r"# (\S+): (\d+) bytes of the cgroup, (\d+) of the "
                  r"submitter, priority (obeyed|unknown)$")
REPORT = re.compile(r"# (read|write), (?:reported (0x[0-9a-f]+)|refused)$")
RESULT = re.compile(r"(not )?ok \d+ (.+)$")

# ids of include/uapi/linux/iocb_attr.h
IDS = ("proxy_pid", "proxy_pidfd", "cgroup", "ioprio", "cache", "pi")


def names(mask):
    return [name for i, name in enumerate(IDS) if mask & 1 << i]


def new_row():
    return {"way": None, "refused": False, "reported": [], "disks": []}


def of_layers(lines):
    """What layers.sh said: other tests may have shared its guest."""
    inside = False
    for line in lines:
        if line.startswith("=== "):
            inside = line.split()[1:] == ["begin", "layers.sh"]
        elif inside:
            yield line


def read_tap(lines):
    rows = []
    row = new_row()
    for line in lines:
        line = line.strip()
        disk = DISK.match(line)
        report = REPORT.match(line)
        result = RESULT.match(line)
        if disk:
            row["disks"].append({
                "disk": disk[1],
                "cgroup": int(disk[2]),
                "submitter": int(disk[3]),
                "priority": disk[4] == "obeyed",
            })
        elif report:
            row["way"] = report[1]
            row["refused"] = report[2] is None
            row["reported"] = names(int(report[2] or "0", 16))
        elif result:
            if not result[1] and row["way"] is None:
                sys.exit(f"no measurement before: {line}")
            stack, _, what = result[2].partition(": ")
            rows.append({"stack": stack, "what": what,
                         "passed": not result[1], **row})
            row = new_row()
    return rows


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    run = sys.argv[1]
    with open(os.path.join(run, "output")) as f:
        rows = read_tap(of_layers(f))
    if not rows:
        sys.exit(f"no rows in {run}/output")
    with open(os.path.join(run, "from")) as f:
        made = dict(line.split(None, 1) for line in f.read().splitlines())
    print(json.dumps({**made, "rows": rows}, indent=1))


main()

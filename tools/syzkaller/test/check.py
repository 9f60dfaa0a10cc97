# SPDX-License-Identifier: GPL-2.0
"""check.py DESCRIPTION PATCH HEADER PRCTL: a C file that compiles if the structures and
the constants of syzkaller's DESCRIPTION, and those that PATCH adds to another one,
are those of the kernel's headers.

Fails if DESCRIPTION is not consistent, or if it lacks a constant of HEADER or a
constant for sets of PRCTL (linux/prctl.h). Supports only the part of syzlang that
DESCRIPTION uses.
"""
import re
import sys

# types of other descriptions, and their sizes
OTHERS = {"fd": 4, "fd_cgroup": 4, "fd_event": 4, "fd_pidfd": 4, "pid": 4,
          "io_ctx": None, "io_uring_attr_pi": None}
INTS = {"int8": 1, "int16": 2, "int32": 4, "int64": 8}
# kernel names that differ here
STRUCTS = {"iocb_with_attrs": "iocb", "iocb_with_set": "iocb"}

BLOCK = re.compile(r"^(type )?(\w+)(?:\[([\w, ]+)\])? ([{\[])\n(.*?)^[}\]]",
                   re.MULTILINE | re.DOTALL)

structs = {}
unions = {}
templates = {}
flags = {}


def split(text):
    """At the commas that are in no brackets."""
    pieces, depth = [""], 0
    for c in text or "":
        depth += (c == "[") - (c == "]")
        if c == "," and not depth:
            pieces.append("")
        else:
            pieces[-1] += c
    return [p.strip() for p in pieces] if text else []


def parts(kind):
    match = re.fullmatch(r"(\w+)(?:\[(.*)\])?", kind)
    if not match:
        sys.exit(f"not understood: {kind}")
    return match[1], split(match[2])


def expand(kind):
    """The fields of a template with its arguments in place."""
    name, args = parts(kind)
    parameters, fields = templates[name]
    if len(args) != len(parameters):
        sys.exit(f"{kind} has {len(args)} arguments, not {len(parameters)}")
    given = dict(zip(parameters, args))
    return [(field, given.get(k, k)) for field, k in fields]


def total(fields):
    sizes = [size(k) for _, k in fields]
    return None if None in sizes else sum(sizes)


def size(kind):
    """Bytes of a type, or None if it has no fixed length."""
    name, args = parts(kind)
    if name in INTS:
        return INTS[name]
    if name in ("const", "flags", "len", "bytesize"):
        if name == "flags" and args[0] not in flags:
            sys.exit(f"there are no flags {args[0]}")
        return size(args[1])
    if name == "ptr64":
        size(args[1])
        return 8
    if name == "array":
        one = size(args[0])
        fixed = len(args) == 2 and args[1].isdigit()
        return one * int(args[1]) if fixed and one is not None else None
    if name in templates:
        return total(expand(kind))
    if name in structs:
        return total(structs[name])
    if name in unions:
        for _, k in unions[name]:
            size(k)
        return None
    if name in OTHERS:
        return OTHERS[name]
    sys.exit(f"there is no {name}")


def read_description(text):
    for match in BLOCK.finditer(text):
        fields = [tuple(line.split(None, 1)) for line in
                  match[5].splitlines() if not line.startswith("#")]
        if match[1]:
            templates[match[2]] = (split(match[3]), fields)
        else:
            (structs if match[4] == "{" else unions)[match[2]] = fields
    for name, values in re.findall(r"^(\w+) = (.*)$", text, re.MULTILINE):
        flags[name] = split(values)
    for name, base in re.findall(r"^resource (\w+)\[(\w+)\]$", text,
                                 re.MULTILINE):
        OTHERS[name] = OTHERS[base]
    for name, kind in re.findall(r"^type (\w+) (\w+\[.*\])$", text,
                                 re.MULTILINE):
        structs[name] = expand(kind)


def check_calls(text):
    """The arguments and results that are flags or resources."""
    calls = re.findall(r"^\w+(?:\$\w+)?\((.*)\)(?: (\w+))?$", text,
                       re.MULTILINE)
    for args, result in calls:
        for arg in split(args) + ([f"result {result}"] if result else []):
            name, of = parts(arg.split(None, 1)[1])
            if name == "flags" and of[0] not in flags:
                sys.exit(f"there are no flags {of[0]}")
            if not of and name not in OTHERS:
                sys.exit(f"there is no {name}")


def check_records(ids):
    """Each id has one record, of its own name, which begins with it."""
    records = dict(unions["iocb_attr_record"])
    for name in ids:
        kind = "iocb_attr_" + name
        if records.pop(name, None) != kind:
            sys.exit(f"no record {name}")
        head = f"iocb_attr[const[IOCB_ATTR_{name}, int16]]"
        if structs[kind][0] != ("attr", head):
            sys.exit(f"{kind} does not begin with {head}")
    if set(records) != {"longer", "unknown"}:
        sys.exit(f"records of other names: {sorted(records)}")


def same(out, what, expected):
    out.append(f'_Static_assert({what} == {expected}, "{what}");')


def compare(out, kernel, fields):
    """The fields of a structure: where they are, how long, and no others."""
    at = 0
    for name, kind in fields:
        n = 8 if kind.startswith("iocb_attr[") else size(kind)
        if n is None:
            # the records that follow the header of a list
            break
        if name.endswith("_hi"):
            # the upper half of the previous field
            same(out, f"sizeof(((struct {kernel} *)0)->{name[:-3]})", 4 + n)
        else:
            same(out, f"offsetof(struct {kernel}, {name})", at)
        if name + "_hi" not in dict(fields) and not name.endswith("_hi"):
            same(out, f"sizeof(((struct {kernel} *)0)->{name})", n)
        at += n
    same(out, f"sizeof(struct {kernel})", at)


def main():
    description, patch, header, prctl = sys.argv[1:]
    with open(description) as f:
        text = f.read()
    with open(patch) as f:
        text += "".join(re.findall(r"^\+(?!\+)(.*\n)", f.read(), re.MULTILINE))
    with open(header) as f:
        kernel = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.DOTALL)
    with open(prctl) as f:
        options = set(re.findall(r"^# *define (PR_\w*IOCB_ATTR\w*)\s",
                                 f.read(), re.MULTILINE))
    read_description(text)
    check_calls(text)

    # the patched description includes the last one
    out = ["#include <stddef.h>", "#include <linux/io_uring.h>"]
    out += [f"#include <{i.removeprefix('uapi/')}>" for i in
            re.findall(r"^include <(.*)>$", text, re.MULTILINE)]
    code = re.sub(r"^#.*", "", text, flags=re.MULTILINE)
    used = set(re.findall(r"\b(?:IOCB|IO|IORING|PR)_[A-Z]+_\w+", code))
    for i, name in enumerate(sorted(used)):
        out.append(f"enum {{ used_{i} = {name} }};")
    known = set(re.findall(r"(?:#define\s+|\t)(IOCB_(?:ATTR|CACHE)_\w+)\s",
                           kernel))
    left_out = (known - used) | (options - set(re.findall(
        r"\[(PR_\w+)\]", code)) - set(flags["iocb_attr_scope_flags"]))
    if left_out:
        sys.exit(f"not described: {sorted(left_out)}")
    if len(options) != 3:
        sys.exit(f"prctl: {sorted(options)}")

    names = re.findall(r"^struct (iocb_attr\w*) \{", kernel, re.MULTILINE)
    check_records([n.removeprefix("iocb_attr_") for n in names
                   if n not in ("iocb_attr", "iocb_attr_list")])
    for kind in [k for k in [*structs, *unions]]:
        size(kind)
    for name in names:
        fields = structs[name] if name in structs else \
            [(n, "int16" if k == "ID" else k) for n, k in templates[name][1]]
        compare(out, name, fields)
    for name, of in STRUCTS.items():
        compare(out, of, structs[name])
    # the fields for attributes are the last ones of an SQE
    for _, kind in unions["io_uring_attr"]:
        same(out, "sizeof(struct io_uring_sqe) - "
             "offsetof(struct io_uring_sqe, attr_ptr)", size(kind))
    print("\n".join(out))


main()

# SPDX-License-Identifier: GPL-2.0
"""check.py DESCRIPTION PATCH HEADER: a C file that compiles if the structures and
the constants of syzkaller's DESCRIPTION, and those that PATCH adds to another one,
are those of the kernel's headers.

What is wrong in itself, or is in HEADER but not here, is an error at once. This
knows no more of syzlang than this description uses.
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
    return [a.strip() for a in re.split(r",(?![^\[]*\])", text)] if text else []


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
    description, patch, header = sys.argv[1:]
    with open(description) as f:
        text = f.read()
    with open(patch) as f:
        text += "".join(re.findall(r"^\+(?!\+)(.*\n)", f.read(), re.MULTILINE))
    with open(header) as f:
        kernel = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.DOTALL)
    read_description(text)

    # the patched description includes the last one
    out = ["#include <stddef.h>", "#include <linux/io_uring.h>"]
    out += [f"#include <{i.removeprefix('uapi/')}>" for i in
            re.findall(r"^include <(.*)>$", text, re.MULTILINE)]
    code = re.sub(r"^#.*", "", text, flags=re.MULTILINE)
    used = set(re.findall(r"\b(?:IOCB|IO|IORING)_[A-Z]+_\w+", code))
    for i, name in enumerate(sorted(used)):
        out.append(f"enum {{ used_{i} = {name} }};")
    known = set(re.findall(r"(?:#define\s+|\t)(IOCB_(?:ATTR|CACHE)_\w+)\s",
                           kernel))
    if known - used:
        sys.exit(f"not described: {sorted(known - used)}")

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

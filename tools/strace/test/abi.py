# SPDX-License-Identifier: GPL-2.0
"""abi.py SRC HEADER: a C file that compiles if strace's SRC/iocb_attr.h and
SRC/xlat have each structure and each constant of the kernel's HEADER."""
import re
import sys

src, header = sys.argv[1:]
with open(header) as f:
    # remove comments
    text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.DOTALL)

out = ["#include <stddef.h>", "#include <linux/iocb_attr.h>",
       '#include "iocb_attr.h"',
       "#define SAME(x, y) _Static_assert((x) == (y), #x)"]
structs = re.findall(r"struct (\w+) \{(.*?)\n\}", text, re.DOTALL)
for name, body in structs:
    out.append(f"SAME(sizeof(struct {name}), sizeof(struct_{name}));")
    for field in re.findall(r"(\w+)(?:\[\d+\])?;", body):
        for what in ("offsetof(%s, %s)", "sizeof(((%s *)0)->%s)"):
            out.append(f"SAME({what % ('struct ' + name, field)}, "
                       f"{what % ('struct_' + name, field)});")

constants = re.findall(r"(?:#define\s+|\t)(IOCB_(?:ATTR|CACHE)_\w+)\s", text)
xlat = {}
for name in ("ids", "flags", "list_flags", "cache_hints", "create_flags"):
    with open(f"{src}/xlat/iocb_attr_{name}.in") as f:
        for line in f:
            if not line.startswith("#"):
                constant, value = line.split()
                xlat[constant] = value
for constant in constants:
    # a name that the decoder lacks is a compiler error
    out.append(f"SAME({constant}, {xlat.pop(constant, 'NOT_IN_XLAT')});")
for constant in xlat:
    sys.exit(f"{constant} is not the kernel's")
if len(structs) != 9 or len(constants) != 15:
    sys.exit(f"{len(structs)} structures and {len(constants)} constants")
print("\n".join(out))

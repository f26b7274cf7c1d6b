#!/usr/bin/env python3
"""A made-up Go program without symbols, for versions of Go that are not here.

    go_elf.py 1.18|1.20 [--pie] [--no-module] OUT

An x86-64 ELF file with .text, .gopclntab and the variable that the runtime
finds its tables by; with --pie that variable is made of relocations. The Go
code begins 0x20 bytes behind the start of .text, as in programs with C code.
Layouts: debug/gosym/pclntab.go, runtime/symtab.go and runtime/runtime2.go of
Go's sources.

    0x401020  main.outer   lines 10 and 11 of outer.go; in between, from +8 to
                           +24, main.middle, called at line 11, whose line 20
                           is; and in that, from +12 to +20, main.inner of
                           inner.go, called at line 20, whose line 30 is
    0x401040  main.last    line 40 of outer.go
"""
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pprof_edit import varint  # noqa: E402

TEXT, TABLE, DATA, FUNC = 0x401000, 0x500000, 0x600000, 0x700000
CODE = TEXT + 0x20


def values(pairs):
    """(value, bytes of code) as the tables have them."""
    out, before = b"", -1
    for value, size in pairs:
        change = value - before
        out += varint(change << 1 if change >= 0 else ~(change << 1)) + varint(size)
        before = value
    return out + b"\0"


class Strings:
    def __init__(self):
        self.bytes = b""

    def add(self, text):
        at = len(self.bytes)
        self.bytes += text.encode() + b"\0"
        return at


def pclntab(is_new):
    names, files, table = Strings(), Strings(), b"\0"
    name = {n: names.add(n) for n in ("main.outer", "main.middle",
                                      "main.inner", "main.last")}
    units = struct.pack("<2I", files.add("/src/outer.go"),
                        files.add("/src/inner.go"))
    functions = []
    inlined = b""
    for parent, key, line, call in ((-1, "main.middle", 11, 4),
                                    (0, "main.inner", 20, 8)):
        if is_new:
            inlined += struct.pack("<4xIiI", name[key], call, 100 + line)
        else:
            inlined += struct.pack("<hxxIIIi", parent, 0, line, name[key], call)
    described = (
        ("main.outer", 0, [(0, 12), (1, 8), (0, 12)],
         [(10, 4), (11, 4), (20, 4), (30, 8), (20, 4), (11, 8)],
         [(-1, 8), (0, 4), (1, 8), (0, 4), (-1, 8)]),
        ("main.last", 0x20, [(0, 16)], [(40, 16)], None))
    for key, entry, file, line, tree in described:
        offsets = []
        for pairs in (file, line, tree):
            offsets.append(len(table) if pairs else 0)
            table += values(pairs) if pairs else b""
        data = struct.pack("<IiIIIIIII", entry, name[key], 0, 0, 0,
                           offsets[0], offsets[1], 3, 0)
        if is_new:
            data += struct.pack("<I", 9 if key == "main.outer" else 39)
        data += bytes([0, 0, 0, 4]) + struct.pack("<3I", 0, 0, offsets[2])
        none = 0xffffffff
        data += struct.pack("<4I", none, none, none, 0 if tree else none)
        functions.append((entry, data))
    head, at = 8 + 8 * 8, {}
    body = b""
    for part, content in (("names", names.bytes), ("units", units),
                          ("files", files.bytes), ("values", table)):
        body += b"\0" * (-len(body) % 8)
        at[part] = head + len(body)
        body += content
    body += b"\0" * (-len(body) % 8)
    at["functions"] = head + len(body)
    entries, place, datas = b"", 8 * len(functions) + 4, b""
    for entry, data in functions:
        entries += struct.pack("<II", entry, place + len(datas))
        datas += data
    entries += struct.pack("<I", 0x30)
    header = struct.pack("<IHBB8Q", 0xfffffff1 if is_new else 0xfffffff0, 0, 1,
                         8, len(functions), 2, 0, at["names"], at["units"],
                         at["files"], at["values"], at["functions"])
    return header + body + entries + datas, at["names"], inlined


def module(is_new, names):
    words = [0] * 60
    words[0], words[1], words[22] = TABLE, TABLE + names, CODE
    words[40 if is_new else 38] = FUNC
    return words


def elf(sections):
    """(name, type, flags, address, bytes) each."""
    names, image, headers = b"\0", b"\0" * 0x1000, []
    for name, kind, flags, address, content in sections:
        image += b"\0" * (-len(image) % 0x1000)
        headers.append((len(names), kind, flags, address, len(image),
                        len(content)))
        names += name.encode() + b"\0"
        image += content
    headers.append((len(names), 3, 0, 0, len(image), len(names) + 10))
    image += names + b".shstrtab\0"
    loads = [h for h in headers if h[2] & 2]
    table = struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    for name, kind, flags, address, offset, size in headers:
        table += struct.pack("<IIQQQQIIQQ", name, kind, flags, address, offset,
                             size, 0, 0, 8, 24 if kind == 4 else 0)
    image += b"\0" * (-len(image) % 8)
    head = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + struct.pack(
        "<HHIQQQIHHHHHH", 2, 62, 1, CODE, 64, len(image), 0, 64, 56,
        len(loads), 64, len(headers) + 1, len(headers))
    for _, _, flags, address, offset, size in loads:
        head += struct.pack("<IIQQQQQQ", 1, 5 if flags & 4 else 6, offset,
                            address, address, size, size, 0x1000)
    return head + image[len(head):] + table


def main():
    is_new = sys.argv[1] != "1.18"
    table, names, inlined = pclntab(is_new)
    words = module(is_new, names)
    sections = [(".text", 1, 6, TEXT, b"\x90" * 0x100),
                (".gopclntab", 1, 2, TABLE, table),
                (".rodata", 1, 2, FUNC, inlined)]
    if "--pie" in sys.argv:
        relocations = b"".join(struct.pack("<QQq", DATA + 16 + 8 * i, 8, word)
                               for i, word in enumerate(words) if word)
        sections.append((".rela", 4, 2, 0x800000, relocations))
        words = [0] * len(words)
    if "--no-module" not in sys.argv:
        sections.append((".noptrdata", 1, 3, DATA,
                         b"\0" * 16 + struct.pack("<%dQ" % len(words), *words)))
    with open(sys.argv[-1], "wb") as file:
        file.write(elf(sections))


if __name__ == "__main__":
    main()

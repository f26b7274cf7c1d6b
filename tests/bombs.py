#!/usr/bin/env python3
"""ELF files that cost far more to read than they are large.

    bombs.py FOLDER

Each has a function `main` in its symbol table, in code that is mapped.
"""
import os
import struct
import sys
import zlib

CODE = 0x401000
SIZE = 4096


def uleb(value):
    out = b""
    while True:
        value, byte = value >> 7, value & 0x7f
        out += bytes([byte | (0x80 if value else 0)])
        if not value:
            return out


class Elf:
    """A static x86-64 program: code, symbols, and what sections are added."""

    def __init__(self):
        self.sections = []
        strings = b"\0main\0"
        symbols = bytes(24) + struct.pack("<IBBHQQ", 1, 0x12, 0, 1, CODE, SIZE)
        self.add(".text", bytes([0x90]) * SIZE, 1, flags=6, address=CODE)
        self.add(".symtab", symbols, 2, link=3, info=1, entry=24)
        self.add(".strtab", strings, 3)

    def add(self, name, data, kind=1, flags=0, address=0, link=0, info=0,
            entry=0):
        self.sections.append([name, data, kind, flags, address, link, info,
                              entry])

    def compressed(self, name, chunks, size, kind=1):
        """A section that says to be of size bytes, which chunks make up."""
        if kind == 1:
            packer = zlib.compressobj(9)
            data = b"".join(map(packer.compress, chunks)) + packer.flush()
        else:
            data = b"".join(chunks)
        self.add(name, struct.pack("<IIQQ", kind, 0, size, 1) + data,
                 flags=0x800)

    def bytes(self, n_sections=None):
        names, offset, headers, body = b"\0", 4096, bytes(64), b""
        for name, data, kind, flags, address, link, info, entry \
                in self.sections + [[".shstrtab", None, 3, 0, 0, 0, 0, 0]]:
            at = len(names)
            names += name.encode() + b"\0"
            data = names if data is None else data
            headers += struct.pack("<IIQQQQIIQQ", at, kind, flags, address,
                                   offset + len(body), len(data), link, info,
                                   16, entry)
            body += data + bytes(-len(data) % 16)
        n = len(self.sections) + 2
        header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack(
            "<HHIQQQIHHHHHH", 2, 62, 1, CODE, 64, offset + len(body), 0, 64,
            56, 1, 64, n if n_sections is None else n_sections, n - 1)
        segment = struct.pack("<IIQQQQQQ", 1, 5, offset, CODE, CODE, SIZE,
                              SIZE, 4096)
        return (header + segment).ljust(offset, b"\0") + body + headers


def unit(dies, abbreviations):
    """.debug_info and .debug_abbrev of one unit of DWARF 4 over the code."""
    abbrev = b"".join(
        uleb(number) + uleb(tag) + bytes([children]) +
        b"".join(uleb(a) + uleb(f) for a, f in attributes) + b"\0\0"
        for number, tag, children, attributes in abbreviations) + b"\0"
    body = struct.pack("<HIB", 4, 0, 8) + dies
    return struct.pack("<I", len(body)) + body, abbrev


ROOT = (1, 0x11, 1, [(0x11, 0x01), (0x12, 0x07), (0x10, 0x17)])
ROOT_DIE = uleb(1) + struct.pack("<QQI", CODE, SIZE, 0)


def nested(depth):
    """Calls inlined into one another."""
    code = [(0x11, 0x01), (0x12, 0x07), (0x03, 0x08)]
    function = struct.pack("<QQ", CODE, SIZE) + b"f\0"
    dies = ROOT_DIE + uleb(2) + function + (uleb(3) + function) * depth
    info, abbrev = unit(dies + bytes(depth + 2),
                        [ROOT, (2, 0x2e, 1, code), (3, 0x1d, 1, code)])
    elf = Elf()
    elf.add(".debug_info", info)
    elf.add(".debug_abbrev", abbrev)
    return elf


def line_rows(n):
    """A line program of n rows that packs to next to nothing."""
    info, abbrev = unit(ROOT_DIE + b"\0", [ROOT])
    head = bytes([1, 1, 1, 0xfb, 14, 13]) + bytes(
        [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]) + b"\0" + \
        b"a.c\0\0\0\0" + b"\0"
    start = bytes([0, 9, 2]) + struct.pack("<Q", CODE)
    length = 2 + 4 + len(head) + len(start) + n + 3
    chunk = bytes([0x14]) * (1 << 20)
    chunks = [struct.pack("<IHI", length, 4, len(head)) + head + start]
    chunks += [chunk] * (n >> 20) + [bytes([0, 1, 1])]
    elf = Elf()
    elf.add(".debug_info", info)
    elf.add(".debug_abbrev", abbrev)
    elf.compressed(".debug_line", chunks, length + 4)
    return elf


def strings(size, kind):
    info, abbrev = unit(ROOT_DIE + b"\0", [ROOT])
    elf = Elf()
    elf.add(".debug_info", info)
    elf.add(".debug_abbrev", abbrev)
    if kind == 1:
        elf.compressed(".debug_str", [bytes(1 << 20)] * (size >> 20), size)
    else:
        # A frame that says to be that large, and is nothing.
        elf.compressed(".debug_str", [b"\x28\xb5\x2f\xfd\0\0"], size, 2)
    return elf


def main():
    folder = sys.argv[1]

    def write(name, data, size=None):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
            if size:
                file.truncate(size)

    write("nested", nested(200000).bytes())
    write("rows", line_rows(200 << 20).bytes())
    write("strings", strings(2 << 30, 1).bytes())
    write("zstd-claim", strings(3 << 30, 2).bytes())
    write("zstd-wrapping", strings((1 << 64) - 1, 2).bytes())
    # More section headers than anything has, in a hole of the file.
    write("sections", Elf().bytes(0), 50 << 20)
    write("hole", Elf().bytes(), 1 << 40)
    # Names that end in one another, if each were copied whole.
    elf = Elf()
    elf.sections[2][1] = b"\0" + b"x" * (1 << 20) + b"main\0"
    elf.sections[1][1] = bytes(24) + b"".join(
        struct.pack("<IBBHQQ", 1 + i, 0x12, 0, 1, CODE + i % SIZE, 1)
        for i in range(100000))
    write("suffixes", elf.bytes())


if __name__ == "__main__":
    main()

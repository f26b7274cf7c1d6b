#!/usr/bin/env python3
"""A capture of generated code, and what its compiler wrote about it.

    jitdump.py FOLDER [--big-endian]

Writes FOLDER/c.data with samples in anonymous memory of process 7,
FOLDER/jit-7.dump, which that process has mapped, and FOLDER/perf-7.map.
"""
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import perfgen as g  # noqa: E402

BASE = 0x7f0000000000


def dump(order):
    def record(kind, body, time=1):
        return struct.pack(order + "IIQ", kind, 16 + len(body), time) + body

    def load(address, size, name, number=1):
        return record(0, struct.pack(order + "IIQQQQ", 7, 7, address, address,
                                     size, number) +
                      name.encode() + b"\0" + bytes(size))

    def lines(address, entries):
        body = struct.pack(order + "QQ", address, len(entries))
        for at, line, name in entries:
            body += struct.pack(order + "QII", at, line, 0) + name + b"\0"
        return record(2, body)

    data = struct.pack(order + "IIIIIIQQ", 0x4a695444, 1, 40, 62, 0, 7, 1, 0)
    data += load(BASE + 0x100, 0x100, "replaced")
    data += lines(BASE + 0x100, [(BASE + 0x100, 10, b"hot.js"),
                                 (BASE + 0x140, 11, b"\xff")])
    data += load(BASE + 0x100, 0x80, "hot")
    data += load(BASE + 0x200, 0x40, "cold")
    # An unknown record, and one that is cut off.
    data += record(9, b"12345678")
    data += load(BASE + 0x300, 0x40, "unfinished")[:-50]
    return data


def main():
    folder = os.path.realpath(sys.argv[1])
    order = ">" if "--big-endian" in sys.argv else "<"
    with open(os.path.join(folder, "jit-7.dump"), "wb") as file:
        file.write(dump(order))
    with open(os.path.join(folder, "perf-7.map"), "w") as file:
        file.write("%x 100 first of map\n" % (BASE + 0x400))
        file.write("not a line\n%x zz x\n" % BASE)
        file.write("%x 40 LazyCompile:*later in.js:3:7\n" % (BASE + 0x440))
        file.write("%x 100 without an end" % (BASE + 0x500))
    c = g.Capture([g.Event(name="cycles", type=0)])
    c.comm(7, "node")
    c.mmap2(7, BASE, 0x1000, 0, "//anon", inode=0)
    c.mmap2(7, 0x7e0000000000, 0x1000, 0, os.path.join(folder, "jit-7.dump"))
    for offset in (0x100, 0x13f, 0x140, 0x17f, 0x180, 0x1ff, 0x200, 0x23f,
                   0x240, 0x300, 0x400, 0x43f, 0x440, 0x47f, 0x480, 0x500):
        c.sample(BASE + offset, 7, time=10 + offset, chain=[])
    with open(os.path.join(folder, "c.data"), "wb") as file:
        file.write(c.file())


if __name__ == "__main__":
    main()

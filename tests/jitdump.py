#!/usr/bin/env python3
"""A capture of generated code, and what its compiler wrote about it.

    jitdump.py FOLDER [--big-endian] [--no-unwinding]

Writes FOLDER/c.data with samples in anonymous memory of process 7,
FOLDER/jit-7.dump, which that process has mapped, and FOLDER/perf-7.map. FOLDER/stacks.data and
FOLDER/jit-8.dump are of process 8, whose generated code has no frame pointers
and where samples have registers and a copy of the stack.
"""
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import perfgen as g  # noqa: E402

BASE = 0x7f0000000000


class Dump:
    def __init__(self, order, pid):
        self.order = order
        self.pid = pid
        self.data = self.pack("IIIIIIQQ", 0x4a695444, 1, 40, 62, 0, pid, 1, 0)

    def pack(self, codes, *values):
        return struct.pack(self.order + codes, *values)

    def record(self, kind, body):
        return self.pack("IIQ", kind, 16 + len(body), 1) + body

    def load(self, address, size, name):
        return self.record(0, self.pack("IIQQQQ", self.pid, self.pid, address,
                                        address, size, 1) +
                           name.encode() + b"\0" + bytes(min(size, 4096)))

    def entry(self, body):
        body += b"\0" * (-(4 + len(body)) % 8)
        return self.pack("I", len(body)) + body

    def unwinding(self, address, size, rules, start=None, length=None):
        """.eh_frame and its header, for the load that follows: as if the
        section lay behind the code. rules hold all through the function."""
        place = address + (size + 7) // 8 * 8
        section = self.entry(self.pack("IB", 0, 1) + b"zR\0" +
                             bytes((1, 0x78, 16, 1, 0x1b)))
        at = place + len(section) + 8
        section += self.entry(
            self.pack("IiI", len(section) + 4, (start or address) - at,
                      length or size) + b"\0" + bytes(rules))
        header = b"\x01\xff\xff\xff" + bytes(16)
        total = len(section) + len(header)
        return self.record(4, self.pack("QQQ", total, len(header), total) +
                           section + header)


def frame(size):
    """CFA: rsp + size, and the return address is right below it."""
    return 0x0c, 7, size, 0x80 | 16, 1


OUTERMOST = 0x0c, 7, 8, 0x07, 16  # no return address


def stacks_dump(order, has_unwinding):
    """inner(), called by outer(), called by first()."""
    d = Dump(order, 8)

    def code(offset, size, name, rules=None, **claimed):
        if rules and has_unwinding:
            d.data += d.unwinding(BASE + offset, size, rules, **claimed)
        d.data += d.load(BASE + offset, size, name)

    # Replaced by inner(), whose frame is another; only the end is not.
    code(0x630, 0x80, "old", frame(8))
    code(0x600, 0x3d, "inner", frame(32))
    code(0x700, 0x40, "outer", frame(16))
    code(0x800, 0x40, "first", OUTERMOST)
    # Of code that is another's, and of nothing at all.
    code(0x6f0, 0x10, "liar", frame(64), start=BASE + 0x700, length=0x40)
    code(0x5f0, 0x10, "wide", frame(64), length=0x1000)
    # Its unwinding information is that of code that was there before.
    code(0x900, 0x40, "known before", frame(32))
    code(0x900, 0x40, "unknown now")
    # Another was moved to where this one was.
    code(0xb00, 0x40, "moved over", frame(32))
    d.data += d.record(1, d.pack("IIQQQQQ", 8, 8, 0, BASE + 0xc00,
                                 BASE + 0xb20, 0x40, 1))
    # One that is larger than its record.
    d.data += d.record(4, d.pack("QQQ", 1 << 63, 0, 0))
    d.data += d.load(BASE + 0xa00, 0x40, "odd")
    d.data += d.record(4, d.pack("QQQ", 8, 16, 0))
    d.data += d.load(1 << 64 - 1, 1 << 63, "everywhere")
    return d.data


def stacks(folder, order, has_unwinding):
    path = os.path.join(folder, "jit-8.dump")
    with open(path, "wb") as file:
        file.write(stacks_dump(order, has_unwinding))
    c = g.Capture([g.Event(g.IP | g.TID | g.TIME | g.CALLCHAIN | g.PERIOD |
                           g.REGS_USER | g.STACK_USER, name="cycles", type=0,
                           regs_user=0xff0fff, stack_user=96)])
    c.describe()
    c.comm(8, "node")
    c.mmap2(8, BASE, 0x1000, 0, "//anon", inode=0)
    c.mmap2(8, 0x7e0000000000, 0x1000, 0, path)
    for offset in (0x610, 0x63c, 0x680, 0x5f8, 0x910, 0xa10, 0xb10):
        ip = BASE + offset
        values = {6: 0x1234, 7: 0x7fff0000, 8: ip}
        c.sample(ip, 8, time=10 + offset, chain=[g.CTX_USER, ip],
                 regs=[values.get(bit, 0) for bit in range(24)
                       if 0xff0fff >> bit & 1],
                 stack=b"".join(map(c.u64, (
                     1, 2, 3, BASE + 0x710, 4, BASE + 0x810, 5, BASE + 0x810,
                     6, 7, 8, 9))))
    with open(os.path.join(folder, "stacks.data"), "wb") as file:
        file.write(c.file())


def dump(order):
    d = Dump(order, 7)
    load = d.load

    def lines(address, entries):
        body = struct.pack(order + "QQ", address, len(entries))
        for at, line, name in entries:
            body += struct.pack(order + "QII", at, line, 0) + name + b"\0"
        return d.record(2, body)

    data = d.data
    data += load(BASE + 0x100, 0x100, "replaced")
    data += lines(BASE + 0x100, [(BASE + 0x100, 10, b"hot.js"),
                                 (BASE + 0x140, 11, b"\xff")])
    data += load(BASE + 0x100, 0x80, "hot")
    data += load(BASE + 0x200, 0x40, "cold")
    # An unknown record, and one that is cut off.
    data += d.record(9, b"12345678")
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
    stacks(folder, order, "--no-unwinding" not in sys.argv)


if __name__ == "__main__":
    main()

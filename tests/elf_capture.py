#!/usr/bin/env python3
"""A made-up capture of a real ELF file, for machines where perf cannot record.

    elf_capture.py ELF OUT [BUILD-ID]

Samples addresses all over the file's code: it is mapped as a whole, so that
file offsets are addresses. The build id is the file's unless one is given.
"""
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import perfgen as g  # noqa: E402


def code_of(path):
    """(offset, size) of the executable segment."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:5] != b"\x7fELF\x02":
        sys.exit("%s: no 64-bit ELF file" % path)
    at, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for i in range(count):
        kind, flags, offset, _, _, length = struct.unpack_from(
            "<IIQQQQ", data, at + i * size)
        if kind == 1 and flags & 1:
            return offset, length
    sys.exit("%s: no code" % path)


def build_id_of(path):
    notes = subprocess.run(["readelf", "-n", path], check=True,
                           stdout=subprocess.PIPE).stdout.decode()
    for line in notes.split("\n"):
        if "Build ID:" in line:
            return line.split()[-1]
    return ""


def main():
    path = os.path.realpath(sys.argv[1])
    build_id = sys.argv[3] if len(sys.argv) > 3 else build_id_of(path)
    offset, length = code_of(path)
    base = 0x7f0000000000
    c = g.Capture([g.Event(name="cycles", type=0)])
    c.describe([(path, bytes.fromhex(build_id))] if build_id else [])
    c.comm(7, "app")
    c.mmap2(7, base, offset + length + 4095 & ~4095, 0, path)
    for i in range(400):
        address = base + offset + i * length // 400
        c.sample(address, 7, time=1000 + i,
                 chain=[g.CTX_USER, address, base + offset + length // 2])
    with open(sys.argv[2], "wb") as file:
        file.write(c.file())


if __name__ == "__main__":
    main()

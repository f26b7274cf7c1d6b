#!/usr/bin/env python3
"""A made-up capture of a real ELF file, for machines where perf cannot record.

    elf_capture.py ELF OUT [BUILD-ID [INODE]]
    elf_capture.py --vmlinux ELF OUT
    elf_capture.py --module ELF OUT

Samples addresses all over the file's code, which is mapped as the kernel does
it: its executable segment, in whole pages. The build id and the inode are the file's unless one is given.
With --vmlinux the file is taken for a kernel, moved by KASLR: its symbol _text
lies at 0xffffffff99000000, and its code is sampled from there. With --module it
is a relocatable one, loaded at 0xffffffffc0200000 as
/lib/modules/6.1/kernel/demo.ko; its first 256 bytes are sampled.
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


def vmlinux(path, out):
    symbols = subprocess.run(["readelf", "-sW", path], check=True,
                             stdout=subprocess.PIPE).stdout.decode()
    values = {line.split()[-1]: int(line.split()[1], 16)
              for line in symbols.split("\n") if len(line.split()) == 8
              and line.split()[1].isalnum() and line.split()[0][:-1].isdigit()}
    text, base = values["_text"], 0xffffffff99000000
    c = g.Capture([g.Event(name="cycles", type=0)])
    c.describe([("[kernel.kallsyms]", bytes.fromhex(build_id_of(path)),
                 g.KERNEL)])
    c.mmap(-1, base, 0x1000000, base, "[kernel.kallsyms]_text", misc=g.KERNEL)
    address = base + values["main"] - text
    c.sample(address, 7, time=1, mode=g.KERNEL,
             chain=[g.CTX_KERNEL, address, address + 1])
    with open(out, "wb") as file:
        file.write(c.file())


def module(path, out):
    c = g.Capture([g.Event(name="cycles", type=0)])
    name, base = "/lib/modules/6.1/kernel/demo.ko", 0xffffffffc0200000
    c.describe([(name, bytes.fromhex(build_id_of(path)), g.KERNEL)])
    kernel = 0xffffffff99000000
    c.mmap(-1, kernel, 0x1000000, kernel, "[kernel.kallsyms]_text",
           misc=g.KERNEL)
    c.mmap(-1, base, 0x1000, 0, name, misc=g.KERNEL)
    for address in range(base, base + 256, 8):
        c.sample(address, 7, time=1000, mode=g.KERNEL,
                 chain=[g.CTX_KERNEL, address])
    with open(out, "wb") as file:
        file.write(c.file())


def main():
    if sys.argv[1] == "--module":
        return module(sys.argv[2], sys.argv[3])
    if sys.argv[1] == "--vmlinux":
        return vmlinux(sys.argv[2], sys.argv[3])
    path = os.path.realpath(sys.argv[1])
    build_id = sys.argv[3] if len(sys.argv) > 3 else build_id_of(path)
    inode = int(sys.argv[4]) if len(sys.argv) > 4 else os.stat(path).st_ino
    offset, length = code_of(path)
    base = 0x7f0000000000
    c = g.Capture([g.Event(name="cycles", type=0)])
    c.describe([(path, bytes.fromhex(build_id))] if build_id else [])
    c.comm(7, "app")
    first = offset & ~4095
    c.mmap2(7, base + first, (offset + length + 4095 & ~4095) - first, first,
            path, inode=inode)
    for i in range(400):
        address = base + offset + i * length // 400
        c.sample(address, 7, time=1000 + i,
                 chain=[g.CTX_USER, address, base + offset + length // 2])
    with open(sys.argv[2], "wb") as file:
        file.write(c.file())


if __name__ == "__main__":
    main()

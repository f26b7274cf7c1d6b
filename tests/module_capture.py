#!/usr/bin/env python3
"""Captures and symbols of loadable kernel modules, loaded here or there.

    module_capture.py capture OUT [KEY=VALUE]...
    module_capture.py kallsyms OUT [KEY=VALUE]...
    module_capture.py source OUT
    module_capture.py arm64 FILE

Both are of the same kernel with a module called demo, whose text lies at base
(hexadecimal, as all addresses and sizes; default: where x86 has modules), and
pages pages of 4 KB further on. In the capture the module is
mapped from there on, as size bytes, under the name path, with the build id id;
its 64 samples lie at the addresses base + front + 8, + 24 and so on. In the
symbols functions of 16 bytes each lie at base + front and behind it, called
demo_0, demo_1, …; there are as many as fill text bytes. The source is such a
module's, in assembler: 64 functions that call 20 others. arm64 makes a module of
x86-64 one of arm64, as far as its headers and relocations go: its code is not
looked at.
"""
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import perfgen as g  # noqa: E402

DEFAULTS = {"base": "ffffffffc0417000", "kernel": "ffffffff81000000",
            "front": "0", "pages": "0", "size": "118000", "text": "400", "path": "[demo]",
            "id": "", "release": "6.1.0", "kernel_id": "cd" * 20}


def capture(o):
    c = g.Capture([g.Event(name="cycles", type=0)])
    ids = [("[kernel.kallsyms]", bytes.fromhex(o["kernel_id"]), g.KERNEL)]
    if o["id"]:
        ids.append((o["path"], bytes.fromhex(o["id"]), g.KERNEL))
    c.describe(ids)
    c.add_feature("osrelease", o["release"])
    kernel, base = int(o["kernel"], 16), int(o["base"], 16)
    c.mmap(-1, kernel, 0x1000000, kernel, "[kernel.kallsyms]_text",
           misc=g.KERNEL)
    c.mmap(-1, base, int(o["size"], 16), 0, o["path"], misc=g.KERNEL)
    for i in range(64):
        address = base + int(o["front"], 16) + 16 * i + 8
        c.sample(address, 7, time=1000 + i, mode=g.KERNEL,
                 chain=[g.CTX_KERNEL, address])
    return c.file()


def kallsyms(o):
    kernel = int(o["kernel"], 16)
    at = int(o["base"], 16) + int(o["front"], 16)
    lines = ["%016x T _text" % kernel, "%016x T _stext" % kernel,
             "%016x T sys_first" % (kernel + 0x100),
             "%016x B __bss_stop" % (kernel + 0x1000000),
             "0000000000039000 a percpu\t[demo]",
             "%016x d __this_module\t[demo]" % (at + 0x80000)]
    n = int(o["text"], 16) // 16
    lines += ["%016x t demo_%d\t[demo]" % (at + 16 * i, i)
              for i in reversed(range(n))]
    lines.append("%016x t neighbour_init\t[neighbour]" %
                 (int(o["base"], 16) + 0x400000))
    return ("\n".join(lines) + "\n").encode()


def source(_):
    lines = [".text"]
    for i in range(64):
        lines += [".globl demo_%d" % i, ".type demo_%d, @function" % i,
                  "demo_%d:" % i, "call other_%d" % (i % 20), ".balign 16",
                  ".size demo_%d, . - demo_%d" % (i, i)]
    return ("\n".join(lines) + "\n").encode()


def arm64(path):
    kinds = {1: 257, 10: 258, 4: 283, 2: 261}  # 64, 32, PLT32, PC32
    with open(path, "rb") as file:
        data = bytearray(file.read())
    struct.pack_into("<H", data, 18, 183)
    at, = struct.unpack_from("<Q", data, 40)
    n, = struct.unpack_from("<H", data, 60)
    for i in range(n):
        header = struct.unpack_from("<IIQQQQ", data, at + 64 * i)
        if header[1] != 4:
            continue
        for entry in range(header[4], header[4] + header[5], 24):
            info, = struct.unpack_from("<Q", data, entry + 8)
            kind, symbol = kinds[info & 0xffffffff], info >> 32
            struct.pack_into("<Q", data, entry + 8, symbol << 32 | kind)
            if kind == 283:
                struct.pack_into("<q", data, entry + 16, 0)
    with open(path, "wb") as file:
        file.write(data)


def main():
    if sys.argv[1] == "arm64":
        return arm64(sys.argv[2])
    o = dict(DEFAULTS, **dict(a.split("=", 1) for a in sys.argv[3:]))
    o["base"] = "%x" % (int(o["base"], 16) + 4096 * int(o["pages"]))
    make = {"capture": capture, "kallsyms": kallsyms, "source": source}[sys.argv[1]]
    with open(sys.argv[2], "wb") as file:
        file.write(make(o))


if __name__ == "__main__":
    main()

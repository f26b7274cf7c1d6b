#!/usr/bin/env python3
"""Captures and symbols of loadable kernel modules, loaded here or there.

    module_capture.py capture OUT [KEY=VALUE]...
    module_capture.py kallsyms OUT [KEY=VALUE]...

Both are of the same kernel with a module called demo, whose text lies at base
(hexadecimal, as all addresses and sizes; default: where x86 has modules), and
pages pages of 4 KB further on. In the capture the module is
mapped from there on, as size bytes, under the name path, with the build id id;
its 64 samples lie at the addresses base + front + 8, + 24 and so on. In the
symbols functions of 16 bytes each lie at base + front and behind it, called
demo_0, demo_1, …; there are as many as fill text bytes.
"""
import os
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


def main():
    o = dict(DEFAULTS, **dict(a.split("=", 1) for a in sys.argv[3:]))
    o["base"] = "%x" % (int(o["base"], 16) + 4096 * int(o["pages"]))
    make = {"capture": capture, "kallsyms": kallsyms}[sys.argv[1]]
    with open(sys.argv[2], "wb") as file:
        file.write(make(o))


if __name__ == "__main__":
    main()

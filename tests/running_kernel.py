#!/usr/bin/python3
"""Writes a capture of one sample in a function of the running kernel, without
its build id, as this machine would record it; options make it differ.

    running_kernel.py OUT [OPTION...]
"""
import argparse
import os
import sys
import time

sys.dont_write_bytecode = True
import perfgen as g


def symbols():
    """The addresses of what bounds the kernel, and of one function."""
    found = {}
    with open("/proc/kallsyms") as lines:
        for line in lines:
            words = line.split()
            address, name = int(words[0], 16), words[2]
            if name in ("_text", "_etext", "_edata", "schedule"):
                found.setdefault(name, address)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--host", default=os.uname().nodename)
    parser.add_argument("--release", default=os.uname().release)
    parser.add_argument("--machine", default=os.uname().machine)
    parser.add_argument("--nameless", action="store_true",
                        help="as of a recorder that was killed")
    parser.add_argument("--moved", type=int, default=0,
                        help="what the kernel lies further on")
    parser.add_argument("--no-end", action="store_true",
                        help="older perf: it does not say where the kernel "
                        "ends")
    parser.add_argument("--hidden", action="store_true",
                        help="its addresses were hidden from the recorder")
    parser.add_argument("--later", type=float, default=0,
                        help="seconds that its clock is ahead of this boot's")
    parser.add_argument("--pipe", action="store_true")
    parser.add_argument("--build-id")
    options = parser.parse_args()

    found = symbols()
    text = found["_text"] + options.moved
    end = found.get("_edata") or found.get("_etext") or text + 0x2000000
    at = found["schedule"] + 4
    now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) + int(
        options.later * 1e9)
    c = g.Capture([g.Event(name="cycles", type=0)])
    if not options.nameless:
        c.describe()
        c.add_feature("hostname", options.host)
        c.add_feature("osrelease", options.release)
        c.add_feature("arch", options.machine)
    if options.build_id:
        c.add_feature("build_id", [("[kernel.kallsyms]",
                                    bytes.fromhex(options.build_id),
                                    g.KERNEL)])
    if not options.hidden:
        size = 0x10000000 if options.no_end else end - found["_text"]
        c.mmap(-1, text, size, text, "[kernel.kallsyms]_text", misc=g.KERNEL)
    c.comm(7, "app")
    c.sample(at, 7, time=now, mode=g.KERNEL, chain=[g.CTX_KERNEL, at])
    data = c.pipe() if options.pipe else c.file()
    with open(options.out, "wb") as out:
        out.write(data)


main()

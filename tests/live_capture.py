#!/usr/bin/env python3
"""A capture of a process that runs, without perf: its mappings as they are,
and a sample at each address.

    live_capture.py PID OUT [OPTION...] ADDRESS...

    --host NAME   the captured machine (default: this one)
    --moved       as of an earlier process of that pid: all lies elsewhere
    --build-ids   with the build ids that perf would put into the header
    --no-inodes   without anything that tells files of one name apart
    --flat        without deleted marks and flags: old records (MMAP)
"""
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import perfgen as g  # noqa: E402


def mappings(pid):
    with open("/proc/%d/maps" % pid) as file:
        for line in file:
            fields = line.rstrip("\n").split(None, 5)
            if "x" not in fields[1] or fields[-1] == "[vsyscall]":
                continue
            start, limit = (int(n, 16) for n in fields[0].split("-"))
            path = fields[5] if len(fields) > 5 else "//anon"
            yield (start, limit - start, int(fields[2], 16), path,
                   int(fields[4]), fields[1], fields[3])


def build_id(pid, start, size):
    path = "/proc/%d/map_files/%x-%x" % (pid, start, start + size)
    if not os.access(path, os.R_OK):
        path = "/proc/%d/exe" % pid
    text = subprocess.run(["readelf", "-n", path], capture_output=True,
                          text=True).stdout
    found = [line.split()[-1] for line in text.split("\n")
             if "Build ID:" in line]
    return bytes.fromhex(found[0]) if found else b""


def main():
    arguments = sys.argv[1:]
    options = {}
    if "--host" in arguments:
        at = arguments.index("--host")
        options["host"] = arguments[at + 1]
        del arguments[at:at + 2]
    flags = [a for a in arguments if a.startswith("--")]
    arguments = [a for a in arguments if not a.startswith("--")]
    pid, out = int(arguments[0]), arguments[1]
    shift = 0x10000000 if "--moved" in flags else 0
    c = g.Capture([g.Event(name="cycles", type=0)])
    c.describe()
    c.add_feature("hostname", options.get("host", os.uname().nodename))
    c.comm(pid, "contained", time=1)
    ids = []
    for start, size, offset, path, inode, mode, device in mappings(pid):
        if "--flat" in flags:
            c.mmap(pid, start + shift, size, offset, path, time=2)
            continue
        if "--no-inodes" in flags:
            inode = 0
        major, minor = (int(n, 16) for n in device.split(":"))
        c.record(10, c.pack("iiQQQ", pid, pid, start + shift, size, offset) +
                 struct.pack("<IIQQII", major, minor, inode, 0, 5,
                             2 if mode[3] == "p" else 1) +
                 c.string(path) + c.trailer(2, pid, pid), g.USER)
        if "--build-ids" in flags and path.startswith("/"):
            ids.append((path, build_id(pid, start, size)))
    if ids:
        c.add_feature("build_id", [entry for entry in ids if entry[1]])
    for n, address in enumerate(arguments[2:]):
        c.sample(int(address, 16) + shift, pid, time=10 + n, chain=[])
    with open(out, "wb") as file:
        file.write(c.file())


if __name__ == "__main__":
    main()

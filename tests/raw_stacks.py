#!/usr/bin/env python3
"""Stacks of other profilers for the tests, and what becomes of parts of them.

    raw_stacks.py gperftools OUT 32|64 little|big   writes a CPU profile
    raw_stacks.py cut FILE [names]                  FILE cut at every byte
    raw_stacks.py shares PROFILE    samples of each function, and all in it
"""
import collections
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pprof_check  # noqa: E402

MAPS = b"""build=/usr/bin
00400000-00401000 r--p 00000000 08:01 5 $build/demo
00401000-00402000 r-xp 00001000 08:01 5 $build/demo
what is not known is left out
f7000000-f7010000 r-xp 00001000 08:01 6 /lib/x.so
"""


def gperftools(word, order):
    slots = [0, 3, 0, 10000, 0,
             5, 3, 0x401100, 0x401100, 0x401200,
             2, 2, 0xf7000010, 0x401301,
             1, 2, 0xf7000010, 0x401301,
             0, 1, 0]
    form = ("<" if order == "little" else ">") + ("I" if word == 32 else "Q")
    return b"".join(struct.pack(form, slot) for slot in slots) + MAPS


def convert(data):
    """The samples of what can be read of it, else None."""
    with open("part", "wb") as file:
        file.write(data)
    if os.path.exists("part.pb.gz"):
        os.unlink("part.pb.gz")
    done = subprocess.run(
        [os.environ["SYMCONV"], "part", "-o", "part.pb.gz", "--no-cache",
         "-q"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=10)
    says = done.stderr.decode("utf-8", "replace")
    if done.returncode == 1 and says.startswith("symconv: "):
        return None
    if done.returncode != 0:
        sys.exit("exit %d: %s" % (done.returncode, says))
    profile = pprof_check.Profile("part.pb.gz")
    pprof_check.check(profile)
    return samples_of(profile)


def samples_of(profile):
    """Values by type and stack."""
    result = collections.Counter()
    for sample in profile.samples:
        stack = tuple(name for number in sample["location"]
                      for name in pprof_check.location_names(profile, number))
        for (kind, _), value in zip(profile.types, sample["value"]):
            result[kind, stack] += value
    return result


def without_names(samples):
    """By type and number of frames."""
    result = collections.Counter()
    for (kind, stack), value in samples.items():
        result[kind, len(stack)] += value
    return result


def cut(path, has_names):
    """What is mapped, and names of frames, may stand behind the stacks."""
    with open(path, "rb") as file:
        data = file.read()
    whole = convert(data)
    if not whole:
        sys.exit("%s: nothing in it" % path)
    if not has_names:
        whole = without_names(whole)
    n_read = 0
    for size in range(len(data)):
        part = convert(data[:size])
        if part is None:
            continue
        n_read += 1
        if not has_names:
            part = without_names(part)
        for key, value in part.items():
            if value > whole[key]:
                sys.exit("cut at %d: %d of %s, %d in the whole" % (
                    size, value, key, whole[key]))
    print("%d of %d parts have samples" % (n_read, len(data)))
    if n_read == 0:
        sys.exit("none has")


def shares(path):
    profile = pprof_check.Profile(path)
    flat, total = collections.Counter(), collections.Counter()
    for sample in profile.samples:
        names = [name for number in sample["location"]
                 for name in pprof_check.location_names(profile, number)]
        flat[names[0]] += sample["value"][0]
        for name in set(names):
            total[name] += sample["value"][0]
    for name in sorted(total):
        print(name, flat[name], total[name])


def main():
    if sys.argv[1] == "gperftools":
        with open(sys.argv[2], "wb") as file:
            file.write(gperftools(int(sys.argv[3]), sys.argv[4]))
    elif sys.argv[1] == "cut":
        cut(sys.argv[2], len(sys.argv) > 3)
    else:
        shares(sys.argv[2])


if __name__ == "__main__":
    main()

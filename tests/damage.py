#!/usr/bin/env python3
"""Converts damaged captures and checks how that ends.

    damage.py cut NAME [STEP]     the capture cut at every STEP-th byte
    damage.py mutate NAME COUNT   COUNT seeded mutations of its numbers
    damage.py bomb OUT            writes a capture of compressed zeros
    damage.py shrink              a capture that is cut while it is read

Each conversion must exit 0 or 1 within 10 s and 1 GB of address space, say a
line when it fails, and write a sound profile when it does not.
"""
import os
import random
import resource
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import captures  # noqa: E402
import perfgen  # noqa: E402
import pprof_check  # noqa: E402

SANITIZED = b"__asan" in open(os.environ["SYMCONV"], "rb").read()
VALUES = [0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0xffff, 0x10000, 0x7fffffff,
          0x80000000, 0xffffffff, 1 << 61, (1 << 63) - 1, 1 << 63,
          (1 << 64) - 8, (1 << 64) - 1]


def bound():
    if not SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


def convert(data, what):
    with open("damaged.data", "wb") as file:
        file.write(data)
    if os.path.exists("damaged.pb.gz"):
        os.unlink("damaged.pb.gz")
    done = subprocess.run(
        [os.environ["SYMCONV"], "damaged.data", "-o", "damaged.pb.gz",
         "--no-cache", "-q"], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=10,
        preexec_fn=bound)
    says = done.stderr.decode("utf-8", "replace")
    if done.returncode not in (0, 1):
        sys.exit("%s: exit %d: %s" % (what, done.returncode, says))
    if done.stdout:
        sys.exit("%s: wrote to standard output" % what)
    if done.returncode == 1 and (not says.startswith("symconv: ")
                                 or os.path.exists("damaged.pb.gz")):
        sys.exit("%s: failed, but said %r" % (what, says))
    if any(ord(c) < 32 and c != "\n" for c in says):
        sys.exit("%s: said %r" % (what, says))
    if done.returncode == 0:
        try:
            pprof_check.check(pprof_check.Profile("damaged.pb.gz"))
        except pprof_check.Bad as error:
            sys.exit("%s: %s" % (what, error))


def cut(name, step):
    data = captures.CAPTURES[name]()
    for size in range(0, len(data), step):
        convert(data[:size], "%s cut at %d" % (name, size))


def mutate(name, count):
    whole = captures.CAPTURES[name]()
    rng = random.Random(name)
    for number in range(count):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            size = rng.choice((1, 2, 4, 8))
            at = rng.randrange(0, len(data) - size) // size * size
            value = rng.choice(VALUES) & (1 << 8 * size) - 1
            data[at:at + size] = value.to_bytes(size, "little")
        convert(bytes(data), "%s, mutation %d" % (name, number))


def bomb(out):
    capture = captures.basic()
    # Records of the smallest size, so that all of them have to be walked.
    record = struct.pack("<IHH", 60, 0, 8)
    packed = perfgen.zstd_stream([record * (1 << 20)] * 64)
    data = b""
    for part in packed:
        for at in range(0, len(part), 60000):
            chunk = part[at:at + 60000]
            data += struct.pack("<IHH", 81, 0, 8 + len(chunk)) + chunk
    with open(out, "wb") as file:
        file.write(capture.file(data=data))


def shrink():
    capture = captures.basic()
    capture.records *= 20000
    data = capture.file()
    for number in range(20):
        with open("shrinking.data", "wb") as file:
            file.write(data)
        child = subprocess.Popen(
            [os.environ["SYMCONV"], "shrinking.data", "-o", "shrinking.pb.gz",
             "--no-cache", "-q"], stderr=subprocess.PIPE)
        time.sleep(0.003 * number)
        os.truncate("shrinking.data", len(data) // 3)
        says = child.communicate(timeout=10)[1].decode()
        if child.returncode not in (0, 1) or (child.returncode and
                                              "symconv: " not in says):
            sys.exit("exit %d: %r" % (child.returncode, says))


def main():
    if sys.argv[1] == "shrink":
        shrink()
    elif sys.argv[1] == "cut":
        cut(sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    elif sys.argv[1] == "mutate":
        mutate(sys.argv[2], int(sys.argv[3]))
    else:
        bomb(sys.argv[2])


if __name__ == "__main__":
    main()

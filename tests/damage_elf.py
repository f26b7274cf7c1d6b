#!/usr/bin/env python3
"""Converts a capture of a program whose file is damaged in many ways.

    damage_elf.py ELF COUNT

Every conversion must succeed, in time, whatever it can name.
"""
import os
import random
import resource
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pprof_check  # noqa: E402

VALUES = (0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff, (1 << 63) - 1,
          (1 << 64) - 1)


def main():
    with open(sys.argv[1], "rb") as file:
        whole = file.read()
    tests = os.path.dirname(os.path.abspath(__file__))
    with open("damaged", "wb") as file:
        file.write(whole)
    # Without a build id and an inode any state of the file is looked at.
    subprocess.run([sys.executable, os.path.join(tests, "elf_capture.py"),
                    "damaged", "damaged.data", "", "0"], check=True)
    rng = random.Random(1)
    for number in range(int(sys.argv[2])):
        data = bytearray(whole)
        if number % 5 == 0:
            del data[rng.randrange(64, len(data)):]
        for _ in range(rng.randint(1, 4) if number % 5 else 0):
            size = rng.choice((1, 2, 4, 8))
            # Half of them in the headers.
            limit = 4096 if rng.random() < 0.5 else len(data) - size
            at = rng.randrange(16, limit)
            value = rng.choice(VALUES) & (1 << 8 * size) - 1
            data[at:at + size] = value.to_bytes(size, "little")
        os.unlink("damaged")
        with open("damaged", "wb") as file:
            file.write(data)
        done = subprocess.run(
            [os.environ["SYMCONV"], "damaged.data", "-o", "damaged.pb.gz",
             "--no-cache", "-q"], timeout=60, stderr=subprocess.PIPE)
        if done.returncode or done.stderr:
            sys.exit("mutation %d: exit %d: %s" % (number, done.returncode,
                                                   done.stderr))
        pprof_check.check(pprof_check.Profile("damaged.pb.gz"))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print("%d files, %d MB at most" % (number + 1, used.ru_maxrss // 1024))


if __name__ == "__main__":
    main()

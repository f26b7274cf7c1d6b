#!/usr/bin/env python3
"""Compares `symconv symbolize` with llvm-symbolizer on one ELF file.

    compare_symbolizers.py ELF N [--least PERCENT] [--show K] [-- OPTION...]

N addresses spread over the file's code. Linkage names, files, lines and columns
of the whole inline chain are compared. Differences that doc/differences.md lists
are counted by kind and not held against either; of all others at most 100 -
PERCENT may be left.
"""
import argparse
import collections
import os
import random
import re
import subprocess
import sys
import time


def code_sections(elf):
    text = subprocess.run(["readelf", "-SW", elf], check=True,
                          stdout=subprocess.PIPE).stdout.decode()
    pattern = re.compile(r"\s*\[\s*\d+\]\s+\S+\s+(\S+)\s+([0-9a-f]+)"
                         r"\s+[0-9a-f]+\s+([0-9a-f]+)\s+\S+\s+\S*X")
    for line in text.split("\n"):
        match = pattern.match(line)
        if match and match[1] == "PROGBITS":
            yield int(match[2], 16), int(match[3], 16)


def spread(elf, n):
    """n addresses, the same ones each time."""
    sections = list(code_sections(elf))
    total = sum(size for _, size in sections)
    chosen = random.Random(1).sample(range(total), min(n, total))
    for at in sorted(chosen):
        for start, size in sections:
            if at < size:
                yield start + at
                break
            at -= size


def symbols(elf):
    text = subprocess.run(["nm", elf], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout.decode()
    fields = (line.split() for line in text.split("\n"))
    return {field[2]: int(field[0], 16) for field in fields
            if len(field) == 3}


def answers(command, addresses):
    """The chains: lists of (name, file:line:column)."""
    start = time.time()
    text = subprocess.run(
        command, input="".join("0x%x\n" % a for a in addresses).encode(),
        check=True, stdout=subprocess.PIPE).stdout.decode("utf-8", "replace")
    took = time.time() - start
    chains = []
    for block in text.strip("\n").split("\n\n"):
        lines = block.split("\n")
        chains.append(list(zip(lines[::2], lines[1::2])))
    return chains, took


def normal(place):
    """A place without what only spelling tells apart."""
    path, line, column = place.rsplit(":", 2)
    path = re.sub(r"/+", "/", path)
    # DWARF 5 has a relative compilation directory in front already.
    match = re.match(r"(\./[^/]+)/\1/", path)
    if match:
        path = path[len(match[1]) + 1:]
    return path, line, column


def kind_of(ours, theirs, addresses):
    """Which listed difference it is; None: equal; "": none of them."""
    if ours == theirs:
        return None
    if ours[-1][0].endswith("@plt"):
        return "plt"
    if ours[-1][0] == "??" and theirs[-1][1] in ("??:0:0", ours[-1][1]):
        return "gap"
    if len(ours) != len(theirs):
        return ""
    kind = None
    for number, (own, their) in enumerate(zip(ours, theirs)):
        is_outermost = number == len(ours) - 1
        if own[0] != their[0]:
            if not is_outermost:
                return ""
            at = addresses.get(own[0]), addresses.get(their[0])
            if at[0] is not None and at[0] == at[1]:
                kind = "alias"
            elif re.sub(r"\.(cold|part|isra|constprop)\b.*", "",
                        own[0]) == their[0]:
                kind = "part"
            elif not addresses:
                kind = "alias"
            else:
                return ""
        if own[1] == their[1]:
            continue
        if own[1].startswith("??:0") and their[1].endswith(":0:0"):
            kind = kind or "file symbol"
        elif normal(own[1]) == normal(their[1]):
            kind = kind or "spelling"
        else:
            return ""
    return kind


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("elf")
    parser.add_argument("n", type=int)
    parser.add_argument("--least", type=float, default=99.9)
    parser.add_argument("--show", type=int, default=3)
    parser.add_argument("options", nargs="*")
    arguments = parser.parse_args()
    addresses = list(spread(arguments.elf, arguments.n))
    program = os.environ.get("SYMCONV", "symconv")
    ours, our_time = answers(
        [program, "symbolize", "--exe", arguments.elf, "--demangle=none",
         "--no-cache"] + arguments.options, addresses)
    theirs, their_time = answers(
        ["llvm-symbolizer", "--no-demangle", "--inlines",
         "--obj=" + arguments.elf], addresses)
    if not len(ours) == len(theirs) == len(addresses):
        sys.exit("%d addresses, %d and %d answers" % (
            len(addresses), len(ours), len(theirs)))
    names = symbols(arguments.elf)
    kinds = collections.Counter()
    for address, own, their in zip(addresses, ours, theirs):
        kind = kind_of(own, their, names)
        kinds[kind] += 1
        if kind == "" and kinds[kind] <= arguments.show:
            print("0x%x\n  ours   %s\n  theirs %s" % (address, own, their))
    percent = 100 - 100 * kinds[""] / len(addresses)
    print("%d addresses: %.2f%% equal, with listed differences %.2f%% "
          "(%s); %.2f s, llvm-symbolizer %.2f s" % (
              len(addresses), 100 * kinds[None] / len(addresses), percent,
              ", ".join("%s %d" % (kind, n) for kind, n in kinds.items()
                        if kind), our_time, their_time))
    sys.exit(percent < arguments.least)


if __name__ == "__main__":
    main()

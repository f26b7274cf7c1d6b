#!/usr/bin/env python3
"""Compares a profile of one ELF file with llvm-symbolizer.

    compare_chains.py ELF PROFILE

Every frame of every location must agree in function, file and line; the
outermost function may go by another of its names.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pprof_check  # noqa: E402


def reference(elf, addresses):
    """[(function, file, line)] for each address, innermost first."""
    text = subprocess.run(
        ["llvm-symbolizer", "--no-demangle", "--inlines", "--obj=" + elf],
        input="".join("0x%x\n" % a for a in addresses).encode(), check=True,
        stdout=subprocess.PIPE).stdout.decode()
    for block in text.strip().split("\n\n"):
        lines = block.split("\n")
        yield [(lines[i], *lines[i + 1].rsplit(":", 2)[:2])
               for i in range(0, len(lines), 2)]


def frames(profile, location):
    for line in location["line"]:
        function = profile.functions[line["function_id"]]
        yield (function["system_name"], function["filename"] or "??",
               str(line["line"]))


def is_equal(ours, theirs):
    if len(ours) != len(theirs):
        return False
    for number, (own, their) in enumerate(zip(ours, theirs)):
        is_outermost = number == len(ours) - 1
        names_differ = own[0] != their[0] and not is_outermost
        # Inlined functions that have no linkage name are named plainly.
        if names_differ and not own[0].startswith("_Z"):
            names_differ = own[0] not in their[0]
        # Where nothing is known llvm-symbolizer says line 0 of the file.
        if names_differ or (their[2] != "0" and own[1:] != their[1:]):
            return False
    return True


def main():
    elf = os.path.realpath(sys.argv[1])
    profile = pprof_check.Profile(sys.argv[2])
    locations = [loc for loc in profile.locations.values()
                 if loc["mapping_id"] and
                 profile.mappings[loc["mapping_id"]]["filename"] == elf]
    different = named = 0
    theirs = reference(elf, [loc["address"] for loc in locations])
    for location, their in zip(locations, theirs):
        ours = list(frames(profile, location))
        if ours[-1][0].startswith("0x"):
            # Nothing covers it: llvm-symbolizer takes the symbol before.
            continue
        named += 1
        if not is_equal(ours, their):
            different += 1
            print("0x%x:\n  ours   %s\n  theirs %s" % (
                location["address"], ours, their))
    print("%d of %d locations named, %d differ" % (named, len(locations),
                                                   different))
    sys.exit(named == 0 or different * 100 > named)


if __name__ == "__main__":
    main()

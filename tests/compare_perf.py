#!/usr/bin/env python3
"""Compares a profile with what `perf script` says of the same capture.

    compare_perf.py CAPTURE PROFILE [--least PERCENT] [--comm NAME] [--longer]

Each sample is one line: comm, pid and the names of its physical functions,
leaf first. They are counted as multisets. With --comm only the stacks of
threads of that name are compared, of all others only the number: in a capture
of the whole machine nobody knows what else ran, nor what it lacked symbols for.
Where the two differ by design:

- a frame that one of the two cannot name counts as named alike: perf looks
  for symbols in more places, and symconv in inlined code's tables;
- perf repeats no kernel marker, nor do we;
- perf knows that IFUNCs are called through PLT entries, but not which.

With --longer our stacks may go on where perf's end: it cannot unwind generated
code, nor what only .debug_frame tells of.
"""
import argparse
import collections
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pprof_check  # noqa: E402

UNNAMED = "?"


def perf_samples(capture):
    text = subprocess.run(
        ["perf", "script", "--no-inline", "-i", capture, "-F",
         "comm,pid,ip,sym"],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    head, stack = None, []
    for line in text.decode("utf-8", "replace").split("\n"):
        if not line.strip():
            if head is not None:
                yield head, stack
            head, stack = None, []
        elif head is None:
            # Without a callchain the address stands in the same line.
            match = re.match(
                r"\s*(.+?)\s+(-?\d+)(?:\s+([0-9a-f]+) (.*))?\s*$", line)
            head = match[1], int(match[2])
            if match[3]:
                name = match[4].strip()
                yield head, [UNNAMED if name == "[unknown]" else name]
                head = None
        else:
            _, _, name = line.strip().partition(" ")
            stack.append(UNNAMED if name in ("", "[unknown]") else name)


def own_samples(profile):
    for sample in profile.samples:
        labels = {label[0]: label for label in sample["label"]}
        head = labels["thread_comm"][1], labels["pid"][2]
        stack = []
        for number in sample["location"]:
            name = pprof_check.location_names(profile, number)[-1]
            stack.append(UNNAMED if name.startswith("0x") or
                         name == "[unmapped]" else name)
        # The first of the two types of each event counts samples.
        yield head, stack, sum(sample["value"][::2])


def is_alike_name(ours, theirs):
    return (ours == theirs or UNNAMED in (ours, theirs) or
            (theirs == "@plt" and ours.endswith("@plt")))


def is_alike(ours, theirs, may_be_longer):
    # perf does not mark where stacks were cut, or has an address that is none.
    if ours[-1:] == ("[truncated]",) and len(ours) > len(theirs):
        ours = ours[:-1]
    if may_be_longer:
        while len(theirs) > 1 and theirs[-1] == UNNAMED:
            theirs = theirs[:-1]
        ours = ours[:len(theirs)]
    return len(ours) == len(theirs) and all(map(is_alike_name, ours, theirs))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("capture")
    parser.add_argument("profile")
    parser.add_argument("--least", type=float, default=99.0)
    parser.add_argument("--comm")
    parser.add_argument("--longer", action="store_true")
    arguments = parser.parse_args()
    profile = pprof_check.Profile(arguments.profile)
    theirs = collections.Counter((head, tuple(stack)) for head, stack
                                 in perf_samples(arguments.capture))
    ours = collections.Counter()
    for head, stack, count in own_samples(profile):
        ours[head, tuple(stack)] += count
    total = sum(theirs.values())
    if total != sum(ours.values()):
        sys.exit("perf has %d samples, the profile %d" % (
            total, sum(ours.values())))
    if arguments.comm:
        theirs, ours = (collections.Counter(
            {key: count for key, count in samples.items()
             if key[0][0] == arguments.comm}) for samples in (theirs, ours))
        total = sum(theirs.values())
        if not total:
            sys.exit("no sample is of %s" % arguments.comm)
    equal = sum((theirs & ours).values())
    rest_theirs, rest_ours = theirs - ours, ours - theirs
    by_head = collections.defaultdict(list)
    for (head, stack), count in rest_ours.items():
        by_head[head].append([stack, count])
    for (head, stack), count in rest_theirs.items():
        for candidate in by_head[head]:
            if candidate[1] and is_alike(candidate[0], stack,
                                         arguments.longer):
                used = min(count, candidate[1])
                candidate[1] -= used
                count -= used
                equal += used
        if count:
            print("# only perf: %s %s" % (head, " < ".join(stack)))
    for head, candidates in by_head.items():
        for stack, count in candidates:
            if count:
                print("# only ours: %s %s" % (head, " < ".join(stack)))
    percent = 100.0 * equal / total if total else 100.0
    print("# %d of %d samples alike (%.2f%%)" % (equal, total, percent))
    sys.exit(percent < arguments.least)


if __name__ == "__main__":
    main()

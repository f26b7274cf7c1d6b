#!/usr/bin/env python3
"""Compares an unwind table with what readelf says of the same file.

    compare_frames.py FILE TABLE

TABLE is what tests/show_unwind prints of FILE. Each row of readelf
--debug-dump=frames-interp must be what the table has at its address. readelf
does not tell a register without a rule from an undefined one.
"""
import bisect
import re
import subprocess
import sys

# The DWARF numbers of the names that readelf prints.
X86_64 = {name: number for number, name in enumerate(
    "rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15".split())}
I386 = {name: number for number, name in enumerate(
    "eax ecx edx ebx esp ebp esi edi".split())}
AARCH64 = {**{"x%d" % n: n for n in range(31)}, "sp": 31}
ARM = {**{"r%d" % n: n for n in range(16)}}
NAMES = {"X86-64": X86_64, "80386": I386, "AArch64": AARCH64, "ARM": ARM}


def register_names(path):
    header = subprocess.run(["readelf", "-hW", path], check=True,
                            capture_output=True, text=True).stdout
    for word, names in NAMES.items():
        if word in header:
            return names
    sys.exit("%s: of a machine that is not known here" % path)


class Table:
    def __init__(self, path):
        self.addresses, self.rows = [], []
        for line in open(path):
            address, cfa, *rules = line.split()
            self.addresses.append(int(address, 16))
            self.rows.append((cfa, dict(rule.split("=") for rule in rules)))

    def at(self, address):
        number = bisect.bisect_right(self.addresses, address) - 1
        return self.rows[number] if number >= 0 else ("-", {})


def readelf_rows(path):
    """Each row: (address, CFA, {column: rule}, number of the return column)."""
    # It fails where separate debug information is not to be had.
    text = subprocess.run(
        ["readelf", "-W", "--debug-dump=frames-interp", path],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return_columns, columns, entry, limit = {}, [], None, 0
    for line in text.decode().splitlines():
        match = re.match(r"([0-9a-f]+) [0-9a-f]+ [0-9a-f]+ CIE.* ra=(\d+)", line)
        if match:
            return_columns[match[1]] = int(match[2])
            entry = None
            continue
        match = re.match(r"[0-9a-f]+ [0-9a-f]+ [0-9a-f]+ FDE cie=([0-9a-f]+) "
                         r"pc=([0-9a-f]+)\.\.([0-9a-f]+)", line)
        if match:
            entry, limit = match[1], int(match[3], 16)
            # Left out by the linker, or empty.
            if int(match[2], 16) in (0, limit):
                entry = None
            continue
        # A register as a rule is "r3 (rbx)".
        words = re.sub(r" \([a-z0-9]+\)", "", line).split()
        if words[:2] == ["LOC", "CFA"]:
            columns = words[2:]
        elif words[1:] == ["ZERO", "terminator"]:
            entry = None
        elif entry and len(words) >= 2 and re.match(r"[0-9a-f]{8,16}$", words[0]):
            address = int(words[0], 16)
            if address < limit:
                yield (address, words[1], dict(zip(columns, words[2:])),
                       return_columns[entry])


def translate(value, names):
    """'rsp+8' → 'r7+8', 'rbx' → 'r3'; others as they are."""
    match = re.match(r"([a-z]+[0-9]*)([+-]\d+)?$", value)
    if match and match[1] in names:
        return "r%d%s" % (names[match[1]], match[2] or "")
    return value


def differences(row, found, names):
    address, cfa, columns, return_column = row
    if translate(cfa, names) != found[0]:
        yield "%x: CFA %s, the table has %s" % (address, cfa, found[0])
    for column, rule in columns.items():
        number = return_column if column == "ra" else names.get(column)
        if number is None:
            continue
        ours = found[1].get("r%d" % number, "u")
        if translate(rule, names) not in (ours, "s" if ours == "u" else ours):
            yield "%x: %s %s, the table has %s" % (address, column, rule, ours)


def main():
    path, table = sys.argv[1], Table(sys.argv[2])
    names = register_names(path)
    n_rows = n_wrong = 0
    for row in readelf_rows(path):
        n_rows += 1
        wrong = list(differences(row, table.at(row[0]), names))
        n_wrong += bool(wrong)
        if n_wrong <= 5:
            print("\n".join("# " + line for line in wrong), end="\n" * bool(wrong))
    print("# %s: %d rows, %d differ" % (path, n_rows, n_wrong))
    sys.exit(n_rows == 0 or n_wrong > 0)


main()

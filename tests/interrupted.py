#!/usr/bin/env python3
"""Captures of interrupted code, and what became of it in profiles.

    interrupted.py capture|text|mapped OUT
                                      as perf.data; as perf script prints it,
                                      without and with what was mapped
    interrupted.py assembly OUT       of a kernel with one instruction a line
    interrupted.py show PROFILE       each stack: count, name@address leaf first

The kernel's symbols are those of KALLSYMS, as interrupted.py kallsyms OUT
writes them.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import perfgen as g  # noqa: E402
import pprof_check  # noqa: E402

BASE = 0xffffffff81000000
SYMBOLS = {"_text": 0, "sysvec_apic_timer_interrupt": 0x100,
           "asm_sysvec_apic_timer_interrupt": 0x200, "before": 0x300,
           "interrupted": 0x400, "caller": 0x500,
           "entry_SYSCALL_64_after_hwframe": 0x600, "error_entry": 0x700,
           "asm_exc_page_fault": 0x800, "exc_nmi": 0x900,
           "asm_exc_nmi": 0xa00, "common_interrupt": 0xb00,
           "asm_common_interrupt": 0xc00, "perf_entry": 0xd00,
           "hardware_interrupt_common_virt": 0xe00, "_etext": 0x10000}
AGAIN = -1  # a context marker before the next address

# Kernel parts, leaf first: the sampled address, then what the unwinder found.
STACKS = [
    # An interrupt at the first byte of a function, and in its middle.
    [0x110, 0x208, 0x400, 0x510, 0x610],
    [0x110, 0xe08, 0x420, 0x510, 0x610],
    # The same address as a return address.
    [0x110, 0x400, 0x510, 0x610],
    # And as a sampled one, as is the byte before.
    [0x400, 0x510, 0x610],
    [0x3ff, 0x510, 0x610],
    # An interrupt at the first byte of another's entry.
    [0x910, 0xa08, 0x200, 0x400, 0x510],
    # A function that entry code calls, and where it is the entry itself.
    [0x710, 0x805, 0x400, 0x510],
    [0x110, 0x710, 0x400, 0x510],
    [0x110, 0xb20, 0xc08, 0x400, 0x510],
    # Marked as exact by the kernel, as ppc's does: equal to the second.
    [0x110, 0xe08, AGAIN, 0x420, 0x510, 0x610],
    # Instructions of ppc are four bytes: this one cannot be interrupted.
    [0x110, 0xe08, 0x402, 0x510],
    # Behind the entry is a function that the kernel knows no symbol of.
    [0x110, 0x208, 0x20000, 0x510],
]
USER = 0x401000


def chain(stack):
    words = [g.CTX_KERNEL]
    for address in stack:
        words.append(g.CTX_KERNEL if address == AGAIN else BASE + address)
    return words + [g.CTX_USER, USER]


def capture():
    c = g.Capture([g.Event(name="cycles", type=0)])
    c.describe([("[kernel.kallsyms]", b"\xcd" * 20, g.KERNEL)])
    c.mmap(-1, BASE, 0x100000, BASE, "[kernel.kallsyms]_text", misc=g.KERNEL)
    c.comm(7, "app")
    for number, stack in enumerate(STACKS):
        c.sample(BASE + stack[0], 7, time=1000 + number, mode=g.KERNEL,
                 chain=chain(stack))
    return c.file()


def symbol_of(address):
    name, start = max(((n, a) for n, a in SYMBOLS.items() if a <= address),
                      key=lambda pair: pair[1])
    return ("[unknown]" if name == "_etext"
            else "%s+0x%x" % (name, address - start))


def text(lines=()):
    """perf looks return addresses up where they are."""
    lines = list(lines)
    for number, stack in enumerate(STACKS):
        lines.append("app 7 1.%06d: 1 cycles: " % number)
        lines += ["\t%16x %s ([kernel.kallsyms])" % (BASE + a, symbol_of(a))
                  for a in stack if a != AGAIN]
        lines += ["\t%16x [unknown] (/bin/app)" % USER, ""]
    return "\n".join(lines) + "\n"


def mapped():
    return text(["swapper 0 0.000000: PERF_RECORD_MMAP -1/0: "
                 "[0x%x(0x100000) @ 0x%x]: x [kernel.kallsyms]_text" % (
                     BASE, BASE)])


def kallsyms():
    return "".join("%x T %s\n" % (BASE + a, n) for n, a in SYMBOLS.items())


def assembly():
    """The file's line is the address in it."""
    places = sorted(SYMBOLS.items(), key=lambda place: place[1])
    lines = ['.file 1 "entry.S"', ".text"]
    for (name, start), (_, limit) in zip(places, places[1:]):
        lines += [".globl %s" % name, ".type %s, @function" % name,
                  "%s:" % name]
        for address in range(start, min(limit, start + 0x100)):
            lines += [".loc 1 %d" % (address + 1), "nop"]
        lines += [".size %s, . - %s" % (name, name),
                  ".org 0x%x, 0x90" % limit]
    return "\n".join(lines) + "\n"


def show(path):
    profile = pprof_check.Profile(path)
    shown = []
    for sample in profile.samples:
        frames = []
        for number in sample["location"]:
            location = profile.locations[number]
            name = "<".join(profile.functions[line["function_id"]]["name"]
                            for line in location["line"])
            number = location["line"][0]["line"]
            if number and number != location["address"] - BASE + 1:
                name += ":%d" % number
            if location["address"] >= BASE:
                frames.append("%s@%x" % (name, location["address"] - BASE))
        shown.append("%d %s" % (sample["value"][0], " ".join(frames)))
    print("\n".join(sorted(shown)))


def main():
    what, path = sys.argv[1:]
    if what == "show":
        show(path)
        return
    made = {"capture": capture, "text": text, "mapped": mapped,
            "kallsyms": kallsyms, "assembly": assembly}[what]()
    with open(path, "wb") as file:
        file.write(made if isinstance(made, bytes) else made.encode())


main()

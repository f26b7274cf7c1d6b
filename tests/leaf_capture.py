#!/usr/bin/env python3
"""Captures of frame pointers on arm64, where the link register is beside them.

    leaf_capture.py ELF OUT
    leaf_capture.py --stack ELF OUT   with all registers and a copy of the stack

ELF is tests/data/leaf-aarch64: _start calls outer, that middle, which calls
leaf and, by its stub, a function of a library.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import perfgen as g  # noqa: E402
from elf_capture import build_id_of, code_of  # noqa: E402

BASE = 0x400000
LR = 1 << 30
SIGNED = 0x2a << 55
# Behind the calls of outer, middle, leaf and the library's function.
IN_START, IN_OUTER, IN_MIDDLE, AGAIN = 0x304, 0x314, 0x32c, 0x330

# (kernel part, user part as the frame pointer leads, link register)
SAMPLES = [
    # A function that has no frame, at both of its instructions.
    ([], [0x33c, IN_OUTER, IN_START], IN_MIDDLE),
    ([], [0x340, IN_OUTER, IN_START], IN_MIDDLE),
    # A stub: one that jumps, and the first one before and behind its push.
    ([], [0x2f4, IN_OUTER, IN_START], AGAIN),
    ([], [0x2d0, IN_OUTER, IN_START], AGAIN),
    # One that has its frame: the register is of a call before.
    ([], [0x330, IN_OUTER, IN_START], AGAIN),
    # One that will have it, and has signed its return address.
    ([], [0x320, IN_START], IN_OUTER | SIGNED),
    # In the kernel, which a function without a frame has called.
    ([0xffff800008001000], [0x340, IN_OUTER, IN_START], IN_MIDDLE),
    # Nothing tells of the function; the register leads nowhere.
    ([], [0x344, IN_OUTER, IN_START], IN_MIDDLE),
    ([], [0x33c, IN_OUTER, IN_START], 0x12345678),
    # The only frame.
    ([], [0x308], IN_START),
]


KIND = g.IP | g.TID | g.TIME | g.CALLCHAIN | g.PERIOD | g.REGS_USER


def begin(path, event):
    c = g.Capture([event])
    name = os.path.realpath(path)
    c.describe([(name, bytes.fromhex(build_id_of(path)))])
    c.add_feature("arch", "aarch64")
    c.comm(7, "app")
    offset, size = code_of(path)
    c.mmap2(7, BASE + offset, size + 4095 & ~4095, offset, name,
            inode=os.stat(path).st_ino)
    return c


def stubs(path):
    """In stubs, which nothing describes, called by middle."""
    sp = 0x7ffff000
    c = begin(path, g.Event(KIND | g.STACK_USER, name="cycles", type=0,
                            regs_user=(1 << 33) - 1, stack_user=64))
    stack = [sp + 16, BASE + IN_OUTER, 0, BASE + IN_START, 0, 0, 0, 0]
    pushed = [0, BASE + AGAIN] + stack[:-2]
    for pc, words in ((0x2f4, stack), (0x2d0, stack), (0x2d4, pushed)):
        at = sp - 16 if words is pushed else sp
        registers = [0] * 29 + [sp, BASE + AGAIN, at, BASE + pc]
        c.sample(BASE + pc, 7, time=1000, chain=[g.CTX_USER, BASE + pc],
                 regs=registers, stack=b"".join(map(c.u64, words)))
    return c.file()


def capture(path):
    c = begin(path, g.Event(KIND, name="cycles", type=0, regs_user=LR))
    for number, (kernel, user, register) in enumerate(SAMPLES):
        if register < 0x1000 or register & SIGNED:
            register += BASE
        chain = [g.CTX_KERNEL] + kernel if kernel else []
        chain += [g.CTX_USER] + [BASE + address for address in user]
        c.sample(chain[1], 7, time=1000 + number, chain=chain,
                 mode=g.KERNEL if kernel else g.USER, regs=[register])
    return c.file()


def main():
    path, out = sys.argv[-2:]
    with open(out, "wb") as file:
        file.write(stubs(path) if "--stack" in sys.argv else capture(path))


main()

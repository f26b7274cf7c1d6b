#!/usr/bin/env python3
"""The captures that the tests convert, by name.

    captures.py NAME OUT      writes one
    captures.py --list        their names
"""
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import perfgen as g  # noqa: E402

LIB, APP = "/nowhere/lib.so", "/nowhere/app"
ALL_FIELDS = (g.IP | g.TID | g.TIME | g.ADDR | g.CALLCHAIN | g.ID | g.CPU |
              g.PERIOD | g.STREAM_ID | g.RAW | g.REGS_USER | g.STACK_USER |
              g.WEIGHT | g.DATA_SRC | g.IDENTIFIER | g.TRANSACTION |
              g.REGS_INTR | g.PHYS_ADDR | g.AUX | g.CGROUP |
              g.DATA_PAGE_SIZE | g.CODE_PAGE_SIZE)


def basic(big=False, word=8, events=None):
    """Two processes, a kernel, five samples."""
    high = 0xffffffff81000000 if word == 8 else 0xc0000000
    c = g.Capture(events or [g.Event(name="cycles:ppp", type=0)], big, word)
    c.describe([(APP, b"\xab" * 20), ("[kernel.kallsyms]", b"\xcd" * 20,
                                      g.KERNEL)], clock=(10**18, 500))
    c.mmap(-1, high, 0x100000, high, "[kernel.kallsyms]_text",
           misc=g.KERNEL)
    c.comm(7, "app")
    c.mmap2(7, 0x400000, 0x10000, 0, APP)
    c.mmap2(7, 0x700000, 0x10000, 0x2000, LIB)
    c.sample(0x400100, 7, time=1000, period=10,
             chain=[g.CTX_USER, 0x400100, 0x700205, 0x400305])
    c.sample(0x400100, 7, time=1100, period=20,
             chain=[g.CTX_USER, 0x400100, 0x700205, 0x400305])
    c.sample(high + 0x100, 7, time=1200, period=30, mode=g.KERNEL,
             chain=[g.CTX_KERNEL, high + 0x100, high + 0x205,
                    g.CTX_USER, 0x400500, 0x700205])
    c.fork(8, 7, time=1300)
    c.sample(0x400100, 8, time=1400, period=40,
             chain=[g.CTX_USER, 0x400100])
    c.lost(3, time=1450)
    c.sample(0x123, 9, time=1500, period=50, chain=[g.CTX_USER, 0x123])
    c.finished_round()
    return c


def fields():
    """Every sample field that there is."""
    event = g.Event(ALL_FIELDS, ids=(11, 12), name="cycles", type=0,
                    regs_user=0xff, regs_intr=0x3, stack_user=64)
    c = g.Capture([event])
    c.describe()
    c.comm(7, "app")
    c.mmap2(7, 0x400000, 0x10000, 0, APP)
    c.cgroup(99, "/system.slice")
    for i in range(4):
        c.sample(0x400100, 7, time=1000 + i, id=11 + i % 2, period=5,
                 chain=[g.CTX_USER, 0x400100, 0x400205], raw=b"abc",
                 regs=list(range(8)) if i % 2 else None,
                 stack=b"s" * 16 if i % 2 else None, cgroup=99)
    return c


def two_events():
    kind = g.IDENTIFIER | g.IP | g.TID | g.TIME | g.CALLCHAIN | g.PERIOD
    c = g.Capture([
        g.Event(kind, ids=(1, 2), name="cpu-clock:u", type=1, config=0),
        g.Event(kind, ids=(3,), name="dummy:u", type=1, config=9),
        g.Event(kind, ids=(4, 5), name="page-faults", type=1, config=2)])
    c.describe()
    c.comm(7, "app")
    c.mmap2(7, 0x400000, 0x10000, 0, APP)
    for i, event in enumerate((0, 2, 2)):
        c.sample(0x400100, 7, time=1000 + i, period=100 + i,
                 event=c.events[event], chain=[g.CTX_USER, 0x400100])
    return c


def group():
    """Leader sampling: each sample has the values of both counters."""
    kind = g.IDENTIFIER | g.IP | g.TID | g.TIME | g.READ | g.CALLCHAIN
    form = g.FORMAT_ID | g.FORMAT_GROUP
    c = g.Capture([g.Event(kind, ids=(1,), name="cycles", type=0,
                           read_format=form),
                   g.Event(kind, ids=(2,), name="instructions", type=0,
                           config=1, read_format=form)])
    c.describe()
    c.comm(7, "app")
    c.mmap2(7, 0x400000, 0x10000, 0, APP)
    for i, (cycles, instructions) in enumerate(((100, 10), (250, 10),
                                                (400, 70))):
        c.sample(0x400100, 7, time=1000 + i, chain=[g.CTX_USER, 0x400100],
                 values=[(cycles, 1), (instructions, 2)])
    return c


def lbr():
    event = g.Event(g.IP | g.TID | g.TIME | g.CALLCHAIN | g.PERIOD |
                    g.BRANCH_STACK, branch=g.CALL_STACK | g.HW_INDEX,
                    name="cycles", type=0)
    c = g.Capture([event])
    c.describe()
    c.comm(7, "app")
    c.mmap2(7, 0x400000, 0x10000, 0, APP)
    c.sample(0x400100, 7, time=1000, chain=[g.CTX_USER, 0x400100],
             branches=[(0x400200, 0x400100), (0x400300, 0x400180)])
    return c


def deferred():
    c = g.Capture([g.Event(name="cycles", type=0)])
    c.describe()
    c.comm(7, "app")
    c.mmap(-1, 0xffffffff81000000, 0x100000, 0xffffffff81000000,
           "[kernel.kallsyms]_text", misc=g.KERNEL)
    c.mmap2(7, 0x400000, 0x10000, 0, APP)
    for cookie in (77, 78):
        c.sample(0xffffffff81000100, 7, time=1000, mode=g.KERNEL,
                 chain=[g.CTX_KERNEL, 0xffffffff81000100, g.CTX_DEFERRED,
                        cookie])
    c.deferred(77, [g.CTX_USER, 0x400100, 0x400205], time=1100, pid=7)
    return c


def contexts():
    """Modes that are no address space of ours, and a kernel address that
    leaked into a user stack."""
    c = g.Capture([g.Event(name="cycles", type=0)])
    c.describe()
    c.comm(7, "app")
    c.mmap(-1, 0xffffffff81000000, 0x100000, 0xffffffff81000000,
           "[kernel.kallsyms]_text", misc=g.KERNEL)
    c.mmap2(7, 0x400000, 0x10000, 0, APP)
    c.sample(0x1234, 7, time=1000, mode=g.GUEST_KERNEL,
             chain=[g.CTX_GUEST, 0x1234])
    c.sample(0x5678, 7, time=1001, mode=g.HYPERVISOR,
             chain=[g.CTX_HV, 0x5678])
    c.sample(0x400100, 7, time=1002, chain=[g.CTX_USER, 0x400100,
                                            0xffffffff81000205, 0x400305])
    c.ksymbol(0xffffffff81080000, 0x100, "bpf_prog_1", time=900)
    c.sample(0xffffffff81080010, 7, time=1003, mode=g.KERNEL,
             chain=[g.CTX_KERNEL, 0xffffffff81080010])
    c.ksymbol(0xffffffff81080000, 0x100, "bpf_prog_1", time=1500,
              is_removal=True)
    c.sample(0xffffffff81080010, 7, time=1600, mode=g.KERNEL,
             chain=[g.CTX_KERNEL, 0xffffffff81080010])
    return c


def timeline():
    """Records out of order; fork, exec, pid reuse, mappings that replace
    parts of others, a library that comes and goes."""
    c = g.Capture([g.Event(name="cycles", type=0)])
    c.describe()

    def sample(address, pid, time):
        c.sample(address, pid, time=time, chain=[g.CTX_USER, address])
    # Samples stand before what they need.
    sample(0x400100, 7, 1000)
    sample(0x700100, 7, 1500)
    sample(0x700100, 7, 2500)
    sample(0x705100, 7, 2500)
    sample(0x70a100, 7, 2500)
    c.comm(7, "old")
    c.mmap2(7, 0x400000, 0x10000, 0, "/m/app")
    c.mmap2(7, 0x700000, 0x10000, 0, "/m/first", time=1400)
    c.mmap2(7, 0x705000, 0x1000, 0x5000, "/m/middle", time=2400)
    # A child has its parent's mappings until it runs another program.
    c.fork(8, 7, time=3000)
    sample(0x700100, 8, 3100)
    c.comm(8, "new", time=3200, is_exec=True)
    c.mmap2(8, 0x500000, 0x1000, 0, "/m/other", time=3300)
    sample(0x500100, 8, 3400)
    sample(0x700100, 8, 3400)
    # The parent is as it was; pid 8 is used again, by a child of 7.
    sample(0x700100, 7, 3500)
    c.exit(8, 7, time=3600)
    c.fork(8, 7, time=3700)
    sample(0x705100, 8, 3800)
    # At the address of the first library now lies a second.
    c.mmap2(7, 0x700000, 0x10000, 0, "/m/second", time=4000)
    sample(0x700100, 7, 4100)
    # A thread has its process's mappings and a name of its own.
    c.fork(7, 7, tid=70, time=4200)
    c.comm(7, "worker", tid=70, time=4300)
    c.sample(0x700100, 7, tid=70, time=4400, chain=[g.CTX_USER, 0x700100])
    return c


def untimed():
    """perf record without times: the place in the file has to do."""
    c = g.Capture([g.Event(g.IP | g.TID | g.CALLCHAIN, name="cycles", type=0,
                           period=1000, flags=())])
    c.describe()
    c.comm(7, "app")
    c.mmap(7, 0x400000, 0x10000, 0, "/m/one")
    c.sample(0x400100, 7, chain=[g.CTX_USER, 0x400100])
    c.mmap(7, 0x400000, 0x10000, 0, "/m/two")
    c.sample(0x400100, 7, chain=[g.CTX_USER, 0x400100])
    return c


def kernel_module():
    """A sample in the kernel's ext4, and one in a module by its path."""
    c = g.Capture([g.Event(name="cycles", type=0)])
    c.describe()
    high = 0xffffffff81000000
    c.mmap(-1, high, 0x100000, high, "[kernel.kallsyms]_text", misc=g.KERNEL)
    c.mmap(-1, 0xffffffffc0000000, 0x1000, 0, "[ext4]", misc=g.KERNEL)
    c.mmap(-1, 0xffffffffc0100000, 0x1000, 0,
           "/lib/modules/6.1/kernel/snd-pcm.ko", misc=g.KERNEL)
    for address in (0xffffffffc0000010, 0xffffffffc0100010):
        c.sample(address, 7, time=1000, mode=g.KERNEL,
                 chain=[g.CTX_KERNEL, address])
    return c


def hidden():
    """Kernel addresses of a recorder that was not told where it lies."""
    c = basic()
    kernel = c.records[0]
    assert b"kernel.kallsyms" in kernel
    del c.records[0]
    return c


def foreign_vdso(build_ids=(("[vdso]", b"\x77" * 20),)):
    """A vdso that is no running kernel's."""
    c = basic()
    c.add_feature("build_id", build_ids)
    c.mmap2(7, 0x7fff0000000, 0x2000, 0, "[vdso]")
    c.sample(0x7fff0000800, 7, time=2000,
             chain=[g.CTX_USER, 0x7fff0000800])
    return c


def vdso():
    """A sample in the vdso of the machine that this runs on."""
    with open("/proc/self/maps") as maps:
        line = next(line for line in maps if line.rstrip().endswith("[vdso]"))
    start, limit = (int(part, 16) for part in line.split()[0].split("-"))
    with open("/proc/self/mem", "rb") as memory:
        memory.seek(start)
        image = memory.read(limit - start)
    at = image.index(b"GNU\0", image.index(struct.pack("<III", 4, 20, 3)))
    c = g.Capture([g.Event(name="cycles", type=0)])
    c.describe([("[vdso]", image[at + 4:at + 24])])
    c.comm(7, "app")
    c.mmap2(7, 0x7fff0000000, limit - start, 0, "[vdso]")
    for offset in range(0x400, limit - start, 16):
        c.sample(0x7fff0000000 + offset, 7, time=1000,
                 chain=[g.CTX_USER, 0x7fff0000000 + offset])
    return c


def beyond():
    """A kernel address behind what is mapped of the kernel, and a bogus one
    in a user stack that is neither the user's nor the kernel's."""
    c = basic()
    c.sample(0xffffffff81000100, 7, time=2000, mode=g.KERNEL,
             chain=[g.CTX_KERNEL, 0xffffffff81000100, 0xffffffff81200011,
                    g.CTX_USER, 0x400100, 0xbe552274c0854800])
    return c


def kernel_by_file():
    """perf found a vmlinux and gave its name to the kernel's build id."""
    c = basic()
    c.add_feature("build_id", [
        ("[ext4]", b"\x11" * 20, g.KERNEL),
        ("/lib/modules/6.1/x.ko", b"\x22" * 20, g.KERNEL),
        ("/boot/vmlinux-6.1", b"\xcd" * 20, g.KERNEL)])
    return c


def huge_lost():
    c = basic()
    c.lost(1 << 63)
    c.lost(1 << 63)
    return c


def unknown_records():
    c = basic()
    c.record(60, b"x" * 16)
    c.record(250, b"y" * 8)
    c.sample(0x400100, 7, time=1600, chain=[g.CTX_USER, 0x400100])
    return c


def odd_names():
    c = g.Capture([g.Event(name="cycles", type=0)])
    c.describe()
    c.comm(7, b"\xff\x1b[31m")
    c.mmap2(7, 0x400000, 0x10000, 0, b"/m/\n\xfe")
    c.sample(0x400100, 7, time=1000, chain=[g.CTX_USER, 0x400100])
    return c


def old_mmap2():
    """Linux 3.10 of RHEL 7: MMAP2 has neither protection nor flags."""
    c = g.Capture([g.Event(name="cycles", type=0)])
    c.describe()
    c.comm(7, "app")
    c.mmap2(7, 0x400000, 0x10000, 0, APP, prot=None)
    c.mmap2(7, 0x500000, 0x10000, 0x3000, "/a", prot=None)
    c.mmap2(7, 0x700000, 0x10000, 0x2000, LIB)
    c.mmap2(7, 0x7fff0000, 0x1000, 0, "[vdso]", prot=None)
    for address in (0x400100, 0x500100, 0x700100, 0x7fff0100):
        c.sample(address, 7, time=1000, chain=[g.CTX_USER, address])
    return c


def skid():
    """Sampled addresses and chains of different moments."""
    kernel, guest = 0xffffffff81000000, 0xffffffff82000000
    c = g.Capture([g.Event(name="cycles:P", type=0)])
    c.describe()
    c.mmap(-1, kernel, 0x100000, kernel, "[kernel.kallsyms]_text",
           misc=g.KERNEL)
    c.comm(7, "app")
    c.mmap2(7, 0x400000, 0x10000, 0, APP)
    users = [g.CTX_USER, 0x400200, 0x400301]
    for mode, ip, chain in (
            # In the user's code, and the chain begins in the kernel: after
            # something else ran, after nothing did, without the user's part.
            (g.USER, 0x400100, [g.CTX_KERNEL, kernel + 0x100, kernel + 0x201] +
             users),
            (g.USER, 0x400200, [g.CTX_KERNEL, kernel + 0x100] + users),
            (g.USER, 0x400100, [g.CTX_KERNEL, kernel + 0x100]),
            # In the same mode: one frame at two moments.
            (g.USER, 0x400100, users),
            # The reverse.
            (g.KERNEL, kernel + 0x100, users),
            # In a guest, which the host's kernel runs for a process.
            (g.GUEST_USER, 0x1000, [g.CTX_KERNEL, kernel + 0x100] + users),
            (g.KERNEL, kernel + 0x100, [g.CTX_GUEST_KERNEL, guest] + users)):
        c.sample(ip, 7, time=1000, mode=mode, chain=chain)
    return c


def skid_lbr():
    """The same where branch records are the user's part."""
    kernel = 0xffffffff81000000
    event = g.Event(g.IP | g.TID | g.TIME | g.CALLCHAIN | g.PERIOD |
                    g.BRANCH_STACK, branch=g.CALL_STACK | g.HW_INDEX,
                    name="cycles:P", type=0)
    c = g.Capture([event])
    c.describe()
    c.mmap(-1, kernel, 0x100000, kernel, "[kernel.kallsyms]_text",
           misc=g.KERNEL)
    c.comm(7, "app")
    c.mmap2(7, 0x400000, 0x10000, 0, APP)
    c.sample(0x400100, 7, time=1000,
             chain=[g.CTX_KERNEL, kernel + 0x100, g.CTX_USER, 0x400200],
             branches=[(0x400300, 0x400180), (0x400400, 0x400280)])
    return c


def off_cpu():
    """perf record --off-cpu since 6.16: threads' numbers come in two orders,
    and those that sleep until the end have no time."""
    kind = g.IDENTIFIER | g.IP | g.TID | g.TIME | g.CPU | g.PERIOD
    c = g.Capture([
        g.Event(kind | g.CALLCHAIN, ids=(1,), name="task-clock:ppp", config=1),
        g.Event(kind | g.RAW | g.CGROUP, ids=(2,), name="offcpu-time",
                config=10, period=1, flags=(g.SAMPLE_ID_ALL,))])
    c.describe()
    c.comm(7, "app")
    c.comm(7, "reader", tid=8)
    c.mmap2(7, 0x400000, 0x10000, 0, APP)
    c.sample(0x400100, 7, time=1000, chain=[g.CTX_USER, 0x400100, 0x400205])
    off = c.events[1]
    chain = [g.CTX_USER, 0x400300, 0x400205]
    c.off_cpu(off, 7, 7, 750000000, chain, time=1100)
    c.off_cpu(off, 8, 7, 500000000, chain, time=1200)
    c.off_cpu(off, 7, 8, 250000000, chain, time=(1 << 64) - (1 << 32))
    c.off_cpu(off, 7, 7, 125000000, [g.CTX_USER], time=1300)
    # Damaged: more addresses announced than there are.
    c.sample(0, 99, time=1400, event=off, raw=c.pack("IIQQ", 7, 7, 1, 1000))
    return c


def old_off_cpu():
    """perf record --off-cpu before 6.16: whole samples, at the end."""
    kind = g.IDENTIFIER | g.IP | g.TID | g.TIME | g.CPU | g.PERIOD
    c = g.Capture([
        g.Event(kind | g.CALLCHAIN, ids=(1,), name="cycles:P", type=0),
        g.Event(kind | g.CALLCHAIN | g.CGROUP, ids=(2,), name="offcpu-time",
                config=10, period=1)])
    c.describe()
    c.comm(7, "app")
    c.mmap2(7, 0x400000, 0x10000, 0, APP)
    c.sample(0x400100, 7, time=1000, chain=[g.CTX_USER, 0x400100])
    c.sample(0x400300, 7, time=(1 << 64) - (1 << 32), event=c.events[1],
             period=750000000, chain=[g.CTX_USER, 0x400300, 0x400205])
    return c


def trace(samples):
    """What a processor traced, with samples beside it or without any."""
    c = basic()
    if not samples:
        c.records = [r for r in c.records if r[0] != 9]
    c.trace(4)
    return c


def long_command():
    """More than any comment should hold; characters of two bytes, one of
    which the cut would hit."""
    c = basic()
    c.add_feature("cmdline", ["perf", "record", "-p"] + ["\u00e4" * 9999])
    c.add_feature("version", "v" * 5000)
    c.add_feature("hostname", "h" * 5000)
    return c


def registers(mask, arch=None, big=False, path="/opt/demo"):
    """Registers and a copy of the stack, in a capture that names no machine
    but where one is given: in demo-dwarf's leaf(), called from branch()."""
    leaf, branch = 0x1190, 0x11ed
    c = g.Capture([g.Event(g.IP | g.TID | g.TIME | g.CALLCHAIN | g.PERIOD |
                           g.REGS_USER | g.STACK_USER, name="cycles", type=0,
                           regs_user=mask, stack_user=64)], big)
    c.describe()
    del c.features[g.FEATURES["arch"]]
    if arch:
        c.add_feature("arch", arch)
    base = 0x400000
    c.comm(7, "demo")
    c.mmap2(7, base + 0x1000, 0x1000, 0x1000, path,
            inode=0 if path == "/opt/demo" else 7)
    values = {6: 0, 7: 0x7fff0000, 8: base + leaf}
    c.sample(base + leaf, 7, time=1000, chain=[g.CTX_USER, base + leaf],
             regs=[values.get(bit, 0) for bit in range(64) if mask >> bit & 1],
             stack=c.u64(base + branch) + b"\0" * 56)
    return c


def guests(build_id=None):
    """perf kvm --guest: two guests, of which one's kernel and a module of it
    are mapped, one kernel for whatever other guest there is, and the host's
    with a module of the same name."""
    high, module = 0xffffffff81000000, 0xffffffffc0100000
    c = g.Capture([g.Event(name="cycles", type=0)])
    c.describe([("[guest.kernel.kallsyms.41]", build_id, g.GUEST_KERNEL)]
               if build_id else ())
    c.mmap(-1, high, 0x100000, high, "[kernel.kallsyms]_text", misc=g.KERNEL)
    c.mmap(-1, module, 0x4000, 0, "[ext4]", misc=g.KERNEL)
    c.mmap(41, high, 0x200000, high, "[guest.kernel.kallsyms.41]_text",
           misc=g.GUEST_KERNEL)
    c.mmap(41, module, 0x4000, 0, "[ext4]", misc=g.GUEST_KERNEL)
    c.mmap(0, high + 0x400000, 0x200000, high + 0x400000,
           "[guest.kernel.kallsyms]_text", misc=g.GUEST_KERNEL)
    for pid in (41, 42):
        c.comm(pid, "qemu-%d" % pid)
    for pid, mode, ips in (
            (41, g.GUEST_KERNEL, [high + 0x110, high + 0x205]),
            (41, g.GUEST_KERNEL, [module + 0x10]),
            (42, g.GUEST_KERNEL, [high + 0x400110]),
            (42, g.GUEST_KERNEL, [0x1234]),
            (41, g.GUEST_USER, [0x5678]),
            (41, g.KERNEL, [high + 0x110])):
        chain = [g.CTX_GUEST_KERNEL] + ips if mode == g.GUEST_KERNEL else []
        c.sample(ips[0], pid, time=1000, mode=mode, chain=chain)
    return c


def empty():
    c = basic()
    c.records = [r for r in c.records if r[0] != 9]
    return c


def directory(out):
    c = basic()
    samples = [r for r in c.records if r[0] == 9]
    c.records = [r for r in c.records if r[0] != 9]
    c.directory(out, [samples[:2], samples[2:]])


def old_attr():
    """perf 3.2: short attributes, MMAP, no id in the trailer."""
    c = g.Capture([g.Event(name="cycles", type=0, size=64)])
    c.describe()
    c.comm(7, "app")
    c.mmap(7, 0x400000, 0x10000, 0, APP)
    c.sample(0x400100, 7, time=1000, chain=[g.CTX_USER, 0x400100])
    return c


def unmapped():
    """Frames where nothing was mapped, and where nothing can be executed: below
    each of them the program's frame, and the kernel's that nobody may name."""
    data = g.USER | g.MMAP_DATA
    c = g.Capture([g.Event(name="cycles", type=0)])
    c.describe()
    c.mmap(-1, 0xffffffff81000000, 0x100000, 0xffffffff81000000,
           "[kernel.kallsyms]_text", misc=g.KERNEL)
    c.comm(7, "app")
    c.mmap2(7, 0x400000, 0x10000, 0, APP)
    c.mmap2(7, 0x410000, 0x10000, 0x10000, APP, prot=1)
    c.mmap2(7, 0x500000, 0x10000, 0, "[heap]", inode=0, prot=3, misc=data)
    c.mmap2(7, 0x510000, 0x10000, 0, "//anon", inode=0, prot=3)
    c.mmap(7, 0x520000, 0x10000, 0, "[stack]", misc=data)
    c.mmap2(7, 0x600000, 0x10000, 0, "//anon", inode=0, prot=7)
    c.mmap(7, 0x610000, 0x10000, 0, "//anon")
    # perf inject --jit: the mode of a file for the protection.
    c.mmap2(7, 0x620000, 0x10000, 0, "/tmp/jitted-7-1.so", prot=0o100600)
    # Memory that becomes executable, and some that was.
    c.mmap2(7, 0x630000, 0x10000, 0, "//anon", inode=0, prot=3, misc=data)
    c.mmap2(7, 0x630000, 0x10000, 0, "//anon", inode=0, prot=5, time=1500)
    for i, (time, *frames) in enumerate((
            (1000, 0x5), (1001, 0x6c6c6568), (1002, 0x5, 0x6c6c6568),
            (1003, 0x410105), (1004, 0x500105), (1005, 0x510105),
            (1006, 0x520105), (1007, 0x600105), (1008, 0x610105),
            (1009, 0x620105), (1600, 0x630105), (1601, 0x510205),
            (1602, 0xffffffffa0000105))):
        c.sample(0x400100, 7, time=time, period=1 << i,
                 chain=[g.CTX_USER, 0x400100, *frames, 0x400305])
    c.sample(0x123, 7, time=2000, period=1 << 20, chain=[])
    return c


def deep(release="6.1.0-test", max_stack=0, depths=()):
    """Stacks as deep as the kernel lets them be, of user code alone and below
    the kernel's."""
    c = g.Capture([g.Event(name="cycles", type=0, max_stack=max_stack)])
    c.describe()
    c.features[g.FEATURES["osrelease"]] = c.feature_string(release)
    c.comm(7, "app")
    c.mmap2(7, 0x400000, 0x10000, 0, APP)
    for i, depth in enumerate(depths):
        frames = [0x400100 + 0x10 * n for n in range(depth)]
        frames[1] += i
        kernel = [g.CTX_KERNEL, 0xffffffff81000100] if i % 2 else []
        c.sample(frames[0], 7, time=1000 + i, period=1 << i,
                 chain=[*kernel, g.CTX_USER, *frames[len(kernel) // 2:]])
    return c


CAPTURES = {
    "basic": lambda: basic().file(),
    "pipe": lambda: basic().pipe(),
    "zstd": lambda: basic().compressed(),
    "zstd2": lambda: basic().compressed(83),
    "zstd2-wrong-size": lambda: basic().compressed(83, wrong_size=True),
    "big-endian": lambda: basic(big=True).file(),
    "big-endian-pipe": lambda: basic(big=True).pipe(),
    "32-bit": lambda: basic(word=4).file(),
    "32-bit-big-endian": lambda: basic(big=True, word=4).file(),
    "unfinished": lambda: basic().file(data_size=0),
    "cut-short": lambda: basic().file()[:1000],
    "fields": lambda: fields().file(),
    "two-events": lambda: two_events().file(),
    "two-events-pipe": lambda: two_events().pipe(),
    "group": lambda: group().file(),
    "lbr": lambda: lbr().file(),
    "deferred": lambda: deferred().file(),
    "contexts": lambda: contexts().file(),
    "timeline": lambda: timeline().file(),
    "untimed": lambda: untimed().file(),
    "kernel-module": lambda: kernel_module().file(),
    "beyond": lambda: beyond().file(),
    "kernel-by-file": lambda: kernel_by_file().file(),
    "vdso": lambda: vdso().file(),
    "hidden": lambda: hidden().file(),
    "foreign-vdso": lambda: foreign_vdso().file(),
    "unproven-vdso": lambda: foreign_vdso(()).file(),
    "huge-lost": lambda: huge_lost().file(),
    "unknown-records": lambda: unknown_records().file(),
    "odd-names": lambda: odd_names().file(),
    "no-samples": lambda: empty().file(),
    "deep": lambda: deep(depths=(126, 127, 127)).file(),
    "deep-old": lambda: deep("4.4.0-test", depths=(126, 124, 125)).file(),
    "deep-chosen": lambda: deep(max_stack=20, depths=(19, 20, 21)).file(),
    "deep-raised": lambda: deep(depths=(127, 300, 300)).file(),
    "deep-once": lambda: deep(depths=(127, 300, 299)).file(),
    "unmapped": lambda: unmapped().file(),
    "old-attr": lambda: old_attr().file(),
    "old-mmap2": lambda: old_mmap2().file(),
    "skid": lambda: skid().file(),
    "skid-lbr": lambda: skid_lbr().file(),
    "off-cpu": lambda: off_cpu().file(),
    "old-off-cpu": lambda: old_off_cpu().file(),
    "trace": lambda: trace(False).file(),
    "trace-pipe": lambda: trace(False).pipe(),
    "trace-and-samples": lambda: trace(True).file(),
    "long-command": lambda: long_command().file(),
    "registers-x86": lambda: registers(0xff0fff).file(),
    "registers-few": lambda: registers(0x1c0).file(),
    "registers-of-file": lambda: registers(0xffffffff).file(),
    "registers-riscv": lambda: registers(0xffffffff, "riscv64").file(),
    "guests": lambda: guests().file(),
    "registers-unknown": lambda: registers(
        0xffffffff, big=sys.byteorder == "little",
        path="/nowhere/demo").file(),
}


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(CAPTURES))
    elif sys.argv[1] == "guest-vmlinux":
        with open(sys.argv[2], "wb") as file:
            file.write(guests(bytes.fromhex(sys.argv[3])).file())
    elif sys.argv[1] == "directory":
        directory(sys.argv[2])
    else:
        with open(sys.argv[2], "wb") as file:
            file.write(CAPTURES[sys.argv[1]]())


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Captures of several events, by name, for tests/t1700-events.sh.

    event_captures.py NAME OUT
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import perfgen as g  # noqa: E402

KIND = g.IP | g.TID | g.TIME | g.CALLCHAIN | g.PERIOD | g.ID
GROUP = KIND | g.READ
CORE, ATOM = 4 << 32, 10 << 32  # PERF_PMU_TYPE_SHIFT
PRECISE = 15  # the lower of its two bits


def event(number, name, **more):
    more = {"type": 0, **more}
    return g.Event(more.pop("kind", KIND), ids=(number,), name=name, **more)


def capture(events, counts, mapped=True):
    """So many samples of each event, at an address of its own."""
    c = g.Capture(events)
    c.describe()
    c.comm(7, "app")
    if mapped:
        c.mmap2(7, 0x401000, 0x1000, 0x1000, "/nowhere/app")
    time = 1000
    for number, (e, n) in enumerate(zip(events, counts)):
        for _ in range(n):
            time += 1
            ip = 0x401000 + 16 * number
            c.sample(ip, 7, time=time, period=1000, event=e,
                     chain=[g.CTX_USER, ip, 0x401801])
    return c


def add_feature(c, bit, entries):
    """PMU_MAPPINGS (16) or HYBRID_TOPOLOGY (30)."""
    data = c.pack("I", len(entries))
    for number, name in entries:
        if bit == 16:
            data += c.pack("I", number) + c.feature_string(name)
        else:
            data += c.feature_string(name) + c.feature_string(number)
    c.features[bit] = data


def hybrid():
    """perf record on a machine with two kinds of core."""
    return capture([event(1, "cpu_atom/cycles/P", config=ATOM),
                    event(2, "cpu_core/cycles/P", config=CORE)], (2, 98))


def three_kinds():
    """perf before 6.5, whose modifiers stand inside; and Arm's names."""
    names = ["armv8_cortex_%s/cycles:ppp/" % core for core in
             ("a55", "a76", "x1")]
    return capture([event(i + 1, name, type=7 + i, config=0x11)
                    for i, name in enumerate(names)], (1, 50, 40))


def equal_names():
    """The attributes alone tell the kinds of core apart."""
    return capture([event(1, "cycles", config=CORE),
                    event(2, "cycles", config=ATOM),
                    event(3, "L1-dcache-loads", type=3, config=CORE),
                    event(4, "L1-dcache-loads", type=3, config=ATOM)],
                   (3, 4, 1, 1))


def unnamed():
    """No names, as in pipes of a recorder that was killed."""
    c = capture([event(1, None, config=CORE), event(2, None, config=ATOM),
                 event(3, None, type=3, config=CORE | 1 << 16),
                 event(4, None, type=3, config=ATOM | 1 << 16),
                 event(5, None, type=4, config=0x1c2),
                 event(6, None, type=10, config=0x1c2)],
                (3, 4, 1, 1, 1, 2))
    del c.features[g.FEATURES["event_desc"]]
    add_feature(c, 16, [(1, "software"), (4, "cpu_core"), (10, "cpu_atom")])
    return c


def other_cores():
    """Kinds of core whose names only the capture knows."""
    c = capture([event(1, "big_pmu/cycles/", type=8, config=0x11),
                 event(2, "small_pmu/cycles/", type=9, config=0x11)], (1, 2))
    add_feature(c, 30, [("0-3", "big_pmu"), ("4-7", "small_pmu")])
    return c


def devices():
    """The same event of two devices that are no cores."""
    return capture([event(1, "uncore_imc_0/cas_count_read/", type=20),
                    event(2, "uncore_imc_1/cas_count_read/", type=21)],
                   (1, 2))


def modes():
    """perf record -e cycles:u,cycles:k on two kinds of core."""
    return capture([event(1, "cpu_core/cycles/u", config=CORE),
                    event(2, "cpu_atom/cycles/u", config=ATOM),
                    event(3, "cpu_core/cycles/k", config=CORE),
                    event(4, "cpu_atom/cycles/k", config=ATOM)],
                   (1, 2, 3, 4))


def groups():
    """perf record -e '{cycles,instructions}:S' there."""
    more = {"kind": GROUP, "read_format": g.FORMAT_ID | g.FORMAT_GROUP}
    names = ["%s/%s/S" % (pmu, name) for pmu in ("cpu_core", "cpu_atom")
             for name in ("cycles", "instructions")]
    events = [event(i + 1, name, config=i % 2 | (CORE, ATOM)[i // 2], **more)
              for i, name in enumerate(names)]
    c = g.Capture(events)
    c.describe()
    c.comm(7, "app")
    c.mmap2(7, 0x401000, 0x1000, 0x1000, "/nowhere/app")
    for i, (leader, member) in enumerate(((0, 1), (0, 1), (2, 3))):
        c.sample(0x401000, 7, time=1000 + i, event=events[leader],
                 chain=[g.CTX_USER, 0x401000],
                 values=[(100 * (i + 1), leader + 1),
                         (1000 * (i + 1), member + 1)])
    return c


def several():
    """The second event has most samples, as has the third."""
    return capture([event(1, "cycles"), event(2, "instructions", config=1),
                    event(3, "branches", config=4)], (2, 5, 5))


def turned():
    """The same events, most samples of the first."""
    return capture([event(1, "cycles"), event(2, "instructions", config=1),
                    event(3, "branches", config=4)], (9, 1, 1))


def periods():
    c = capture([event(1, "cycles")], (0,))
    for i in range(10):
        c.sample(0x401000, 7, time=1000 + i, period=1,
                 chain=[g.CTX_USER, 0x401000])
    c.sample(0x401010, 7, time=1100, period=1000000,
             chain=[g.CTX_USER, 0x401010])
    return c


def lost(told_twice=True, precise=False, filtered=False):
    """As perf record 6.1 and later writes them, which reads the counters' own
    losses when it ends, and as the kernel does of precise events."""
    flags = (g.FREQ, g.SAMPLE_ID_ALL) + ((PRECISE,) if precise else ())
    c = capture([event(1, "cycles:P" if precise else "cycles", flags=flags,
                       read_format=g.FORMAT_LOST)], (1,))
    if told_twice:
        c.lost(20, time=5000)
        c.lost(12, time=6000)
        # One more after the last LOST record.
        c.lost_samples(33, time=0)
    if precise:
        c.lost_samples(7, time=5500)
    if filtered:
        c.record(13, c.u64(500) + c.trailer(0), misc=1 << 15)
    return c


CAPTURES = {
    "hybrid": hybrid, "three-kinds": three_kinds, "equal-names": equal_names,
    "unnamed": unnamed, "other-cores": other_cores, "devices": devices,
    "modes": modes, "groups": groups, "several": several, "turned": turned,
    "periods": periods, "lost": lost,
    "lost-precise": lambda: lost(precise=True),
    "lost-filtered": lambda: lost(told_twice=False, filtered=True),
}

if __name__ == "__main__":
    made = CAPTURES[sys.argv[1]]()
    with open(sys.argv[2], "wb") as out:
        out.write(made.pipe() if sys.argv[3:] == ["pipe"] else made.file())

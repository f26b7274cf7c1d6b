"""Builds perf.data captures, byte by byte, from a description in Python.

Independent of the program: the layouts are those of
tools/perf/Documentation/perf.data-file-format.txt and of
include/uapi/linux/perf_event.h. See tests/captures.py for what is made of it.
"""
import os
import struct
import subprocess

# sample_type
IP, TID, TIME, ADDR, READ, CALLCHAIN, ID, CPU = (1 << n for n in range(8))
PERIOD, STREAM_ID, RAW, BRANCH_STACK, REGS_USER, STACK_USER = (
    1 << n for n in range(8, 14))
WEIGHT, DATA_SRC, IDENTIFIER, TRANSACTION, REGS_INTR, PHYS_ADDR = (
    1 << n for n in range(14, 20))
AUX, CGROUP, DATA_PAGE_SIZE, CODE_PAGE_SIZE = (1 << n for n in range(20, 24))

# read_format
TIME_ENABLED, TIME_RUNNING, FORMAT_ID, FORMAT_GROUP, FORMAT_LOST = (
    1 << n for n in range(5))

# branch_sample_type
CALL_STACK, HW_INDEX = 1 << 11, 1 << 17

# bits of attr.flags
FREQ, SAMPLE_ID_ALL = 10, 18

KERNEL, USER, HYPERVISOR, GUEST_KERNEL, GUEST_USER = 1, 2, 3, 4, 5
MMAP_DATA = 1 << 13
CTX_HV, CTX_KERNEL, CTX_USER, CTX_DEFERRED, CTX_GUEST, CTX_GUEST_KERNEL = (
    -n & (1 << 64) - 1 for n in (32, 128, 512, 640, 2048, 2176))

FEATURES = {"build_id": 2, "hostname": 3, "osrelease": 4, "version": 5,
            "arch": 6, "cmdline": 11, "event_desc": 12, "clock_data": 29}


class Event:
    """A perf_event_attr with its ids and its name."""

    def __init__(self, sample_type=IP | TID | TIME | CALLCHAIN | PERIOD,
                 ids=(), name=None, type=1, config=0, period=4000,
                 flags=(FREQ, SAMPLE_ID_ALL), read_format=0, branch=0,
                 regs_user=0, stack_user=0, regs_intr=0,
                 max_stack=0, size=120):
        self.__dict__.update(locals())


class Capture:
    def __init__(self, events, big=False, word=8):
        self.events = events
        self.order = ">" if big else "<"
        self.big = big
        self.word = word
        self.records = []
        self.features = {}

    # ---- fields ----

    def pack(self, codes, *values):
        return struct.pack(self.order + codes, *values)

    def u64(self, value):
        return self.pack("Q", value & (1 << 64) - 1)

    def string(self, text, pad=8):
        data = text if isinstance(text, bytes) else text.encode()
        return data + b"\0" * (pad - len(data) % pad)

    def feature_string(self, text):
        data = text.encode() + b"\0"
        data += b"\0" * (-len(data) % 64)
        return self.pack("I", len(data)) + data

    def attr(self, event):
        flags = sum(1 << bit for bit in event.flags)
        if self.big:
            flags_bytes = bytes(
                int("{:08b}".format(b)[::-1], 2)
                for b in struct.pack("<Q", flags))
        else:
            flags_bytes = struct.pack("<Q", flags)
        data = self.pack("IIQQQQ", event.type, event.size, event.config,
                         event.period, event.sample_type, event.read_format)
        data += flags_bytes
        data += self.pack("IIQQQQIiQIHHIII", 0, 0, 0, 0, event.branch,
                          event.regs_user, event.stack_user, 0,
                          event.regs_intr, 0, event.max_stack, 0, 0, 0, 0)
        return data[:event.size].ljust(event.size, b"\0")

    # ---- records ----

    def record(self, type, payload, misc=0):
        data = self.pack("IHH", type, misc, 8 + len(payload)) + payload
        self.records.append(data)
        return data

    def trailer(self, time, pid=0, tid=0, id=0, event=None):
        event = event or self.events[0]
        kind = event.sample_type
        if SAMPLE_ID_ALL not in event.flags:
            return b""
        data = b""
        if kind & TID:
            data += self.pack("ii", pid, tid)
        if kind & TIME:
            data += self.u64(time)
        if kind & ID:
            data += self.u64(id)
        if kind & STREAM_ID:
            data += self.u64(id)
        if kind & CPU:
            data += self.pack("II", 0, 0)
        if kind & IDENTIFIER:
            data += self.u64(id)
        return data

    def mmap(self, pid, start, size, pgoff, path, time=0, misc=USER):
        self.record(1, self.pack("iiQQQ", pid, pid, start, size, pgoff) +
                    self.string(path) + self.trailer(time, pid, pid), misc)

    def mmap2(self, pid, start, size, pgoff, path, time=0, misc=USER,
              build_id=None, inode=7, prot=5, device=(8, 1)):
        if build_id is not None:
            identity = bytes([len(build_id), 0, 0, 0]) + build_id.ljust(20,
                                                                        b"\0")
            misc |= 1 << 14
        else:
            identity = self.pack("IIQQ", *device, inode, 1)
        # Without a protection: as RHEL 7's kernels write it.
        flags = b"" if prot is None else self.pack("II", prot, 2)
        self.record(10, self.pack("iiQQQ", pid, pid, start, size, pgoff) +
                    identity + flags + self.string(path) +
                    self.trailer(time, pid, pid), misc)

    def comm(self, pid, name, tid=None, time=0, is_exec=False):
        tid = pid if tid is None else tid
        self.record(3, self.pack("ii", pid, tid) + self.string(name) +
                    self.trailer(time, pid, tid), 1 << 13 if is_exec else 0)

    def fork(self, pid, parent, tid=None, parent_tid=None, time=0, misc=0):
        tid = pid if tid is None else tid
        parent_tid = parent if parent_tid is None else parent_tid
        self.record(7, self.pack("iiii", pid, parent, tid, parent_tid) +
                    self.u64(time) + self.trailer(time, pid, tid), misc)

    def exit(self, pid, parent, time=0):
        self.record(4, self.pack("iiii", pid, parent, pid, parent) +
                    self.u64(time) + self.trailer(time, pid, pid))

    def lost(self, n, time=0):
        self.record(2, self.u64(0) + self.u64(n) + self.trailer(time))

    def lost_samples(self, n, time=0):
        self.record(13, self.u64(n) + self.trailer(time))

    def ksymbol(self, start, size, name, time=0, is_removal=False):
        self.record(17, self.pack("QIHH", start, size, 1, int(is_removal)) +
                    self.string(name) + self.trailer(time), KERNEL)

    def cgroup(self, id, path, time=0):
        self.record(19, self.u64(id) + self.string(path) + self.trailer(time))

    def deferred(self, cookie, ips, time=0, pid=0):
        self.record(22, self.u64(cookie) + self.u64(len(ips)) +
                    b"".join(map(self.u64, ips)) +
                    self.trailer(time, pid, pid), USER)

    def trace(self, kind, size=4096):
        """What a processor traced, of an auxtrace_type: a description, and
        bytes behind a record."""
        self.record(70, self.pack("II", kind, 0) + self.u64(0) * 10)
        self.record(71, self.pack("QQQIiII", size, 0, 1, 0, 7, 0, 0))
        self.records[-1] += b"t" * size

    def off_cpu(self, event, first, second, period, chain, time=0):
        """A sample of perf record --off-cpu since perf 6.16: its thread's two
        numbers, weight and stack are raw data, in the record of another."""
        self.sample(0xffffffff81000100, 99, time=time, event=event,
                    mode=KERNEL, period=1,
                    raw=self.pack("IIQQ", first, second, period, len(chain)) +
                    b"".join(map(self.u64, chain)) + self.u64(55))

    def finished_round(self):
        self.record(68, b"")

    def sample(self, ip=0, pid=1, tid=None, time=0, chain=(), period=1000,
               event=None, id=None, cpu=0, mode=USER, values=(), raw=b"",
               branches=(), regs=None, stack=None, cgroup=0):
        event = event or self.events[0]
        kind = event.sample_type
        tid = pid if tid is None else tid
        if id is None:
            id = event.ids[0] if event.ids else 0
        data = b""
        if kind & IDENTIFIER:
            data += self.u64(id)
        if kind & IP:
            data += self.u64(ip)
        if kind & TID:
            data += self.pack("ii", pid, tid)
        if kind & TIME:
            data += self.u64(time)
        if kind & ADDR:
            data += self.u64(0xadd4)
        if kind & ID:
            data += self.u64(id)
        if kind & STREAM_ID:
            data += self.u64(id)
        if kind & CPU:
            data += self.pack("II", cpu, 0)
        if kind & PERIOD:
            data += self.u64(period)
        if kind & READ:
            data += self.read_values(event, values)
        if kind & CALLCHAIN:
            data += self.u64(len(chain)) + b"".join(map(self.u64, chain))
        if kind & RAW:
            padded = raw + b"\0" * (-(len(raw) + 4) % 8)
            data += self.pack("I", len(padded)) + padded
        if kind & BRANCH_STACK:
            data += self.u64(len(branches))
            if event.branch & HW_INDEX:
                data += self.u64(0)
            for origin, target in branches:
                data += self.u64(origin) + self.u64(target) + self.u64(0)
        if kind & REGS_USER:
            data += self.registers(event.regs_user, regs)
        if kind & STACK_USER:
            stack = stack or b""
            data += self.u64(len(stack))
            if stack:
                data += stack + self.u64(len(stack))
        if kind & WEIGHT:
            data += self.u64(3)
        if kind & DATA_SRC:
            data += self.u64(4)
        if kind & TRANSACTION:
            data += self.u64(5)
        if kind & REGS_INTR:
            data += self.registers(event.regs_intr, regs)
        if kind & PHYS_ADDR:
            data += self.u64(6)
        if kind & CGROUP:
            data += self.u64(cgroup)
        if kind & DATA_PAGE_SIZE:
            data += self.u64(4096)
        if kind & CODE_PAGE_SIZE:
            data += self.u64(4096)
        if kind & AUX:
            data += self.u64(8) + self.u64(7)
        self.record(9, data, mode)

    def registers(self, mask, values):
        if values is None:
            return self.u64(0)
        count = bin(mask).count("1")
        return self.u64(2) + b"".join(map(self.u64, values[:count]))

    def read_values(self, event, values):
        form = event.read_format
        times = b""
        if form & TIME_ENABLED:
            times += self.u64(10)
        if form & TIME_RUNNING:
            times += self.u64(11)

        def one(value, id):
            data = self.u64(value)
            if not form & FORMAT_GROUP:
                data += times
            if form & FORMAT_ID:
                data += self.u64(id)
            if form & FORMAT_LOST:
                data += self.u64(0)
            return data
        if form & FORMAT_GROUP:
            return self.u64(len(values)) + times + b"".join(
                one(value, id) for value, id in values)
        return one(*values[0])

    # ---- features ----

    def add_feature(self, name, value):
        if name in ("hostname", "osrelease", "version", "arch"):
            data = self.feature_string(value)
        elif name == "cmdline":
            data = self.pack("I", len(value)) + b"".join(
                map(self.feature_string, value))
        elif name == "build_id":
            data = b"".join(self.build_id(*entry) for entry in value)
        elif name == "event_desc":
            data = self.pack("II", len(self.events), self.events[0].size)
            for event in self.events:
                data += self.attr(event) + self.pack("I", len(event.ids))
                data += self.feature_string(event.name or "")
                data += b"".join(map(self.u64, event.ids))
        elif name == "clock_data":
            data = self.pack("II", 1, 1) + self.u64(value[0]) + self.u64(
                value[1])
        self.features[FEATURES[name]] = data

    def build_id(self, path, build_id, misc=USER):
        payload = self.pack("i", -1) + build_id.ljust(20, b"\0")
        payload += bytes([len(build_id), 0, 0, 0]) + self.string(path)
        return self.pack("IHH", 67, misc | 1 << 15,
                         8 + len(payload)) + payload

    def describe(self, build_ids=(), clock=None, uname=None):
        """The features that every perf writes, of a machine."""
        self.add_feature("hostname", uname.nodename if uname else "testhost")
        self.add_feature("osrelease", uname.release if uname else "6.1.0-test")
        self.add_feature("version", "6.1.test")
        self.add_feature("arch", uname.machine if uname else "x86_64")
        self.add_feature("cmdline", ["/usr/bin/perf", "record", "-g"])
        self.add_feature("event_desc", None)
        if build_ids:
            self.add_feature("build_id", build_ids)
        if clock:
            self.add_feature("clock_data", clock)

    # ---- files ----

    def magic(self):
        return b"2ELIFREP" if self.big else b"PERFILE2"

    def file(self, data_size=None, data=None):
        """File mode; data_size as it stands in the header."""
        if data is None:
            data = b"".join(self.records)
        attr_size = self.events[0].size + 16
        at = 104
        ids, places = b"", []
        for event in self.events:
            places.append((at + len(ids), 8 * len(event.ids)))
            ids += b"".join(map(self.u64, event.ids))
        attrs_at = at + len(ids)
        attrs = b"".join(self.attr(event) + self.pack("QQ", *place)
                         for event, place in zip(self.events, places))
        data_at = attrs_at + len(attrs)
        table_at = data_at + len(data)
        table, sections = b"", b""
        first = table_at + 16 * len(self.features)
        for bit in sorted(self.features):
            section = self.features[bit]
            table += self.pack("QQ", first + len(sections), len(section))
            sections += section
        header = self.magic() + self.pack(
            "QQQQQQQQ", 104, attr_size, attrs_at, len(attrs), data_at,
            len(data) if data_size is None else data_size, 0, 0)
        header += self.feature_bits()
        return header + ids + attrs + data + table + sections

    def feature_bits(self):
        bits = sum(1 << bit for bit in self.features)
        if self.word == 8:
            return b"".join(self.pack("Q", bits >> 64 * n & (1 << 64) - 1)
                            for n in range(4))
        return b"".join(self.pack("I", bits >> 32 * n & (1 << 32) - 1)
                        for n in range(8))

    def pipe(self):
        """Pipe mode: attributes and features are records."""
        data, records = b"", self.records
        self.records = []
        for event in self.events:
            data += self.record(64, self.attr(event) +
                                b"".join(map(self.u64, event.ids)))
            if event.name:
                name = self.string(event.name)
                data += self.record(78, self.u64(2) +
                                    self.u64(event.ids[0] if event.ids else 0)
                                    + name)
        # Tracepoint formats follow their record and are none.
        data += self.record(66, self.pack("I", 5)) + b"\xff" * 8
        for bit, section in sorted(self.features.items()):
            padded = section + b"\0" * (-len(section) % 8)
            data += self.record(80, self.u64(bit) + padded)
        self.records = records
        return self.magic() + self.u64(16) + data + b"".join(records)

    def compressed(self, type=81, chunk=300, wrong_size=False):
        """File mode as of perf record -z: one zstd stream, flushed at each
        record, cut where it falls."""
        data, stream = b"", zstd_stream([b"".join(self.records)[i:i + chunk]
                                         for i in range(0, len(b"".join(
                                             self.records)), chunk)])
        records, self.records = self.records, []
        for part in stream:
            if type == 81:
                data += self.record(81, part)
            else:
                size = len(part) + (200 if wrong_size else 0)
                padded = part + b"\0" * (-len(part) % 8)
                data += self.record(83, self.u64(size) + padded)
            data += self.record(68, b"")
        self.records = records
        return self.file(data=data)

    def directory(self, path, parts):
        """As perf record --threads: a file without samples, and parts of the
        records in files of their own."""
        os.mkdir(path)
        with open(os.path.join(path, "data"), "wb") as file:
            file.write(self.file())
        for number, records in enumerate(parts):
            with open(os.path.join(path, "data.%d" % number), "wb") as file:
                file.write(b"".join(records))


def zstd_stream(chunks):
    """The chunks through one zstd stream that is flushed after each: by the
    library itself, as the command cannot flush."""
    import ctypes
    lib = ctypes.CDLL("libzstd.so.1")

    class Buffer(ctypes.Structure):
        _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t),
                    ("pos", ctypes.c_size_t)]
    lib.ZSTD_createCStream.restype = ctypes.c_void_p
    for name in ("ZSTD_initCStream", "ZSTD_compressStream",
                 "ZSTD_flushStream", "ZSTD_freeCStream"):
        getattr(lib, name).restype = ctypes.c_size_t
    stream = ctypes.c_void_p(lib.ZSTD_createCStream())
    lib.ZSTD_initCStream(stream, 1)
    parts = []
    for chunk in chunks:
        space = ctypes.create_string_buffer(len(chunk) + 4096)
        source = ctypes.create_string_buffer(chunk, len(chunk))
        out = Buffer(ctypes.addressof(space), len(space), 0)
        into = Buffer(ctypes.addressof(source), len(chunk), 0)
        while into.pos < into.size:
            lib.ZSTD_compressStream(stream, ctypes.byref(out),
                                    ctypes.byref(into))
        lib.ZSTD_flushStream(stream, ctypes.byref(out))
        parts.append(space.raw[:out.pos])
    lib.ZSTD_freeCStream(stream)
    return parts


def zstd_bomb(size):
    """size zero bytes, well compressed."""
    return subprocess.run(["zstd", "-19", "-c"], input=b"\0" * size,
                          stdout=subprocess.PIPE, check=True).stdout

#!/usr/bin/env python3
"""Times symconv and its peers on the same captures, in turn.

    bench.py SYMCONV FOLDER RUNS [ELF]

With an ELF file with debug information it times symbolizers on 20,000 addresses
spread over its code, too. One line for each measure (name, value, unit), then a
table of medians and of ratios within each round, as machines change their speed
between rounds.
"""
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                os.pardir, "tests"))
import compare_symbolizers  # noqa: E402
import pprof_edit  # noqa: E402


class Command:
    """What is timed: prepare() runs before each time and is not."""

    def __init__(self, name, argv, prepare=None, output=None, source=None):
        self.name, self.argv = name, argv
        self.prepare, self.output = prepare, output
        self.source = source or os.devnull
        self.wall, self.cpu, self.memory = [], [], []

    def run(self):
        if self.prepare:
            self.prepare()
        out = open(self.output or os.devnull, "wb")
        started = time.monotonic()
        child = subprocess.Popen(self.argv, stdin=open(self.source, "rb"),
                                 stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        self.wall.append(time.monotonic() - started)
        out.close()
        if status:
            sys.exit("%s: ended with %d" % (self.name, status))
        self.cpu.append(usage.ru_utime + usage.ru_stime)
        self.memory.append(usage.ru_maxrss / 1024)


def symconv(name, program, capture, folder, *options, cold=False):
    cache = os.path.join(folder, "cache")
    return Command(
        name, [program, capture, "-o", os.path.join(folder, "out.pb.gz"),
               "-q", "--cache", cache, *options],
        (lambda: shutil.rmtree(cache, ignore_errors=True)) if cold else None)


def commands(kind, program, capture, folder):
    text = os.path.join(folder, "script.txt")
    result = [
        symconv("symconv, cold", program, capture, folder, cold=True),
        symconv("symconv, warm", program, capture, folder),
        symconv("symconv, warm, -j1", program, capture, folder, "-j1"),
        symconv("symconv, warm, -j2", program, capture, folder, "-j2"),
        Command("cat", ["cat", capture]),
        Command("perf script --no-inline",
                ["perf", "script", "--no-inline", "-i", capture],
                output=text),
        Command("perf report", ["perf", "report", "--stdio", "-g", "none",
                                "-i", capture]),
    ]
    if kind == "stacks":
        result.append(Command("perf script --inline",
                              ["perf", "script", "--inline", "-i", capture],
                              output=text))
    elif shutil.which("perf_to_profile"):
        raw = os.path.join(folder, "raw.pb")
        result.append(Command("perf_to_profile", [
            "perf_to_profile", "-f", "-i", capture, "-o", raw]))
        if shutil.which("go"):
            result.append(Command("go tool pprof", [
                "go", "tool", "pprof", "-symbolize=local", "-proto",
                "-output=" + raw + ".gz", raw]))
    return result


def symbolizers(program, elf, folder):
    addresses = os.path.join(folder, "addresses")
    with open(addresses, "w") as file:
        file.writelines("0x%x\n" % a
                        for a in compare_symbolizers.spread(elf, 20000))
    cache = os.path.join(folder, "cache")

    def ours(name, *options, cold=False):
        return Command(
            name, [program, "symbolize", "-q", "--exe", elf, "--cache", cache,
                   *options],
            (lambda: shutil.rmtree(cache, ignore_errors=True))
            if cold else None, source=addresses)

    result = [
        ours("symconv, cold, -j1", "-j1", cold=True),
        ours("symconv, cold, -j2", "-j2", cold=True),
        ours("symconv, warm"),
    ]
    peers = [["llvm-symbolizer", "--inlines", "--obj=" + elf],
             ["addr2line", "-i", "-f", "-e", elf],
             ["eu-addr2line", "-i", "-f", "-e", elf]]
    return result + [Command(argv[0], argv, source=addresses)
                     for argv in peers if shutil.which(argv[0])]


def formats(program, capture, folder):
    """The large capture to each format, and of each kind of input to pprof."""
    cache = ["-q", "--cache", os.path.join(folder, "cache")]
    out = os.path.join(folder, "out.")
    given = {name: os.path.join(folder, "given." + name)
             for name in ("pb.gz", "folded", "script")}
    for name in ("pb.gz", "folded"):
        subprocess.run([program, capture, "-o", given[name], *cache],
                       check=True)
    subprocess.run([sys.executable, pprof_edit.__file__, "--strip",
                    given["pb.gz"], given["pb.gz"]], check=True)
    result = [Command("to " + name, [program, capture, "-o", out + name,
                                     *cache])
              for name in ("pb.gz", "html", "svg", "folded", "speedscope.json",
                           "gecko.json")]
    if shutil.which("perf"):
        with open(given["script"], "wb") as file:
            subprocess.run(["perf", "script", "--no-inline", "-i", capture],
                           stdout=file, stderr=subprocess.DEVNULL, check=True)
        print("perf script's text: %.1f MB"
              % (os.path.getsize(given["script"]) / 1e6))
    else:
        del given["script"]
    return result + [Command("from " + name, [program, path, "-o",
                                              out + "pb.gz", *cache])
                     for name, path in given.items()]


def take_turns(kind, all_commands, runs):
    for _ in range(runs):
        for command in all_commands:
            command.run()
    for command in all_commands:
        for what, values, unit in (("wall", command.wall, "s"),
                                   ("cpu", command.cpu, "s"),
                                   ("memory", command.memory, "MB")):
            print("%s/%s/%s %.3f %s" % (kind, command.name, what,
                                        statistics.median(values), unit))


def show(all_commands, base_name, peer_name):
    base = next(c for c in all_commands if c.name == base_name)
    peer = next((c for c in all_commands if c.name == peer_name), base)
    print("%-26s %9s %9s %9s %14s %20s" % (
        "", "wall s", "cpu s", "peak MB", "of warm", peer.name + " is"))
    for command in all_commands:
        of_base = statistics.median(
            a / b for a, b in zip(command.wall, base.wall))
        of_peer = statistics.median(
            b / a for a, b in zip(command.wall, peer.wall))
        print("%-26s %9.3f %9.3f %9.0f %13.2fx %19.2fx" % (
            command.name, statistics.median(command.wall),
            statistics.median(command.cpu),
            statistics.median(command.memory), of_base, of_peer))
    print()


def measure(kind, program, folder, runs):
    capture = os.path.join(folder, kind + ".data")
    all_commands = commands(kind, program, capture, folder)
    take_turns(kind, all_commands, runs)
    print("\n%s capture, %.1f MB, medians of %d rounds" % (
        kind, os.path.getsize(capture) / 1e6, runs))
    show(all_commands, "symconv, warm", "perf script --no-inline")


def measure_symbolizers(program, elf, folder, runs):
    all_commands = symbolizers(program, elf, folder)
    take_turns("symbolize", all_commands, runs)
    print("\n20,000 addresses of %s, %.1f MB, medians of %d rounds" % (
        os.path.basename(elf), os.path.getsize(elf) / 1e6, runs))
    show(all_commands, "symconv, warm", "llvm-symbolizer")


def measure_formats(program, folder, runs):
    all_commands = formats(program, os.path.join(folder, "large.data"), folder)
    take_turns("formats", all_commands, runs)
    print("\nThe large capture to and from other formats, warm, medians of %d "
          "rounds" % runs)
    show(all_commands, "to pb.gz", "from pb.gz")


def main():
    program, folder, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for kind in ("small", "stacks", "large"):
        measure(kind, program, folder, runs)
    measure_formats(program, folder, runs)
    if len(sys.argv) > 4:
        measure_symbolizers(program, sys.argv[4], folder, runs)
    for name in os.listdir(folder):
        if name.split(".")[0] in ("addresses", "script", "raw", "out", "given"):
            os.unlink(os.path.join(folder, name))


if __name__ == "__main__":
    main()

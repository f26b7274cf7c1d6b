#!/usr/bin/env python3
"""What a shared cache costs and stands, on one capture.

    cache.py SYMCONV CAPTURE FOLDER

Prints one line for each measure (name, value, unit). Ends with an error where an
output differs from that of a conversion without a cache.
"""
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import time


class Bench:
    def __init__(self, program, capture, folder):
        self.program, self.capture = program, capture
        self.folder = os.path.join(folder, "cache-bench")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.reference = self.path("reference.pb.gz")
        subprocess.run([program, capture, "-q", "--no-cache", "-o",
                        self.reference], check=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, cache, out, **more):
        return subprocess.Popen(
            [self.program, self.capture, "-q", "--cache", cache, "-o", out],
            stderr=subprocess.DEVNULL, **more)

    def check(self, out):
        with open(out, "rb") as got, open(self.reference, "rb") as want:
            if got.read() != want.read():
                sys.exit("%s differs from %s" % (out, self.reference))

    def cpu_of(self, n, cache):
        """Seconds of processor time of n conversions at once."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        outs = [self.path("%d.pb.gz" % i) for i in range(n)]
        for process in [self.start(cache, out) for out in outs]:
            if process.wait():
                sys.exit("a conversion failed")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        for out in outs:
            self.check(out)
        return (after.ru_utime + after.ru_stime - before.ru_utime -
                before.ru_stime)

    def database(self, cache):
        return os.path.join(cache, next(
            name for name in os.listdir(cache) if name.endswith(".db")))

    def at_once(self):
        cold = self.cpu_of(1, self.path("alone"))
        warm = self.cpu_of(1, self.path("alone"))
        many = self.cpu_of(16, self.path("many"))
        print("cache/16 at once/cpu %.3f s" % many)
        print("cache/16 at once/of one cold and 15 warm %.2f times" % (
            many / (cold + 15 * warm)))

    def killed(self, n):
        cache = self.path("killed")
        longest = 0.2
        for i in range(n):
            process = self.start(cache, self.path("x.pb.gz"))
            time.sleep(random.Random(i).random() * longest)
            process.kill()
            process.wait()
        subprocess.run([self.program, "cache", "verify", "-q", "--cache",
                        cache], check=True)
        self.cpu_of(1, cache)
        print("cache/killed/sound %d times" % n)

    def damaged(self, n):
        whole = self.path("alone")
        for i in range(n):
            cache = self.path("damaged")
            shutil.rmtree(cache, ignore_errors=True)
            shutil.copytree(whole, cache)
            path, chance = self.database(cache), random.Random(i)
            with open(path, "r+b") as file:
                size = os.path.getsize(path)
                for _ in range(1 + chance.randrange(20)):
                    file.seek(chance.randrange(4096 if i % 4 == 0 else size))
                    file.write(bytes([chance.randrange(256)]))
                if i % 7 == 0:
                    file.truncate(chance.randrange(size))
            out = self.path("d.pb.gz")
            if self.start(cache, out).wait():
                sys.exit("seed %d: the conversion failed" % i)
            self.check(out)
        print("cache/damaged/same output %d times" % n)

    def modules(self, n):
        """Warm conversions and look-ups with n modules more."""
        cache = self.path("full")
        shutil.copytree(self.path("alone"), cache)
        base = self.walls(self.path("alone"))
        database = sqlite3.connect(self.database(cache))
        database.execute("PRAGMA synchronous = OFF")
        for i in range(n):
            at = database.execute(
                "INSERT INTO module(key, used) VALUES(?, 99999)",
                ("b:%040x" % (i * 7919),)).lastrowid
            database.executemany(
                "INSERT INTO entry VALUES(?, ?, ?, 0, zeroblob(2000))",
                [(at, kind, 0) for kind in (1, 2, 3, 7)])
        database.commit()
        sql = ("SELECT checksum, bytes FROM module JOIN entry"
               " ON entry.module = module.id"
               " WHERE key = ? AND kind = 1 AND number = 0")
        database.execute(sql, ("b:0",)).fetchall()
        started = time.monotonic()
        for i in range(2000):
            database.execute(sql, ("b:%040x" % (i * 5 * 7919),)).fetchall()
        print("cache/%d modules/look-up %.1f us" % (
            n, (time.monotonic() - started) / 2000 * 1e6))
        print("cache/%d modules/warm conversion %.2f times one with few" % (
            n, self.walls(cache) / base))

    def walls(self, cache):
        times = []
        for _ in range(15):
            started = time.monotonic()
            self.start(cache, self.path("w.pb.gz")).wait()
            times.append(time.monotonic() - started)
        return sorted(times)[len(times) // 2]


def main():
    bench = Bench(*sys.argv[1:4])
    bench.at_once()
    bench.modules(10000)
    bench.killed(200)
    bench.damaged(1000)
    shutil.rmtree(bench.folder)


if __name__ == "__main__":
    main()

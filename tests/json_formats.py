"""Compares what is written for speedscope or the Firefox Profiler with the
pprof profile of the same samples: threads, times, stacks and values.

    json_formats.py speedscope PPROF FILE [NODE_MODULES]
    json_formats.py gecko PPROF FILE [NODE_MODULES]

With the folder of tests/node's packages the tools' own importers read the file
as well, and are to find what is in the profile.
"""
import collections
import json
import os
import subprocess
import sys

import pprof_check

UNITS = {"nanoseconds": "nanoseconds", "bytes": "bytes"}


class Sample:
    """One of the pprof profile, with names root first."""

    def __init__(self, profile, sample):
        labels = {key: text or number
                  for key, text, number, _ in sample["label"]}
        self.names = tuple(reversed([
            name for number in sample["location"]
            for name in pprof_check.location_names(profile, number)]))
        self.values = sample["value"]
        self.pid, self.tid = labels.get("pid", 0), labels.get("tid", 0)
        self.comm = labels.get("thread_comm", "")
        self.time = labels.get("timestamp_ns")


def wanted(condition, *what):
    if not condition:
        sys.exit("wrong: " + " ".join(map(str, what)))


def equal(got, want, what):
    wanted(got == want, what, "got", got, "want", want)


def equal_counts(got, want, what):
    """Counters: says where they differ."""
    for key in set(got) | set(want):
        if got.get(key, 0) != want.get(key, 0):
            sys.exit("wrong: %s of %s: got %s, want %s" % (
                what, key, got.get(key, 0), want.get(key, 0)))


def by_stack(samples, names_of, value_of):
    counts = collections.Counter()
    for sample in samples:
        if value_of(sample) > 0:
            counts[names_of(sample)] += value_of(sample)
    return counts


def flat_and_total(stacks):
    """What each function weighs itself, and with what it calls."""
    flat, total = collections.Counter(), collections.Counter()
    for names, value in stacks.items():
        if names:
            flat[names[-1]] += value
        for name in set(names):
            total[name] += value
    return flat, total


# ---- speedscope ----


def check_speedscope_file(file):
    equal(file["$schema"],
          "https://www.speedscope.app/file-format-schema.json", "$schema")
    frames = file["shared"]["frames"]
    texts = [json.dumps(frame, sort_keys=True) for frame in frames]
    equal(len(set(texts)), len(texts), "number of different frames")
    for frame in frames:
        wanted(set(frame) <= {"name", "file", "line", "col"}, frame)
        wanted(frame.get("line", 1) > 0, frame)
    wanted(0 <= file["activeProfileIndex"] < len(file["profiles"]),
           "activeProfileIndex")
    for profile in file["profiles"]:
        equal(profile["type"], "sampled", "type")
        equal(profile["startValue"], 0, "startValue")
        equal(profile["endValue"], sum(profile["weights"]), "endValue")
        equal(len(profile["samples"]), len(profile["weights"]), "weights")
        wanted(all(0 <= number < len(frames) for stack in profile["samples"]
                   for number in stack), "number of a frame")


def speedscope_groups(pprof, samples):
    """By name of a profile: its unit, samples, and which value."""
    groups = collections.OrderedDict()
    default = [name for name, _ in pprof.types].index(pprof.default_type)
    order = [default] + [i for i in range(len(pprof.types)) if i != default]
    has_tids = any(sample.tid for sample in samples)
    for i in order:
        name, unit = pprof.types[i]
        threads = collections.OrderedDict()
        for sample in samples:
            threads.setdefault((sample.pid, sample.tid) if has_tids else (),
                               []).append(sample)
        for thread, members in threads.items():
            if not any(sample.values[i] > 0 for sample in members):
                continue
            members.sort(key=lambda sample: sample.time or 0)
            title = name if not thread else "%s pid: %d tid: %d (%s)" % (
                (members[-1].comm,) + thread + (name,))
            groups[title] = (UNITS.get(unit, "none"), members, i)
    if not groups:
        name, unit = pprof.types[default]
        groups[name] = (UNITS.get(unit, "none"), [], default)
    return groups


def check_speedscope(pprof, samples, file):
    check_speedscope_file(file)
    names = [frame["name"] for frame in file["shared"]["frames"]]
    groups = speedscope_groups(pprof, samples)
    equal(sorted(p["name"] for p in file["profiles"]), sorted(groups),
          "profiles")
    heaviest = max(p["endValue"] for p in file["profiles"]
                   if p["name"].endswith(pprof.default_type) or
                   p["name"].endswith("(%s)" % pprof.default_type))
    equal(file["profiles"][0]["endValue"], heaviest, "the first profile")
    for profile in file["profiles"]:
        unit, members, i = groups[profile["name"]]
        equal(profile["unit"], unit, "unit")
        got = [(tuple(names[n] for n in stack), weight) for stack, weight in
               zip(profile["samples"], profile["weights"])]
        want = [(sample.names, sample.values[i]) for sample in members
                if sample.values[i] > 0]
        if all(sample.time is None for sample in members):
            got.sort()
            want.sort()
        equal(got, want, profile["name"])


def ask_speedscope(path, file, packages):
    script = os.path.join(os.path.dirname(__file__), "speedscope_import.js")
    asked = json.loads(subprocess.run(
        ["node", script, packages, path], check=True,
        stdout=subprocess.PIPE).stdout)
    names = [frame["name"] for frame in file["shared"]["frames"]]
    equal(asked["shown"], 0, "the profile shown")
    equal(len(asked["profiles"]), len(file["profiles"]), "profiles")
    for got, want in zip(asked["profiles"], file["profiles"]):
        equal(got["name"], want["name"], "name")
        equal(got["unit"], want["unit"], "unit")
        equal(got["total"], sum(want["weights"]), "weight of " + got["name"])
        stacks = collections.Counter()
        for stack, weight in zip(want["samples"], want["weights"]):
            stacks[tuple(stack)] += weight
        flat, total = flat_and_total(stacks)
        got_flat, want_flat = collections.Counter(), collections.Counter()
        for name, _, own, _ in got["frames"]:
            got_flat[name] += own
        for number, own in flat.items():
            want_flat[names[number]] += own
        equal_counts(got_flat, want_flat, "own weight")
        equal(sorted(frame[3] for frame in got["frames"]),
              sorted(total.values()), "weights with what frames call")
        print("speedscope: %s: %d %s" % (got["name"], got["total"],
                                         got["unit"]))


# ---- gecko ----


def rows(table, *wanted_columns):
    schema = table["schema"]
    for column in wanted_columns:
        wanted(column in schema, "no column", column)
    for row in table["data"]:
        yield {name: row[at] for name, at in schema.items() if at < len(row)}


def function_of(location):
    """Of "function (in module)"."""
    if location.endswith(")") and " (in " in location:
        return location[:location.rindex(" (in ")]
    return location


def thread_stacks(thread, categories):
    """The names of each stack of the thread's table."""
    strings = thread["stringTable"]
    equal(len(set(strings)), len(strings), "number of different strings")
    frames = []
    for frame in rows(thread["frameTable"], "location", "relevantForJS",
                      "innerWindowID", "implementation", "line", "column",
                      "category", "subcategory"):
        category = categories[frame["category"]]
        wanted(0 <= frame["subcategory"] < len(category["subcategories"]),
               "subcategory", frame)
        frames.append(function_of(strings[frame["location"]]))
    stacks = []
    for stack in rows(thread["stackTable"], "prefix", "frame"):
        prefix = stack["prefix"]
        wanted(prefix is None or 0 <= prefix < len(stacks), "prefix", prefix)
        stacks.append((() if prefix is None else stacks[prefix]) +
                      (frames[stack["frame"]],))
    return stacks


def cleaned(names):
    return tuple(name.replace("\n", " ").replace("\r", " ") for name in names)


def gecko_groups(pprof, samples):
    """By pid and tid, or else the thread's name: samples."""
    groups = {}
    default = [name for name, _ in pprof.types].index(pprof.default_type)
    for sample in samples:
        sample.count = sample.values[default & ~1]
        sample.default = sample.values[default]
        if sample.count > 0:
            groups.setdefault((sample.pid, sample.tid or sample.comm),
                              []).append(sample)
    return groups


def members_of(groups, pid, thread):
    if not groups:
        return []
    return groups.get((pid, thread["tid"])) or groups[pid, thread["name"]]


def check_gecko(pprof, samples, file):
    meta = file["meta"]
    categories = meta["categories"]
    wanted(any(c["color"] == "grey" for c in categories), "no default category")
    wanted(meta["interval"] > 0, "interval")
    groups = gecko_groups(pprof, samples)
    first = min((s.time for s in samples), default=0) \
        if all(s.time is not None for s in samples) else None
    equal(len(file["threads"]), len(groups) or 1, "number of threads")
    for thread in file["threads"]:
        members = members_of(groups, thread["pid"], thread)
        stacks = thread_stacks(thread, categories)
        got = list(rows(thread["samples"], "stack", "time", "eventDelay"))
        times = [row["time"] for row in got]
        equal(times, sorted(times), "order of times")
        count = collections.Counter(
            (() if row["stack"] is None else stacks[row["stack"]],
             round(row["time"] * 1e6) if first is not None else 0)
            for row in got)
        want = collections.Counter()
        for sample in members:
            want[cleaned(sample.names),
                 sample.time - first if first is not None else 0] += \
                sample.count
        equal_counts(count, want, "samples")
        if "threadCPUDelta" in thread["samples"]["schema"]:
            equal(sum(row["threadCPUDelta"] for row in got),
                  sum(sample.default for sample in members), "CPU time")


class Profiler:
    """The Firefox Profiler's command line, in a session of its own."""

    def __init__(self, packages, path):
        self.command = ["node", os.path.join(
            packages, "@firefox-devtools", "profiler-cli", "dist",
            "profiler-cli.js")]
        self.session = "symconv-%d" % os.getpid()
        # Nothing is asked of any server, nor left in the user's folders.
        self.environment = dict(os.environ, PROFILER_CLI_NO_SYMBOLICATE="1",
                                PROFILER_CLI_SESSION_DIR=os.getcwd())
        # It gives its own daemon half a second, which a busy machine exceeds.
        for attempt in range(20):
            session = "%s-%d" % (self.session, attempt)
            try:
                self.run("load", path, "--session", session)
                self.session = session
                return
            except subprocess.CalledProcessError:
                self.stop(session)
        sys.exit("the Firefox Profiler's daemon does not start")

    def run(self, *arguments):
        return subprocess.run(self.command + list(arguments), check=True,
                              env=self.environment,
                              stdout=subprocess.PIPE).stdout

    def ask(self, *arguments):
        return json.loads(self.run(*arguments, "--session", self.session,
                                   "--json"))

    def stop(self, session=None):
        subprocess.run(self.command + ["stop", session or self.session],
                       env=self.environment, stdout=subprocess.DEVNULL,
                       check=session is None)


def ask_thread(profiler, pid, handle, groups):
    profiler.run("thread", "select", handle, "--session", profiler.session)
    info = profiler.ask("thread", "info")
    members = members_of(groups, pid, info)
    equal(info["sampleCount"], sum(s.count for s in members), "samples")
    asked = profiler.ask("thread", "functions", "--limit", "0",
                         "--include-idle")
    stacks = by_stack(members, lambda s: cleaned(s.names), lambda s: s.count)
    flat, total = flat_and_total(stacks)
    got_flat, got_total = collections.Counter(), collections.Counter()
    for function in asked["functions"]:
        name = function_of(function["name"])
        got_flat[name] += function["selfSamples"]
        got_total[name] += function["totalSamples"]
    equal_counts(got_flat, flat, "own samples")
    # A name in two modules is two functions, which may call each other.
    for name in total:
        wanted(got_total[name] >= total[name], "samples with callees", name)
    print("Firefox Profiler: %s (%s): %d samples" % (
        info["name"], info["tid"], info["sampleCount"]))


def ask_profiler(path, pprof, samples, packages):
    groups = gecko_groups(pprof, samples)
    profiler = Profiler(packages, path)
    try:
        if not groups:
            return
        info = profiler.ask("profile", "info", "--all")
        threads = [(int(process["pid"]), thread["threadHandle"])
                   for process in info["processes"]
                   for thread in process["threads"]]
        equal(len(threads), len(groups), "number of threads")
        for pid, handle in threads:
            ask_thread(profiler, pid, handle, groups)
    finally:
        profiler.stop()


def main():
    kind, pprof_path, path = sys.argv[1:4]
    packages = sys.argv[4] if len(sys.argv) > 4 else None
    pprof = pprof_check.Profile(pprof_path)
    samples = [Sample(pprof, sample) for sample in pprof.samples]
    with open(path, encoding="utf-8") as text:
        file = json.load(text)
    if kind == "speedscope":
        check_speedscope(pprof, samples, file)
        if packages:
            ask_speedscope(path, file, packages)
    else:
        check_gecko(pprof, samples, file)
        if packages:
            ask_profiler(path, pprof, samples, packages)
    print("%d samples" % len(samples))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Reads a pprof profile, independently of the program, and checks it.

    pprof_check.py FILE              checks; says what is wrong, exits 1
    pprof_check.py --dump FILE       checks, and prints it as sorted text
    pprof_check.py --folded FILE     checks, and prints stacks, root first
    pprof_check.py --top FILE        checks, and prints the top functions

The rules are those of pprof (profile.CheckValid and its decoder) and of the
stricter builder of perf_data_converter, and what symconv promises beyond: that
nothing stands in a profile twice and nothing without being used.
"""
import argparse
import gzip
import sys


class Bad(Exception):
    pass


def varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Bad("damaged varint")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value & (1 << 64) - 1, at


def fields(data):
    """(field number, value) for each field; bytes for those with a length."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            size, at = varint(data, at)
            if size > len(data) - at:
                raise Bad("field is cut short")
            value = data[at:at + size]
            at += size
        else:
            raise Bad("wire type %d" % (key & 7))
        yield key >> 3, value


def numbers(value):
    if isinstance(value, int):
        return [value]
    result, at = [], 0
    while at < len(value):
        number, at = varint(value, at)
        result.append(number)
    return result


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def message(data, names, repeated=()):
    result = {name: 0 for name in names.values() if name not in repeated}
    result.update({name: [] for name in repeated})
    for number, value in fields(data):
        name = names.get(number)
        if name is None:
            raise Bad("unknown field %d" % number)
        if name in repeated:
            result[name].append(value)
        else:
            result[name] = value
    return result


PROFILE = {1: "sample_type", 2: "sample", 3: "mapping", 4: "location",
           5: "function", 6: "string_table", 7: "drop_frames",
           8: "keep_frames", 9: "time_nanos", 10: "duration_nanos",
           11: "period_type", 12: "period", 13: "comment",
           14: "default_sample_type", 15: "doc_url"}
VALUE_TYPE = {1: "type", 2: "unit"}
SAMPLE = {1: "location_id", 2: "value", 3: "label"}
LABEL = {1: "key", 2: "str", 3: "num", 4: "num_unit"}
MAPPING = {1: "id", 2: "memory_start", 3: "memory_limit", 4: "file_offset",
           5: "filename", 6: "build_id", 7: "has_functions",
           8: "has_filenames", 9: "has_line_numbers", 10: "has_inline_frames"}
LOCATION = {1: "id", 2: "mapping_id", 3: "address", 4: "line", 5: "is_folded"}
LINE = {1: "function_id", 2: "line", 3: "column"}
FUNCTION = {1: "id", 2: "name", 3: "system_name", 4: "filename",
            5: "start_line"}


class Profile:
    def __init__(self, path):
        with open(path, "rb") as file:
            packed = file.read()
        if packed[:2] != b"\x1f\x8b":
            raise Bad("not gzip")
        top = message(gzip.decompress(packed), PROFILE,
                      ("sample_type", "sample", "mapping", "location",
                       "function", "string_table", "comment"))
        self.strings = [s.decode("utf-8") for s in top["string_table"]]
        self.used_strings = {0}
        self.types = [self.value_type(t) for t in top["sample_type"]]
        self.period_type = (self.value_type(top["period_type"])
                            if top["period_type"] else None)
        self.period = signed(top["period"])
        self.time_nanos = signed(top["time_nanos"])
        self.duration_nanos = signed(top["duration_nanos"])
        self.comments = [self.string(n) for value in top["comment"]
                         for n in numbers(value)]
        self.default_type = self.string(top["default_sample_type"])
        self.beside = [self.string(top[key])
                       for key in ("drop_frames", "keep_frames", "doc_url")]
        self.mappings = self.table(top["mapping"], MAPPING)
        self.functions = self.table(top["function"], FUNCTION)
        self.locations = self.table(top["location"], LOCATION, ("line",))
        for mapping in self.mappings.values():
            for key in ("filename", "build_id"):
                mapping[key] = self.string(mapping[key])
        for function in self.functions.values():
            for key in ("name", "system_name", "filename"):
                function[key] = self.string(function[key])
        for location in self.locations.values():
            location["line"] = [message(line, LINE)
                                for line in location["line"]]
        self.samples = [self.sample(s) for s in top["sample"]]

    def string(self, number):
        if number >= len(self.strings):
            raise Bad("string %d of %d" % (number, len(self.strings)))
        self.used_strings.add(number)
        return self.strings[number]

    def value_type(self, data):
        value_type = message(data, VALUE_TYPE)
        return self.string(value_type["type"]), self.string(value_type["unit"])

    def table(self, items, names, repeated=()):
        result = {}
        for item in items:
            entry = message(item, names, repeated)
            if entry["id"] == 0 or entry["id"] in result:
                raise Bad("id %d is 0 or not unique" % entry["id"])
            result[entry["id"]] = entry
        return result

    def sample(self, data):
        raw = message(data, SAMPLE, ("location_id", "value", "label"))
        labels = []
        for item in raw["label"]:
            label = message(item, LABEL)
            labels.append((self.string(label["key"]),
                           self.string(label["str"]), signed(label["num"]),
                           self.string(label["num_unit"])))
        return {
            "location": [n for v in raw["location_id"] for n in numbers(v)],
            "value": [signed(n) for v in raw["value"] for n in numbers(v)],
            "label": labels,
        }


def unique(what, items):
    seen = set()
    for item in items:
        if item in seen:
            raise Bad("%s twice: %s" % (what, item))
        seen.add(item)


def check_types(profile):
    if not profile.types:
        raise Bad("no sample type")
    unique("sample type", [t for t, _ in profile.types])
    if profile.default_type not in [t for t, _ in profile.types]:
        raise Bad("default sample type %r is none" % profile.default_type)
    if profile.period_type not in profile.types:
        raise Bad("period type %r is no sample type" % (profile.period_type,))


def check_samples(profile):
    for sample in profile.samples:
        if len(sample["value"]) != len(profile.types):
            raise Bad("%d values for %d types" % (len(sample["value"]),
                                                  len(profile.types)))
        for number in sample["location"]:
            if number not in profile.locations:
                raise Bad("no location %d" % number)
        unique("label key", [label[0] for label in sample["label"]])
        for key, text, number, unit in sample["label"]:
            if not key or (text and (number or unit)):
                raise Bad("label %r" % ((key, text, number, unit),))
            if not text and not unit:
                raise Bad("label %s is a number without a unit" % key)
    unique("sample", [(tuple(s["location"]), tuple(s["label"]))
                      for s in profile.samples])


def check_locations(profile):
    for location in profile.locations.values():
        mapping = profile.mappings.get(location["mapping_id"])
        if location["mapping_id"] and not mapping:
            raise Bad("no mapping %d" % location["mapping_id"])
        if mapping and not (mapping["memory_start"] <= location["address"]
                            <= mapping["memory_limit"]):
            raise Bad("address 0x%x outside of %s [0x%x, 0x%x)" % (
                location["address"], mapping["filename"],
                mapping["memory_start"], mapping["memory_limit"]))
        if not location["line"]:
            raise Bad("location %d has no line" % location["id"])
        for line in location["line"]:
            function = profile.functions.get(line["function_id"])
            if not function or not function["name"]:
                raise Bad("location %d: no function" % location["id"])
    # Input with names of its own may have several at one address.
    unique("location", [(loc["mapping_id"], loc["address"], repr(loc["line"]))
                        for loc in profile.locations.values()])


def is_raw(function):
    name = function["name"]
    return name.startswith("0x") or "+0x" in name


def check_mappings(profile):
    has = {number: set() for number in profile.mappings}
    for location in profile.locations.values():
        if not location["mapping_id"]:
            continue
        flags = has[location["mapping_id"]]
        if len(location["line"]) > 1:
            flags.add("has_inline_frames")
        for line in location["line"]:
            function = profile.functions[line["function_id"]]
            if not is_raw(function):
                flags.add("has_functions")
            if function["filename"]:
                flags.add("has_filenames")
            if line["line"]:
                flags.add("has_line_numbers")
    for number, mapping in profile.mappings.items():
        for flag in ("has_functions", "has_filenames", "has_line_numbers",
                     "has_inline_frames"):
            if bool(mapping[flag]) != (flag in has[number]):
                raise Bad("mapping %s: %s is %d" % (mapping["filename"], flag,
                                                    mapping[flag]))
        if mapping["memory_start"] >= mapping["memory_limit"]:
            raise Bad("mapping %s is empty" % mapping["filename"])
        if mapping["build_id"].strip("0123456789abcdef"):
            raise Bad("build id %r" % mapping["build_id"])
    unique("mapping", [(m["memory_start"], m["memory_limit"],
                        m["file_offset"], m["filename"], m["build_id"])
                       for m in profile.mappings.values()])


def check_use(profile):
    locations = {n for s in profile.samples for n in s["location"]}
    if locations != set(profile.locations):
        raise Bad("locations that no sample uses")
    functions = {line["function_id"] for loc in profile.locations.values()
                 for line in loc["line"]}
    if functions != set(profile.functions):
        raise Bad("functions that no location uses")
    mappings = {loc["mapping_id"] for loc in profile.locations.values()}
    if mappings - {0} != set(profile.mappings):
        raise Bad("mappings that no location uses")
    if len(profile.used_strings) != len(profile.strings):
        raise Bad("strings that nothing uses: %s" % [
            s for n, s in enumerate(profile.strings)
            if n not in profile.used_strings])


def check(profile):
    if not profile.strings or profile.strings[0]:
        raise Bad("string 0 is not empty")
    unique("string", profile.strings)
    unique("function", [(f["name"], f["system_name"], f["filename"],
                         f["start_line"]) for f in profile.functions.values()])
    check_types(profile)
    check_samples(profile)
    check_locations(profile)
    check_mappings(profile)
    check_use(profile)


def frame_text(profile, line):
    function = profile.functions[line["function_id"]]
    text = function["name"]
    if function["filename"]:
        text += "(%s:%d)" % (function["filename"], line["line"])
    return text


def location_names(profile, number):
    """The frames of a location, innermost first."""
    return [profile.functions[line["function_id"]]["name"]
            for line in profile.locations[number]["line"]]


def label_text(label):
    key, text, number, _ = label
    return "%s=%s" % (key, text if text else number)


def dump(profile):
    print("types: %s; default %s; period %d %s" % (
        " ".join("%s/%s" % t for t in profile.types), profile.default_type,
        profile.period, "/".join(profile.period_type)))
    for mapping in profile.mappings.values():
        print("mapping: %s [0x%x, 0x%x) 0x%x %s" % (
            mapping["filename"], mapping["memory_start"],
            mapping["memory_limit"], mapping["file_offset"],
            mapping["build_id"] or "-"))
    for comment in profile.comments:
        print("comment: %s" % comment)
    for text in sorted(
            "sample: %s [%s] %s" % (
                " ".join(map(str, sample["value"])),
                " ".join(map(label_text, sample["label"])),
                " < ".join(frame_text(profile, line)
                           for number in sample["location"]
                           for line in profile.locations[number]["line"]))
            for sample in profile.samples):
        print(text)


def folded(profile):
    counts = {}
    for sample in profile.samples:
        names = [name for number in sample["location"]
                 for name in location_names(profile, number)]
        stack = ";".join(reversed(names))
        counts[stack] = counts.get(stack, 0) + sample["value"][0]
    for stack, count in sorted(counts.items()):
        print(stack, count)


def top(profile, count=15):
    flat, total = {}, 0
    value = [t for t, _ in profile.types].index(profile.default_type)
    for sample in profile.samples:
        total += sample["value"][value]
        for number in sample["location"][:1]:
            name = location_names(profile, number)[0]
            flat[name] = flat.get(name, 0) + sample["value"][value]
    for name, weight in sorted(flat.items(),
                               key=lambda item: (-item[1], item[0]))[:count]:
        print("%6.2f%%  %s" % (100.0 * weight / total, name))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dump", action="store_true")
    parser.add_argument("--top", action="store_true")
    parser.add_argument("--folded", action="store_true")
    parser.add_argument("file")
    arguments = parser.parse_args()
    try:
        profile = Profile(arguments.file)
        check(profile)
    except (Bad, OSError, EOFError, UnicodeDecodeError) as error:
        sys.exit("%s: %s" % (arguments.file, error))
    if arguments.dump:
        dump(profile)
    if arguments.folded:
        folded(profile)
    if arguments.top:
        top(profile)


if __name__ == "__main__":
    main()

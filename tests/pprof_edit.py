#!/usr/bin/env python3
"""Changes a pprof profile as other producers would have written it.

    pprof_edit.py [--strip] [--move] [--plain] IN OUT

--strip takes functions and lines away: what a collector writes that does not
symbolize. --move puts each mapping elsewhere, as address space randomisation
does. --plain leaves the result uncompressed. --cut N keeps its first N bytes.
"""
import argparse
import gzip
import sys

import pprof_check


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode(fields):
    out = bytearray()
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return bytes(out)


def get(fields, number, default=0):
    for key, value in fields:
        if key == number:
            return value
    return default


def put(fields, number, wanted):
    return [(k, v) for k, v in fields if k != number] + [(number, wanted)]


def move(profile):
    """Mappings of files at other addresses, and their locations with them."""
    distances, strings = {}, [v for k, v in profile if k == 6]
    result = []
    for number, value in profile:
        if number == 3:
            fields = list(pprof_check.fields(value))
            name = strings[get(fields, 5)]
            ident = get(fields, 1)
            distances[ident] = 0
            if name.startswith(b"/"):
                distances[ident] = (ident * 0x7654321) << 12 & 0x7fffffff000
            for key in (2, 3):
                fields = put(fields, key, get(fields, key) + distances[ident])
            value = encode(sorted(fields))
        result.append((number, value))
    for i, (number, value) in enumerate(result):
        if number == 4:
            fields = list(pprof_check.fields(value))
            address = get(fields, 3) + distances.get(get(fields, 2), 0)
            fields = put(fields, 3, address)
            result[i] = (4, encode(sorted(fields, key=lambda f: f[0])))
    return result


def strip(profile):
    result = []
    for number, value in profile:
        if number == 5:
            continue
        if number == 4:
            value = encode([f for f in pprof_check.fields(value) if f[0] != 4])
        if number == 3:
            value = encode([f for f in pprof_check.fields(value) if f[0] < 7])
        result.append((number, value))
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--strip", action="store_true")
    parser.add_argument("--move", action="store_true")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--cut", type=int)
    parser.add_argument("input")
    parser.add_argument("output")
    options = parser.parse_args()
    data = open(options.input, "rb").read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    profile = list(pprof_check.fields(data))
    if options.strip:
        profile = strip(profile)
    if options.move:
        profile = move(profile)
    data = encode(profile)
    if not options.plain:
        data = gzip.compress(data, mtime=0)
    if options.cut is not None:
        data = data[:options.cut]
    with open(options.output, "wb") as out:
        out.write(data)


if __name__ == "__main__":
    sys.exit(main())

#!/bin/sh
# make bench: captures two workloads, and times symconv and its peers on them.
#
# Environment: BENCH_DIR where the captures are kept (bench-data), BENCH_SECONDS
# how long the large one takes (45), BENCH_RUNS how often each command runs (5),
# BENCH_ELF a file with debug information that symbolizers are timed on (none).
set -eu
srcdir=$(cd "${srcdir:-.}" && pwd)
data=${BENCH_DIR:-bench-data}
seconds=${BENCH_SECONDS:-45}
mkdir -p "$data"

if ! command -v perf >/dev/null; then
	echo "perf is not installed: no capture, nothing to measure" >&2
	exit 0
fi
g++ -O2 -g -fno-omit-frame-pointer "$srcdir/bench/busy.cc" -o "$data/busy"

# Two busy programs and the whole system: some 185 MB for 45 seconds.
if [ ! -e "$data/large.data" ]; then
	echo "Recording for $seconds seconds" >&2
	"$data/busy" $((seconds + 1)) 1 >/dev/null &
	"$data/busy" $((seconds + 1)) 2 >/dev/null &
	perf record -q -F 20000 -g -m 4096 -a -o "$data/large.part" -- sleep "$seconds"
	wait
	mv "$data/large.part" "$data/large.data"
fi
# One program, about 5,000 samples.
if [ ! -e "$data/small.data" ]; then
	perf record -q -F 5000 -g -o "$data/small.part" -- "$data/busy" 1 >/dev/null
	mv "$data/small.part" "$data/small.data"
fi
# One without frame pointers, about 8,000 samples with 16 KiB of the stack each.
if [ ! -e "$data/stacks.data" ]; then
	g++ -O2 -g -fomit-frame-pointer "$srcdir/bench/busy.cc" -o "$data/busy-omit"
	perf record -q -F 4000 --call-graph dwarf,16384 -o "$data/stacks.part" -- \
		"$data/busy-omit" 2 >/dev/null
	mv "$data/stacks.part" "$data/stacks.data"
fi
"${PYTHON:-python3}" "$srcdir/bench/bench.py" "$SYMCONV" "$data" "${BENCH_RUNS:-5}" ${BENCH_ELF:+"$BENCH_ELF"}
exec "${PYTHON:-python3}" "$srcdir/bench/cache.py" "$SYMCONV" "$data/stacks.data" "$data"

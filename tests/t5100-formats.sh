#!/bin/sh
# Outputs that are no pprof profile.
. "${srcdir:-.}/tests/lib.sh"

shipped() {
	mkdir -p /tmp/symconv-demo && cp "$tests/data/demo" /tmp/symconv-demo/demo &&
		"$SYMCONV" "$tests/data/good-demo.data" -q --no-cache -o demo.folded &&
		head -n 3 demo.folded && grep -q '^demo;.*;main;branch;leaf [0-9]*$' demo.folded
}
run "folded stacks by the output's name" shipped
total() {
	convert "$tests/data/good-demo.data" demo.pb.gz -q --no-cache &&
		want=$(dump demo.pb.gz | sed -n 's/^sample: \([0-9]*\) .*/\1/p' | awk '{ n += $1 } END { print n }') &&
		got=$(awk '{ n += $NF } END { print n }' demo.folded) && echo "$got, want $want" &&
		test "$got" = "$want"
}
run "with all samples" total
run "each line once, in order" eval 'sed "s/ [0-9]*$//" demo.folded | LC_ALL=C sort -uc'
to_output() {
	"$SYMCONV" "$tests/data/good-demo.data" -q --no-cache --format folded -o - |
		cmp - demo.folded
}
run "on standard output" to_output
raw() {
	capture basic && "$SYMCONV" basic.data -q --no-cache --format=folded &&
		grep ';0x[0-9a-f]* [0-9]*$' basic.data.folded
}
run "frames without a name are hexadecimal" raw
run "a format that is none" fails_with 2 'wanted: pprof, folded' \
	"$SYMCONV" basic.data --format svg

CXX=${CXX:-g++}
if can_record && "$CXX" -O2 -g -static -fno-omit-frame-pointer "$tests/program.cc" -o program; then
	as_perf() {
		perf record -o cap.data -F 2000 -g -- ./program 0.5 >perf.log 2>&1 &&
			"$SYMCONV" cap.data -q --no-inline -o cap.folded &&
			"$PYTHON" - "$tests" <<-'PYTHON'
				import collections, re, sys
				sys.path.insert(0, sys.argv[1])
				import compare_perf
				theirs = collections.Counter()
				for (comm, _), stack in compare_perf.perf_samples("cap.data"):
				    names = [re.sub(r"\((?!anonymous namespace\)).*", "", name)
				             for name in reversed(stack)]
				    theirs[";".join([comm.replace(" ", "_")] + names)] += 1
				# A frame that one of the two cannot name is as the other's.
				ours = collections.Counter()
				for line in open("cap.folded"):
				    stack, count = line.rsplit(" ", 1)
				    ours[re.sub(r";0x[0-9a-f]+(?=;|$)", ";?", stack)] += int(count)
				equal, total = 0, sum(theirs.values())
				for line, n in theirs.items():
				    for other in list(ours):
				        if compare_perf.is_alike(other.split(";"), line.split(";"), False):
				            used = min(n, ours[other])
				            ours[other] -= used
				            n -= used
				            equal += used
				print("%d of %d samples are in the same lines" % (equal, total))
				sys.exit(equal < 0.98 * total or total < 100)
			PYTHON
	}
	run "the lines that stackcollapse-perf makes of perf script" as_perf
else
	skip "the lines that stackcollapse-perf makes of perf script" \
		"perf cannot record here, or no program could be compiled"
fi
finish

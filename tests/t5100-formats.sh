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
		want=$(dump demo.pb.gz | awk '/^sample:/ { n += $'"$1"' } END { printf "%d\n", n }') &&
		got=$(awk '{ n += $NF } END { printf "%d\n", n }' "$2") && echo "$got, want $want" &&
		test "$got" = "$want"
}
run "with all that samples weigh" total 3 demo.folded
counts() {
	"$SYMCONV" "$tests/data/good-demo.data" -q --no-cache --type samples -o counts.folded &&
		total 2 counts.folded
}
run "or with all samples" counts
again() {
	"$SYMCONV" demo.folded -q --no-cache -o again.folded && cmp demo.folded again.folded
}
run "which are the same when they are read" again
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
top() {
	"$SYMCONV" top "$tests/data/good-demo.data" -q --no-cache "$@" >top.txt && cat top.txt
}
heaviest() {
	top -n 1 && test "$(wc -l <top.txt)" = 3 && sed -n 3p top.txt | grep -q '%  leaf$'
}
run "top: the heaviest function" heaviest
called() {
	# Each line weighs less than the one above, and main more than it does itself.
	top --cum -n 9 && sed '1,2d' top.txt | sort -c -r -g -k 6,6 &&
		sed -n '/ main$/p' top.txt | awk '{ exit !($6 + 0 > $3 + 50) }'
}
run "top: with what they call" called
all() {
	top -n 0 && flat=$(sed '1,2d' top.txt | awk '{ n += $3 } END { print int(n + 0.5) }') &&
		echo "$flat%" && test "$flat" -ge 99 && test "$flat" -le 101
}
run "top: all of them are all there is" all
run "top: no number" fails_with 2 'wanted: a number' "$SYMCONV" top basic.data -n x
run "a format that is none" fails_with 2 'wanted: pprof, folded, top' \
	"$SYMCONV" basic.data --format jpeg

ln -s "$SYMCONV" perf_to_profile
as_pprof_calls_it() {
	rm -f called.pb.gz
	./perf_to_profile -i "$tests/data/good-demo.data" -o called.pb.gz -f -j &&
		"$PYTHON" "$tests/pprof_check.py" called.pb.gz && dump called.pb.gz | head -n 1 &&
		dump called.pb.gz | grep -q '^types: cpu-clock_sample/count cpu-clock_event/count;' &&
		dump called.pb.gz | grep -q 'leaf(.* < branch(.* < main('
}
run "under the name perf_to_profile" as_pprof_calls_it
run "which replaces nothing unasked" fails_with 1 'is there already' \
	./perf_to_profile -i "$tests/data/good-demo.data" -o called.pb.gz
run "and says how it is called" fails_with 2 'Usage: perf_to_profile' ./perf_to_profile -i x
if have go; then
	by_pprof() {
		PATH=$PWD:$PATH PPROF_TMPDIR=$PWD go tool pprof -top "$tests/data/good-demo.data" |
			grep ' leaf$'
	}
	run "go tool pprof reads perf.data by it" by_pprof
else
	skip "go tool pprof reads perf.data by it" "go is not installed"
fi

CXX=${CXX:-g++}
if can_record && "$CXX" -O2 -g -static -fno-omit-frame-pointer "$tests/program.cc" -o program; then
	as_perf() {
		perf record -o cap.data -F 2000 -g -- ./program 0.5 >perf.log 2>&1 &&
			"$SYMCONV" cap.data -q --no-inline --type samples -o cap.folded &&
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

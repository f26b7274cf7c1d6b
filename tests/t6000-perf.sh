#!/bin/sh
# Captures made now, by the perf that is here, with perf script as the judge.
. "${srcdir:-.}/tests/lib.sh"

if ! can_record; then
	skip "captures made by perf" "perf cannot record here"
	finish
fi
CXX=${CXX:-g++}
# All in one file, so that perf and symconv have the same symbols.
"$CXX" -O2 -g -static -fno-omit-frame-pointer "$tests/program.cc" -o program || {
	skip "captures made by perf" "no program could be compiled"
	finish
}

# recorded LEAST OPTION...: records with the options, converts, compares;
# what else runs on the machine is only counted.
recorded() {
	least=$1
	shift
	rm -rf cap.data
	perf record -o cap.data -F 2000 "$@" -- ./program 0.4 >perf.log 2>&1 ||
		{ cat perf.log; return 1; }
	convert cap.data cap.pb.gz -q &&
		"$PYTHON" "$tests/compare_perf.py" cap.data cap.pb.gz --least "$least" \
			--comm program
}
run "perf record -g" recorded 98 -g
run "perf record without callchains" recorded 98
run "perf record -z" recorded 98 -g -z
run "perf record --buildid-mmap" recorded 98 -g --buildid-mmap
run "perf record, two events" recorded 98 -g -e cpu-clock,page-faults
run "perf record -a" recorded 98 -g -a
has_option() {
	perf record "$@" -o can.data -- true >/dev/null 2>&1
}
if has_option --threads=cpu; then
	run "perf record --threads" recorded 98 -g --threads=cpu
else
	skip "perf record --threads" "this perf cannot"
fi
dwarf() {
	perf record -o dwarf.data -F 500 --call-graph dwarf,4096 -- ./program 0.3 \
		>perf.log 2>&1 && convert dwarf.data dwarf.pb.gz -q &&
		dump dwarf.pb.gz | grep -q fibonacci
}
run "perf record --call-graph dwarf, as far as the callchain goes" dwarf
pipe() {
	perf record -g -F 2000 -o - -- ./program 0.3 2>perf.log >pipe.data &&
		convert pipe.data pipe.pb.gz -q && dump pipe.pb.gz | grep -q fibonacci &&
		"$SYMCONV" - -q -o stdin.pb.gz <pipe.data && cmp pipe.pb.gz stdin.pb.gz
}
run "perf record -o -" pipe
inline_frames() {
	recorded 98 -g && dump cap.pb.gz |
		grep -q 'square(.*program.cc:1[0-9]*) < shapes::sum<shapes::point>('
}
run "inline frames with their lines" inline_frames
killed() {
	perf record -g -F 2000 -m 4 -o killed.data -- ./program 5 >perf.log 2>&1 &
	sleep 2
	pkill -KILL -f 'perf record -g -F 2000 -m 4 -o killed.data'
	wait
	pkill -KILL -x program
	says 'never finished' convert killed.data killed.pb.gz
}
run "a recorder that was killed" killed
if have go; then
	run "go tool pprof names the functions" says 'fibonacci' \
		go tool pprof -top cap.pb.gz
else
	skip "go tool pprof" "go is not installed"
fi
finish

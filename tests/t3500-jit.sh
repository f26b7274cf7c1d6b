#!/bin/sh
# Code that was generated at run time.
. "${srcdir:-.}/tests/lib.sh"

# frames FOLDER: the leaf of each sample, in the order of addresses.
frames() {
	dump "$1" | sed -n 's/^sample: [0-9 ]*\[[^]]*\] //p' | sed 's/ <.*//' | sort
}
made() {
	rm -rf made && mkdir made && "$PYTHON" "$tests/jitdump.py" made "$@" &&
		convert made/c.data made.pb.gz -q --no-cache --perf-map-dir made &&
		frames made.pb.gz >frames.txt
}
cat >expected.txt <<'END'
0x7f0000000240
0x7f0000000300
0x7f0000000500
LazyCompile:*later in.js:3:7
LazyCompile:*later in.js:3:7
cold
cold
first of map
first of map
first of map
hot(hot.js:10)
hot(hot.js:10)
hot(hot.js:11)
hot(hot.js:11)
replaced
replaced
END
as_expected() { made "$@" && diff -u expected.txt frames.txt; }
run "a dump and a map: the later of two names wins" as_expected
run "a dump of another byte order" as_expected --big-endian
run "names without a map: raw, in a mapping that can be read" \
	eval 'rm made/jit-7.dump made/perf-7.map; convert made/c.data none.pb.gz -q --no-cache --perf-map-dir made && dump none.pb.gz | grep -q "\[anon\] of process 7" && frames none.pb.gz | grep -q "^0x7f0000000100"'
run "the reason" says 'generated code without a map' \
	convert made/c.data none.pb.gz --no-cache --perf-map-dir made
fifo() {
	mkfifo made/perf-7.map && timeout 5 "$SYMCONV" made/c.data -o none.pb.gz -q \
		--no-cache --perf-map-dir made
}
run "a FIFO for a map" fifo

# Stacks through code without frame pointers.
cat >unwound.txt <<'END'
node;first;outer;inner 2000
node;first;wide 1000
node;moved over 1000
node;odd 1000
node;old 1000
node;unknown now 1000
END
cat >cut.txt <<'END'
node;inner 2000
node;moved over 1000
node;odd 1000
node;old 1000
node;unknown now 1000
node;wide 1000
END
stacks() {
	stacks_want=$1
	shift
	rm -rf made && mkdir made && "$PYTHON" "$tests/jitdump.py" made "$@" &&
		"$SYMCONV" made/stacks.data -o made.folded -q --no-cache --perf-map-dir made &&
		diff -u "$stacks_want" made.folded
}
run "stacks go on through generated code by its jitdump's unwinding records" \
	stacks unwound.txt
run "stacks go on by a jitdump of another byte order" stacks unwound.txt --big-endian
run "stacks end in generated code without unwinding records" \
	stacks cut.txt --no-unwinding
cut_dump() {
	made --no-unwinding && head -c 300 made/jit-8.dump >cut.dump &&
		mv cut.dump made/jit-8.dump &&
		"$SYMCONV" made/stacks.data -o made.folded -q --no-cache --perf-map-dir made &&
		echo text >made/jit-8.dump &&
		"$SYMCONV" made/stacks.data -o made.folded -q --no-cache --perf-map-dir made
}
run "stacks of a jitdump that is cut off or none" cut_dump

# perf inject --jit puts a file's mode where the protection belongs.
injected() {
	PYTHONPATH=$tests "$PYTHON" - <<'END_OF_PYTHON' &&
import perfgen as g
c = g.Capture([g.Event(name="cycles", type=0)])
c.mmap2(7, 0x7f0000000000, 0x1000, 0x80, "/x/jitted-7-1.so", prot=0o100644)
c.sample(0x7f0000000010, 7, time=10, chain=[])
with open("injected.data", "wb") as file:
    file.write(c.file())
END_OF_PYTHON
		convert injected.data injected.pb.gz -q --no-cache &&
		dump injected.pb.gz | grep "/x/jitted-7-1.so"
}
run "a mapping that perf inject made has its path" injected

# Files that others left: the dump of a capture without --perf-map-dir.
shared() {
	rm -rf made && mkdir made && "$PYTHON" "$tests/jitdump.py" made
}
run "a jitdump of one's own is used where the capture has it" \
	eval 'shared && convert made/c.data dump.pb.gz -q --no-cache && frames dump.pb.gz | grep -q "^hot(hot.js:10)"'
linked() {
	shared && mv made/jit-7.dump made/other && ln -s other made/jit-7.dump &&
		chmod "$1" made && convert made/c.data dump.pb.gz --no-cache &&
		frames dump.pb.gz >frames.txt
}
link_is_followed() {
	linked 755 && grep -q "^hot(hot.js:10)" frames.txt
}
run "a link to a jitdump in a directory of one's own is followed" link_is_followed
link_is_refused() {
	linked 1777 >said.txt 2>&1
	cat said.txt
	! grep -q "^hot" frames.txt &&
		grep -q "made/jit-7.dump: not used, as it is a link where everybody may write" said.txt
}
run "a link to a jitdump where everybody may write is not followed, and said" link_is_refused
foreign() {
	shared && chown 65534 made/jit-7.dump &&
		convert made/c.data dump.pb.gz --no-cache >said.txt 2>&1
	cat said.txt
	! dump dump.pb.gz | grep -q "hot.js" &&
		grep -q "names of generated code are another user's" said.txt &&
		grep -q "made/jit-7.dump: not used, as it belongs to uid 65534 .*--perf-map-dir $scratch/made takes it" said.txt
}
foreign_named() {
	convert made/c.data dump.pb.gz -q --no-cache --perf-map-dir "$scratch/made" &&
		frames dump.pb.gz | grep -q "^hot(hot.js:10)"
}
foreign_map() {
	convert made/c.data dump.pb.gz -q --no-cache --perf-map-dir made &&
		frames dump.pb.gz | grep -q "first of map"
}
if [ "$(id -u)" = 0 ] && touch owned && chown 65534 owned 2>/dev/null; then
	run "a jitdump of another user is not used, and said with the option that takes it" foreign
	run "--perf-map-dir takes a jitdump of another user" foreign_named
	chown 65534 made/perf-7.map
	run "--perf-map-dir takes a map of another user" foreign_map
else
	skip "a jitdump of another user is not used, and said with the option that takes it" "needs root"
	skip "--perf-map-dir takes a jitdump of another user" "needs root"
	skip "--perf-map-dir takes a map of another user" "needs root"
fi

if [ "$(uname -m)" != x86_64 ]; then
	skip "stacks through code that a live program generated" "needs x86-64"
elif ! can_record; then
	skip "stacks through code that a live program generated" "perf cannot record here"
elif ! "${CC:-gcc}" -O2 -g -fomit-frame-pointer "$tests/generated_code.c" \
	-o generated 2>cc.log; then
	skip "stacks through code that a live program generated" "no compiler"
else
	live() {
		perf record -q -F 500 -e cpu-clock -k mono --call-graph dwarf \
			-o live.data ./generated >perf.log 2>&1
		"$SYMCONV" live.data -o live.folded -q --no-cache && cat live.folded &&
			grep -q ';main;call_generated;generated ' live.folded &&
			! grep -q '^generated;generated ' live.folded
	}
	run "stacks through code that a live program generated" live
fi

if ! have node || ! can_record; then
	skip "Node.js" "node is not installed, or perf cannot record here"
	finish
fi
cat >busy.js <<'END'
function hotFunction(n) {
	let sum = 0;
	for (let i = 0; i < n; i++)
		sum += Math.sqrt(i) * (i % 7);
	return sum;
}
const end = Date.now() + 800;
let total = 0;
while (Date.now() < end)
	total += hotFunction(10000);
console.log(total > 0);
END
node_map() {
	perf record -q -F 2000 -g -o map.data -- node --perf-basic-prof busy.js >perf.log 2>&1
	convert map.data map.pb.gz --no-cache && dump map.pb.gz | grep -c hotFunction
	got=$?
	pid=$(perf script -i map.data -F pid | sort | uniq -c | sort -n | sed -n '$s/.* //p')
	rm -f "/tmp/perf-$pid.map"
	return "$got"
}
run "Node.js with --perf-basic-prof" node_map
node_dump() {
	perf record -q -F 2000 -g -k mono -o dump.data -- node --perf-prof busy.js >perf.log 2>&1
	convert dump.data dump.pb.gz --no-cache &&
		dump dump.pb.gz | grep -c 'hotFunction.*busy.js:[0-9]'
}
run "with --perf-prof" node_dump
node_injected() {
	perf inject --jit -i dump.data -o injected.data >perf.log 2>&1 || cat perf.log
	convert injected.data injected.pb.gz --no-cache &&
		dump injected.pb.gz | grep -c 'hotFunction.*busy.js:[0-9]'
}
run "and after perf inject --jit" node_injected
finish

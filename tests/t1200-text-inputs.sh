#!/bin/sh
# Texts: what perf script prints, folded stacks.
. "${srcdir:-.}/tests/lib.sh"

# folds TEXT [OPTION...]: the folded stacks of a text are those in want.
folds() {
	folds_in=$1
	shift
	"$SYMCONV" "$folds_in" -q --no-cache -o got.folded "$@" && diff -u want got.folded
}

# is_of_types TEXT TYPES
is_of_types() {
	convert "$1" types.pb.gz -q --no-cache && dump types.pb.gz | sed -n '/^types:/p' >types &&
		cat types && grep -q "^types: $2;" types
}

# ---- perf script ----

cat >usual.txt <<'TEXT'
# ========
# hostname : tester
# os release : 6.1.0
# perf version : 6.1.192
# arch : x86_64
# cmdline : /usr/bin/perf record -g -- app 
# event : name = cycles:u, , id = { 1 }, type = 0
# event : name = faults, , id = { 2 }, type = 1
# ========
#
my app/[x] 1.2 4001/4002  [003]  100.000001:       1000 cycles:u: 
	ffffffff816df5b6 __d_lookup_rcu+0x56 ([kernel.kallsyms])
	ffffffff816caece lookup_fast+0x2e ([kernel.kallsyms])
	            1136 (anonymous namespace)::leaf(int)+0x6 (/opt/my app)
	            1200 main+0x10 (/opt/my app)
	               0 [unknown] ([unknown])

swapper     0/0     [000]  100.000002:       2000 cycles:u: 
	ffffffffc0123456 run+0x1 ([mod])

app  4001/4001  [003]  100.500000:          1 faults: 
	    7f551e07a758 [unknown] ([unknown])

TEXT
cat >want <<'TEXT'
my_app/[x]_1.2;[unmapped];main;(anonymous namespace)::leaf;lookup_fast;__d_lookup_rcu 1000
swapper;run 2000
TEXT
run "perf script: the usual fields" folds usual.txt
sed -i 's/ [12]000$/ 1/' want
run "--type samples counts them" folds usual.txt --type samples
run "each event's types" is_of_types usual.txt \
	'cycles_samples/count cycles/count faults_samples/count faults/count'
cat >want <<'TEXT'
app;[unmapped] 1
TEXT
run "another event" folds usual.txt --event faults
run "what is left out is not looked at" says '1 unique stacks, 1 locations in 0 modules' \
	"$SYMCONV" usual.txt --event faults --no-cache -o none.folded
run "by CPU and time" folds usual.txt --cpu 3 --time 100.4,
comments() {
	dump types.pb.gz | grep '^comment' >comments
	cat comments
	grep -q 'host:tester' comments && grep -q 'kernel:6.1.0 x86_64' comments &&
		grep -q 'perf-version:6.1.192' comments &&
		grep -q 'perf-command:/usr/bin/perf record -g -- app' comments
}
run "what --header tells is in the comments" comments
labels() {
	convert usual.txt labels.pb.gz -q --no-cache --label tid && dump labels.pb.gz >labels &&
		cat labels && grep -q 'pid=4001.*' labels && grep -q 'tid=4002' labels
}
run "pid and tid are labels" labels

cat >fields.txt <<'TEXT'
app 
	            1136 leaf
	            1200 main

other app 
	            1136 leaf
	            1200 main

TEXT
cat >want <<'TEXT'
app;main;leaf 1
other_app;main;leaf 1
TEXT
run "-F comm,ip,sym" folds fields.txt
run "without periods samples are counted" is_of_types fields.txt 'samples/count'
run "a filter by what is not there" fails_with 1 'fields.txt: it tells no processes of its samples' \
	"$SYMCONV" fields.txt --pid 1 -o none.pb.gz
run "nor told apart by it" fails_with 1 'fields.txt: it tells no CPUs of its samples' \
	"$SYMCONV" fields.txt --label cpu -o none.pb.gz
run "but threads of another format have its names" says '2 samples' \
	"$SYMCONV" fields.txt --no-cache -o threads.gecko.json

printf '\n\t            1136\n\t            1200\n\n\n\t            1136\n\n' >fields.txt
cat >want <<'TEXT'
:0;0x1136 1
:0;0x11ff;0x1136 1
TEXT
run "-F ip" folds fields.txt

cat >fields.txt <<'TEXT'
            comm     7f551e24d477 init_cpu_features.constprop.0+0xde7 (/usr/lib/ld.so)
            cafe ffffffff816df5b6 __d_lookup_rcu
TEXT
cat >want <<'TEXT'
cafe;__d_lookup_rcu 1
comm;init_cpu_features.constprop.0 1
TEXT
run "-G -F comm,ip,sym,dso" folds fields.txt

cat >fields.txt <<'TEXT'
            perf  3042 [001]   100.000001:          1 sched:sched_switch: prev_comm=perf prev_pid=3042 ==> next_pid=1  ffffffff816df5b6 __schedule+0x10 ([kernel.kallsyms])
         my perf  3043 [001]   100.000001:     200000 cpu-clock:pppH:      7f551e24d477 a b+0x1 (/usr/lib/ld.so (deleted))
  dl.c:12
TEXT
cat >want <<'TEXT'
perf;__schedule 1
TEXT
run "one-line samples, of tracepoints" folds fields.txt --event sched:sched_switch
source_line() {
	convert fields.txt types.pb.gz -q --no-cache && dump types.pb.gz | grep 'a b.*dl.c:12'
}
run "with a source line" source_line

cat >fields.txt <<'TEXT'
app  7 100.000001: cycles: 
	            1136 inner (inlined)
	            1136 middle (inlined)
	            1136 outer+0x6 (/opt/app)
  file.c:3
	    7f0000001200 main+0x10 (/opt/app+0x1200)

app  7 100.000002: sched:sched_switch: prev_comm=x prev_pid=1
	    7f0000001200 main+0x10 (/opt/app+0x1200)

TEXT
cat >want <<'TEXT'
app;main;outer;middle;inner 1
TEXT
run "inlined functions, and offsets" folds fields.txt --event cycles
inlined() {
	convert fields.txt types.pb.gz -q --no-cache && dump types.pb.gz | tee inlined &&
		grep -q 'inner.*middle.*outer' inlined && grep -q '/opt/app \[0x1000, 0x2000)' inlined
}
run "are one location" inlined
cat >fields.txt <<'TEXT'
app  7 100.000001: cycles: 
	            1136 inner
  file.h:1 (inlined)
	            1136 outer+0x6 (/opt/app)
  file.c:3
	    7f0000001200 main+0x10 (/opt/app)
  file.c:9

TEXT
echo 'app;main;outer;inner 1' >want
run "inlined functions, told behind their lines" folds fields.txt
lines() {
	convert fields.txt types.pb.gz -q --no-cache && dump types.pb.gz | tee lines &&
		grep -q 'inner(file.h:1).*outer(file.c:3).*main(file.c:9)' lines
}
run "with their lines" lines

cat >fields.txt <<'TEXT'
swapper     0     0.000000: PERF_RECORD_MMAP -1/0: [0xffffffff81000000(0x12090c8) @ 0xffffffff81000000]: x [kernel.kallsyms]_text
sh  9235 35942.907453: PERF_RECORD_COMM exec: my: sh:9235/9235
sh  9235 35942.907478: PERF_RECORD_MMAP2 9235/9235: [0x559eed9bb000(0x13000) @ 0x4000 <0123456789abcdef0123456789abcdef01234567>]: r-xp /nowhere/my sh
sh  9235 35942.907480: PERF_RECORD_FORK(9240:9240):(9235:9235)
sh  9235 35942.907480: PERF_RECORD_FORK(9240:9241):(9240:9240)
sh  9235 35942.907490: PERF_RECORD_EXIT(9235:9235):(9228:9228)
sh  9241 35942.907500:     200000 cpu-clock: 
	    559eed9bc000 leaf+0x3 (/nowhere/my sh)
	    559eed9bc021 main+0x3 (/nowhere/my sh)

TEXT
mapped() {
	sed 's/leaf+0x3\|main+0x3/[unknown]/' fields.txt >unnamed.txt &&
		convert unnamed.txt types.pb.gz -q --no-cache &&
		dump types.pb.gz | grep -v '^comment' | diff -u want -
}
cat >want <<'TEXT'
types: samples/count cpu/nanoseconds; default cpu; period 200000 cpu/nanoseconds
mapping: /nowhere/my sh [0x4000, 0x17000) 0x4000 0123456789abcdef0123456789abcdef01234567
sample: 1 200000 [pid=9240 comm=my: sh thread_comm=sh] 0x5000 < 0x5020
TEXT
run "mappings give build ids, pids and addresses" mapped

cat >places.txt <<'TEXT'
app  7 100.000001: cycles: 
	            1136 a (/srv/vmlinux-tools/app)
	            1136 b (/srv/my.ko.d/app)
	            1136 c (/srv/a.ko.py)
	            1136 d (/srv/vmlinux-6.1)
	            1136 e (/srv/a.ko.zst)
	            1136 f ([a])
	            1136 g (/srv/a.ko)

TEXT
printf 'app;g_[k];f_[k];e_[k];d_[k];c;b;a 1\n' >want
run "what is the kernel's by its file" folds places.txt \
	--folded-with comm,kernel

cat >fields.txt <<'TEXT'
a     1     0.000001: PERF_RECORD_MMAP2 1/1: [0x7f0000000000(0x13000) @ 0x1000 <aaaa456789abcdef0123456789abcdef01234567>]: r-xp /nowhere/x.so
a     1     0.000002: PERF_RECORD_FORK(3:3):(1:1)
b     2     0.000003: PERF_RECORD_MMAP2 2/2: [0x7f0000000000(0x13000) @ 0x1000 <bbbb456789abcdef0123456789abcdef01234567>]: r-xp /nowhere/x.so
a     1     0.000004:          1 cycles: 
	            1136 leaf (/nowhere/x.so)

b     2     0.000005:          1 cycles: 
	            1137 leaf (/nowhere/x.so)

a     3     0.000006:          1 cycles: 
	            1138 leaf (/nowhere/x.so)

c     4     0.000007:          1 cycles: 
	            1139 leaf (/nowhere/x.so)

TEXT
own_file() {
	convert fields.txt types.pb.gz -q --no-cache && "$PYTHON" - "$tests" <<-'PYTHON'
		import sys
		sys.path.insert(0, sys.argv[1])
		import pprof_check
		profile = pprof_check.Profile("types.pb.gz")
		ids = {}
		for location in profile.locations.values():
		    mapping = profile.mappings[location["mapping_id"]]
		    ids[location["address"]] = mapping["build_id"][:4]
		print(ids)
		sys.exit([ids[at] for at in sorted(ids)] != ["aaaa", "bbbb", "aaaa", ""])
	PYTHON
}
run "offsets are in the file that the process has mapped" own_file

cat >fields.txt <<'TEXT'
a     1     0.000001:          1 cycles: 
	    7f0000001136 one (/nowhere/x.so)

b     2     0.000002:          1 cycles: 
	    7f0000001136 two (/nowhere/x.so)

TEXT
printf 'a;one 1\nb;two 1\n' >want
run "one address in two processes, named again" folds fields.txt --resymbolize

cat >damaged.txt <<'TEXT'
app  7 100.000001: cycles: 
	            zzzz leaf
	            1200 main

this is nothing
app  7 100.000002: cycles: 
	            zzzz leaf
	            1200 main

TEXT
run "lines that make no sense" says 'damaged.txt: line 2: .*makes no sense' \
	"$SYMCONV" damaged.txt --no-cache -o damaged.folded
printf 'app;main 2\n' >want
run "are left out" diff -u want damaged.folded

cat >lost.txt <<'TEXT'
app  7 100.000001: cycles: 
	            1136 leaf
	            1200 main

	            1136 lost
	            1200 main
  file.c:3

app  7 100.000002: cycles: 
	            1136 leaf
	            1200 main

les: 
	            1136 lost
	            1200 main

app  7 100.000003: cycles: 
	            1136 leaf
	            1200 main
nothing
	            1136 lost

app  7 100.000004: cycles: 
	            1136 leaf
	            1200 main

TEXT
run "stacks whose headers are lost" says 'lost.txt: line 5: .*makes no sense' \
	"$SYMCONV" lost.txt --no-cache -o damaged.folded
printf 'app;main;leaf 4\n' >want
run "belong to nobody" diff -u want damaged.folded
run "and are counted" grep 'damaged records: 3' said.log
run "without a type of their own" is_of_types lost.txt 'samples/count'
sed 's/ cycles:/ 10 cycles:/' lost.txt >weighed.txt
run "or the weight that others have" is_of_types weighed.txt 'samples/count cycles/count'
tail -n +2 lost.txt >behind.txt
printf 'app;main;leaf 3\n' >want
run "not even at the beginning" folds behind.txt

cat >names.txt <<'TEXT'
PERF_RECORD_FOO  7 100.000001: cycles: 
	            1136 leaf

a PERF_RECORD_  8 100.000002: cycles: 
	            1136 leaf

app  7 100.000003: probe:x: PERF_RECORD_MMAP -1/0
	            1136 leaf

TEXT
printf 'PERF_RECORD_FOO;leaf 1\na_PERF_RECORD_;leaf 1\n' >want
run "threads that are called as records are" folds names.txt --event cycles
echo nothing >nothing.txt
run "no sample at all" fails_with 1 'nothing.txt: damaged, and no sample can be read' \
	"$SYMCONV" nothing.txt --from perf-script -o none.pb.gz

long_lines() {
	"$PYTHON" - <<-'PYTHON'
		sample = "app  7 100.000001: cycles: \n\t            1136 leaf\n%s\t            1200 main\n\n"
		open("long.txt", "wb").write((sample % ("x" * (5 << 20) + "\n") + sample % "").encode())
		open("nul.txt", "wb").write((sample % "\t            1180 \0 middle\n").encode())
	PYTHON
	says 'long.txt: line 3: cut short' "$SYMCONV" long.txt --no-cache -o long.folded &&
		grep 'damaged records: 1$' said.log && echo 'app;main;leaf 2' | diff -u - long.folded
}
run "a line that is too long is one" long_lines
nul_bytes() {
	says 'nul.txt: line 3: it holds NUL bytes' "$SYMCONV" nul.txt --from perf-script \
		--no-cache -o nul.folded && grep 'damaged records: 1$' said.log &&
		echo 'app;main;leaf 1' | diff -u - nul.folded
}
run "a line with NUL bytes is left out" nul_bytes

many() {
	seq 1 300 | sed "s/.*/app  7 100.000001: e&: \n\t            1136 leaf\n/" >many.txt
	says 'damaged records: 268' "$SYMCONV" many.txt --no-cache -o many.pb.gz
}
run "a bound on the number of events" many

# ---- folded stacks ----

cat >stacks.folded <<'TEXT'
app;main (x.py:3);run;entry_[k];inner_[i];code_[j] 12
my app;-;[unknown];0x7f01 3
swapper 5
TEXT
cp stacks.folded want
run "folded stacks and back" folds stacks.folded
through_pprof() {
	convert stacks.folded types.pb.gz -q --no-cache && dump types.pb.gz >folded.txt &&
		diff -u want folded.txt
}
cat >want <<'TEXT'
types: samples/count; default samples; period 0 samples/count
mapping: [anon] of process 0 [0x0, 0x1000) 0x0 -
mapping: [kernel.kallsyms] [0x0, 0x1000) 0x0 -
sample: 12 [] code < inner < entry < run < main (x.py:3) < app
sample: 3 [] 0x7f01 < [unknown] < - < my app
sample: 5 [] swapper
TEXT
run "as pprof" through_pprof
grep '^my app' stacks.folded >want
run "of one command" folds stacks.folded --comm 'my app'
run "but not of a pid" fails_with 1 'stacks.folded: it tells no processes' \
	"$SYMCONV" stacks.folded --pid 3 -o none.pb.gz
run "nor told apart by CPU" fails_with 1 'stacks.folded: it tells no CPUs' \
	"$SYMCONV" stacks.folded --label cpu -o none.pb.gz
run "but threads of another format are all one" says '20 samples' \
	"$SYMCONV" stacks.folded --no-cache -o threads.gecko.json
printf 'a;b 10 12\na;c 0 3\n' >difference.folded
run "differences are refused" fails_with 1 'two counts in each line' \
	"$SYMCONV" difference.folded -o none.pb.gz
printf 'a;b 1.6\na;c x\na;b 1\n' >damaged.folded
printf 'a;b 3\n' >want
run "fractions are rounded, and others skipped" folds damaged.folded --from folded
says_damage() {
	says 'line 2: .*makes no sense' "$SYMCONV" damaged.folded --from folded --no-cache -o x.folded
}
run "which is said" says_damage

# ---- cut short ----

# cuts TEXT KIND SAMPLE: what is cut off is missing, with the sample that it is
# of, and nothing else. SAMPLE matches each whole one.
cuts() {
	"$PYTHON" - "$SYMCONV" "$@" <<-'PYTHON'
		import re, subprocess, sys
		program, path, kind, form = sys.argv[1:]
		text = open(path, "rb").read()
		def lines_of(part):
		    open("cut.txt", "wb").write(part)
		    open("cut.folded", "w").close()
		    status = subprocess.run([program, "cut.txt", "-q", "--no-cache", "--from", kind, "-o",
		                             "cut.folded"], stderr=subprocess.PIPE, timeout=20).returncode
		    assert status in (0, 1), (status, len(part))
		    pairs = (line.rsplit(" ", 1) for line in open("cut.folded"))
		    return {stack: int(count) for stack, count in pairs}
		ends = [m.end() for m in re.finditer(form.encode(), text, re.DOTALL)]
		samples = [lines_of(text[start:end]) for start, end in zip([0] + ends, ends)]
		assert ends[-1] == len(text) and all(len(sample) == 1 for sample in samples), samples
		for n in range(len(text) + 1):
		    want = {}
		    for end, sample in zip(ends, samples):
		        if end <= n:
		            want.update(sample)
		    got = lines_of(text[:n])
		    assert got == want, (n, got, want)
	PYTHON
}
cat >short.txt <<'TEXT'
app 4001/4002 [003] 100.000001: cycles: 
	ffffffff816df5b6 d_lookup+0x56 ([kernel.kallsyms])
	            1200 main+0x10 (/app)

app 4001/4002 [003] 100.000001: cycles: 
	            1200 run+0x10 (/app)

            perf  3043 100.000001: cycles:      7f551e24d477 a (/ld.so)
TEXT
run "perf script, cut at every byte" cuts short.txt perf-script '.*?\n\n|[^\n]*\n'
printf 'app;main;run 12\nswapper 5\nb;c 34\n' >short.folded
run "folded stacks, cut at every byte" cuts short.folded folded '[^\n]*\n'
head -c 60 short.txt >cut.txt
run "which is said" fails_with 1 'cut.txt: line 2: the text is cut short' \
	"$SYMCONV" cut.txt -o none.pb.gz

# ---- as perf prints it ----

CXX=${CXX:-g++}
# as_capture LEAST OPTION...: so many samples of a hundred are the same.
as_capture() {
	least=$1
	shift
	perf script --no-inline -i cap.data "$@" 2>/dev/null | "$SYMCONV" - -q --no-inline \
		--no-cache -o script.folded && "$PYTHON" - "$least" "$tests" <<-'PYTHON'
		import collections, re, sys
		sys.path.insert(0, sys.argv[2])
		import compare_perf
		def read(path):
		    lines = collections.Counter()
		    for line in open(path):
		        stack, count = line.rsplit(" ", 1)
		        # A frame that one of the two cannot name is as the other's.
		        lines[re.sub(r";0x[0-9a-f]+(?=;|$)", ";?", stack)] += int(count)
		    return lines
		theirs, ours = read("script.folded"), read("cap.folded")
		equal, total = 0, sum(theirs.values())
		for line, n in theirs.items():
		    for other in list(ours):
		        if compare_perf.is_alike(other.split(";"), line.split(";"), False):
		            used = min(n, ours[other])
		            ours[other] -= used
		            n -= used
		            equal += used
		print("%d of %d samples are in the same lines" % (equal, total))
		sys.exit(equal * 100 < int(sys.argv[1]) * total or total < 100)
	PYTHON
}
if can_record && "$CXX" -O2 -g -static -fno-omit-frame-pointer "$tests/program.cc" -o program; then
	perf record -o cap.data -F 2000 -g -- ./program 0.5 >perf.log 2>&1 &&
		"$SYMCONV" cap.data -q --no-inline --no-cache -o cap.folded
	run "as the capture itself" as_capture 97
	run "as the capture, fewer fields" as_capture 97 -F comm,ip,sym
	run "as the capture, more fields" as_capture 97 -F comm,pid,tid,time,period,event,ip,sym,symoff,dso
	run "as the capture, with mappings" as_capture 97 --show-mmap-events --show-task-events
	run "as the capture, with a header" as_capture 97 --header --ns
else
	skip "as the capture itself" "perf cannot record here, or no program could be compiled"
fi
finish

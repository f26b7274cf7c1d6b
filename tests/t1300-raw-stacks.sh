#!/bin/sh
# Raw stacks: our own text, bpftrace and bcc, gperftools.
. "${srcdir:-.}/tests/lib.sh"

# gives IN DUMP: a conversion, and what the profile must hold.
gives() {
	convert "$1" "$1.pb.gz" -q --no-cache &&
		dump "$1.pb.gz" | grep -v '^comment: \(unnamed\|file without\)' >"$1.dump" && diff -u "$2" "$1.dump"
}

### Our own text

cat >all.txt <<'END'
symconv-stacks 1
# What a collector prints.
event cycles count 1000
start 1700000000000000000
comment from a test

comm 10 demo app
thread 10 11 worker
build-id 0123456789abcdef0123456789abcdef01234567 /usr/bin/demo
maps 10
00400000-00401000 r--p 00000000 08:01 5 /usr/bin/demo
00401000-00402000 r-xp 00001000 08:01 5 /usr/bin/demo
7f0000000000-7f0000010000 r-xp 00003000 08:01 6                  /lib/x y.so (deleted)
kernel _text 0xffffffff81000000
map kernel ffffffffc0000000-ffffffffc0010000 r-xp 00000000 00:00 0 [ext4]
time 1000
stack 10 10 3 k ffffffff81000100 0xffffffffc0000200 u 0x401500 401600
stack 10 10 2 k ffffffff81000100 0xffffffffc0000200 u 0x401500 401600
time 5000
stack 10 11 1 u 7F0000000005 401600
stack 10 10 4
END
cat >all.want <<'END'
types: samples/count cycles/count; default cycles; period 1000 cycles/count
mapping: /usr/bin/demo [0x1000, 0x2000) 0x1000 0123456789abcdef0123456789abcdef01234567
mapping: [kernel.kallsyms]_text [0xffffffff81000000, 0xffffffff83000000) 0x0 -
mapping: [ext4] [0xffffffffc0000000, 0xffffffffc0010000) 0x0 -
mapping: /lib/x y.so [0x3000, 0x13000) 0x3000 -
comment: from a test
sample: 1 1000 [pid=10 comm=demo app thread_comm=worker] 0x3005 < 0x15ff
sample: 4 4000 [pid=10 comm=demo app thread_comm=demo app] 
sample: 5 5000 [pid=10 comm=demo app thread_comm=demo app] 0xffffffff81000100 < 0xffffffffc00001ff < 0x1500 < 0x15ff
END
run "samples are counted, not lines" says '^10 samples' \
	"$SYMCONV" all.txt -o counted.pb.gz --no-cache
run "all that can be told" gives all.txt all.want
when() {
	"$PYTHON" - "$tests" <<-'PYTHON'
		import sys
		sys.path.insert(0, sys.argv[1])
		import pprof_check
		profile = pprof_check.Profile("all.txt.pb.gz")
		print(profile.time_nanos, profile.duration_nanos)
		sys.exit((profile.time_nanos, profile.duration_nanos) !=
		         (1700000000000000000, 4000))
	PYTHON
}
run "and when" when
streamed() {
	# shellcheck disable=SC2002 # a pipe is what is tested
	cat all.txt | "$SYMCONV" - -q --no-cache -o streamed.pb.gz &&
		cmp streamed.pb.gz all.txt.pb.gz
}
run "out of a pipe" streamed
twice() {
	cat all.txt all.txt >twice.txt && convert twice.txt twice.pb.gz -q --no-cache &&
		dump twice.pb.gz | grep '^sample: 10 10000 '
}
run "texts behind each other" twice
other_text() {
	printf 'symconv-stacks 1\nstack 10 11 7 u 401500\n' | cat all.txt - >texts.txt
	convert texts.txt texts.pb.gz -q --no-cache && dump texts.pb.gz | tee texts.dump &&
		grep '^sample: .* \[pid=10 comm=:10 thread_comm=:11\] \[unmapped\]$' texts.dump
}
run "of other processes with the same numbers" other_text

cat >spaces.txt <<'END'
symconv-stacks 1
comm 1 parent
maps 1
00401000-00402000 r-xp 00001000 08:01 5 /usr/bin/demo
fork 1 2
stack 2 2 1 u 401010
exec 2 child
stack 2 2 2 u 401010
map 2 00401000-00402000 r-xp 00005000 08:01 5 /usr/bin/child
stack 2 2 3 u 401010
map 2 00401000-00402000 rw-p 00000000 00:00 0 
stack 2 2 4 u 401010
maps 1
00601000-00602000 r-xp 00002000 08:01 5 /usr/bin/demo
stack 1 1 5 u 601010 401010
exit 1
stack 1 1 6 u 601010
END
cat >spaces.want <<'END'
types: samples/count; default samples; period 0 samples/count
mapping: /usr/bin/child [0x5000, 0x6000) 0x5000 -
mapping: /usr/bin/demo [0x1000, 0x3000) 0x1000 -
sample: 1 [pid=2 comm=parent thread_comm=parent] 0x1010
sample: 3 [pid=2 comm=child thread_comm=child] 0x5010
sample: 5 [pid=1 comm=parent thread_comm=parent] 0x2010 < [unmapped]
sample: 6 [pid=1 comm=:1 thread_comm=:1] [unmapped]
sample: 6 [pid=2 comm=child thread_comm=child] [unmapped]
END
run "what is mapped when" gives spaces.txt spaces.want

cat >ended.txt <<'END'
symconv-stacks 1
comm 1 short
thread 1 7 worker
maps 1
00401000-00402000 r-xp 00001000 08:01 5 /usr/bin/short
stack 1 7 1 u 401010
exit 1
stack 1 7 1 u 401010
comm 1 busy
maps 1
00501000-00502000 r-xp 00001000 08:01 6 /usr/bin/busy
stack 1 1 1 u 501010
maps 1
00501000-00502000 r-xp 00001000 08:01 6 /usr/bin/busy
stack 1 1 1 u 501010
exit 1
comm 2 other
maps 2
00601000-00602000 r-xp 00001000 08:01 7 /usr/bin/other
stack 2 2 1 u 601010
END
cat >ended.want <<'END'
types: samples/count; default samples; period 0 samples/count
mapping: /usr/bin/busy [0x1000, 0x2000) 0x1000 -
mapping: /usr/bin/short [0x1000, 0x2000) 0x1000 -
mapping: /usr/bin/other [0x1000, 0x2000) 0x1000 -
sample: 1 [pid=1 comm=:1 thread_comm=:7] [unmapped]
sample: 1 [pid=1 comm=short thread_comm=worker] 0x1010
sample: 1 [pid=2 comm=other thread_comm=other] 0x1010
sample: 2 [pid=1 comm=busy thread_comm=busy] 0x1010
END
run "processes that end, and others with their numbers" gives ended.txt ended.want

cat >events.txt <<'END'
symconv-stacks 1
event cycles count 1000
stack 1 1 2 u 10
event bytes bytes
stack 1 1 4096 u 10
event cycles count 500
stack 1 1 1 u 10
END
cat >events.want <<'END'
types: cycles_samples/count cycles/count bytes/bytes; default cycles; period 1000 cycles/count
sample: 3 2500 4096 [pid=1 comm=:1 thread_comm=:1] 0x10
END
run "several events" gives events.txt events.want
cat >periods.txt <<'END'
symconv-stacks 1
event cycles count 1000
event faults count 7
stack 1 1 1 u 10
END
cat >periods.want <<'END'
types: cycles_samples/count cycles/count faults_samples/count faults/count; default faults; period 7 faults/count
sample: 0 0 1 7 [pid=1 comm=:1 thread_comm=:1] 0x10
END
run "the period of the one that has samples" gives periods.txt periods.want
cat >middle.txt <<'END'
symconv-stacks 1
event faults count 7
stack 1 1 1 u 10
event cycles count 1000
stack 1 1 1 u 10
stack 1 1 1 u 20
END
cat >middle.want <<'END'
types: faults_samples/count faults/count cycles_samples/count cycles/count; default cycles; period 1000 cycles/count
sample: 0 0 1 1000 [pid=1 comm=:1 thread_comm=:1] 0x20
sample: 1 7 1 1000 [pid=1 comm=:1 thread_comm=:1] 0x10
END
run "or most of them" gives middle.txt middle.want
as_perf_to_profile() {
	ln -sf "$SYMCONV" perf_to_profile
	./perf_to_profile -i events.txt -o events.profile &&
		dump events.profile | grep '^types: cycles_samples/count cycles/count bytes/bytes;'
}
run "perf_to_profile's types are for captures" as_perf_to_profile
printf 'symconv-stacks 1\nevent samples ns 5\nstack 1 1 2 u 10\n' >samples.txt
cat >samples.want <<'END'
types: samples/count samples#2/ns; default samples#2; period 5 samples#2/ns
sample: 2 10 [pid=1 comm=:1 thread_comm=:1] 0x10
END
run "an event that is called samples" gives samples.txt samples.want
many() {
	{
		echo "symconv-stacks 1"
		seq 1 300 | sed 's/.*/event e&\nstack 1 1 1 u 10/'
	} >many.txt
	says 'damaged records: 268' "$SYMCONV" many.txt -o many.pb.gz --no-cache &&
		dump many.pb.gz | grep '^types: e1/count .* e32/count;'
}
run "a bound on their number" many
idle() {
	{
		echo "symconv-stacks 1"
		seq 1 250 | sed 's/.*/event e&/'
		printf 'event e7\nstack 1 1 1 u 10\nevent e9\nstack 1 1 2 u 10\n'
	} >idle.txt
	convert idle.txt idle.pb.gz -q --no-cache && dump idle.pb.gz | tee idle.dump &&
		grep '^types: e7/count e9/count; default e7' idle.dump && grep '^sample: 1 2 ' idle.dump
}
run "many without samples" idle

run "chosen: a thread" says '^1 samples' \
	"$SYMCONV" all.txt --tid 11 -o chosen.pb.gz --no-cache
run "chosen: a name" says '^6 samples' \
	"$SYMCONV" spaces.txt --comm parent -o chosen.pb.gz --no-cache
cat >times.txt <<'END'
symconv-stacks 1
stack 1 1 1 u 10
time 5
stack 1 1 1 u 10
stack 1 1 1 u 20
time 9
stack 1 1 1 u 10
END
cat >times.want <<'END'
types: samples/count; default samples; period 0 samples/count
sample: 1 [pid=1 comm=:1 thread_comm=:1 timestamp_ns=5] 0x10
sample: 1 [pid=1 comm=:1 thread_comm=:1 timestamp_ns=5] 0x20
sample: 1 [pid=1 comm=:1 thread_comm=:1 timestamp_ns=9] 0x10
sample: 1 [pid=1 comm=:1 thread_comm=:1] 0x10
END
by_time() {
	convert times.txt times.pb.gz -q --no-cache --label timestamp_ns &&
		dump times.pb.gz | grep -v '^comment: \(unnamed\|file without\)' | diff -u times.want -
}
run "told apart by time, as far as it is told" by_time
run "chosen: a time" says '^2 samples' "$SYMCONV" times.txt --time ,0.000000008 \
	-o chosen.pb.gz --no-cache
unwanted() {
	printf 'symconv-stacks 1\nmap 1 1000-2000 r-xp 0 00:00 5 /a\nmap 2 1000-2000 r-xp 0 00:00 6 /b\n%s\n' \
		'stack 1 1 1 u 1010' 'stack 2 2 1 u 1010 1020' >unwanted.txt
	says '1 unique stack' "$SYMCONV" unwanted.txt --pid 1 -o unwanted.pb.gz --no-cache &&
		! grep -q '2 unique' said.log
}
run "stacks of others are not looked at" unwanted
run "chosen: a CPU, which is not told" fails_with 1 'all.txt: it tells no CPUs of its samples' \
	"$SYMCONV" all.txt --cpu 1 -o refused.pb.gz --no-cache
run "chosen: a name, which is not told" \
	fails_with 1 'events.txt: it tells no process names' \
	"$SYMCONV" events.txt --comm x -o refused.pb.gz --no-cache

### Hostile input

# quickly NAME: what Python prints of it is read in a second or so.
quickly() {
	"$PYTHON" -c "$2" >"$1.txt" && timeout 10 "$SYMCONV" "$1.txt" -o "$1.pb.gz" -q --no-cache
}
run "threads whose numbers' hashes were alike" quickly threads '
print("symconv-stacks 1")
for tid in range(1, 150000):
    print("stack %d %d 1 u 10" % (tid * 31 & 0x7fffffff, tid))'
run "files that only their build ids tell apart" quickly files '
print("symconv-stacks 1")
for n in range(1, 80000):
    print("build-id %040x /x\nmap 1 1000-2000 r-xp 00000000 00:00 0 /x" % n)
print("stack 1 1 1 u 1010")'
run "or their inodes" quickly inodes '
print("symconv-stacks 1")
for n in range(1, 150000):
    print("map 1 1000-2000 r-xp 00000000 00:00 %d /x" % n)
print("stack 1 1 1 u 1010")'

damaged() {
	{
		cat all.txt
		echo 'stack 10 10 1 u 40z500'
		echo 'stack 10 10 1 u 401500 k ffffffff81000100'
		echo 'stack 10 10 1 401500'
		echo 'stack 10 x 1 u 401500'
		echo 'stack 10 10 99999999999999999999 u 401500'
		echo 'stack 10 10 -1 u 401500'
		echo 'maps x'
		echo '00400000-00401000 r-xp 00000000 08:01 5 /usr/bin/other'
		echo 'what is this'
		printf 'stack 10 10 1 u 401\0500\n'
	} >damaged.txt
	says 'damaged.txt: line 22: it should be "stack PID' \
		"$SYMCONV" damaged.txt -o damaged.pb.gz --no-cache &&
		grep 'damaged records: 10' said.log && test "$(grep -c warning said.log)" = 1 &&
		dump damaged.pb.gz | diff -I '^comment: \(unnamed\|file without\)' all.want -
}
run "lines that make no sense" damaged
cut_line() {
	printf '%s\nstack 10 10 1 u 401500 4016' "$(cat all.txt)" >cut.txt
	says 'cut.txt: line 22: cut short' "$SYMCONV" cut.txt -o cut.pb.gz --no-cache &&
		dump cut.pb.gz | diff -I '^comment: \(unnamed\|file without\)' all.want -
}
run "a last line without a newline" cut_line
long_line() {
	"$PYTHON" -c 'print("symconv-stacks 1\nstack 1 1 1 u 10\nstack 1 1 2 u " +
		"stack 1 1 4 u 10 " * 300000 + "\nstack 1 1 1 u 10")' >long.txt
	says 'long.txt: line 3: cut short' "$SYMCONV" long.txt -o long.pb.gz --no-cache &&
		grep 'damaged records: 1' said.log && dump long.pb.gz | grep '^sample: 2 '
}
run "a line that is too long" long_line
printf 'symconv-stacks 1\nstack 1 1\n' >none.txt
run "no sample" fails_with 1 'none.txt: damaged, and no sample can be read' \
	"$SYMCONV" none.txt -o refused.pb.gz --no-cache
printf 'symconv-stacks 1\ncomm 1 x\n' >empty.txt
run "no stack" fails_with 1 'empty.txt: no sample is in it' \
	"$SYMCONV" empty.txt -o refused.pb.gz --no-cache
printf 'symconv-stacks 2\nstack 1 1 1 u 10\n' >other.txt
run "another version" fails_with 1 'another kind that is known' \
	"$SYMCONV" other.txt -o refused.pb.gz --no-cache
run "nothing was written for any of them" test ! -e refused.pb.gz
run "cut at every byte" "$PYTHON" "$tests/raw_stacks.py" cut all.txt names

### The kernel's symbols

cat >kallsyms <<'END'
ffffffff90000000 T _text
ffffffff90000000 T _stext
ffffffff90000100 t first
ffffffff90000200 t second
ffffffff90000300 T _etext
END
kernel() {
	printf 'symconv-stacks 1\nkernel _text %s\nkallsyms kallsyms\n%s\n' "$1" \
		'stack 1 1 1 k ffffffff90000150 ffffffff90000200' >kernel.txt
	convert kernel.txt kernel.pb.gz -q --no-cache
}
named() {
	kernel ffffffff90000000 && dump kernel.pb.gz | grep '^sample: 1 .* first < first$'
}
run "by a file that the text names" named
not_named() {
	kernel "$1" && dump kernel.pb.gz | grep '^sample: 1 .* 0xffffffff90000150 < 0xffffffff900001ff$'
}
run "which is of another boot" not_named ffffffff91000000
run "or cannot be proven" not_named 0

not_of_other() {
	printf '%s\n' 'symconv-stacks 1' 'kallsyms kallsyms' 'kernel _text ffffffff90000000' \
		'stack 1 1 1 k ffffffff90000150' "$@" 'stack 1 1 2 k ffffffff90000150' >two.txt
	convert two.txt two.pb.gz -q --no-cache && dump two.pb.gz | tee two.dump &&
		grep '^sample: 1 .* first$' two.dump &&
		grep '^sample: 2 .* 0xffffffff90000150$' two.dump
}
run "of one kernel, not of the next" not_of_other 'kernel _text ffffffff91000000'
run "of which only the build id is told" not_of_other \
	'kernel build-id 0123456789abcdef0123456789abcdef01234567'
run "or that it is hidden" not_of_other 'kernel _text 0'
run "or nothing, in another text" not_of_other 'symconv-stacks 1'
behind() {
	printf '%s\n' 'symconv-stacks 1' 'kernel _text ffffffff90000000' \
		'stack 1 1 1 k ffffffff90000010' 'kernel _text ffffffff91000000' \
		'stack 1 1 2 k ffffffff95000010' 'kernel _text 0' \
		'stack 1 1 3 k ffffffff95000020' >behind.txt
	convert behind.txt behind.pb.gz -q --no-cache && dump behind.pb.gz | tee behind.dump &&
		grep '^mapping: .kernel.kallsyms._text .0xffffffff91000000' behind.dump &&
		grep '^mapping: .kernel.kallsyms. ' behind.dump
}
run "behind the kernel that runs" behind
modules_first() {
	printf '%s\n' 'symconv-stacks 1' 'kallsyms kallsyms' \
		'map kernel ffffffff90100000-ffffffff90110000 r-xp 00000000 00:00 0 [ext4]' \
		'kernel _text ffffffff90000000' \
		'stack 1 1 1 k ffffffff90100010 ffffffff90000150' >modules.txt
	convert modules.txt modules.pb.gz -q --no-cache && dump modules.pb.gz | tee modules.dump &&
		grep '^mapping: .ext4. ' modules.dump && grep '^sample: 1 .* < first$' modules.dump
}
run "beside modules that are told before" modules_first

running() {
	"$PYTHON" - >running.txt <<-'PYTHON'
		import struct
		addresses = {}
		for line in open("/proc/kallsyms"):
		    words = line.split()
		    addresses.setdefault(words[2], int(words[0], 16))
		notes, at = open("/sys/kernel/notes", "rb").read(), 0
		while at + 12 <= len(notes):
		    n_name, n, kind = struct.unpack_from("<III", notes, at)
		    start = at + 12 + (n_name + 3 & ~3)
		    if kind == 3 and notes[at + 12:at + 16] == b"GNU\0":
		        build_id = notes[start:start + n].hex()
		    at = start + (n + 3 & ~3)
		print("symconv-stacks 1")
		print("kernel build-id %s _text %x" % (build_id, addresses["_text"]))
		print("stack 1 1 1 k %x %x" % (addresses["schedule"], addresses["schedule"] + 1))
	PYTHON
	convert running.txt running.pb.gz -q --no-cache && dump running.pb.gz |
		grep '^sample: 1 .* schedule < schedule$'
}
if grep -q '^0*[1-9a-f][0-9a-f]* . _text$' /proc/kallsyms && test -r /sys/kernel/notes; then
	run "by the running kernel, whose build id it is" running
else
	skip "by the running kernel, whose build id it is" "its symbols are hidden here"
fi

### bpftrace and bcc

cat >bpftrace.txt <<'END'
Attaching 1 probe...


@[
    ffffffff81000100
    ffffffff81000200
, 
7f0000000005
400600
, demo, 1234, 1235]: 12
@hits[1234, 
    main+5
    operator new(unsigned long)+7
    [unknown]
]: 3
@[
	ffffffff81000100 schedule+0x10 ([kernel])
	7f0000000105 foo(int)+5 (/lib/x.so)
	4015a0 0x4015a0 ([unknown])
	be552274c0854800 0xbe552274c0854800 ([unknown])
, demo, a, 1234]: 5
@[, idle/0]: 99
@[comm]: 4
@scalar: 5

END
cat >bpftrace.want <<'END'
types: samples/count hits/count; default samples; period 0 samples/count
mapping: [kernel.kallsyms] [0xffffffff81000000, 0xffffffff81001000) 0x0 -
mapping: [/lib/x.so] [0x0, 0x1000) 0x0 -
sample: 0 3 [pid=1234 comm=:1234 thread_comm=:1234] main < operator new(unsigned long) < [unknown]
sample: 12 0 [pid=1234 comm=demo thread_comm=demo] 0xffffffff81000100 < 0xffffffff810001ff < 0x7f0000000005 < 0x4005ff
sample: 5 0 [pid=1234 comm=demo thread_comm=demo] schedule < foo(int) < 0x40159f < 0xbe552274c08547ff
sample: 99 0 [pid=0 comm=idle/0 thread_comm=idle/0] 
END
run "bpftrace" gives bpftrace.txt bpftrace.want
run "cut at every byte" "$PYTHON" "$tests/raw_stacks.py" cut bpftrace.txt
cat >mapped.txt <<'END'
symconv-stacks 1
event cpu-clock nanoseconds 1000
maps 1234
00400000-00401000 r-xp 00000000 08:01 5 /usr/bin/demo
@[
400500
400600
, 1234]: 2
END
cat >mapped.want <<'END'
types: samples/count cpu/nanoseconds; default cpu; period 1000 cpu/nanoseconds
mapping: /usr/bin/demo [0x0, 0x1000) 0x0 -
sample: 2 2000 [pid=1234 comm=:1234 thread_comm=:1234] 0x500 < 0x5ff
END
run "behind what was mapped" gives mapped.txt mapped.want
cat >order.txt <<'END'
@[
	4015a0 main+16 (/usr/bin/demo)
	4016a0 start+16 (/usr/bin/demo)
, 
	ffffffff81000100 schedule+0x10 ([kernel])
	ffffffff81000200 syscall+0x10 ([kernel])
, 1]: 3
END
cat >order.want <<'END'
types: samples/count; default samples; period 0 samples/count
mapping: [kernel.kallsyms] [0xffffffff81000000, 0xffffffff81001000) 0x0 -
mapping: [/usr/bin/demo] [0x0, 0x1000) 0x0 -
sample: 3 [pid=1 comm=:1 thread_comm=:1] schedule < syscall < main < start
END
run "the kernel's part behind the program's" gives order.txt order.want
cat >numbers.txt <<'END'
@[
	4015a0 main+16 (/usr/bin/demo)
, demo, 1, 2]: 3
@[
	4015a0 main+16 (/usr/bin/demo)
, 7, 1, 2]: 4
@[
	ffffffff81000100 schedule+0x10 ([kernel])
,
	4015a0 main+16 (/usr/bin/demo)
, 7, 1, 2]: 5
END
cat >numbers.want <<'END'
types: samples/count; default samples; period 0 samples/count
mapping: [/usr/bin/demo] [0x0, 0x1000) 0x0 -
mapping: [kernel.kallsyms] [0xffffffff81000000, 0xffffffff81001000) 0x0 -
sample: 3 [pid=1 comm=demo thread_comm=demo] main
sample: 4 [pid=1 comm=7 thread_comm=7] main
sample: 5 [pid=1 comm=7 thread_comm=7] schedule < main
END
run "a program whose name is a number" gives numbers.txt numbers.want
cat >endless.txt <<'END'
symconv-stacks 1
stack 1 1 1 u 10
@[
	4015a0 main+16 (/usr/bin/demo)
comm 1 demo
stack 1 1 2 u 10
@[
	4015a0 main+16 (/usr/bin/demo)
maps 1
00401000-00402000 r-xp 00001000 08:01 5 /usr/bin/demo
stack 1 1 4 u 401010
END
endless() {
	says 'endless.txt: line 5: the stack before it has no end' \
		"$SYMCONV" endless.txt -o endless.pb.gz --no-cache && grep 'damaged records: 2' said.log &&
		dump endless.pb.gz | tee endless.dump && grep '^sample: 2 .*comm=demo ' endless.dump &&
		grep '^sample: 4 .* 0x1010$' endless.dump
}
run "a key without an end among other lines" endless
cat >histogram.txt <<'END'
@[
400500
]: (3, 4)
@[
400500
@[
400500
, 1]: 1
END
run "values that are no numbers, keys without an end" says 'histogram.txt: line 3: the value' \
	"$SYMCONV" histogram.txt -o histogram.pb.gz --no-cache
run "are counted" grep 'damaged records: 2' said.log
run "chosen: a thread, which is not told" fails_with 1 'it tells no threads' \
	"$SYMCONV" histogram.txt --tid 1 -o refused.pb.gz --no-cache

cat >bcc.txt <<'END'
Sampling at 49 Hertz of all threads by user + kernel stack... Hit Ctrl-C to end.

    add_[k]
    --
    main
    -                my (app) x (1234)
        7

    #0  0xffffffff81000100 schedule+0x10
    #1  0x00007f1200000100 foo(int)+0x10 (/lib/x.so+0x100)
    #2  0x00007f1200000200 [unknown]
    -                demo (12)
        9

END
cat >bcc.want <<'END'
types: samples/count; default samples; period 0 samples/count
mapping: [kernel.kallsyms] [0xffffffff81000000, 0xffffffff81001000) 0x0 -
mapping: [/lib/x.so] [0x0, 0x1000) 0x0 -
sample: 7 [pid=1234 comm=my (app) x thread_comm=my (app) x] add < main
sample: 9 [pid=12 comm=demo thread_comm=demo] schedule < foo(int) < 0x7f12000001ff
END
run "bcc" gives bcc.txt bcc.want
run "cut at every byte" "$PYTHON" "$tests/raw_stacks.py" cut bcc.txt

### gperftools

cat >gperftools.want <<'END'
types: samples/count cpu/nanoseconds; default cpu; period 10000000 cpu/nanoseconds
mapping: /usr/bin/demo [0x1000, 0x2000) 0x1000 -
mapping: /lib/x.so [0x1000, 0x11000) 0x1000 -
sample: 3 30000000 [pid=0 comm=demo thread_comm=demo] 0x1010 < 0x1300
sample: 5 50000000 [pid=0 comm=demo thread_comm=demo] 0x1100 < 0x11ff
END
for layout in "32 little" "32 big" "64 little" "64 big"; do
	# shellcheck disable=SC2086 # two words
	"$PYTHON" "$tests/raw_stacks.py" gperftools "demo.prof" $layout
	run "gperftools, $layout endian" gives demo.prof gperftools.want
	run "cut at every byte" "$PYTHON" "$tests/raw_stacks.py" cut demo.prof
done
run "its samples are counted, too" says '^8 samples' \
	"$SYMCONV" demo.prof -o counted.pb.gz --no-cache
broken() {
	"$PYTHON" - <<-'PYTHON'
		data = bytearray(open("demo.prof", "rb").read())
		data[8 * 10:8 * 11] = bytes(8)
		open("broken.prof", "wb").write(data)
	PYTHON
	fails_with 1 'broken.prof: what is at 0x50 is no stack' \
		"$SYMCONV" broken.prof -o refused.pb.gz --no-cache
}
run "a damaged one" broken
run "chosen: a process, which is not told" fails_with 1 'it tells no processes' \
	"$SYMCONV" demo.prof --pid 1 -o refused.pb.gz --no-cache

### Real programs

CC=${CC:-gcc}
cat >shares.c <<'END'
volatile unsigned long sum;
__attribute__((noinline)) void leaf(int n)
{
	for (int i = 0; i < n; i++)
		sum = sum * 3 + i;
}
__attribute__((noinline)) void light(void)
{
	leaf(1000);
	sum++;
}
__attribute__((noinline)) void heavy(void)
{
	leaf(3000);
	sum++;
}
int main(void)
{
	for (int i = 0; i < 100000; i++) {
		light();
		heavy();
	}
	return 0;
}
END
if have google-pprof && $CC -O1 -g -fno-omit-frame-pointer shares.c -o shares \
	-Wl,--no-as-needed -lprofiler 2>link.log; then
	as_google_pprof() {
		CPUPROFILE=shares.prof ./shares && convert shares.prof shares.pb.gz -q --no-cache &&
			"$PYTHON" "$tests/raw_stacks.py" shares shares.pb.gz |
			grep -E '^(main|leaf|light|heavy) ' >ours.txt &&
			google-pprof --text ./shares shares.prof 2>/dev/null |
			awk '$6 ~ /^(main|leaf|light|heavy)$/ { print $6, $1, $4 }' |
			LC_ALL=C sort >theirs.txt && cat ours.txt && grep -q '^leaf' theirs.txt &&
			diff -u theirs.txt ours.txt
	}
	run "gperftools: each function's share is google-pprof's" as_google_pprof
else
	skip "gperftools: each function's share is google-pprof's" \
		"google-perftools is not installed"
fi

if $CC -O1 -g -fno-omit-frame-pointer -fno-optimize-sibling-calls "$tests/own_stacks.c" \
	-o own_stacks 2>own.log; then
	own() {
		./own_stacks | "$SYMCONV" - -q --no-cache -o own.pb.gz &&
			dump own.pb.gz | grep '^sample: 7 .*comm=own stacks.* leaf(.*) < branch(.*) < main('
	}
	run "a program's own stacks get their names" own
else
	skip "a program's own stacks get their names" "no compiler"
fi

### The worked examples

# example NAME: a script out of the documentation.
example() {
	awk -v name="$1" '/^```/ { on = $0 == "```sh"; next }
		on && /^#!/ { first = $0; next }
		on && /^# / { is_it = $2 == name; if (is_it) print first }
		on && is_it' "$srcdir/doc/stacks-format.md" >"$1" && chmod +x "$1" && test -s "$1"
}
cat >busy.c <<'END'
#include <unistd.h>
volatile unsigned long sum;
__attribute__((noinline)) void spin(void)
{
	for (int i = 0; i < 1000000; i++)
		sum = sum * 3 + i;
}
__attribute__((noinline)) void wait_here(int fd)
{
	char byte;

	while (fd >= 0 && read(fd, &byte, 1) > 0)
		sum++;
}
int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		wait_here(0);
	for (;;)
		spin();
}
END
if ! $CC -O1 -g -static -no-pie -fno-omit-frame-pointer busy.c -o busy 2>busy.log; then
	skip "the worked examples" "no compiler, or no static libraries"
	finish
fi
by_shell() {
	example waits || return 1
	sleep 2 | ./busy wait &
	pid=$!
	sleep 0.2
	./waits "$pid" 3 >waits.txt
	kill "$pid"
	wait "$pid"
	tail -n 3 waits.txt
	convert waits.txt waits.pb.gz -q --no-cache &&
		dump waits.pb.gz | grep '^types: waits/count;' &&
		dump waits.pb.gz | grep '^sample: 3 .*comm=busy .*read'
}
if read -r line 2>/dev/null </proc/self/syscall && test -n "$line"; then
	run "nothing but a shell" by_shell
else
	skip "nothing but a shell" "/proc/PID/syscall cannot be read here"
fi

# with_busy SCRIPT TIMES: what the script prints of a busy program, as a profile.
with_busy() {
	example "$1" || return 1
	./busy &
	pid=$!
	sleep 0.2
	"./$1" "$pid" "$2" >"$1.txt" 2>"$1.log"
	kill "$pid"
	wait "$pid"
	head -n 8 "$1.txt" && cat "$1.log"
	convert "$1.txt" "$1.pb.gz" -q --no-cache && dump "$1.pb.gz" &&
		dump "$1.pb.gz" | grep 'comm=busy .* spin(.* < '
}
./busy &
pid=$!
eu-stack -p "$pid" 2>/dev/null | grep -q '^#0' && can_stop=yes || can_stop=no
kill "$pid"
if test "$can_stop" = yes; then
	run "eu-stack" with_busy eu-stacks 5
else
	skip "eu-stack" "elfutils is not installed, or may stop no process here"
fi

# Where there is no bpftrace, or no right to use it, what it would print.
as_bpftrace() {
	mkdir -p bin && cat >bin/bpftrace <<-'SH'
		#!/bin/sh
		pid=$(echo "$2" | sed -n 's/.*pid == \([0-9]*\).*/\1/p')
		at() { nm busy | awk -v name="$1" '$3 == name { print $1 }'; }
		echo "Attaching 2 probes..."
		echo
		echo
		printf '@[\n\tffffffffffffff10 0xffffffffffffff10 ([unknown])\n, \n'
		printf '\t%s 0x0 ([unknown])\n\t%x 0x0 ([unknown])\n' "$(at spin)" \
			$((0x$(at main) + 20))
		printf ', %s, %s, busy]: 12\n' "$pid" "$pid"
	SH
	chmod +x bin/bpftrace && PATH=$PWD/bin:$PATH && with_busy bpftrace-stacks 1
}
if have bpftrace && timeout 20 bpftrace -e 'BEGIN { exit(); }' >bpftrace.log 2>&1; then
	run "bpftrace" with_busy bpftrace-stacks 1
elif have nm; then
	run "bpftrace, as it would print" as_bpftrace
else
	skip "bpftrace" "neither bpftrace nor nm is installed"
fi
finish

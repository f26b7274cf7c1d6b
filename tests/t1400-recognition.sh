#!/bin/sh
# What a file is taken for by its content: nothing that it is not.
. "${srcdir:-.}/tests/lib.sh"

# is_of KIND FILE: it is read as the kind.
is_of() {
	"$SYMCONV" "$2" -q --no-cache -o by-content.folded &&
		"$SYMCONV" "$2" -q --no-cache -o as-kind.folded --from "$1" &&
		test -s by-content.folded && diff -u as-kind.folded by-content.folded
}

# is_nothing FILE
is_nothing() {
	fails_with 1 'not a perf.data file, nor another kind that is known' \
		"$SYMCONV" "$1" -q --no-cache -o nothing.folded
}

# ---- no perf script ----

# A tab is behind the names of some columns.
tab=$(printf '\t')
printf 'Results\nname                       12\nother                      34\n%s\n' \
	'third                     567' >table.txt
run "a table of numbers" is_nothing table.txt
cat >sizes.txt <<'TEXT'
     Filesystem        1K-blocks     used
/dev/a                   1024000   512000 50% /
/dev/b                   2048000   512000 25% /home (other)
/dev/c                   4096000   512000 12% /srv
TEXT
run "sizes of file systems" is_nothing sizes.txt
cat >symbols.txt <<'TEXT'

Symbol table '.dynsym' contains 4 entries:
   Num:    Value          Size Type    Bind   Vis      Ndx Name
     0: 0000000000000000     0 NOTYPE  LOCAL  DEFAULT  UND 
     1: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND [...]@GLIBC_2.34 (2)
     2: 0000000000004010     8 OBJECT  GLOBAL DEFAULT   25 stdout@GLIBC_2.2.5 (3)
     3: 0000000000001139    42 FUNC    GLOBAL DEFAULT   14 main
TEXT
run "readelf -s" is_nothing symbols.txt
cat >sections.txt <<'TEXT'
Section Headers:
  [Nr] Name              Type             Address           Offset
       Size              EntSize          Flags  Link  Info  Align
  [ 0]                   NULL             0000000000000000  00000000
       0000000000000000  0000000000000000           0     0     0
  [ 1] .interp           PROGBITS         0000000000000318  00000318
       000000000000001c  0000000000000000   A       0     0     1
TEXT
run "readelf -S" is_nothing sections.txt
cat >sections.txt <<'TEXT'
Idx Name          Size      VMA               LMA               File off  Algn
  0 .interp       0000001c  0000000000000318  0000000000000318  00000318  2**0
                  CONTENTS, ALLOC, LOAD, READONLY, DATA
  1 .text         00000124  0000000000001040  0000000000001040  00001040  2**4
                  CONTENTS, ALLOC, LOAD, READONLY, CODE
TEXT
run "objdump -h" is_nothing sections.txt
cat >symbols.txt <<TEXT
SYMBOL TABLE:
0000000000000318 l    d  .interp${tab}0000000000000000              .interp
0000000000001139 g     F .text${tab}000000000000002a              main
0000000000000000      DF *UND*${tab}0000000000000000 (GLIBC_2.34) __libc_start_main
0000000000000000      DF *UND*${tab}0000000000000000 (GLIBC_2.2.5) puts
TEXT
run "objdump -t and -T" is_nothing symbols.txt
cat >bytes.txt <<'TEXT'
0000000 00010102464c457f 0000000000000000
0000020 00000001003e0003 00000000000010a0
0000040 1000000000000040 3000000000003698
0000060 2038004000000000 301e001f0040000d
TEXT
run "od" is_nothing bytes.txt
cat >meminfo.txt <<'TEXT'
MemTotal:       16384000 kB
MemFree:          123456 kB
HugePages_Total:       0
DirectMap4k:     1234567 kB
DirectMap2M:    12345678 kB
TEXT
run "/proc/meminfo" is_nothing meminfo.txt
cat >smaps.txt <<'TEXT'
559eed9bb000-559eed9ce000 r-xp 00004000 fe:00 11084586                   /usr/bin/my (deleted)
Size:                 76 kB
KernelPageSize:        4 kB
Rss:                  76 kB
Swap:               1084 kB
Private_Clean:     12345 kB
7f0000000000-7f0000001000 rw-p 00000000 00:00 0 
Size:               1000 kB
Rss:                1000 kB
TEXT
run "/proc/PID/smaps" is_nothing smaps.txt
cat >status.txt <<TEXT
Name:${tab}cat
VmPeak:${tab}    5784 kB
RssAnon:${tab}            1000 kB
SigQ:${tab}0/63000
ShdPnd:${tab}0000000000000000
CapBnd:${tab}000001ffffffffff
TEXT
run "/proc/PID/status" is_nothing status.txt
cat >slabinfo.txt <<'TEXT'
slabinfo - version: 2.1
kmalloc-8k                  1200   1208   8192    4    8 : tunables    0    0    0 : slabdata
kmalloc-4k                  4000   4096   4096    8    8 : tunables    0    0    0 : slabdata
kmalloc-2k                  5000   5056   2048   16    8 : tunables    0    0    0 : slabdata
TEXT
run "/proc/slabinfo" is_nothing slabinfo.txt
cat >tcp.txt <<'TEXT'
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0            123456 1 0000000000000000
   2: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0            123457 1 0000000000000000
TEXT
run "/proc/net/tcp" is_nothing tcp.txt
cat >trace.txt <<'TEXT'
# tracer: nop
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
          <idle>-0       [001] d..2.  1234.567890: sched_switch: prev_comm=swapper/1 prev_pid=0
            bash-1234    [003] d..2.  1234.567891: sched_switch: prev_comm=bash prev_pid=1234
            bash-1234    [003] .....  1234.567899: sys_enter: NR 1 (1, 2, 3)
TEXT
run "the kernel's trace" is_nothing trace.txt
cat >source.txt <<TEXT
static void take(const struct record *record)
{
${tab}switch (record->type) {
${tab}case PERF_RECORD_MMAP:
${tab}${tab}take_mapping(record);
${tab}${tab}break;
case PERF_RECORD_COMM:
${tab}${tab}take_name(record);
${tab}}
}
TEXT
run "a program" is_nothing source.txt
printf 'all: a b\n\techo 12\n\nbad:\n\tfeed cafe\n\tdead (beef)\n\n' >makefile.txt
run "a Makefile" is_nothing makefile.txt
# One line of 500 does not decide, even if it could be perf's.
seq 1 499 | sed 's/.*/this is line & of a log, as others/' >log.txt
echo 'app 4001/4002 [003] 100.000001:       1000 cycles: ' >>log.txt
run "a log with one line that could be a sample" is_nothing log.txt

# ---- perf script ----

cat >script.txt <<TEXT
app 4001/4002 [003] 100.000001:       1000 cycles: 
${tab}            1200 main+0x10 (/app)

TEXT
run "perf script" is_of perf-script script.txt
cat >script.txt <<'TEXT'
            perf  3042 [001]   100.000001:          1 sched:sched_wakeup: comm=x pid=1 
            perf  3042 [001]   100.000002:          1 sched:sched_wakeup: comm=x pid=1 
TEXT
run "of tracepoints without stacks" is_of perf-script script.txt
printf '            comm     7f551e24d477 init (/usr/lib/ld.so)\n' >script.txt
run "of one line" is_of perf-script script.txt
printf '            demo 11647      7f3d7157b0af handle_intel\n' >script.txt
run "of one line, and few fields" is_of perf-script script.txt
printf '\n%s            1136\n%s            1200\n\n' "$tab" "$tab" >script.txt
run "of addresses alone" is_of perf-script script.txt
{
	cat <<-'TEXT'
		swapper     0     0.000000: PERF_RECORD_MMAP -1/0: [0xffffffff81000000(0x12090c8) @ 0xffffffff81000000]: x [kernel.kallsyms]_text
		sh  9235     0.000001: PERF_RECORD_SWITCH OUT
		sh  9235     0.000001: PERF_RECORD_COMM exec: sh:9235/9235
		sh  9235   100.000001: cycles: 
	TEXT
	printf '\t    559eed9bc000 leaf+0x3 (/sh)\n\n'
} >script.txt
run "with records in front" is_of perf-script script.txt
{
	printf '# what others wrote in front of it\n[ perf record: Woken up 1 times ]\n'
	for i in 1 2; do
		printf 'app 4001/4002 [003] 100.00000%d:       1000 cycles: \r\n' $i
		printf '\t            1200 main+0x10 (/app)\r\n\r\n'
	done
} >script.txt
run "with a line of something else, and of Windows" is_of perf-script script.txt

# ---- folded stacks ----

printf 'a;b                       12\na;c                     1234\nidle 5\n' >aligned.txt
run "folded stacks, in columns" is_of folded aligned.txt
counts() {
	sed 's/  */ /' aligned.txt | LC_ALL=C sort >want && LC_ALL=C sort by-content.folded | diff -u want -
}
run "with their counts" counts
printf '# by others\n\na;operator "" _b;f(int) 0.6\r\nmy app;-;[unknown] 3\r\n' >stacks.txt
run "with comments, quotes and blanks" is_of folded stacks.txt
"$PYTHON" -c 'print("app;" + ";".join("function_%d" % i for i in range(20000)) + " 7")' >long.txt
run "of a line that is long" is_of folded long.txt
# no_folded FACT LINE...
no_folded() {
	fact=$1
	shift
	printf '%s\n' "$@" >other.txt
	run "$fact" is_nothing other.txt
}
no_folded "values between semicolons" '2024-01-01;web1; 12' '2024-01-01;web2; 13'
no_folded "some of which are missing" '2024-01-01;;web1 12' '2024-01-01;;web2 13'
no_folded "a line like others, with comments" 'foo: ; comment 1' 'bar: ; comment 2'
no_folded "a system's log" 'Jan 1 00:00:00 host sshd[123]: session; uid 0' \
	'Jan 1 00:00:01 host sshd[123]: closed; uid 1000'
no_folded "comments alone" '# a;b 1' '# a;c 2'
no_folded "comments, and lines without a stack" '# a;b 1' 'total 12' 'sum 13'
no_folded "a single semicolon" 'total 12' 'a;b 13' 'sum 14'
no_folded "nothing that was counted" 'a;b 0' 'a;c 0'
no_folded "a server's log" \
	'1.2.3.4 - - [01/Jan/2024:00:00:00 +0000] "GET /a;jsessionid=1 HTTP/1.1" 200 1234' \
	'1.2.3.4 - - [01/Jan/2024:00:00:01 +0000] "GET /b;jsessionid=1 HTTP/1.1" 200 234'
no_folded "text" 'This is what it does; and' 'that is version 2' 'of 3'
no_folded "JSON" '{"a": [1, 2, 3],' '"b;c": 4' '}'
no_folded "a program" 'int a = 1;' 'a;b 2' 'return a;'

# ---- bpftrace ----

cat >stacks.txt <<TEXT
@[
${tab}ffffffff81000100 schedule+0x10 ([kernel])
${tab}7f0000000105 foo(int)+5 (/lib/x.so)
, demo, 1234]: 5
@hits[1234, 
    ffffffff81000100
]: 3
@[comm]: 4
TEXT
# greeted_by TEXT
greeted_by() {
	printf '%s\n\n' "$1" | cat - stacks.txt >greeted.txt
	is_of bpftrace greeted.txt
}
run "bpftrace" is_of bpftrace stacks.txt
run "with its own first line" greeted_by 'Attaching 2 probes...'
run "with one of the program" greeted_by 'Tracing CPU... Hit Ctrl-C to end.'
run "that could be a sample's header" greeted_by 'app 7 100.000001: cycles: '
head -n 2 stacks.txt >cut.txt
run "cut short" fails_with 1 'cut.txt: damaged, and no sample can be read' \
	"$SYMCONV" cut.txt -o nothing.folded
cat >comments.txt <<'TEXT'
/**
 * Does it.
@param[in] x: what is done
@param[out] y: 12
@list[
	first
]
 */
TEXT
run "comments of a program" is_nothing comments.txt

# ---- packed, large, and in pipes ----

gzip -c stacks.txt >stacks.gz
run "a text in gzip" is_of bpftrace stacks.gz
truncate -s 2G large.pb
run "a profile that is too large" fails_with 1 'large.pb: larger than any profile (1024 MB)' \
	"$SYMCONV" large.pb --from pprof -o nothing.folded
damaged_mapping() {
	printf '\n\004\010\000\020\000\032\002\010\200\062\000' >damaged.pb
	fails_with 1 'a mapping is damaged (the one that ends at byte 10)' \
		"$SYMCONV" damaged.pb --from pprof -o nothing.folded
}
run "a mapping that is damaged" damaged_mapping
a_folder() {
	mkdir -p ./- && "$SYMCONV" - -q --no-cache -o piped.folded <aligned.txt && test -s piped.folded
}
run "standard input beside a folder of its name" a_folder

finish

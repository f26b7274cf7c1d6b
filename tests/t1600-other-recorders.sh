#!/bin/sh
# What recorders of other versions, kernels and machines write.
. "${srcdir:-.}/tests/lib.sh"

# samples NAME: of the capture, as text.
samples() {
	capture "$1" && convert "$1.data" "$1.pb.gz" -q --no-cache --offline &&
		dump "$1.pb.gz" >"$1.txt" && cat "$1.txt"
}

# has LINE...: each is what a sample's line of the last dump ends with.
has() {
	name=$1
	shift
	for line; do
		grep -q -F -- "$line" "$name.txt" || {
			echo "missing: $line"
			return 1
		}
	done
}

old_mmap2() {
	samples old-mmap2 && has old-mmap2 'mapping: /nowhere/app [0x0, ' 'mapping: /a [0x3000, ' 'mapping: /nowhere/lib.so [0x2000, ' &&
		has old-mmap2 'mapping: [vdso] [0x0, ' '] 0x2100' '] 0x3100'
}
run "MMAP2 records without protection and flags are read" old_mmap2

# ---- moments ----

skid() {
	samples skid &&
		has skid \
			'] 0xffffffff81000100 < 0xffffffff81000200 < 0x100 < 0x200 < 0x300' \
			'] 0xffffffff81000100 < 0x200 < 0x300' \
			'] 0xffffffff81000100 < 0x100' \
			'] 0x100 < 0x300' \
			'] 0x1000 < 0xffffffff81000100 < 0x200 < 0x300' \
			'] 0xffffffff82000000 < 0xffffffff81000100 < 0x200 < 0x300'
}
run "no frame of the user's is called by the kernel's, and none is lost" skid
skid_lbr() {
	samples skid-lbr && has skid-lbr \
		'] 0xffffffff81000100 < 0x100 < 0x200 < 0x300 < 0x400'
}
run "nor where branch records are the user's part" skid_lbr

# ---- off the CPU ----

off_cpu() {
	samples off-cpu &&
		has off-cpu 'offcpu-time_samples/count offcpu-time/nanoseconds' \
			'0 0 1 750000000 [pid=7 comm=app thread_comm=app] 0x300 < 0x204' \
			'0 0 2 750000000 [pid=7 comm=app thread_comm=reader] 0x300 < 0x204' \
			'0 0 1 125000000 [pid=7 comm=app thread_comm=app]' &&
		"$SYMCONV" off-cpu.data -o all.pb.gz --no-cache 2>&1 | grep 'damaged records: 1' &&
		quietly_filtered
}
quietly_filtered() {
	"$SYMCONV" off-cpu.data -q --no-cache --tid 8 -o tid.pb.gz && dump tid.pb.gz >tid.txt && cat tid.txt &&
		grep -q 'thread_comm=reader' tid.txt && ! grep -q 'thread_comm=app' tid.txt
}
run "the time off the CPU is in the raw data, of the thread that it names" off_cpu
old_off_cpu() {
	samples old-off-cpu && has old-off-cpu 'offcpu-time/nanoseconds' '0 0 1 750000000 [' &&
		"$SYMCONV" old-off-cpu.data --no-cache -q -o raw.pb.gz && gunzip -c raw.pb.gz | wc -c
}
run "and was in samples of its own before, in nanoseconds as well" old_off_cpu
at_the_end() {
	convert old-off-cpu.data timed.pb.gz -q --no-cache --label timestamp_ns && dump timed.pb.gz | tee timed.txt &&
		grep '750000000 .*timestamp_ns=1000' timed.txt
}
run "what was summed up at the end is of that time" at_the_end

in_text() {
	printf 'app 7/8 [000] 1.000000: 750000000 offcpu-time: \n\t400300 wait+0x4 (/m/app)\n\t400204 main+0x4 (/m/app)\n\n' >off.txt
	printf 'app 7/7 [000] 1.000000: 1000 cycles: \n\t400300 work+0x4 (/m/app)\n\n' >>off.txt
	convert off.txt off.pb.gz -q --no-cache && dump off.pb.gz | grep 'offcpu-time/nanoseconds'
}
run "in the text of perf script it is nanoseconds, too" in_text

# ---- traces ----

capture trace
run "trace data alone are refused with the way on" \
	fails_with 1 'trace.data: it holds trace data (arm_spe) and no samples; .*perf inject --itrace -i trace.data' \
	"$SYMCONV" trace.data --no-cache -o none.pb.gz
capture trace-and-samples
run "trace data beside samples are warned of" \
	says 'its trace data (arm_spe) are left out.*perf inject --itrace' \
	"$SYMCONV" trace-and-samples.data --no-cache -o some.pb.gz
piped_trace() {
	capture trace-pipe
	fails_with 1 'standard input: it holds trace data (arm_spe).*perf inject --itrace -i FILE' \
		"$SYMCONV" - --no-cache -o none.pb.gz <trace-pipe.data
}
run "trace data in a pipe are known, too" piped_trace
same_samples() {
	capture basic && convert basic.data basic.pb.gz -q --no-cache && dump basic.pb.gz | grep ^sample: >basic.txt &&
		dump some.pb.gz | grep ^sample: | diff -u basic.txt -
}
run "and cost no sample" same_samples

# ---- what comments hold ----

long_command() {
	capture long-command && convert long-command.data long.pb.gz -q --no-cache && dump long.pb.gz >long.txt &&
		"$PYTHON" - <<'END'
lines = [line.rstrip("\n") for line in open("long.txt", encoding="utf-8") if line.startswith("comment: ")]
command = next(line for line in lines if "perf-command:" in line)
assert command.endswith("\u00e4... [cut, 20013 bytes]"), command[-40:]
assert len(command.encode()) < 4200, len(command)
for key in ("perf-version:v", "host:h"):
    line = next(line for line in lines if key in line)
    assert line.endswith("... [cut, 5000 bytes]") and len(line) < 320, line
END
}
run "a long command line and long names are cut, and marked" long_command
long_script() {
	"$PYTHON" -c "print('# cmdline : perf record ' + 'x' * 9000)" >script.txt
	printf 'app 7/7 [000] 1.000000: 250000 cycles: \n\t400100 work+0x4 (/m/app)\n\t400200 main+0x4 (/m/app)\n\n' >>script.txt
	convert script.txt script.pb.gz -q --no-cache && dump script.pb.gz | grep 'perf-command:.*xxx\.\.\. \[cut, 9012 bytes\]$'
}
run "in the text of perf script, too" long_script

# ---- architectures ----

mkdir -p root/opt && cp "$tests/data/demo-dwarf" root/opt/demo
# unwound NAME: out of the registers and the copy of the stack.
unwound() {
	capture "$1" && "$SYMCONV" "$1.data" --symfs root --offline --no-cache --format folded -o - >out.folded &&
		cat out.folded && grep -q '^demo;branch;leaf 1000$' out.folded
}
run "the registers tell the architecture where the header does not" unwound registers-x86
run "the files do where the registers do not" unwound registers-few
architecture() {
	"$SYMCONV" registers-few.data --symfs root --offline --no-cache -o few.pb.gz --stats=json >few.json &&
		grep '"architecture": *"x86_64"' few.json
}
run "and it is in the statistics" architecture
capture registers-riscv
run "an architecture that is not unwound is named" \
	says 'their architecture, riscv64, is not supported: 1' "$SYMCONV" registers-riscv.data --no-cache -o riscv.pb.gz
if have clang && have ld.lld && clang --target=riscv64-linux-gnu -fuse-ld=lld -nostdlib -O1 \
	-fasynchronous-unwind-tables -Wl,-emain "$tests/demo.c" -o riscv-demo 2>clang.log; then
	riscv_file() {
		mkdir -p riscv/opt && cp riscv-demo riscv/opt/demo && capture registers-of-file &&
			says 'their architecture, riscv64, is not supported: 1' \
				"$SYMCONV" registers-of-file.data --symfs riscv --no-cache --offline -o riscv.pb.gz
	}
	run "also where only a file tells it" riscv_file
else
	skip "also where only a file tells it" "clang and lld make none for RISC-V"
fi
capture registers-unknown
unknown() {
	says 'their architecture is unknown: 1' "$SYMCONV" registers-unknown.data --no-cache -o unknown.pb.gz &&
		"$SYMCONV" registers-unknown.data --no-cache -o unknown.pb.gz --stats=json >unknown.json &&
		grep '"unknown_architecture": *1' unknown.json && grep '"unsupported": *0' unknown.json &&
		! grep '"architecture"' unknown.json
}
run "an architecture that nothing tells is unknown" unknown

# The capture of perf that is shipped, as a recorder that was killed leaves it.
killed() {
	mkdir -p root/tmp/symconv-demo && cp "$tests/data/demo-dwarf" root/tmp/symconv-demo/ &&
		"$PYTHON" - "$tests/data/good-dwarf.data" <<'END'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
start, size = struct.unpack_from("<QQ", data, 40)
struct.pack_into("<Q", data, 48, 0)
open("killed.data", "wb").write(data[:start + size])
END
	for name in "$tests/data/good-dwarf.data" killed.data; do
		"$SYMCONV" "$name" --symfs root --offline --no-cache --stats=json -o "$(basename "$name").pb.gz" |
			sed -n '/"unwound"/,/}/p' >"$(basename "$name").ends" || return 1
	done
	grep outermost killed.data.ends && diff -u good-dwarf.data.ends killed.data.ends
}
run "a capture whose recorder was killed is unwound as well" killed
finish

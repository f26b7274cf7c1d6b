#!/bin/sh
# Every option of perf record that changes what is recorded or how: the same
# number of samples as perf report --stats, the same stacks as perf script.
. "${srcdir:-.}/tests/lib.sh"

if ! can_record; then
	skip "options of perf record" "perf cannot record here"
	finish
fi
CXX=${CXX:-g++}
# All in one file, so that perf and symconv have the same symbols.
"$CXX" -O2 -g -static -fno-omit-frame-pointer "$tests/program.cc" -o program || {
	skip "options of perf record" "no program could be compiled"
	finish
}

# counted CAPTURE PROFILE: as many samples as perf counts.
counted() {
	perf report --stats -i "$1" 2>/dev/null >stats.txt
	perf_samples=$(sed -n 's/^ *SAMPLE events: *\([0-9]*\).*/\1/p' stats.txt | head -n 1)
	own_samples=$(sed -n 's/.*"samples": *\([0-9]*\).*/\1/p' stats.json | head -n 1)
	echo "perf: ${perf_samples:-0} samples; symconv: $own_samples"
	# A sample of a group is one of each of its events, as in perf script.
	test -n "$is_group" || test "${perf_samples:-0}" = "$own_samples"
}
# compared LEAST: what stands in cap.data.
compared() {
	"$SYMCONV" cap.data -o cap.pb.gz -q --stats=json >stats.json &&
		"$PYTHON" "$tests/pprof_check.py" cap.pb.gz && counted cap.data &&
		"$PYTHON" "$tests/compare_perf.py" cap.data cap.pb.gz --least "$1" --comm program
}
# option LEAST NAME OPTION...: skipped aloud where this perf or kernel cannot.
option() {
	least=$1
	shift
	rm -rf cap.data*
	if perf record -o cap.data "$@" -- ./program 0.1 >perf.log 2>&1; then
		run "perf record $*" compared "$least"
	else
		skip "perf record $*" "$(tail -n 1 perf.log | tr '#' ' ')"
	fi
}
is_group=
with() {
	option 98 -e cpu-clock -F 2000 "$@"
}

with
for one in -s -T -d --phys-data --data-page-size --code-page-size -R -W --all-cgroups \
	--namespaces --switch-events --sample-cpu --transaction -B -N --buildid-mmap \
	--buildid-all --kcore --no-inherit --overwrite --tail-synthesize --timestamp-boundary \
	--per-thread -z -a --no-bpf-event --sample-identifier --threads -b --group \
	--off-cpu --weight --timestamp --period --strict-freq; do
	with -g "$one"
done
with -g -I
with -g --user-regs=ip,sp
with -g --intr-regs=ip
with -g -k mono
with -g --clockid=monotonic_raw
with -g -m 4
with -g -m 64,64
with -g -D 20
with -g --max-size=20K
with -g --num-thread-synthesize=2
with -g --proc-map-timeout=100
with -g --synth=task
with -g --synth=no
with -g -a -C 0,1
with -g --affinity=cpu
with -g --mmap-flush=1K
with -g --aio=1
with -g --exclude-perf
with -g --call-graph fp
with -g --call-graph fp,20
option 98 -e cpu-clock -c 1000000 -g
option 98 -e cpu-clock:u -F 2000 -g
option 98 -e cpu-clock:k -F 2000 -g
option 98 -e task-clock -F 2000 -g
is_group=yes
option 98 -e '{cpu-clock,page-faults}:S' -g
is_group=
option 98 -e '{cpu-clock,task-clock}' -F 2000 -g
option 98 -e cpu-clock,page-faults,context-switches -g
option 98 -e minor-faults -c 1 -g -d
option 98 -e cpu-clock/call-graph=fp,max-stack=5/ -F 2000
option 98 -e dummy,cpu-clock -F 2000 -g
option 98 -e sched:sched_switch -g
finish

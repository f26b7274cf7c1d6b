#!/bin/sh
# Several events, one event on several kinds of core, and what was lost.
. "${srcdir:-.}/tests/lib.sh"

# make_capture NAME [pipe]: writes NAME.data.
make_capture() {
	"$PYTHON" "$tests/event_captures.py" "$1" "$1.data" ${2:+"$2"}
}

quietly() {
	"$SYMCONV" "$@" -q --no-cache
}

# has_types NAME TYPES DEFAULT [OPTION...]: the profile's types, and what it
# shows first.
has_types() {
	types_want="types: $2; default $3;"
	types_of=$1
	shift 3
	convert "$types_of.data" "$types_of.pb.gz" -q --no-cache "$@" &&
		dump "$types_of.pb.gz" >types.txt && cat types.txt &&
		grep -qF "$types_want" types.txt
}

# folds NAME WANT [OPTION...]: the folded stacks, with + between lines.
folds() {
	folds_of=$1
	folds_want=$2
	shift 2
	quietly "$folds_of.data" -o - --format folded "$@" >folds.txt
	folds_got=$(tr '\n' + <folds.txt | sed 's/+$//')
	echo "$folds_got, want $folds_want"
	test "$folds_got" = "$folds_want"
}

# ---- kinds of core ----

for name in hybrid three-kinds equal-names unnamed other-cores devices modes \
	groups several turned periods lost lost-precise \
	lost-filtered; do
	make_capture "$name" || exit 99
done

run "one event on two kinds of core is one type" \
	has_types hybrid 'samples/count cycles/count' cycles
run "with the samples of both" \
	folds hybrid 'app;0x1800;0x1000 2000+app;0x1800;0x1010 98000'
run "also on three, with modifiers inside" \
	has_types three-kinds 'samples/count cycles/count' cycles
run "where names are equal their attributes tell" has_types equal-names \
	'cycles_samples/count cycles/count L1-dcache-loads_samples/count L1-dcache-loads/count' cycles
unnamed_types='cycles_samples/count cycles/count L1-dcache-load-misses_samples/count L1-dcache-load-misses/count config=0x1c2_samples/count config=0x1c2/count'
run "where they have none, too" has_types unnamed "$unnamed_types" cycles
in_pipe() {
	make_capture unnamed pipe && has_types unnamed "$unnamed_types" cycles
}
run "and in a pipe" in_pipe
run "kinds of core that the capture names" \
	has_types other-cores 'samples/count cycles/count' cycles
run "devices that are no cores stay apart" has_types devices \
	'uncore_imc_0/cas_count_read/_samples/count uncore_imc_0/cas_count_read//count uncore_imc_1/cas_count_read/_samples/count uncore_imc_1/cas_count_read//count' \
	uncore_imc_1/cas_count_read/
run "so do the modes that are counted" has_types modes \
	'cycles:u_samples/count cycles:u/count cycles:k_samples/count cycles:k/count' cycles:k
run "and the events of a group" has_types groups \
	'cycles_samples/count cycles/count instructions_samples/count instructions/count' cycles
labels() {
	has_types hybrid 'samples/count cycles/count' cycles --label pmu &&
		grep -q '^sample: 2 2000 .*pmu=cpu_atom' types.txt &&
		grep -q '^sample: 98 98000 .*pmu=cpu_core' types.txt
}
run "--label pmu keeps them apart" labels
made_labels() {
	has_types unnamed "$unnamed_types" cycles --label pmu &&
		grep -q 'pmu=cpu_atom' types.txt && grep -q 'pmu=cpu_core' types.txt &&
		convert equal-names.data equal-names.pb.gz -q --no-cache --label pmu &&
		dump equal-names.pb.gz | grep 'pmu=type 10'
}
run "by the names of the capture, or by their numbers" made_labels
run "--event of one kind" folds hybrid 'app;0x1800;0x1010 98000' --event cpu_core/cycles/
run "--event of all kinds" folds hybrid \
	'app;0x1800;0x1000 2000+app;0x1800;0x1010 98000' --event cycles
run "--event of one of the modes" folds modes 'app;0x1800;0x1020 3000+app;0x1800;0x1030 4000' \
	--event cycles:k
run "the types do not depend on it" \
	has_types hybrid 'samples/count cycles/count' cycles --event cpu_atom/cycles/
run "--event that is none lists what there is" fails_with 0 \
	'no samples; the profile is empty; its events are cpu_atom/cycles/P, cpu_core/cycles/P' \
	"$SYMCONV" hybrid.data -o none.pb.gz -q --no-cache --event instructions
run "--event with terms" fails_with 0 'no samples' \
	"$SYMCONV" hybrid.data -o none.pb.gz -q --no-cache --event cpu_core/event=0x3c,umask=0x1/,foo

# ---- which one is shown ----

run "the event with most samples, the first of equals" has_types several \
	'cycles_samples/count cycles/count instructions_samples/count instructions/count branches_samples/count branches/count' \
	instructions
same_everywhere() {
	quietly top several.data >top.txt && head -n 2 top.txt &&
		grep -q '^instructions: 5000$' top.txt &&
		grep -qF 'also: cycles 2000 (2 samples), branches 5000 (5 samples)' top.txt &&
		folds several 'app;0x1800;0x1010 5000' &&
		quietly several.data -o s.html -o s.speedscope.json -o s.gecko.json -o s.svg &&
		"$PYTHON" - <<-'PYTHON'
			import json, re
			page = open("s.html").read()
			data = json.loads(re.search(r'id="flame-data">(.*?)</script>', page, re.S).group(1))
			assert data["type"] == "instructions", data["type"]
			assert "cycles 2000 (2 samples)" in data["others"], data["others"]
			first = json.load(open("s.speedscope.json"))["profiles"][0]
			assert first["name"] == "instructions", first["name"]
			assert sum(first["weights"]) == 5000
			gecko = json.load(open("s.gecko.json"))
			assert sum(len(t["samples"]["data"]) for t in gecko["threads"]) == 5
		PYTHON
}
run "is shown by tables, folded stacks and pictures alike" same_everywhere
run "and the summary says so" says \
	'shown: instructions 5000 (5 samples); also: cycles 2000 (2 samples), branches 5000 (5 samples)' \
	"$SYMCONV" several.data --no-cache -o s.pb.gz
json() {
	quietly several.data -o s.pb.gz --stats=json >s.json && "$PYTHON" - <<-'PYTHON'
		import json
		types = json.load(open("s.json"))["types"]
		assert [t["type"] for t in types if t["shown"]] == ["instructions"]
		assert {t["type"]: t["total"] for t in types}["branches"] == 5000
	PYTHON
}
run "also as JSON" json
run "--type chooses another" folds several 'app;0x1800;0x1000 2000' --type cycles
run "--type samples counts what is shown" folds several 'app;0x1800;0x1010 5' --type samples
run "--type takes an event's whole name" folds three-kinds \
	'app;0x1800;0x1000 1000+app;0x1800;0x1010 50000+app;0x1800;0x1020 40000' --type cycles:ppp
run "but for one kind of core there is --event" fails_with 1 \
	'--event cpu_core/cycles/ chooses it' \
	quietly hybrid.data -o none.pb.gz --type cpu_core/cycles/
run "a wrong one lists all" fails_with 1 \
	'it has cycles_samples, cycles, instructions_samples, instructions, branches_samples, branches' \
	quietly several.data -o none.pb.gz --type faults
differs() {
	quietly diff several.data turned.data >diff.txt && cat diff.txt &&
		grep -q '^instructions: 5000 -> 1000' diff.txt &&
		grep -qF 'also: cycles 2000 (2 samples) -> 9000' diff.txt &&
		quietly diff several.data turned.data -o diff.pb.gz &&
		dump diff.pb.gz | grep -q 'default instructions'
}
run "a difference is of what the first shows" differs
merges() {
	quietly merge several.data turned.data -o merged.pb.gz &&
		dump merged.pb.gz | grep 'default cycles; period 1000 cycles/count'
}
run "several inputs show what all have most of" merges
reports() {
	quietly report several.data -o report &&
		grep 'Also counted: cycles 2000 (2 samples)' report/several.data/index.html
}
run "a report names the others" reports

# ---- all events count ----

{
	printf 'app 7/7 [000] 1.000001: 1000 cycles: \n\t401000 inner+0x0 (/nowhere/app)\n\n'
	for i in 1 2 3; do
		printf 'app 7/7 [000] 1.00001%d: %d faults: \n\t123456 [unknown] ([unknown])\n\n' $i $i
	done
} >half.txt
run "what has no name is weighed over all events, by their samples" fails_with 3 \
	'75.00% of the weight has no name at its leaf' \
	quietly half.txt -o half.pb.gz --type cycles --max-unresolved 74.99
run "weights are the same everywhere" folds periods 'app;0x1000 10+app;0x1010 1000000'
run "or counts" folds periods 'app;0x1000 10+app;0x1010 1' --type samples

# ---- losses ----

run "what the kernel and perf both report is lost once" says 'lost while recording: 33 ' \
	"$SYMCONV" lost.data --no-cache -o lost.pb.gz
run "what a precise event lost comes on top" says 'lost while recording: 40 ' \
	"$SYMCONV" lost-precise.data --no-cache -o lost.pb.gz
filtered() {
	says 'filtered by BPF while recording: 500 samples' \
		"$SYMCONV" lost-filtered.data --no-cache -o lost.pb.gz &&
		if grep -q 'lost while' said.log; then return 1; fi &&
		dump lost.pb.gz | grep '^comment: filtered by BPF while recording:500' &&
		quietly lost-filtered.data -o lost.pb.gz --stats=json >lost.json &&
		grep '"filtered_by_bpf":500' lost.json && grep '"lost":0' lost.json
}
run "what a filter left out is not lost" filtered
finish

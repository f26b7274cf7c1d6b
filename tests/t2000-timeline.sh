#!/bin/sh
# A sample is resolved against what its process had mapped at its time.
. "${srcdir:-.}/tests/lib.sh"

timeline() {
	capture timeline && convert timeline.data timeline.pb.gz -q --no-cache &&
		dump timeline.pb.gz >timeline.txt &&
		diff -u "$tests/expected/timeline.txt" timeline.txt
}
run "fork, exec, pid reuse, replaced mappings, threads" timeline

# samples_of OPTION...: what a filter leaves.
samples_of() {
	convert timeline.data filtered.pb.gz -q --no-cache "$@" &&
		dump filtered.pb.gz | grep -c ^sample:
}
n_samples() {
	test "$("$@")" = "$n_wanted"
}
n_wanted=4
run "--pid" n_samples samples_of --pid 8
n_wanted=1
run "--tid" n_samples samples_of --tid 70
n_wanted=1
run "--comm" n_samples samples_of --comm worker
n_wanted=2
run "--time" n_samples samples_of --time 0.000001,0.0000015
labels() {
	convert timeline.data labels.pb.gz -q --no-cache \
		--label tid,timestamp_ns,cpu,execution_mode &&
		dump labels.pb.gz | grep 'tid=70 comm=old thread_comm=worker cpu=0 timestamp_ns=4400 execution_mode=Host User'
}
run "--label" labels
cgroups() {
	capture fields && convert fields.data cgroup.pb.gz -q --no-cache \
		--label cgroup && dump cgroup.pb.gz | grep 'cgroup=/system.slice'
}
run "--label cgroup" cgroups
events() {
	capture two-events && convert two-events.data events.pb.gz -q --no-cache \
		--event page-faults && dump events.pb.gz | grep '^sample: 0 0 2 203'
}
run "--event" events
finish

#!/bin/sh
# Captures without the kernel's build id or reference symbol: the running kernel
# names them only if all else that they say fits it.
. "${srcdir:-.}/tests/lib.sh"

cat >some.kallsyms <<'END'
ffffffff81000000 T _text
ffffffff81000080 T sys_first
ffffffff81000100 T entry
ffffffff81000200 T helper
ffffffff81010000 T _etext
END
capture hidden
hidden() {
	convert hidden.data hidden.pb.gz --no-cache "$@"
}
run "a capture whose kernel was hidden says so, not that another kernel is running" \
	says "recorded while the kernel's addresses were hidden" hidden
run "its hint is to record with visible addresses" says 'kernel.kptr_restrict=0' hidden
run "a file that cannot be checked names nothing" \
	says 'some.kallsyms cannot be checked' hidden --kallsyms some.kallsyms
run "and the hint names the option that takes it" \
	says '--kallsyms-unchecked with' hidden --kallsyms some.kallsyms
unchecked() {
	hidden --kallsyms-unchecked some.kallsyms 2>unchecked.log &&
		dump hidden.pb.gz >unchecked.txt &&
		grep 'entry < helper < 0x500' unchecked.txt &&
		grep 'comment: kernel symbols: taken unchecked' unchecked.txt &&
		grep 'symbols taken unchecked' unchecked.log
}
run "--kallsyms-unchecked names it, which summary and profile say" unchecked
without_mark() {
	{ grep -v _text some.kallsyms && printf \
		'ffffffff81000300 t in_module\t[ext4]\n'; } >part.kallsyms &&
		hidden --kallsyms-unchecked part.kallsyms &&
		dump hidden.pb.gz | grep 'entry < helper < 0x500'
}
run "also a file that lacks the kernel's bounds" without_mark
sed 's/^ffffffff81/ffffffff82/' some.kallsyms >moved.kallsyms
capture basic
run "--kallsyms-unchecked takes no file that can be checked and differs" \
	says 'is of another boot or kernel' convert basic.data x.pb.gz --no-cache \
	--kallsyms-unchecked moved.kallsyms
run "a vdso of another kernel says so" says 'vdso of another kernel' \
	eval 'capture foreign-vdso && convert foreign-vdso.data v.pb.gz --no-cache'
run "one without a build id is not called another kernel's" \
	says "vdso.*: not proven to be this machine's kernel" \
	eval 'capture unproven-vdso && convert unproven-vdso.data v.pb.gz --no-cache'

if ! grep -qv '^0* ' /proc/kallsyms || ! grep -q ' _text$' /proc/kallsyms ||
	! grep -q ' schedule$' /proc/kallsyms; then
	skip "the running kernel" "its symbols are hidden"
	finish
fi

# here OPTION...: a capture as this machine would record it, converted.
here() {
	"$PYTHON" "$tests/running_kernel.py" here.data "$@" &&
		convert here.data here.pb.gz --no-cache
}
is_named() {
	dump here.pb.gz | grep '\] schedule$'
}
named() {
	here "$@" && is_named
}
# raw TEXT OPTION...: it is left raw, and the summary says why.
raw() {
	text=$1
	shift
	says "$text" here "$@" && ! is_named
}
run "the running kernel without a build id: host, release, time and address fit" named
run "that it was believed is said in the summary" \
	says 'believed without proof' named
named_as_json() {
	named "$@" && "$SYMCONV" here.data -o here.pb.gz --no-cache --stats=json
}
run "and in the summary as JSON" says '"unproven_kernel_symbols":' \
	named_as_json
run "and in the profile" eval "dump here.pb.gz | grep 'comment: kernel symbols: of the running'"
run "as a pipe's records" named --pipe
# A pipe, not the file.
# shellcheck disable=SC2002
from_pipe() {
	"$PYTHON" "$tests/running_kernel.py" here.data --pipe &&
		cat here.data | "$SYMCONV" - -o here.pb.gz --no-cache && is_named
}
run "through a pipe" from_pipe
run "a recorder that was killed left no names: time and the kernel's end do" \
	named --nameless
run "of another host" raw 'recorded on the host elsewhere' --host elsewhere
run "of another release" raw 'recorded on the kernel 9.9' --release 9.9
run "of another machine" raw 'recorded on the architecture vax' --machine vax
run "of another address" raw 'the running kernel has _text at' --moved 2097152
run "later after its boot than this machine is up" \
	raw 'this machine has been up for' --later 100000000
copied() {
	"$PYTHON" "$tests/running_kernel.py" here.data "$@" &&
		touch -d '+1 day' here.data &&
		convert here.data here.pb.gz --no-cache && ! is_named
}
run "neither names, nor end, nor a time that proves anything" \
	says "not proven to be this machine's kernel" copied --nameless --no-end
earlier() {
	"$PYTHON" "$tests/running_kernel.py" here.data "$@" &&
		touch -d @1000000000 here.data &&
		convert here.data here.pb.gz --no-cache && ! is_named
}
run "written before this machine was booted" says 'recorded in an earlier boot' earlier
run "a build id of another kernel counts more than all else" \
	raw 'the running kernel has' --build-id abababababababababababababababababababab
run "hidden addresses of this boot are named" named --hidden
run "those of an earlier boot are not" says 'recorded in an earlier boot' \
	earlier --hidden
run "nor those that nothing proves to be of this boot" \
	says 'is not known to be of this boot' copied --hidden
the_same() {
	here && "$SYMCONV" here.data -o again.pb.gz -q --no-cache -j1 &&
		cmp here.pb.gz again.pb.gz
}
run "what is believed gives the same bytes each time" the_same

# recorded OUT OPTION...: what runs in the kernel for a while, by perf.
recorded() {
	out=$1
	shift
	perf record -g -e cpu-clock -F 2000 -o "$out" "$@" -- \
		dd if=/dev/zero of=/dev/null bs=64k count=20000 2>perf.log
}
in_kernel() {
	dump k.pb.gz | grep -q do_syscall_64
}
by_perf() {
	recorded k.data "$@" && convert k.data k.pb.gz -q --no-cache && in_kernel
}
piped() {
	recorded - | "$SYMCONV" - -o k.pb.gz -q --no-cache && in_kernel
}
if can_record; then
	run "perf record -B" by_perf -B
	run "perf record -o - | symconv -" piped
	if perf record -z -e cpu-clock -o z.data true 2>perf.log; then
		run "perf record -z" by_perf -z
	else
		skip "perf record -z" "this perf cannot compress"
	fi
else
	skip "perf record -B, -z and -o -" "perf cannot record"
fi
finish

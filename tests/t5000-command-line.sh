#!/bin/sh
# Options, outputs and exit statuses.
. "${srcdir:-.}/tests/lib.sh"

capture basic
help() {
	"$SYMCONV" --help >help.txt && grep '^Usage: symconv INPUT' help.txt
}
run "--help" help
run "--version" says '^symconv [0-9]' "$SYMCONV" --version
run "no input" fails_with 2 'no input given' "$SYMCONV"
run "two inputs" fails_with 2 'more than one input' "$SYMCONV" a b
run "an unknown option" fails_with 2 'unrecognized option' "$SYMCONV" --bad
for option in --pid=x --jobs=0 --jobs=x --demangle=x --raw=x --stats=x \
	--label=x --time=5 --max-unresolved=101 --comm=; do
	run "$option is refused" fails_with 2 'symconv: --' \
		"$SYMCONV" basic.data "$option"
done
default_name() {
	"$SYMCONV" basic.data -q && test -s basic.data.pb.gz
}
run "the output's default name" default_name
to_stdout() {
	"$SYMCONV" basic.data -q -o - >stdout.pb.gz && cmp stdout.pb.gz basic.data.pb.gz
}
run "standard output" to_stdout
quiet() {
	"$SYMCONV" basic.data -q -o quiet.pb.gz >quiet.log 2>&1 && test ! -s quiet.log
}
run "-q says nothing" quiet
nothing_on_stdout() {
	"$SYMCONV" basic.data -o quiet.pb.gz 2>/dev/null >quiet.log && test ! -s quiet.log
}
run "nothing on standard output" nothing_on_stdout
summary() {
	"$SYMCONV" basic.data -o s.pb.gz 2>summary.txt &&
		grep '^5 samples, ' summary.txt && grep 'wrote s.pb.gz' summary.txt &&
		grep '/nowhere/app: file missing' summary.txt
}
run "the closing summary" summary
json() {
	"$SYMCONV" basic.data -o j.pb.gz --stats=json >stats.json &&
		"$PYTHON" -c 'import json
s = json.load(open("stats.json"))
assert s["capture"]["samples"] == 5 and s["capture"]["lost"] == 3
assert s["frames"]["reasons"]["file_missing"] == 4, s["frames"]["reasons"]
assert {"scan", "samples", "symbolize", "write"} <= set(s["seconds"])'
}
run "--stats=json" json
run "--stats=json leaves standard output to the profile" fails_with 2 \
	'both want standard output' "$SYMCONV" basic.data -o - --stats=json
run "--max-unresolved" fails_with 3 'more than --max-unresolved 10' \
	"$SYMCONV" basic.data -q -o m.pb.gz --max-unresolved 10
run "the profile is written all the same" test -s m.pb.gz
run "--max-unresolved 100" "$SYMCONV" basic.data -q -o m.pb.gz --max-unresolved 100
raw() {
	convert basic.data raw.pb.gz -q --raw=offset && dump raw.pb.gz |
		grep -F '[kernel.kallsyms]_text+0x100 < [kernel.kallsyms]_text+0x204 < app+0x500'
}
run "--raw=offset" raw
replaced() {
	echo old >keep.pb.gz && chmod 640 keep.pb.gz && ln -s keep.pb.gz link.pb.gz &&
		convert basic.data link.pb.gz -q && test -h link.pb.gz &&
		test "$(stat -c %a keep.pb.gz)" = 640
}
run "an output that is a link stays one" replaced
failed_keeps() {
	cp keep.pb.gz before.pb.gz
	"$SYMCONV" missing.data -o keep.pb.gz -q
	cmp keep.pb.gz before.pb.gz
}
run "a failed conversion leaves the old output" failed_keeps
pprof() {
	go tool pprof -top basic.data.pb.gz
}
if have go; then
	run "go tool pprof reads it" pprof
else
	skip "go tool pprof reads it" "go is not installed"
fi
escaped() {
	capture odd-names && "$SYMCONV" odd-names.data -o odd.pb.gz --no-cache 2>odd.log &&
		! grep "$(printf '\033')" odd.log && grep -F '/m/\x0a\xfe' odd.log
}
run "odd names do no harm to a terminal" escaped
finish

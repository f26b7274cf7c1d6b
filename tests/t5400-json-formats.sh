#!/bin/sh
# What speedscope and the Firefox Profiler read, against pprof of the same
# samples; and what they make of it themselves, where their npm packages are:
#
#	npm ci --prefix FOLDER     (of copies of tests/node/*.json)
#	SYMCONV_NODE_MODULES=FOLDER/node_modules make check
. "${srcdir:-.}/tests/lib.sh"

builddir=$(dirname "$SYMCONV")
packages=${SYMCONV_NODE_MODULES:-$builddir/tests/node/node_modules}

# written NAME IN [OPTION...]: in all three formats; and pprof as samples are
# told apart for the Gecko format.
written() {
	written_name=$1
	written_in=$2
	shift 2
	for written_ending in pb.gz speedscope.json gecko.json; do
		"$SYMCONV" "$written_in" -q --no-cache --offline \
			-o "$written_name.$written_ending" "$@" || return
	done
	"$SYMCONV" "$written_in" -q --no-cache --offline -o "$written_name.split.pb.gz" \
		--label tid,timestamp_ns
}
agrees() {
	agrees_pprof=$2.pb.gz
	test "$1" = speedscope || agrees_pprof=$2.split.pb.gz
	"$PYTHON" "$tests/json_formats.py" "$1" "$agrees_pprof" "$2.$1.json"
}
both_agree() {
	written "$@" && agrees speedscope "$1" && agrees gecko "$1"
}

mkdir -p /tmp/symconv-demo && cp "$tests/data/demo" /tmp/symconv-demo/demo
demo=$tests/data/good-demo.data
run "a real capture: profiles and threads are those of pprof" both_agree demo "$demo"
run "with threads and times" both_agree demo-timed "$demo" --label tid,timestamp_ns
names='demo demo-timed'
for name in basic two-events group timeline untimed contexts odd-names no-samples; do
	capture "$name"
	run "$name" both_agree "$name" "$name.data"
	run "$name: with threads and times" both_agree "$name-timed" "$name.data" \
		--label tid,timestamp_ns
	names="$names $name $name-timed"
done

on_output() {
	"$SYMCONV" "$demo" -q --no-cache --format speedscope -o - | cmp - demo.speedscope.json &&
		"$SYMCONV" "$demo" -q --no-cache -j 1 --format gecko -o - | cmp - demo.gecko.json
}
run "on standard output, and the same each time" on_output
at_once() {
	# Samples are told apart for one output, and not for the others.
	"$SYMCONV" "$demo" -q --no-cache -o all.pb.gz -o all.gecko.json -o all.folded &&
		cmp all.pb.gz demo.pb.gz && cmp all.gecko.json demo.gecko.json &&
		"$SYMCONV" "$demo" -q --no-cache -o one.folded && cmp all.folded one.folded
}
run "beside other outputs, which are as if alone" at_once
default_name() {
	cp "$demo" copy.data && "$SYMCONV" copy.data -q --no-cache --format gecko &&
		cmp copy.data.gecko.json demo.gecko.json
}
run "beside the input, by the format's ending" default_name
details() {
	"$PYTHON" - <<-'PYTHON'
		import json
		frames = json.load(open("demo.speedscope.json"))["shared"]["frames"]
		leaf, = [f for f in frames if f["name"] == "leaf"]
		assert leaf["file"].endswith("demo.c") and leaf["line"] == 4, leaf
		file = json.load(open("demo-timed.gecko.json"))
		thread, = file["threads"]
		assert thread["name"] == thread["processName"] == "demo", thread["name"]
		assert "leaf (in demo)" in thread["stringTable"], thread["stringTable"]
		lines = [row[4] for row in thread["frameTable"]["data"]]
		assert 13 in lines and 21 in lines, lines
		colours = {c["name"]: c["color"] for c in file["meta"]["categories"]}
		assert colours["User"] != colours["Kernel"] != colours["Unknown"]
	PYTHON
}
run "files, lines, modules, names of threads" details
hostile_names() {
	# Of files and threads; a line's end and bytes that are no UTF-8.
	"$PYTHON" - <<-'PYTHON'
		import json
		file = json.load(open("odd-names-timed.gecko.json"))
		assert file["threads"][0]["name"] == r"\xff\x1b[31m"
		frames = json.load(open("odd-names.speedscope.json"))["shared"]["frames"]
		assert frames[0]["file"] == r"/m/\x0a\xfe", frames
	PYTHON
}
run "names of any bytes" hostile_names

# judged FORMAT NAME...: the importer agrees, too.
judged() {
	judged_format=$1
	shift
	for name in "$@"; do
		judged_pprof=$name.pb.gz
		test "$judged_format" = speedscope || judged_pprof=$name.split.pb.gz
		"$PYTHON" "$tests/json_formats.py" "$judged_format" "$judged_pprof" \
			"$name.$judged_format.json" "$packages" || return
	done
}
if ! have node; then
	skip "speedscope's importer" "node is not installed"
	skip "the Firefox Profiler's importer" "node is not installed"
	finish
fi
# shellcheck disable=SC2086
if [ -d "$packages/speedscope" ]; then
	run "speedscope's importer" judged speedscope $names
else
	skip "speedscope's importer" "no npm package speedscope in SYMCONV_NODE_MODULES"
fi
# shellcheck disable=SC2086
if [ -d "$packages/@firefox-devtools/profiler-cli" ]; then
	run "the Firefox Profiler's importer" judged gecko $names
else
	skip "the Firefox Profiler's importer" \
		"no npm package @firefox-devtools/profiler-cli in SYMCONV_NODE_MODULES"
fi
finish

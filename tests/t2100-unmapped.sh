#!/bin/sh
# Addresses where nothing was mapped, or nothing that can be executed.
. "${srcdir:-.}/tests/lib.sh"

# The same on every machine.
export SYMCONV_FORCE_KERNEL_FALLBACK=1
mkdir maps
capture unmapped
quietly() {
	"$SYMCONV" "$@" -q --no-cache --perf-map-dir maps
}
converted() {
	quietly unmapped.data -o "$1.pb.gz" &&
		"$PYTHON" "$tests/pprof_check.py" "$1.pb.gz"
}

cat >plain.want <<'END'
sample: 1 1048576 [unmapped]
sample: 1 128 0x100 < 0x600104 < 0x304
sample: 1 256 0x100 < 0x610104 < 0x304
sample: 1 4 0x100 < [unmapped] < [unmapped] < 0x304
sample: 1 4096 0x100 < 0xffffffffa0000104 < 0x304
sample: 1 512 0x100 < 0x104 < 0x304
sample: 1 1024 0x100 < 0x630104 < 0x304
sample: 7 2171 0x100 < [unmapped] < 0x304
END
# samples PROFILE: without labels.
samples() {
	dump "$1" | sed -n '/^sample/s/\[pid[^]]*\] //p' | sort
}
plain() {
	converted plain && samples plain.pb.gz >plain.txt && sort plain.want |
		diff -u - plain.txt
}
run "what lies nowhere, or in data, is one frame; code without a name is not" plain

again() {
	quietly plain.pb.gz -o again.pb.gz && cmp plain.pb.gz again.pb.gz &&
		quietly plain.pb.gz --resymbolize -o again.pb.gz &&
		cmp plain.pb.gz again.pb.gz &&
		quietly plain.pb.gz --raw address -o again.pb.gz && cmp plain.pb.gz again.pb.gz
}
run "a profile with [unmapped] frames is read and written unchanged" again

kept() {
	quietly unmapped.data --raw address -o kept.pb.gz && samples kept.pb.gz |
		tee kept.txt && ! grep unmapped kept.txt && test "$(wc -l <kept.txt)" = 14 &&
		grep ' 0x100 < 0x4 < 0x6c6c6567 < 0x304$' kept.txt &&
		grep ' 0x100 < 0x410104 < 0x304$' kept.txt &&
		grep ' 0x100 < 0x500104 < 0x304$' kept.txt
}
run "--raw address keeps the addresses apart" kept
kept_again() {
	quietly kept.pb.gz --raw address -o again.pb.gz && cmp kept.pb.gz again.pb.gz &&
		quietly kept.pb.gz -o again.pb.gz && cmp kept.pb.gz again.pb.gz
}
run "a profile that keeps addresses is read and written unchanged" kept_again
run "another word for --raw is refused with those that are allowed" \
	fails_with 2 "wanted: address, offset" "$SYMCONV" unmapped.data --raw none

counted() {
	"$SYMCONV" "$1" -q --no-cache --perf-map-dir maps --stats=json -o other.pb.gz >stats.json &&
		"$PYTHON" - <<-'PYTHON'
			import json
			frames = json.load(open("stats.json"))["frames"]
			row = [r for r in frames["unnamed"] if r["reason"] == "unmapped"]
			print(frames["reasons"], row)
			assert frames["reasons"]["unmapped"] == 1 and len(row) == 1
			assert "module" not in row[0] and row[0]["leaf_weight_percent"] > 90
		PYTHON
}
run "they are counted and weighed as unmapped" counted unmapped.data
run "also when the profile is read again" counted plain.pb.gz

# What a perf map knows is generated code, whatever was recorded of its memory.
mapped() {
	echo "510200 10 made" >maps/perf-7.map &&
		converted mapped && samples mapped.pb.gz >mapped.txt &&
		grep '^sample: 1 2048 0x100 < made < 0x304$' mapped.txt &&
		grep '^sample: 6 123 0x100 < \[unmapped\] < 0x304$' mapped.txt &&
		quietly mapped.pb.gz -o again.pb.gz && cmp mapped.pb.gz again.pb.gz &&
		rm maps/perf-7.map
}
run "a name in a perf map wins over a mapping recorded as data" mapped

threads() {
	quietly unmapped.data -j 1 -o one.pb.gz && quietly unmapped.data -j 4 -o four.pb.gz &&
		cmp one.pb.gz four.pb.gz && cmp one.pb.gz plain.pb.gz
}
run "the same bytes for any number of threads" threads

folded() {
	quietly unmapped.data -o plain.folded --folded-with none &&
		grep -x '0x304;\[unmapped\];\[unmapped\];0x100 4' plain.folded &&
		quietly plain.folded --folded-with none -o again.folded && cmp plain.folded again.folded
}
run "folded stacks have them, also read again" folded
counted_folded() {
	says 'no module): nothing was mapped there' "$SYMCONV" plain.folded -o other.pb.gz
}
run "folded stacks are counted like the profile they came from" counted_folded
pictures() {
	quietly unmapped.data -o p.html -o p.speedscope.json -o p.gecko.json -o p.svg &&
		"$PYTHON" - <<-'PYTHON'
			import json, os, sys
			sys.path.insert(0, os.environ["tests"])
			import flamegraph
			data = flamegraph.read_data("p.html")
			kinds = [colour[0] for colour in data["colours"]]
			assert data["names"].count("[unmapped]") == 1, data["names"]
			text = open("p.html").read()
			assert "nothing was mapped there" in text and "unmapped" in kinds
			scope = json.load(open("p.speedscope.json"))
			names = [f["name"] for f in scope["shared"]["frames"]]
			assert names.count("[unmapped]") == 1, names
			gecko = json.dumps(json.load(open("p.gecko.json")))
			assert gecko.count('"[unmapped]"') == 1
		PYTHON
}
export tests
run "the flame graph, speedscope and gecko have one frame of that name" pictures
tables() {
	"$SYMCONV" top unmapped.data -q --no-cache >top.txt && cat top.txt &&
		test "$(grep -c '\[unmapped\]$' top.txt)" = 1 &&
		"$SYMCONV" diff unmapped.data plain.pb.gz -q --no-cache >diff.txt && cat diff.txt &&
		! grep '\[unmapped\]' diff.txt &&
		"$SYMCONV" merge plain.pb.gz mapped.pb.gz -q -o both.pb.gz --no-cache &&
		"$PYTHON" "$tests/pprof_check.py" both.pb.gz &&
		samples both.pb.gz | grep '^sample: 13 2294 0x100 < \[unmapped\] < 0x304$'
}
run "top, diff and merge know one such function" tables

# As a collector writes it that does not symbolize: no lines.
stripped() {
	"$PYTHON" "$tests/pprof_edit.py" --strip kept.pb.gz stripped.pb.gz &&
		quietly stripped.pb.gz -o named.pb.gz &&
		"$PYTHON" "$tests/pprof_check.py" named.pb.gz && samples named.pb.gz >named.txt &&
		sort plain.want | diff -u - named.txt
}
run "a profile of another's making: locations in no mapping and without lines" stripped
cat >stacks.txt <<'END'
symconv-stacks 1
comm 7 app
maps 7
00400000-00410000 r-xp 00000000 08:01 5 /nowhere/app
00410000-00420000 r--p 00010000 08:01 5 /nowhere/app
00500000-00510000 rw-p 00000000 00:00 0 [heap]
00600000-00610000 rwxp 00000000 00:00 0 
stack 7 7 1 u 400100 5 400305
stack 7 7 2 u 400100 410105 400305
stack 7 7 4 u 400100 500105 400305
stack 7 7 8 u 400100 500205 400305
stack 7 7 16 u 400100 600105 400305
END
texts() {
	echo "500200 10 made" >maps/perf-7.map &&
		quietly stacks.txt -o stacks.pb.gz && rm maps/perf-7.map && samples stacks.pb.gz |
		tee got.txt && grep '^sample: 7 0x100 < \[unmapped\] < 0x304$' got.txt &&
		grep '^sample: 8 0x100 < made < 0x304$' got.txt &&
		grep '^sample: 16 0x100 < 0x600104 < 0x304$' got.txt
}
run "raw stacks: the same" texts
printf 'symconv-stacks 1\nstack 7 7 1 u 400100 5\n' >placeless.txt
placeless() {
	quietly placeless.txt -o placeless.pb.gz && samples placeless.pb.gz |
		grep '^sample: 1 0x400100 < 0x4$'
}
run "raw stacks that say nothing of mappings keep their addresses" placeless
script() {
	printf 'app 7 1.000000: 1 cycles:\n\t%16s main (/nowhere/app)\n\t%16s [unknown] ([unknown])\n\t%16s [unknown] (/nowhere/app)\n\n' \
		400100 5 400305 >script.txt && quietly script.txt -o script.folded && cat script.folded &&
		grep ';\[unmapped\];main 1$' script.folded && ! grep '0x[45];' script.folded
}
run "the text of perf script: what it says is nowhere" script
finish

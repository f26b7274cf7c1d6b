#!/bin/sh
# pprof profiles in: symbolized, written again, filtered, damaged.
. "${srcdir:-.}/tests/lib.sh"

# Names must not depend on where the shipped program lies.
mkdir -p /tmp/symconv-demo && cp "$tests/data/demo" "$tests/data/demo-dwarf" /tmp/symconv-demo/
edit() {
	"$PYTHON" "$tests/pprof_edit.py" "$@"
}
quietly() {
	"$SYMCONV" -q --no-cache "$@"
}
quietly "$tests/data/good-demo.data" -o demo.pb.gz
quietly "$tests/data/good-dwarf.data" -o dwarf.pb.gz
capture basic && quietly basic.data -o basic.pb.gz

again() {
	quietly "$1.pb.gz" -o again.pb.gz && cmp "$1.pb.gz" again.pb.gz
}
run "read and written again: the same bytes" again demo
run "also with copies of the stack" again dwarf
run "also without names" again basic
each_shape() {
	# Every layout that the reader of captures is tested with.
	for shape in $("$PYTHON" "$tests/captures.py" --list); do
		# The kernel was mapped and not sampled there, so its profile cannot
		# tell why the module has no names.
		test "$shape" != kernel-module || continue
		capture "$shape"
		quietly "$shape.data" -o shape.pb.gz || continue
		quietly shape.pb.gz -o again.pb.gz && cmp shape.pb.gz again.pb.gz || return 1
		n=$((${n:-0} + 1))
	done
	echo "$n profiles" && test "$n" -gt 10
}
run "also of every other capture" each_shape
offsets() {
	quietly basic.data --raw=offset -o offset.pb.gz &&
		dump offset.pb.gz | grep '+0x' >/dev/null &&
		quietly offset.pb.gz --raw=offset -o again.pb.gz && cmp offset.pb.gz again.pb.gz &&
		quietly offset.pb.gz -o again.pb.gz && cmp basic.pb.gz again.pb.gz
}
run "names of code without any are made anew" offsets

symbolized() {
	edit "$@" demo.pb.gz stripped.pb.gz &&
		! dump stripped.pb.gz | grep 'leaf' &&
		convert stripped.pb.gz named.pb.gz -q --no-cache && cmp demo.pb.gz named.pb.gz
}
run "a profile without names gets them" symbolized --strip
run "wherever its mappings lay" symbolized --strip --move
run "uncompressed" symbolized --strip --plain
through_pipe() {
	edit --strip demo.pb.gz stripped.pb.gz &&
		quietly - -o named.pb.gz <stripped.pb.gz && cmp demo.pb.gz named.pb.gz &&
		edit --strip --plain demo.pb.gz stripped.pb.gz &&
		head -c 1000000 stripped.pb.gz | quietly - -o named.pb.gz && cmp demo.pb.gz named.pb.gz
}
run "from standard input" through_pipe
kept() {
	# The program is another one now: what has names keeps them.
	cp /bin/true /tmp/symconv-demo/demo
	quietly demo.pb.gz -o kept.pb.gz && cmp demo.pb.gz kept.pb.gz &&
		quietly demo.pb.gz --resymbolize -o kept.pb.gz && cmp demo.pb.gz kept.pb.gz
	status=$?
	cp "$tests/data/demo" /tmp/symconv-demo/demo
	return "$status"
}
run "names stay where there are no better ones" kept
renamed() {
	gunzip -c <demo.pb.gz | sed 's/branch/twitch/g' >wrong.pb &&
		quietly wrong.pb -o kept.pb.gz && dump kept.pb.gz | grep twitch &&
		quietly wrong.pb --resymbolize -o better.pb.gz && cmp demo.pb.gz better.pb.gz
}
run "--resymbolize finds them anew" renamed

made() {
	"$PYTHON" - "$tests" <<-'PYTHON'
		import sys
		sys.path.insert(0, sys.argv[1])
		from pprof_edit import encode
		texts = [b"", b"inuse_space", b"bytes", b"alloc", b"count", b"key", b"text",
		         b"number", b"main.f", b"f.go", b"a comment", b"drop.*", b"keep.*",
		         b"https://example.org/about", b"/nowhere/program", b"0123456789ab"]
		profile = [(1, encode([(1, 3), (2, 4)])), (1, encode([(1, 1), (2, 2)])),
		           (3, encode([(1, 7), (2, 0x400000), (3, 0x500000), (5, 14), (6, 15)])),
		           (5, encode([(1, 900), (2, 8), (3, 8), (4, 9), (5, 12)])),
		           (4, encode([(1, 500), (2, 7), (3, 0x401000), (4, encode([(1, 900), (2, 33)])), (5, 1)])),
		           (4, encode([(1, 3), (4, encode([(1, 900), (2, 34)]))])),
		           (4, encode([(1, 4), (2, 7), (3, 0x600000)])),
		           (2, encode([(1, 500), (1, 3), (2, 5), (2, 1 << 64 - 1),
		                       (3, encode([(1, 5), (2, 6)])),
		                       (3, encode([(1, 7), (3, 12), (4, 2)]))])),
		           (2, encode([(1, 4), (2, 2), (2, (1 << 64) - 9)])),
		           (9, 12345), (10, 678), (11, encode([(1, 1), (2, 2)])), (12, 524288),
		           (13, 10), (7, 11), (8, 12), (15, 13)]
		profile += [(6, text) for text in texts]
		open("made.pb", "wb").write(encode(profile))
	PYTHON
}
exact() {
	made && convert made.pb exact.pb.gz -q --no-cache && dump exact.pb.gz >exact.txt && cat exact.txt &&
		grep -q '^types: alloc/count inuse_space/bytes; default inuse_space' exact.txt &&
		grep -q 'main.f.*< main.f' exact.txt && grep -q 0x600000 exact.txt &&
		grep -q -- '-9' exact.txt && grep -q 'key=text' exact.txt && grep -q 'number=12' exact.txt
}
run "all that a profile may say is kept" exact
beside() {
	gunzip -c <exact.pb.gz | strings >exact.txt && cat exact.txt &&
		grep -q 'a comment' exact.txt && grep -qF 'drop.*' exact.txt && grep -qF 'keep.*' exact.txt &&
		grep -q 'https://example.org/about' exact.txt
}
run "and what is beside it" beside
chosen() {
	quietly exact.pb.gz --type alloc --format top -o - | tee chosen.txt | head -n 1 | grep -q '^alloc: 7$' &&
		fails_with 1 'no value of type absent' quietly exact.pb.gz --type absent
}
run "--type chooses what is shown" chosen

nowhere() {
	# Of a file, and where in it no one knows: it must not be looked up later.
	printf '@[\n    1189\n    7f0000001189\n, demo, 1]: 5\n' >nowhere.bt
	quietly nowhere.bt -o nowhere.pb.gz && quietly nowhere.pb.gz -o again.pb.gz &&
		cmp nowhere.pb.gz again.pb.gz &&
		made_outside && quietly outside.pb -o outside.pb.gz && dump outside.pb.gz &&
		dump outside.pb.gz | grep -q '^mapping: \[/tmp/symconv-demo/demo\]' &&
		quietly outside.pb.gz -o again.pb.gz && cmp outside.pb.gz again.pb.gz
}
made_outside() {
	"$PYTHON" - "$tests" <<-'PYTHON'
		import sys
		sys.path.insert(0, sys.argv[1])
		from pprof_edit import encode
		texts = [b"", b"samples", b"count", b"/tmp/symconv-demo/demo"]
		profile = [(1, encode([(1, 1), (2, 2)])),
		           (3, encode([(1, 1), (2, 0x400000), (3, 0x500000), (5, 3)])),
		           (4, encode([(1, 1), (2, 1), (3, 0x1189)])),
		           (2, encode([(1, 1), (2, 5)])), (11, encode([(1, 1), (2, 2)]))]
		open("outside.pb", "wb").write(encode(profile + [(6, text) for text in texts]))
	PYTHON
}
run "what lies nowhere in its file gets no name later" nowhere
# What was refused once is refused again: a profile is no proof of a file.
if have gcc; then
	mkdir -p opt
	for variant in 1 2; do
		sed "s/branch/branch_$variant/g" "$tests/demo.c" >"demo$variant.c"
		gcc -O2 -g -Wl,--build-id=none "demo$variant.c" -o "opt/plain$variant" &&
			gcc -O2 -g -Wl,--build-id=sha1 "demo$variant.c" -o "opt/id$variant"
	done
	# captured_as KIND: opt/program is the first build, a capture and a profile of it.
	captured_as() {
		rm -f opt/program && cp "opt/${1}1" opt/program &&
			"$PYTHON" "$tests/elf_capture.py" opt/program program.data &&
			quietly program.data -o first.pb.gz
	}
	replace() {
		cp "opt/${1}2" opt/new && mv opt/new opt/program
	}
	unchanged() {
		quietly first.pb.gz -o again.pb.gz && cmp first.pb.gz again.pb.gz &&
			SYMCONV_FORCE_KERNEL_FALLBACK=1 quietly first.pb.gz -o again.pb.gz &&
			cmp first.pb.gz again.pb.gz
	}
	named_then() {
		captured_as "$1" && dump first.pb.gz | grep -q branch_1 &&
			replace "$1" && unchanged && rm opt/program && unchanged
	}
	run "a profile of a program without a build id stays, whatever lies in its place" named_then plain
	run "a profile of a program with one stays, whatever lies in its place" named_then id
	refused_then() {
		captured_as "$1" && replace "$1" && quietly program.data -o first.pb.gz &&
			! dump first.pb.gz | grep -q branch_ && unchanged &&
			rm opt/program && unchanged && cp "opt/${1}1" opt/program && unchanged &&
			"$SYMCONV" top first.pb.gz --no-cache 2>&1 | grep 'were not looked up again (--resymbolize does)'
	}
	run "a replaced program without a build id stays refused" refused_then plain
	run "a replaced program with one stays refused" refused_then id
	proven_again() {
		captured_as plain && replace plain && quietly program.data -o first.pb.gz &&
			quietly first.pb.gz --resymbolize -o again.pb.gz && cmp first.pb.gz again.pb.gz &&
			captured_as id && replace id && quietly program.data -o first.pb.gz &&
			mkdir -p "root$PWD/opt" && cp opt/id1 "root$PWD/opt/program" &&
			quietly first.pb.gz --resymbolize --symfs root -o again.pb.gz &&
			dump again.pb.gz | grep branch_1
	}
	run "--resymbolize takes a file only if it is proven" proven_again
	by_path() {
		captured_as plain && edit --strip first.pb.gz bare.pb.gz &&
			gunzip -c <bare.pb.gz | sed 's/file without a build id/some other comment 1234/' >bare.pb &&
			says 'does not say which build it was' "$SYMCONV" bare.pb -o bare.out.pb.gz --no-cache &&
			! dump bare.out.pb.gz | grep -q branch_1 &&
			quietly bare.pb --resymbolize -o named.pb.gz && dump named.pb.gz | grep branch_1
	}
	run "other collectors' profiles without build ids are looked up by path if asked" by_path
else
	skip "what was refused once is refused again" "no compiler"
fi

filtered() {
	pid=$(dump demo.pb.gz | sed -n 's/.*pid=\([0-9]*\).*/\1/p' | head -n 1) && test -n "$pid" &&
		quietly demo.pb.gz --pid "$pid" -o some.pb.gz && cmp demo.pb.gz some.pb.gz &&
		"$SYMCONV" demo.pb.gz --comm nobody -o none.pb.gz 2>&1 | grep 'left out by filters'
}
run "filtered by its labels" filtered
run "by labels that it has not" fails_with 1 'no labels to filter them by' \
	quietly made.pb --pid 1
run "by events, which it has not" fails_with 1 'no events to filter by' \
	quietly demo.pb.gz --event cycles

cut_anywhere() {
	gunzip -c <demo.pb.gz >plain.pb
	for file in demo.pb.gz plain.pb; do
		size=$(wc -c <"$file") at=0
		while [ "$at" -lt "$size" ]; do
			head -c "$at" "$file" >cut.pb
			rm -f cut.out
			if "$SYMCONV" cut.pb --no-cache -q -o cut.out 2>cut.log; then
				# A message more or less is a profile, too, where all is there.
				"$PYTHON" "$tests/pprof_check.py" cut.out || return 1
			elif [ $? != 1 ] || [ -e cut.out ] || [ "$(wc -l <cut.log)" != 1 ]; then
				echo "$file cut at $at:" && cat cut.log
				return 1
			fi
			at=$((at + ${step:-1}))
		done
	done
}
is_sanitized && step=7
run "cut at every byte: an error, or what is whole" cut_anywhere
run "gzip that is cut short" eval 'head -c 500 demo.pb.gz >cut.pb; fails_with 1 "cut short" quietly cut.pb'
run "gzip of something else" eval 'echo text | gzip >text.gz; fails_with 1 "what is inside gzip is not" quietly text.gz'
bomb() {
	head -c 200000000 /dev/zero | gzip -9 >bomb.gz && ls -l bomb.gz &&
		fails_with 1 'expands to more than' quietly bomb.gz
}
run "a gzip bomb" bomb

if have go; then
	by_go() {
		cat >heap.go <<-'GO'
			package main

			import (
				"os"
				"runtime/pprof"
			)

			var kept [][]byte

			func allocate() {
				for i := 0; i < 200; i++ {
					kept = append(kept, make([]byte, 100000))
				}
			}

			func main() {
				allocate()
				file, _ := os.Create("heap.pb.gz")
				pprof.Lookup("heap").WriteTo(file, 0)
			}
		GO
		GOCACHE=$PWD/gocache GO111MODULE=off go run heap.go && quietly heap.pb.gz -o out.pb.gz &&
			for type in alloc_objects alloc_space inuse_objects inuse_space; do
				go tool pprof -sample_index="$type" -traces heap.pb.gz >theirs.txt 2>/dev/null &&
					go tool pprof -sample_index="$type" -traces out.pb.gz >ours.txt 2>/dev/null &&
					diff -u theirs.txt ours.txt && grep -q main.allocate ours.txt || return 1
			done
	}
	run "a heap profile of Go: as pprof reads it itself" by_go
else
	skip "a heap profile of Go: as pprof reads it itself" "go is not installed"
fi
finish

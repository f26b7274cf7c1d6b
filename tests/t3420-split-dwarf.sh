#!/bin/sh
# Split DWARF: whatever a compiler leaves where, names, files and inlined calls
# are those of the source.
. "${srcdir:-.}/tests/lib.sh"

mkdir source
cat >source/a.h <<'C'
struct A { int v; };
struct U { long never[3]; };
C
cat >source/b.h <<'C'
struct B { int w; };
static inline __attribute__((always_inline)) int in_b(volatile int *p) { return *p * 3; }
C
cat >source/c.h <<'C'
#include "b.h"
static inline __attribute__((always_inline)) int in_c(volatile int *p) { return in_b(p) + 1; }
C
cat >source/hot.cc <<'C'
#include "a.h"
#include "c.h"
volatile int x = 1; A ga; B gb;
__attribute__((noinline)) int hot(int n) { int s = ga.v; for (int i = 0; i < n; i++) s += in_c(&x); return s + gb.w; }
int main(int argc, char **) { return hot(argc) & 1; }
C
cat >chains.py <<'C'
"""Of all addresses of hot(): each call is in its file, and inlined calls have
names. Lines of one instruction may be another's, as compilers move them."""
import json
import os
import subprocess
import sys

program, *options = sys.argv[1:]
start, size = next((int(f[0], 16), int(f[1], 16)) for f in map(str.split, subprocess.run(
    ["nm", "-S", program], check=True, capture_output=True, text=True).stdout.splitlines())
    if f[-1] == "_Z3hoti")
text = subprocess.run(
    [os.environ["SYMCONV"], "symbolize", "--json", "--offline", "--exe", program, *options],
    input="".join("%x\n" % a for a in range(start, start + size)),
    check=True, capture_output=True, text=True).stdout
files = {"hot": "hot.cc", "in_c": "c.h", "in_b": "b.h"}
chains = set()
for line in text.splitlines():
    frames = json.loads(line)["Symbol"]
    chains.add(tuple(os.path.basename(f["FileName"]) for f in frames))
    for frame in frames[1:]:
        wanted = files[frame["FunctionName"].split("(")[0]]
        assert os.path.basename(frame["FileName"]) == wanted, frames
    assert [f["FunctionName"] for f in frames] == ["in_b", "in_c", "hot"][-len(frames):], frames
    assert os.path.basename(frames[0]["FileName"]) in files.values(), frames
assert ("b.h", "c.h", "hot.cc") in chains, chains
C
# compiled NAME COMPILER OPTION...: in a directory of that name.
compiled() {
	name=$1
	shift
	rm -rf "$name" && cp -r source "$name" &&
		(cd "$name" && "$@" -O2 -c hot.cc -o hot.o && "$1" hot.o -Wl,--build-id -o program)
}
right() { "$PYTHON" chains.py "$@"; }
apart() {
	compiled apart "$@" && right apart/program --no-cache
}
for compiler in g++ clang++; do
	have "$compiler" || {
		skip "$compiler" "it is not installed"
		continue
	}
	for version in 4 5; do
		split="-g -gsplit-dwarf -gdwarf-$version"
		# shellcheck disable=SC2086 # options
		run "$compiler, DWARF $version" apart "$compiler" $split
		# shellcheck disable=SC2086
		run "$compiler, DWARF $version, types apart" \
			apart "$compiler" $split -fdebug-types-section
		# shellcheck disable=SC2086
		run "$compiler, DWARF $version, compressed" \
			apart "$compiler" $split -gz=zlib
		# shellcheck disable=SC2086
		run "$compiler, DWARF $version, a relative directory" \
			apart "$compiler" $split "-ffile-prefix-map=$scratch/apart=."
	done
done
if have clang++; then
	for version in 4 5; do
		split="-g -gdwarf-$version"
		# shellcheck disable=SC2086
		run "clang++, DWARF $version, calls inlined into the skeleton" \
			apart clang++ $split -gsplit-dwarf -fsplit-dwarf-inlining
		gone() {
			apart clang++ "$@" && rm apart/hot.dwo && right apart/program --no-cache
		}
		# shellcheck disable=SC2086
		run "clang++, DWARF $version, and these alone where the rest is gone" \
			gone $split -gsplit-dwarf -fsplit-dwarf-inlining
		# shellcheck disable=SC2086
		run "clang++, DWARF $version, the split unit in the object file" \
			apart clang++ $split -gsplit-dwarf=single
		# shellcheck disable=SC2086
		run "clang++, DWARF $version, in the object file, compressed, types apart" \
			apart clang++ $split -gsplit-dwarf=single -gz=zlib -fdebug-types-section
	done
fi
packed() {
	packer=$1
	shift
	compiled packed "$@" && (cd packed && "$packer" -e program -o program.dwp) &&
		rm packed/hot.o && rm -f packed/hot.dwo && right packed/program --no-cache
}
if have dwp && have g++; then
	run "g++, DWARF 4, types apart, dwp" packed dwp g++ -g -gsplit-dwarf -gdwarf-4 -fdebug-types-section
else
	skip "dwp" "g++ or dwp is not installed"
fi
if have llvm-dwp && have clang++; then
	for version in 4 5; do
		run "clang++, DWARF $version, types apart, llvm-dwp" packed llvm-dwp \
			clang++ -g -gsplit-dwarf "-gdwarf-$version" -fdebug-types-section
		run "clang++, DWARF $version, calls inlined into the skeleton, llvm-dwp" packed llvm-dwp \
			clang++ -g -gsplit-dwarf "-gdwarf-$version" -fsplit-dwarf-inlining
	done
else
	skip "llvm-dwp" "clang++ or llvm-dwp is not installed"
fi

CXX=${CXX:-g++}
have "$CXX" || finish
# What was moved since it was built.
moved() {
	compiled moved "$CXX" -g -gsplit-dwarf && rm -rf there && mv moved there &&
		right there/program --no-cache
}
run "moved with the program" moved
elsewhere() {
	moved && rm -rf kept && mkdir kept && mv there/hot.dwo kept/ &&
		right there/program --no-cache --debug-dir kept
}
run "moved to a --debug-dir" elsewhere
package_elsewhere() {
	compiled moved "$CXX" -g -gsplit-dwarf -gdwarf-4 && (cd moved && dwp -e program -o program.dwp) &&
		rm -rf kept && mkdir kept && mv moved/program.dwp kept/ && rm moved/hot.dwo &&
		right moved/program --no-cache --debug-dir kept
}
if have dwp; then
	run "a package in a --debug-dir" package_elsewhere
fi
stale() {
	moved && mkdir moved && sed 's/ga.v/ga.v + 1/' source/hot.cc >moved/hot.cc && cp source/*.h moved/ &&
		(cd moved && "$CXX" -O2 -g -gsplit-dwarf -c hot.cc -o hot.o) && test -e moved/hot.dwo &&
		right there/program --no-cache
	stale_status=$?
	rm -rf moved
	return "$stale_status"
}
run "an older file of the same name is passed over" stale
# What is not found is said and counted.
lacking() {
	compiled lacking "$CXX" -g -gsplit-dwarf && rm lacking/hot.dwo &&
		"$PYTHON" "$tests/elf_capture.py" lacking/program lacking.data
}
said() {
	lacking && says 'hot.dwo: not found' \
		"$SYMCONV" lacking.data -o lacking.pb.gz --no-cache --offline -v
}
run "what is not found is said with -v" said
counted() {
	says 'not found: of 1 units' "$SYMCONV" lacking.data -o lacking.pb.gz --offline &&
		says 'split_units_missing": *1,' \
			"$SYMCONV" lacking.data -o lacking.pb.gz --offline --stats=json
}
run "and counted, also when the rest comes from the cache" counted
regained() {
	compiled lacking "$CXX" -g -gsplit-dwarf && says 'split_units_missing": *0,' \
		"$SYMCONV" lacking.data -o lacking.pb.gz --offline --stats=json
}
run "until it is there" regained
finish

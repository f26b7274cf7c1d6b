#!/bin/sh
# symconv symbolize: the symbolizer alone, with llvm-symbolizer as the judge.
. "${srcdir:-.}/tests/lib.sh"

CXX=${CXX:-g++}
have "$CXX" || {
	skip "symconv symbolize" "$CXX is not installed"
	finish
}
"$CXX" -O2 -g -Wl,--build-id "$tests/program.cc" -o program
main=$(nm program | sed -n 's/ T main$//p')
id=$(readelf -n program | sed -n 's/.*Build ID: //p')
symbolize() { "$SYMCONV" symbolize --no-cache "$@"; }

run "an address as argument" says '^main$' symbolize --exe program "0x$main"
run "its line" says 'program.cc:[0-9][0-9]*:' symbolize --exe program "$main"
from_input() { printf '%s\n\n 0x%s\n' "$main" "$main" | symbolize --exe program; }
count_input() { from_input >both.txt && test "$(grep -c '^main$' both.txt)" = 2; }
run "addresses on standard input" count_input
run "no name" says '^??:0:0$' symbolize --exe program 0x1
json() {
	symbolize --exe program --json "$main" 0x1 >json.txt && cat json.txt &&
		"$PYTHON" -c '
import json
lines = [json.loads(line) for line in open("json.txt")]
assert lines[0]["Symbol"][-1]["FunctionName"] == "main", lines
assert lines[1]["Symbol"] == [] and lines[1]["Reason"] == "not_covered", lines'
}
run "as JSON" json
by_id() {
	mkdir -p "dbg/.build-id/$(printf '%.2s' "$id")" &&
		cp program "dbg/.build-id/$(printf '%.2s' "$id")/${id#??}.debug" &&
		says '^main$' symbolize --debug-dir dbg --build-id "$id" "$main"
}
run "by build id" by_id
cached() {
	"$SYMCONV" symbolize --cache cache --exe program "$main" >cold.txt &&
		rm -rf dbg && "$SYMCONV" symbolize --cache cache --build-id "$id" "$main" |
		diff cold.txt -
}
run "by build id, from the cache" cached
run "a build id that nobody has" fails_with 1 'file missing' \
	symbolize --build-id 0123456789abcdef0123 "$main"
run "a file that is not there" fails_with 1 'No such file' symbolize --exe gone 0x1
run "a file that is no ELF file" fails_with 1 'malformed ELF' symbolize --exe both.txt 0x1
run "something that is no address" fails_with 2 'not a hexadecimal' symbolize --exe program xyz
run "no file at all" fails_with 2 'no file given' symbolize 0x1
run "--help" says 'Usage: symconv symbolize' symbolize --help

# Relocatable: addresses count from the first section of code. llvm-symbolizer
# takes every section to begin at 0, but binutils can be told of one.
"$CXX" -O2 -g -c -fno-pic -x c "$tests/demo.c" -o demo.o
relocatable() {
	size=$(readelf -SW demo.o | sed -n 's/.* \.text  *PROGBITS *[0-9a-f]* [0-9a-f]* \([0-9a-f]*\).*/\1/p')
	"$PYTHON" -c "[print(hex(a)) for a in range(0x$size)]" >all.txt
	symbolize --exe demo.o <all.txt | sed -n 's/:[0-9]*$//; /./p' | sed 's|.*/||' >ours.txt
	addr2line -i -f -j .text -e demo.o <all.txt | sed 's/ (disc.*//; s|.*/||; s/:?$/:0/' >theirs.txt
	# Between functions, where it names the one before, nothing has a name.
	paste -d' ' ours.txt theirs.txt | awk '$1 != "??" && $1 != "??:0" && $1 != $2' >differ.txt
	head -n 5 differ.txt
	test -s ours.txt && test "$(grep -c . differ.txt)" -le 20 && grep -q '^leaf$' ours.txt
}
run "a relocatable file, as addr2line" relocatable
"$CXX" -O2 -g -c -fno-pic -ffunction-sections -x c "$tests/demo.c" -o sections.o
sections() {
	"$PYTHON" - <<-PYTHON
		import subprocess
		sizes = {l.split()[3]: int(l.split()[1], 16) for l in subprocess.run(
		    ["nm", "-S", "sections.o"], check=True, capture_output=True,
		    text=True).stdout.splitlines() if l.split()[2] in "tT"}
		text = subprocess.run(
		    ["$SYMCONV", "symbolize", "--no-cache", "--exe", "sections.o"],
		    input="".join("%x\n" % a for a in range(sum(sizes.values()) + 64)),
		    check=True, capture_output=True, text=True).stdout
		names = [block.split("\n")[-2] for block in text.strip("\n").split("\n\n")]
		print(sizes, {name: names.count(name) for name in set(names)})
		assert all(names.count(name) == sizes[name] for name in sizes)
	PYTHON
}
run "one with many sections of code" sections

have llvm-symbolizer || {
	skip "as llvm-symbolizer" "it is not installed"
	finish
}
# alike FILE [OPTION...]: on up to 20,000 addresses, 99.9% at least.
alike() { "$PYTHON" "$tests/compare_symbolizers.py" "$1" 20000; }
# built COMPILER OPTION...: a program full of templates.
built() {
	"$@" -std=c++17 -pthread -Wl,--build-id "$tests/templates.cc" -o built &&
		alike built
}
run "g++ -O2, DWARF 4" built "$CXX" -O2 -g -gdwarf-4
run "g++ -O2, DWARF 5" built "$CXX" -O2 -g -gdwarf-5
run "g++ -O3 -flto" built "$CXX" -O3 -g -flto=1
run "g++, sections, types apart" built "$CXX" -O2 -g -ffunction-sections -fdebug-types-section
if have clang++; then
	run "clang++ -O2, DWARF 4" built clang++ -O2 -g -gdwarf-4
	run "clang++ -O2, DWARF 5" built clang++ -O2 -g -gdwarf-5
	run "clang++ -O3, no PIE" built clang++ -O3 -g -no-pie
	if have ld.lld; then
		run "clang++ -flto, lld, several code segments" built clang++ -O3 -g \
			-flto -fuse-ld=lld -Wl,--icf=all
	else
		skip "lld" "it is not installed"
	fi
else
	skip "clang++" "it is not installed"
fi
# split COMPILER OPTION...: two units, whose rest is in .dwo files; packed WITH
# COMPILER OPTION...: and then in one package, and nowhere else.
split() {
	rm -f ./*.dwo ./*.dwp
	"$@" -std=c++17 -O2 -g -gsplit-dwarf -c "$tests/templates.cc" -o one.o &&
		"$@" -w -O2 -g -gsplit-dwarf -Dmain=other -c "$tests/program.cc" -o two.o &&
		"$@" one.o two.o -pthread -Wl,--build-id -o apart &&
		test -e one.dwo && alike apart
}
packed() {
	packer=$1
	shift
	split "$@" && "$packer" -e apart -o apart.dwp && rm -f ./*.dwo && alike apart
}
run "g++ -gsplit-dwarf, DWARF 4" split "$CXX" -gdwarf-4
run "g++ -gsplit-dwarf, DWARF 5" split "$CXX" -gdwarf-5
if have dwp; then
	run "g++, DWARF 4, dwp" packed dwp "$CXX" -gdwarf-4
else
	skip "dwp" "it is not installed"
fi
if have clang++ && have llvm-dwp; then
	run "clang++, DWARF 4, llvm-dwp" packed llvm-dwp clang++ -gdwarf-4
	run "clang++, DWARF 5, llvm-dwp" packed llvm-dwp clang++ -gdwarf-5
else
	skip "llvm-dwp" "clang++ or llvm-dwp is not installed"
fi
# With the rest gone there are the symbols; when it is back, it is found.
regained() {
	split "$CXX" -gdwarf-5 && address=$(nm apart | sed -n 's/ T main$//p') &&
		"$SYMCONV" symbolize --cache regained --exe apart "$address" >with.txt &&
		rm -rf regained && mkdir away && mv ./*.dwo away/ &&
		says '^main$' "$SYMCONV" symbolize --cache regained --exe apart "$address" &&
		mv away/* . && "$SYMCONV" symbolize --cache regained --exe apart "$address" |
		diff with.txt -
}
run "a unit that comes back" regained
swapped() {
	split "$CXX" -gdwarf-5 && mv one.dwo x && mv two.dwo one.dwo && mv x two.dwo &&
		says '^main$' symbolize --exe apart "$(nm apart | sed -n 's/ T main$//p')" &&
		rm one.dwo two.dwo && mkfifo one.dwo two.dwo &&
		says '^main$' timeout 10 "$SYMCONV" symbolize --no-cache --exe apart \
			"$(nm apart | sed -n 's/ T main$//p')"
}
run "units of another, and FIFOs, are not taken" swapped
libc=$(ldd program | sed -n 's/.*=> \(.*libc\.so\.6\) .*/\1/p')
run "libc" alike "$libc"
finish

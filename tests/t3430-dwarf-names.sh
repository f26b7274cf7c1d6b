#!/bin/sh
# What DWARF alone says of functions: the scopes that they are declared in,
# paths in parts, and units that claim less than they have.
. "${srcdir:-.}/tests/lib.sh"

CC=${CC:-gcc} CXX=${CXX:-g++}
if ! have "$CC" || ! have "$CXX" || ! have nm; then
	skip "names and files of DWARF" "no compiler is installed"
	finish
fi
# at FILE SYMBOL: its address and size.
at() { nm -S "$1" | sed -n "s/^\([0-9a-f]*\) \([0-9a-f]*\) . $2\$/\1 \2/p" | head -n 1; }
# every FILE SYMBOL OPTION...: what is said of each address of a function.
every() {
	every_file=$1
	# shellcheck disable=SC2046 # two words
	set -- "$@" $(at "$1" "$2")
	"$PYTHON" -c '
import sys
start, size = (int(n, 16) for n in sys.argv[-2:])
for address in range(start, start + size):
    print("%x" % address)' "$@" >addresses.txt
	shift 2
	every_options=
	while [ $# -gt 2 ]; do
		every_options="$every_options $1"
		shift
	done
	# shellcheck disable=SC2086 # options
	"$SYMCONV" symbolize --no-cache --offline --exe "$every_file" $every_options <addresses.txt
}

cat >scopes.cc <<'C'
volatile int sink = 3;
#define ALWAYS __attribute__((always_inline)) inline
namespace outer {
namespace { struct Hidden { ALWAYS int step(int n) { return n * sink + 1; } }; }
inline namespace v1 {
template <class T> struct Parser {
	T at;
	template <class F> ALWAYS T each(F f) { return f(at) * sink; }
};
}
static ALWAYS int apart(int n) { return n * sink + 9; }
}
static ALWAYS int plain(int n) { return n * sink - 9; }
struct Tree { struct Leaf; };
struct Tree::Leaf { template <class F> ALWAYS static int visit(F f) { return f(sink); } };
extern "C" __attribute__((noinline)) int work(int n) {
	outer::Parser<int> parser{n};
	outer::Hidden hidden;
	struct Local { ALWAYS int go(int x) { return x * sink - 2; } } local;
	struct { ALWAYS int run(int x) { return x * sink - 4; } } unnamed;
	auto first = [&](int k) ALWAYS_LAMBDA { return k * sink + 5; };
	auto second = [&](int k) ALWAYS_LAMBDA { return k + sink * 7; };
	return parser.each(first) + parser.each(second) + hidden.step(n) +
	       local.go(n) + unnamed.run(n) + outer::apart(n) + plain(n) +
	       Tree::Leaf::visit([](int q) ALWAYS_LAMBDA { return q * sink; });
}
int main(int argc, char **) { return work(argc); }
C
# called NAME...: functions of these names are in the chains, and none that the
# scopes tell is without them.
called() {
	cat names.txt
	for name in "$@"; do
		grep -qxF "$name" names.txt || {
			echo "missing: $name"
			return 1
		}
	done
	! grep -qxE 'operator\(\)|step|go|run|apart|each<.*' names.txt
}
scopes() {
	"$@" -O2 -g -std=c++17 -DALWAYS_LAMBDA='__attribute__((always_inline))' scopes.cc -o scopes &&
		every scopes work | awk 'NF && !/:[0-9]+:[0-9]+$/' | sort -u >names.txt &&
		called work 'outer::(anonymous namespace)::Hidden::step'
}
gcc_scopes() {
	scopes "$@" && called plain outer::apart work::Local::go 'work::{lambda#1}::operator()' 'work::{lambda#2}::operator()' \
		'work::{unnamed type#1}::run' && grep -q '^outer::v1::Parser<int>::each<' names.txt &&
		grep -q '^Tree::Leaf::visit<' names.txt
}
for version in 4 5; do
	run "g++, DWARF $version" gcc_scopes g++ "-gdwarf-$version"
done
run "g++, types apart" gcc_scopes g++ -fdebug-types-section
run "g++, split DWARF" gcc_scopes g++ -gsplit-dwarf
run "g++, link-time optimization" gcc_scopes g++ -flto=1
if have clang++; then
	run "clang++" scopes clang++
else
	skip "clang++" "it is not installed"
fi
full() {
	"$CXX" -O2 -g -std=c++17 -DALWAYS_LAMBDA='__attribute__((always_inline))' scopes.cc -o scopes &&
		every scopes work --demangle=full >full.txt && grep -qx 'outer::apart' full.txt &&
		every scopes work --demangle=none >none.txt && grep -qx 'apart' none.txt
}
run "also in full style; linkage names are as they stand there" full
c_plain() {
	printf '#define ALWAYS static inline __attribute__((always_inline))\nvolatile int sink; ALWAYS int in(int n) { return n * sink; }\nint work(int n) { return in(n) + 1; }\nint main(int c, char **v) { (void)v; return work(c); }\n' >plain.c &&
		"$CC" -O2 -g plain.c -o plain && every plain work | grep -qx in
}
run "in C names stay as they are" c_plain

# ---- paths ----

mkdir -p 'in' && printf 'volatile int sink;\nstatic inline int in(int n) { return n * sink; }\n' >in/in.h
printf '#include "in//in.h"\nint work(int n) { return in(n) + 1; }\nint main(int c, char **v) { (void)v; return work(c); }\n' >path.c
paths() {
	"$@" -O2 -g "-fdebug-prefix-map=$scratch=/src/" path.c -o path &&
		every path work | sed -n 's/:[0-9]*:[0-9]*$//p' | sort -u >ours.txt && cat ours.txt &&
		grep -qx /src/path.c ours.txt && ! grep -q '^/src//' ours.txt
}
for version in 4 5; do
	for compiler in gcc clang; do
		if have "$compiler"; then
			run "$compiler, DWARF $version: a directory that ends in a slash" \
				paths "$compiler" "-gdwarf-$version"
		else
			skip "$compiler, DWARF $version: a directory that ends in a slash" "it is not installed"
		fi
	done
done

# ---- units that claim less than they have ----

cat >unit.c <<'C'
volatile int sink;
__attribute__((noinline)) static int early(int n) { return n * sink; }
__attribute__((noinline)) int late(int n) { return early(n) + early(n + 1); }
C
printf 'int late(int); int main(int c, char **v) { (void)v; return late(c); }\n' >unit_main.c
short_unit() {
	"$CC" -O2 -g "$1" -c unit.c -o unit.o && "$CC" -O2 -c unit_main.c -o unit_main.o &&
		"$CC" unit.o unit_main.o -o whole && "$PYTHON" - <<-'PYTHON'
		import struct, subprocess
		symbols = {f[3]: (int(f[0], 16), int(f[1], 16)) for f in (
		    line.split() for line in subprocess.run(["nm", "-S", "whole"], check=True,
		    capture_output=True, text=True).stdout.splitlines()) if len(f) == 4}
		low, limit = symbols["early"][0], sum(symbols["late"])
		data = open("whole", "rb").read()
		claim = struct.pack("<QQ", low, limit - low)
		# In .debug_aranges, and behind that in .debug_info.
		assert data.count(claim) == 2, (data.count(claim), hex(low), hex(limit))
		at = data.rfind(claim)
		open("short", "wb").write(data[:at] + struct.pack(
		    "<QQ", low, symbols["late"][0] - low) + data[at + len(claim):])
	PYTHON
	every whole late >whole.txt && every short late >short.txt && grep -q 'unit.c:3' whole.txt &&
		diff whole.txt short.txt
}
case $(uname -m) in
x86_64 | aarch64 | riscv64)
	run "a unit whose ranges end early has what .debug_aranges says, DWARF 4" short_unit -gdwarf-4
	run "a unit whose ranges end early has what .debug_aranges says, DWARF 5" short_unit -gdwarf-5
	;;
*) skip "a unit whose ranges end early" "made for 64-bit little-endian files" ;;
esac
finish

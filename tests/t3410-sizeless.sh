#!/bin/sh
# Symbols without a size: what they name, and where they end.
. "${srcdir:-.}/tests/lib.sh"

CC=${CC:-gcc}
if ! have "$CC" || ! have objcopy || ! have nm; then
	skip "symbols without a size" "$CC or binutils are not installed"
	finish
fi
cat >labels.s <<'S'
	.text
	.globl label, label_cfi, sized, inner, after, unsized_cfi, dotted
label:
	.skip 16
	.hidden secret
	.globl secret
secret:
	.skip 16
	.type label_cfi, %function
label_cfi:
	.cfi_startproc
	.skip 16
	.cfi_endproc
behind_cfi:
	.skip 16
	.type sized, %function
sized:
	.skip 8
loop:
	.skip 8
inner:
	.skip 8
again:
	.skip 8
	.size sized, . - sized
behind_sized:
	.skip 16
	.type unsized_cfi, %function
unsized_cfi:
	.cfi_startproc
	.skip 8
retry:
	.skip 8
	.cfi_endproc
	.type after, %function
after:
	.skip 16
	.size after, . - after
dotted:
	.skip 8
dotted.loop:
	.skip 8
	.globl last
last:
	.skip 16
	.section other_code, "ax", %progbits
other:
	.skip 16
	.section .note.GNU-stack, "", %progbits
S
cat >code.c <<'C'
volatile int sink;
__attribute__((noinline)) static int work(int n) { return n * sink; }
__attribute__((noinline)) static int twice(int n) { return work(n) + work(n + 1); }
int exported(int n) { return twice(n) * 3; }
C
cat >main.c <<'C'
int exported(int); void label(void);
int main(int argc, char **argv) { (void)argv; if (argc > 9) label(); return exported(argc); }
C
# at FILE SYMBOL: its address, in hexadecimal.
at() { nm "$1" | sed -n "s/ [a-zA-Z] $2\$//p" | head -n 1; }
# named FILE FROM SYMBOL OFFSET NAME: what lies OFFSET bytes behind SYMBOL of
# FROM, which has the symbols that FILE may lack, is called NAME in FILE.
named() {
	address=$(printf '0x%x' "$((0x$(at "$2" "$3") + $4))")
	name=$("$SYMCONV" symbolize --no-cache --offline --exe "$1" "$address" |
		grep . | tail -n 2 | head -n 1)
	echo "$3+$4 at $address: $name"
	test "$name" = "$5"
}
build() {
	"$CC" -c labels.s -o labels.o && "$CC" -O2 "$@" -c code.c -o code.o &&
		"$CC" -O2 -c main.c -o main.o &&
		"$CC" -Wl,--build-id labels.o code.o main.o -o full
}
# without OPTION...: the program with what code.c leaves in it, and without the
# symbols of its functions and of the labels behind others.
without() {
	build "$@" && objcopy -N work -N twice -N behind_cfi -N behind_sized \
		-N other full lacking
}
without -fasynchronous-unwind-tables || {
	skip "symbols without a size" "labels cannot be assembled"
	finish
}

run "a label without a size names what follows" named full full label 15 label
run "up to a label that names nothing" named full full secret 0 '??'
run "a label with unwind information names what that covers" \
	named full full label_cfi 15 label_cfi
run "and nothing behind it" named lacking full behind_cfi 0 '??'
run "but what has a name there keeps it" named full full behind_cfi 0 behind_cfi
run "a local label in a function with a size does not take its name" \
	named full full loop 0 sized
run "a global label in a function with a size names what follows" \
	named full full inner 0 inner
run "up to the function's end, whatever local labels there are" \
	named full full again 7 inner
run "and nothing behind it" named lacking full behind_sized 0 '??'
run "a local label in a function with unwind information does not take its name" \
	named full full retry 0 unsized_cfi
run "a local label that bears the name of the function in front does not take it" \
	named full full dotted.loop 0 dotted
run "what has a name of its own behind it keeps that" named full full last 0 last
run "the last label of a section does not name the next section" \
	named lacking full other 0 '??'
run "a label does not name a function of which only unwind information is left" \
	named lacking full work 0 '??'
run "nor one behind that" named lacking full twice 4 '??'
run "a symbol with a size in between keeps its name" named lacking full exported 1 exported

# gdb and addr2line find functions by DWARF alone.
dwarf() {
	without -g -fno-asynchronous-unwind-tables &&
		objcopy -R .eh_frame -R .eh_frame_hdr -R .debug_frame lacking bare &&
		named bare full work 1 work && named bare full twice 1 twice &&
		named bare full exported 1 exported && named bare full label 1 label
}
run "a label does not beat DWARF" dwarf
# The last label lies in front of another unit's code without names.
gap() {
	cat >padded.s <<-'S'
		.text
		.globl before
		before:
		.skip 16
		.section .note.GNU-stack, "", %progbits
	S
	"$CC" -c padded.s -o padded.o &&
		printf '\t.text\nunknown:\n\t.skip 16\n\t.section .note.GNU-stack,"",%%progbits\n' >unknown.s &&
		"$CC" -c unknown.s -o unknown.o &&
		"$CC" -O2 -g -fno-asynchronous-unwind-tables -c code.c -o code.o &&
		"$CC" -O2 -c main.c -o main.o && "$CC" -c labels.s -o labels.o &&
		"$CC" padded.o code.o unknown.o main.o labels.o -o full &&
		objcopy -N work -N twice -N exported -N unknown \
			-R .eh_frame -R .eh_frame_hdr -R .debug_frame full bare &&
		named bare full before 1 before && named bare full work 1 work &&
		named bare full unknown 1 '??'
}
run "a label ends where a unit of DWARF begins" gap
# A function that the compiler found to be unreachable has no code.
empty() {
	cat >empty.c <<-'C'
		volatile int sink;
		void unreachable(void) { __builtin_unreachable(); }
		__attribute__((noinline)) static int work(int n) { return n * sink; }
		__attribute__((noinline)) static int twice(int n) { return work(n) + work(n + 1); }
		int exported(int n) { return twice(n) * 3; }
	C
	"$1" -O2 -g -fPIC -shared empty.c -o full.so &&
		strip -o stripped.so full.so && objcopy -N work -N twice full.so lacking.so &&
		named lacking.so full.so work 1 work &&
		named stripped.so full.so twice 1 '??' &&
		named stripped.so full.so exported 1 exported
}
for compiler in gcc clang; do
	if have "$compiler"; then
		run "an empty function of $compiler names none behind it" empty "$compiler"
	else
		skip "an empty function of $compiler names none behind it" "it is not installed"
	fi
done
finish

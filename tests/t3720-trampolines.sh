#!/bin/sh
# What signal handlers return to, in chains of frame pointers.
. "${srcdir:-.}/tests/lib.sh"

if ! have gcc || ! have readelf || ! have objcopy; then
	skip "trampolines of signals" "no gcc or binutils"
	finish
fi
# The function before reaches up to the trampoline, as one without a size does.
cat >trampoline.s <<'END'
	.text
	.globl	_start, handler, before, __restore_rt
_start:	.skip	32, 0x90
	.size	_start, . - _start
	.type	_start, @function
	.p2align 4
handler:
	.skip	32, 0x90
	.size	handler, . - handler
	.type	handler, @function
before:	.skip	15, 0x90
	.cfi_startproc
	.cfi_signal_frame
	.cfi_undefined rip
	nop
	.size	before, . - before
	.type	before, @function
	.type	__restore_rt, @function
__restore_rt:
	mov	$15, %rax
	syscall
	.cfi_endproc
	.size	__restore_rt, . - __restore_rt
END
if ! gcc -nostdlib -static -Wl,--build-id -Wl,-Ttext=0x401000 trampoline.s -o named \
	2>gcc.log || ! readelf -h named | grep -q X86-64; then
	skip "trampolines of signals" "no code of x86-64 could be linked"
	finish
fi
objcopy --strip-symbol=__restore_rt --strip-symbol=before named stripped
objcopy --remove-section=.eh_frame named symbols

# capture_of ELF: a handler, a trampoline, and what was interrupted; and a
# sample in the trampoline itself.
capture_of() {
	PYTHONPATH=$tests "$PYTHON" - "$1" <<-'PYTHON'
	import os, sys
	import perfgen as g
	from elf_capture import build_id_of
	path = os.path.realpath(sys.argv[1])
	c = g.Capture([g.Event(name="cycles", type=0)])
	c.describe([(path, bytes.fromhex(build_id_of(path)))])
	c.comm(7, "app")
	c.mmap2(7, 0x401000, 0x1000, 0x1000, path, inode=os.stat(path).st_ino)
	for chain in ([0x401020, 0x401050, 0x401010], [0x401050, 0x401010]):
	    c.sample(chain[0], 7, time=1000, chain=[g.CTX_USER] + chain)
	with open(sys.argv[1] + ".data", "wb") as file:
	    file.write(c.file())
	PYTHON
}
# shows ELF STACK [OPTION...]: all locations, and both stacks.
shows() {
	shows_elf=$1 shows_stack=$2
	shift 2
	capture_of "$shows_elf" && convert "$shows_elf.data" out.pb.gz -q "$@" &&
		dump out.pb.gz >out.txt && cat out.txt &&
		grep "\] handler < $shows_stack < _start\$" out.txt &&
		grep "\] $shows_stack < _start\$" out.txt
}
run "a handler returns to the first byte of a trampoline" \
	shows named __restore_rt --no-cache
run "it is the same with an empty cache" shows named __restore_rt
run "it is the same with a warm cache" shows named __restore_rt
run "its symbol is enough to know a trampoline" \
	shows symbols __restore_rt --no-cache
run "its unwind information is enough to know where it begins" \
	shows stripped 0x401050 --no-cache
later() {
	capture_of named && mv named away &&
		"$SYMCONV" named.data -o raw.pb.gz -q --no-cache && mv away named &&
		convert raw.pb.gz later.pb.gz -q --no-cache --resymbolize &&
		dump later.pb.gz | grep '\] handler < __restore_rt < _start$'
}
run "a raw profile is named later at the same address" later
finish

#!/bin/sh
# Kernels of virtual machines, as perf kvm --guest records them.
. "${srcdir:-.}/tests/lib.sh"

capture guests

# The first guest's symbols, and a module's.
cat >guest.kallsyms <<'TEXT'
ffffffff81000000 T _text
ffffffff81000000 T _stext
ffffffff81000100 T guest_leaf
ffffffff81000200 T guest_caller
ffffffff81000300 T guest_next
ffffffff81100000 T _etext
ffffffffc0100000 t guest_ext4_open	[ext4]
ffffffffc0100800 t guest_ext4_last	[ext4]
TEXT
sed 's/^ffffffff810/ffffffff814/; s/guest_/other_/' guest.kallsyms >other.kallsyms
sed 's/^ffffffff81/ffffffff92/' guest.kallsyms >moved.kallsyms

# named OPTION...: the samples, as text.
named() {
	convert guests.data guests.pb.gz -q --no-cache --offline "$@" &&
		dump guests.pb.gz | sed -n 's/^sample: .*comm=\(qemu-[0-9]*\)[^]]*\] /\1 /p' | sort >guests.txt
	cat guests.txt
}

without() {
	named && diff -u - guests.txt <<'TEXT'
qemu-41 0x5678
qemu-41 0xffffffff81000110
qemu-41 0xffffffff81000110 < 0xffffffff81000204
qemu-41 0xffffffffc0100010
qemu-42 0x1234
qemu-42 0xffffffff81400110
TEXT
	dump guests.pb.gz >dump.txt
	for name in '[guest.kernel.kallsyms.41]_text [0xffffffff81000000' '[guest.kernel.kallsyms.41]/[ext4] [0xffffffffc0100000' \
		'[guest.kernel.kallsyms]_text [0xffffffff81400000'; do
		grep -F "mapping: $name" dump.txt || return 1
	done
}
run "samples of guests lie in their kernels" without
run "what is missing is named, with the option that has it" \
	says 'use --guest-kallsyms with a copy' "$SYMCONV" guests.data --no-cache --offline -o x.pb.gz

with() {
	named --guest-kallsyms guest.kallsyms && diff -u - guests.txt <<'TEXT'
qemu-41 0x5678
qemu-41 0xffffffff81000110
qemu-41 guest_ext4_open
qemu-41 guest_leaf < guest_caller
qemu-42 0x1234
qemu-42 0xffffffff81400110
TEXT
}
run "--guest-kallsyms names the guest that it is of and its modules, and nothing else" with
again() {
	cp guests.pb.gz first.pb.gz
	"$SYMCONV" first.pb.gz -q --no-cache --offline -o again.pb.gz && cmp first.pb.gz again.pb.gz &&
		convert guests.data raw.pb.gz -q --no-cache --offline &&
		"$SYMCONV" raw.pb.gz -q --no-cache --offline -o again.pb.gz && cmp raw.pb.gz again.pb.gz &&
		"$SYMCONV" raw.pb.gz -q --no-cache --offline --resymbolize --guest-kallsyms guest.kallsyms -o later.pb.gz &&
		dump first.pb.gz | grep ^sample: >first.txt && dump later.pb.gz | grep ^sample: | diff -u first.txt -
}
run "a profile of it is read back as it was, and named with --resymbolize" again
other() {
	named --guest-kallsyms other.kallsyms && grep 'qemu-42 other_leaf$' guests.txt && ! grep 'qemu-41 [a-z]' guests.txt
}
run "of several guests each is named by what it fits" other
refused() {
	named --guest-kallsyms moved.kallsyms && ! grep guest guests.txt &&
		says 'moved.kallsyms is of another boot or guest: it has _text at 0xffffffff92000000' \
			"$SYMCONV" guests.data --no-cache --offline --guest-kallsyms moved.kallsyms -o x.pb.gz
}
run "symbols of another boot are refused, and why" refused
not_host() {
	named --kallsyms guest.kallsyms && diff -u - guests.txt <<'TEXT'
qemu-41 0x5678
qemu-41 0xffffffff81000110 < 0xffffffff81000204
qemu-41 0xffffffffc0100010
qemu-41 guest_leaf
qemu-42 0x1234
qemu-42 0xffffffff81400110
TEXT
}
run "the host's symbols name no guest" not_host
run "a file that is not there is an error" \
	fails_with 1 'missing: cannot open' "$SYMCONV" guests.data --guest-kallsyms missing -o x.pb.gz

# Its _text lies as far before main() as what is sampled behind the capture's.
if have gcc && gcc -O2 -g -static -no-pie -Wl,--build-id \
	-Wl,--defsym=_text=main-0x110 "$tests/demo.c" -o vmlinux 2>gcc.log; then
	# vmlinux BUILD-ID: of a capture with that.
	vmlinux() {
		"$PYTHON" "$tests/captures.py" guest-vmlinux vmlinux.data "$1"
		"$SYMCONV" vmlinux.data --no-cache --offline --guest-vmlinux ./vmlinux -o vmlinux.pb.gz 2>vmlinux.log &&
			cat vmlinux.log && dump vmlinux.pb.gz >vmlinux.txt
	}
	by_build_id() {
		vmlinux "$(readelf -n vmlinux | sed -n 's/.*Build ID: //p')" && cat vmlinux.txt &&
			grep 'qemu-41\] main(.*demo.c:[0-9]' vmlinux.txt
	}
	run "--guest-vmlinux is believed by its build id" by_build_id
	by_other() {
		vmlinux "$(printf '%040d' 1)" && ! grep 'main(' vmlinux.txt && grep "guest.kernel.kallsyms.41\]_text: no symbols of its guest's kernel" vmlinux.log &&
			grep 'captured build id 0000' vmlinux.log
	}
	run "and refused with another" by_other
else
	skip "--guest-vmlinux" "no kernel could be linked"
fi
finish

#!/bin/sh
# Frames of the kernel behind the entry of an interrupt or exception are exact.
. "${srcdir:-.}/tests/lib.sh"

interrupted() {
	"$PYTHON" "$tests/interrupted.py" "$@"
}
for what in capture text mapped kallsyms; do
	interrupted "$what" "$what.in"
done
cat >stacks <<'END'
1 before@3ff caller@50f entry_SYSCALL_64_after_hwframe@60f
1 error_entry@710 asm_exc_page_fault@804 interrupted@400 caller@50f
1 exc_nmi@910 asm_exc_nmi@a07 asm_sysvec_apic_timer_interrupt@200 interrupted@400 caller@50f
1 interrupted@400 caller@50f entry_SYSCALL_64_after_hwframe@60f
1 sysvec_apic_timer_interrupt@110 asm_sysvec_apic_timer_interrupt@207 0xffffffff81020000@20000 caller@50f
1 sysvec_apic_timer_interrupt@110 asm_sysvec_apic_timer_interrupt@207 interrupted@400 caller@50f entry_SYSCALL_64_after_hwframe@60f
1 sysvec_apic_timer_interrupt@110 before@3ff caller@50f entry_SYSCALL_64_after_hwframe@60f
1 sysvec_apic_timer_interrupt@110 common_interrupt@b1f asm_common_interrupt@c07 interrupted@400 caller@50f
1 sysvec_apic_timer_interrupt@110 error_entry@70f interrupted@400 caller@50f
1 sysvec_apic_timer_interrupt@110 hardware_interrupt_common_virt@e07 interrupted@401 caller@50f
2 sysvec_apic_timer_interrupt@110 hardware_interrupt_common_virt@e07 interrupted@420 caller@50f entry_SYSCALL_64_after_hwframe@60f
END
# is_right IN OUT [OPTION...]
is_right() {
	convert "$@" -q && interrupted show "$2" >shown && diff -u stacks shown
}
run "interrupted frames of a capture are looked up where they are" \
	is_right capture.in direct.pb.gz --kallsyms kallsyms.in --no-cache
same() {
	is_right capture.in again.pb.gz --kallsyms kallsyms.in "$@" &&
		cmp direct.pb.gz again.pb.gz
}
run "they are the same with an empty cache" same -j 1
run "they are the same with a warm cache" same -j 4

id=$(printf 'cd%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20)
interrupted assembly kernel.s
if have gcc && gcc -nostdlib -static -Wl,-Ttext=0xffffffff81000000,-e,_text \
	"-Wl,--build-id=0x$id" kernel.s -o vmlinux 2>gcc.log; then
	with_lines() {
		is_right capture.in lines.pb.gz --vmlinux ./vmlinux "$@" &&
			dump lines.pb.gz | grep "interrupted(.*entry.S:1025)"
	}
	run "interrupted frames have the lines of their addresses" \
		with_lines --no-cache
	run "their lines are the same with an empty cache" with_lines -j 1
	run "their lines are the same with a warm cache" with_lines -j 4
else
	skip "lines of interrupted frames" "no kernel could be linked"
fi

# perf names return addresses by what is behind the call: a text without
# symbols of its own keeps those names.
sed 's/before@3ff caller@50f entry_SYSCALL_64_after_hwframe@60f/BEFORE/
	s/^1 BEFORE/1 before@3ff caller@50f entry_SYSCALL_64_after_hwframe@60f/
	s/BEFORE/interrupted@3ff caller@50f entry_SYSCALL_64_after_hwframe@60f/' \
	stacks | sort >stacks.text
by_names() {
	convert text.in text.pb.gz -q --no-cache &&
		interrupted show text.pb.gz >shown && diff -u stacks.text shown
}
run "names that a text gives are enough to know interrupted frames" by_names
run "symbols name the interrupted frames of a text" \
	is_right mapped.in text2.pb.gz --kallsyms kallsyms.in --no-cache

later() {
	SYMCONV_FORCE_KERNEL_FALLBACK=1 "$SYMCONV" capture.in -o raw.pb.gz -q \
		--no-cache "$@" && is_right raw.pb.gz named.pb.gz --no-cache \
		--resymbolize --kallsyms kallsyms.in
}
run "names that come later find the interrupted frames of a raw profile" later
run "they find them where addresses are written as offsets" later --raw=offset
reread() {
	is_right direct.pb.gz reread.pb.gz --no-cache "$@" &&
		is_right reread.pb.gz twice.pb.gz --no-cache "$@" &&
		cmp reread.pb.gz twice.pb.gz
}
run "a profile with names is read back as it is" reread
run "symbols at hand move no address of a profile with names" \
	reread --kallsyms kallsyms.in
run "looking names up anew moves no address of a profile" \
	reread --resymbolize --kallsyms kallsyms.in
counted() {
	"$SYMCONV" capture.in -o stats.pb.gz --no-cache --kallsyms kallsyms.in \
		--stats=json >stats.json 2>stats.log
	n=$(interrupted show stats.pb.gz | tr ' ' '\n' | grep @ | sort -u | wc -l)
	grep -E "\"locations\": *($n|$((n + 1)))" stats.json
}
run "addresses that turned out to be others are not counted" counted
finish

#!/bin/sh
# Kernel frames: named by symbols that are the capture's, else raw with a reason.
. "${srcdir:-.}/tests/lib.sh"

capture basic
cat >good.kallsyms <<'END'
ffffffff81000000 T _text
ffffffff81000080 T sys_first
ffffffff81000100 T entry
ffffffff81000200 t __helper
ffffffff81000200 T helper
ffffffff81000300 D data
ffffffff81010000 T _etext
END
named() {
	convert basic.data named.pb.gz -q --no-cache --kallsyms good.kallsyms &&
		dump named.pb.gz | grep 'entry < helper < 0x500'
}
run "--kallsyms names kernel frames" named
sed 's/^ffffffff81/ffffffff82/' good.kallsyms >moved.kallsyms
refused() {
	convert basic.data moved.pb.gz --no-cache --kallsyms moved.kallsyms &&
		dump moved.pb.gz | grep '0xffffffff81000100 < 0xffffffff81000204'
}
run "one of another boot is refused, and says why" \
	says 'has _text at 0xffffffff82000000, the capture at 0xffffffff81000000' \
	refused
sed 's/^[0-9a-f]*/0000000000000000/' good.kallsyms >zero.kallsyms
run "one with all addresses zero" says 'all its addresses are zero' \
	convert basic.data zero.pb.gz --no-cache --kallsyms zero.kallsyms
run "one that is not there" fails_with 1 'missing.kallsyms: cannot open' \
	"$SYMCONV" basic.data -o x.pb.gz --no-cache --kallsyms missing.kallsyms
run "one that is something else" says 'it has no symbols' \
	convert basic.data x.pb.gz --no-cache --kallsyms basic.data
run "the running kernel is another one" says 'the running kernel has' \
	convert basic.data other.pb.gz --no-cache
hidden() {
	SYMCONV_FORCE_KERNEL_FALLBACK=1 "$SYMCONV" basic.data -o h.pb.gz \
		--no-cache --kallsyms good.kallsyms 2>hidden.log &&
		grep 'kernel hides its symbols' hidden.log &&
		dump h.pb.gz | grep '0xffffffff81000100 < 0xffffffff81000204'
}
run "hidden symbols leave raw frames, and exit 0" hidden

beyond() {
	capture beyond && { cat good.kallsyms
		echo 'ffffffff81200000 t start_kernel'; } >beyond.kallsyms &&
		convert beyond.data beyond.pb.gz -q --no-cache \
			--kallsyms beyond.kallsyms &&
		dump beyond.pb.gz | grep 'entry < start_kernel < 0x100 < \[unmapped\]$' &&
		! dump beyond.pb.gz | grep 'mapping: .*0xbe55'
}
run "start-up code behind the kernel's mapping is named, bogus addresses are not the kernel's" beyond

by_file() {
	capture kernel-by-file &&
		convert kernel-by-file.data by-file.pb.gz -q --no-cache &&
		dump by-file.pb.gz | grep 'kallsyms.*cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd'
}
run "a kernel's build id under the name of its file" by_file

# kept FILE: what perf kept names the kernel's frames as --kallsyms does.
kept() {
	id=$(dump named.pb.gz | sed -n 's/^mapping: \[kernel.* \([0-9a-f]\{40\}\)$/\1/p')
	mkdir -p "perf-cache/[kernel.kallsyms]/$id" &&
		cp "$1" "perf-cache/[kernel.kallsyms]/$id/kallsyms" &&
		convert basic.data kept.pb.gz -q --no-cache --buildid-dir perf-cache &&
		dump kept.pb.gz >kept.txt && dump named.pb.gz | diff - kept.txt
}
run "symbols that perf kept in its build-id cache" kept good.kallsyms
run "at another boot" kept moved.kallsyms
run "unless they were hidden from it" eval '! kept zero.kallsyms'

cat good.kallsyms - >modules.kallsyms <<'END'
ffffffffc0000000 t ext4_init	[ext4]
ffffffffc0000100 t ext4_exit	[ext4]
ffffffffc0900000 t snd_pcm_init	[snd_pcm]
END
modules() {
	capture kernel-module &&
		convert kernel-module.data modules.pb.gz --no-cache \
			--kallsyms modules.kallsyms &&
		dump modules.pb.gz | grep '\] ext4_init$' &&
		dump modules.pb.gz | grep '\] 0xffffffffc0100010$'
}
run "a kernel module is named where it was loaded, and another is not" modules
sed -i 's/ffffffffc09/ffffffffc01/' modules.kallsyms
module_by_path() {
	convert kernel-module.data modules.pb.gz -q --no-cache \
		--kallsyms modules.kallsyms && dump modules.pb.gz | grep '\] snd_pcm_init$'
}
run "a kernel module that is mapped by its path" module_by_path

vdso() {
	capture vdso && convert vdso.data vdso.pb.gz -q --no-cache &&
		dump vdso.pb.gz | grep '__vdso_clock_gettime'
}
if grep -q 'vdso' /proc/self/maps; then
	run "the running kernel's vdso" vdso
else
	skip "the running kernel's vdso" "there is none"
fi

if have gcc && gcc -O2 -g -static -no-pie -Wl,--build-id \
	-Wl,--defsym=_text=0x401000 "$tests/demo.c" -o vmlinux; then
	"$PYTHON" "$tests/elf_capture.py" --vmlinux ./vmlinux vmlinux.data
	vmlinux() {
		convert vmlinux.data vmlinux.pb.gz -q "$@" &&
			dump vmlinux.pb.gz | grep '\] main(.*demo.c:'
	}
	run "--vmlinux, moved by KASLR" vmlinux --vmlinux ./vmlinux --no-cache
	run "and from the cache" eval 'vmlinux --vmlinux ./vmlinux && vmlinux --vmlinux ./vmlinux'
	gcc -O1 -static -no-pie -Wl,--build-id "$tests/demo.c" -o other
	run "one with another build id is refused" says 'captured build id' \
		convert vmlinux.data other.pb.gz --no-cache --vmlinux ./other
	run "one that is not there" fails_with 1 'missing: cannot open' \
		"$SYMCONV" vmlinux.data -o x.pb.gz --no-cache --vmlinux missing
else
	skip "--vmlinux" "no kernel could be linked"
fi

# Aliases as kernels have them, at the addresses that the capture samples.
cat >aliases.s <<'END'
	.section __ex_table, "a"
	.long 0
	.text
	.globl _text, __ia32_sys_demo, __x64_sys_demo, __memset
	.weak memset
	.type __do_sys_demo, %function
	.type __ia32_sys_demo, %function
	.type __x64_sys_demo, %function
	.type memset, %function
_text:
	.org 0x100
__do_sys_demo:
__ia32_sys_demo:
__x64_sys_demo:
	.org 0x200
	.size __ia32_sys_demo, 0x100
memset:
__pi_memset:
__memset:
	.org 0x300
END
if have as && as aliases.s -o aliases.ko && ld --build-id \
	-Ttext=0xffffffff81000000 -e _text aliases.ko -o aliases 2>ld.log; then
	nm -n aliases >aliases.kallsyms
	wanted='__x64_sys_demo < memset'
	by_kallsyms() {
		convert basic.data a.pb.gz -q --no-cache --kallsyms aliases.kallsyms &&
			dump a.pb.gz | grep "$wanted < 0x500"
	}
	by_file() {
		"$SYMCONV" symbolize --exe "$@" --no-cache | grep -v ':' | paste -s -d ' ' |
			grep '__x64_sys_demo *memset'
	}
	run "of a kernel's aliases kallsyms gives the name that a person uses" by_kallsyms
	run "its ELF file the same" by_file ./aliases 0xffffffff81000100 0xffffffff81000204
	run "a module the same" by_file ./aliases.ko 0x100 0x204
else
	skip "a kernel's aliases" "no kernel could be linked"
fi

if have gcc && gcc -O2 -g -c -fno-pic "$tests/demo.c" -o demo.o &&
	ld -r --build-id demo.o -o demo.ko; then
	"$PYTHON" "$tests/elf_capture.py" --module demo.ko module.data
	id=$(readelf -n demo.ko | sed -n 's/.*Build ID: //p')
	folder=$(printf '%.2s' "$id")
	mkdir -p "dbg/.build-id/$folder" root/lib/modules/6.1/kernel
	objcopy --only-keep-debug demo.ko "dbg/.build-id/$folder/${id#??}.debug"
	module_file() {
		convert module.data module.pb.gz -q "$@" &&
			dump module.pb.gz | grep '\] leaf(.*demo.c:[0-9]' &&
			dump module.pb.gz | grep '\] branch(.*demo.c:[0-9]'
	}
	run "a kernel module's debug file" module_file --debug-dir dbg --no-cache
	cp demo.ko root/lib/modules/6.1/kernel/
	run "a kernel module itself" module_file --symfs root --no-cache
	run "and from the cache" eval 'module_file --symfs root && module_file --offline'
	gcc -O1 -g -c -fno-pic "$tests/demo.c" -o other.o &&
		ld -r --build-id other.o -o root/lib/modules/6.1/kernel/demo.ko
	other_module() {
		convert module.data module.pb.gz -q --no-cache --symfs root &&
			! dump module.pb.gz | grep '\] leaf'
	}
	run "another build of it is not used" other_module
else
	skip "kernel modules by their files" "none could be made"
fi

if can_record && grep -qv '^0* ' /proc/kallsyms; then
	perf record -g -e cpu-clock -F 2000 -o k.data -- dd if=/dev/zero of=/dev/null bs=64k count=20000 >perf.log 2>&1
	running() {
		convert k.data "$1" -q && dump "$1" | grep -q do_syscall_64
	}
	run "the running kernel's symbols" running cold.pb.gz
	run "and from the cache" running warm.pb.gz
	run "which are the same" cmp cold.pb.gz warm.pb.gz
	# spoiled SQL: with other contents of the cache it is the same.
	spoiled() {
		"$PYTHON" -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
print(c.execute(sys.argv[2]).rowcount)
c.commit()' "$(ls cache/*.db)" "$1" &&
			convert k.data spoiled.pb.gz -q && cmp cold.pb.gz spoiled.pb.gz
	}
	run "also with damaged pages in the cache" spoiled \
		"UPDATE entry SET bytes = zeroblob(100) WHERE kind = 4 AND number > 0"
	run "and with pages missing" spoiled "DELETE FROM entry WHERE kind = 4 AND number > 0"
	run "agree with perf" "$PYTHON" "$tests/compare_perf.py" k.data warm.pb.gz --least 80
else
	skip "the running kernel's symbols" "perf cannot record, or they are hidden"
fi
finish

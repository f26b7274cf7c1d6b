#!/bin/sh
# The files of a kernel and its modules: compressed, and where distributions and
# perf have them, taken only if their build id is the captured one.
. "${srcdir:-.}/tests/lib.sh"

make_one() { "$PYTHON" "$tests/module_capture.py" "$@"; }
build_id() { readelf -n "$1" | sed -n 's/.*Build ID: //p'; }
# packed FILE SUFFIX: FILE.SUFFIX, as the tool of that suffix writes it.
packed() {
	case $2 in
	gz) gzip -n <"$1" >"$1.gz" ;;
	xz) xz --check=crc32 --lzma2=dict=1MiB <"$1" >"$1.xz" ;;
	zst) zstd -q -f "$1" -o "$1.zst" ;;
	esac
}
if ! have gcc || ! have readelf || ! make_one source demo.s ||
	! gcc -g -c demo.s -o demo.o || ! ld -r --build-id demo.o -o demo.ko; then
	skip "a kernel's files" "none could be made"
	finish
fi
id=$(build_id demo.ko)
sed 's/other_1$/other_2/' demo.s >other.s
gcc -g -c other.s -o other.o && ld -r --build-id other.o -o other.ko
tree=lib/modules/6.1.0/kernel/fs

# lines OPTION...: all frames have the names and lines of the module's file.
lines() {
	convert m.data m.pb.gz --no-cache "$@" && dump m.pb.gz >m.txt &&
		test "$(grep -c '\] demo_[0-9]*(.*demo.s:[0-9]' m.txt)" = 64
}
# fresh SUFFIX: a captured machine's files with the module compressed so.
fresh() {
	rm -rf root && mkdir -p root/$tree && cp demo.ko root/$tree/demo.ko &&
		packed root/$tree/demo.ko "$1" && rm root/$tree/demo.ko
}
mkdir tmp
TMPDIR=$scratch/tmp
export TMPDIR
for suffix in gz xz zst; do
	tool=${suffix%st}
	case $suffix in gz) tool=gzip ;; zst) tool=zstd ;; esac
	if ! have "$tool"; then
		skip "a module in $suffix" "$tool is not installed"
		continue
	fi
	fresh $suffix
	make_one capture m.data path=/$tree/demo.ko.$suffix id="$id"
	run "a module in $suffix is read" lines --symfs root
	make_one capture m.data path=/$tree/demo.ko id="$id"
	run "also if the capture has it plain" lines --symfs root
	symbolized() {
		"$SYMCONV" symbolize --no-cache --exe root/"$tree"/demo.ko."$suffix" 0x18 >s.txt &&
			grep '^demo_1$' s.txt && grep 'demo.s:[0-9]' s.txt
	}
	run "symconv symbolize reads one in $suffix" symbolized
	added() {
		rm -rf added && says '1 modules: 1 added' "$SYMCONV" cache add --cache added root &&
			convert m.data a.pb.gz -q --cache added --offline --symfs nowhere &&
			dump a.pb.gz | diff m.txt -
	}
	run "symconv cache add reads one in $suffix" added
done

make_one capture m.data path=/$tree/demo.ko.gz id="$id"
warm() {
	fresh gz && convert m.data 1.pb.gz -q --symfs root --cache warm &&
		convert m.data 2.pb.gz -q --symfs root --cache warm && cmp 1.pb.gz 2.pb.gz &&
		lines --symfs root && cmp 1.pb.gz m.pb.gz
}
run "a warm cache gives the same" warm
another() {
	cp other.ko root/"$tree"/demo.ko && packed root/"$tree"/demo.ko gz && rm root/"$tree"/demo.ko
	! lines --symfs root && ! grep demo_ m.txt
}
run "another build of it in gz is not used" another
cut_short() {
	fresh gz && head -c 300 root/"$tree"/demo.ko.gz >half.gz && cp half.gz root/"$tree"/demo.ko.gz &&
		says 'cut short' convert m.data d.pb.gz --no-cache --symfs root -v
}
run "one that is cut short is said" cut_short
bomb() {
	"$PYTHON" -c 'import gzip, sys
sys.stdout.buffer.write(gzip.compress(b"\x7fELF" + bytes(200 << 20)))' >root/"$tree"/demo.ko.gz &&
		says 'times its size' convert m.data b.pb.gz --no-cache --symfs root -v
}
run "one that grows without end is given up" bomb
run "nothing is left behind" test -z "$(ls tmp)"

packages() {
	fresh gz && tar -C root -cf modules.tar lib && gzip modules.tar &&
		rm -rf p && says '1 modules: 1 added' "$SYMCONV" cache add --cache p modules.tar.gz &&
		convert m.data a.pb.gz -q --cache p --offline --symfs nowhere &&
		dump a.pb.gz | grep -q 'demo_63(.*demo.s'
}
if "$SYMCONV" cache add --cache probe root >/dev/null 2>&1 &&
	tar -cf probe.tar demo.s && "$SYMCONV" cache add --cache probe probe.tar 2>/dev/null; then
	run "a package with compressed modules" packages
else
	skip "a package with compressed modules" "libarchive is not there"
fi

# ---- where they are ----

make_one capture m.data path='[demo]' id="$id"
by_name() {
	fresh gz && echo "kernel/fs/demo.ko.gz: kernel/lib/x.ko.gz" \
		>root/lib/modules/6.1.0/modules.dep && lines --symfs root
}
run "a module that perf knows by its name alone" by_name
make_one capture m.data path=/$tree/demo.ko.xz id="$id"
merged() { fresh gz && mkdir root/usr && mv root/lib root/usr/lib && lines --symfs root; }
run "a module below /usr/lib, where the capture has it below /lib" merged
for place in lib/modules/6.1.0/kernel/fs/demo.ko lib/modules/6.1.0/kernel/fs/demo.ko.debug \
	usr/lib/modules/6.1.0/kernel/fs/demo.ko.debug; do
	debug_package() {
		rm -rf root dbg && mkdir -p "root/usr/lib/debug/${place%/*}" root/"$tree" &&
			objcopy --strip-debug demo.ko root/"$tree"/demo.ko &&
			objcopy --only-keep-debug demo.ko "root/usr/lib/debug/$place" &&
			lines --symfs root && mv root/usr/lib/debug dbg && ! lines --symfs root &&
			lines --symfs root --debug-dir dbg
	}
	run "a module's debug information at $place" debug_package
done

if gcc -O2 -g -static -no-pie -Wl,--build-id -Wl,--defsym=_text=0x401000 \
	"$tests/demo.c" -o vmlinux 2>ld.log; then
	"$PYTHON" "$tests/elf_capture.py" --vmlinux ./vmlinux k.data
	# The release is the one that perfgen's captures are of.
	release=6.1.0-test
	kernel() {
		convert k.data k.pb.gz -q --no-cache "$@" && dump k.pb.gz | grep -q '\] main(.*demo.c:'
	}
	for place in boot/vmlinux-$release usr/lib/debug/boot/vmlinux-$release \
		usr/lib/debug/lib/modules/$release/vmlinux lib/modules/$release/build/vmlinux \
		usr/lib/debug/usr/lib/modules/$release/vmlinux.debug; do
		placed() {
			rm -rf root && mkdir -p "root/${place%/*}" && cp vmlinux "root/$place" &&
				kernel --symfs root
		}
		run "a kernel at $place" placed
	done
	in_debug_dir() {
		rm -rf dbg && mkdir -p dbg/boot && cp vmlinux dbg/boot/vmlinux-"$release" &&
			kernel --debug-dir dbg
	}
	run "and below --debug-dir" in_debug_dir
	packed_kernel() {
		rm -rf root && mkdir -p root/boot && cp vmlinux root/boot/vmlinux-"$release" &&
			gzip root/boot/vmlinux-"$release" && kernel --symfs root &&
			kernel --vmlinux root/boot/vmlinux-"$release".gz
	}
	run "a kernel in gz, found and named" packed_kernel
	gcc -O1 -static -no-pie -Wl,--build-id "$tests/demo.c" -o another
	another_kernel() {
		rm -rf root && mkdir -p root/boot && cp another root/boot/vmlinux-"$release" &&
			! kernel --symfs root
	}
	run "another kernel there is not used" another_kernel
else
	skip "the kernel's file" "no kernel could be linked"
fi
finish

#!/bin/sh
# Wherever the symbols of a module are kept, its frames are those of the build
# that was never stripped; and no other file is taken for it.
. "${srcdir:-.}/tests/lib.sh"

CXX=${CXX:-g++}
if ! have "$CXX" || ! have objcopy; then
	skip "sources of symbols" "$CXX or objcopy is not installed"
	finish
fi
home=$scratch
# fresh: everything as it was built, in a folder of its own.
n_fresh=0
fresh() {
	n_fresh=$((n_fresh + 1))
	mkdir -p "$home/$n_fresh/bin"
	cd "$home/$n_fresh" || exit 99
	cp "$home/whole" bin/program
	id=$(readelf -n bin/program | sed -n 's/.*Build ID: //p')
	first=$(printf '%.2s' "$id")
	"$PYTHON" "$tests/elf_capture.py" bin/program c.data
	convert c.data whole.pb.gz -q --no-cache &&
		dump whole.pb.gz >whole.txt && grep -q 'shapes::sum' whole.txt
}
# stripped: without symbols, which are in program.debug.
stripped() {
	fresh || return 1
	objcopy --only-keep-debug bin/program program.debug
	strip bin/program
}
# alike OPTION...: the frames are those of the whole build.
alike() {
	# A stripped file has another size, which is noted where it has no build id.
	convert c.data got.pb.gz -q --no-cache "$@" &&
		dump got.pb.gz | sed 's/ size [0-9]* / size N /' >got.txt &&
		sed 's/ size [0-9]* / size N /' whole.txt >wanted.txt &&
		diff -u wanted.txt got.txt | head -n 20 && cmp -s wanted.txt got.txt
}
# nameless OPTION...: not one of its own names.
nameless() {
	convert c.data got.pb.gz -q --no-cache "$@" && dump got.pb.gz >got.txt &&
		! grep -q 'shapes::sum' got.txt
}
# in_build_ids FOLDER FILE SUFFIX: puts a file where its build id leads to.
in_build_ids() {
	mkdir -p "$1/.build-id/$first"
	cp "$2" "$1/.build-id/$first/${id#??}$3"
}
"$CXX" -O2 -g -Wl,--build-id "$tests/program.cc" -o whole
"$CXX" -O1 -g -Wl,--build-id "$tests/program.cc" -o other

debug_dir() {
	stripped && in_build_ids dbg program.debug .debug && nameless &&
		alike --debug-dir dbg
}
run "a debug file by build id, in --debug-dir" debug_dir
wrong_debug_dir() {
	stripped && in_build_ids dbg "$home/other" .debug &&
		nameless --debug-dir dbg
}
run "not one with another build id" wrong_debug_dir

# linked FOLDER: a debuglink, and the file in the folder.
linked() {
	stripped && objcopy --add-gnu-debuglink=program.debug bin/program &&
		mkdir -p "$1" && mv program.debug "$1/"
}
beside() { linked bin && alike; }
run "a debuglink, beside the program" beside
below() { linked bin/.debug && alike; }
run "in .debug beside it" below
global() {
	stripped && objcopy --add-gnu-debuglink=program.debug bin/program &&
		mkdir -p "dbg$(pwd)/bin" && mv program.debug "dbg$(pwd)/bin/" &&
		alike --debug-dir dbg
}
run "below --debug-dir, by the program's folder" global
wrong_link() {
	linked bin && cp "$home/other" bin/program.debug && nameless
}
run "not one with another build id" wrong_link
# Without build ids the CRC decides.
crc() {
	"$CXX" -O2 -g -Wl,--build-id=none "$tests/program.cc" -o "$home/whole" &&
		linked bin && alike && printf x >>bin/program.debug && nameless
}
run "without a build id, if its CRC is that of the debuglink" crc
"$CXX" -O2 -g -Wl,--build-id "$tests/program.cc" -o "$home/whole"
fifo() { linked bin && rm bin/program.debug && mkfifo bin/program.debug && nameless; }
run "a debuglink to a FIFO is left alone" fifo

symfs() {
	fresh && mkdir -p "root$(pwd)" && mv bin "root$(pwd)/" && nameless &&
		alike --symfs root
}
run "--symfs" symfs
symfs_escape() {
	fresh && mkdir -p "root$(pwd)/bin" && cp bin/program real &&
		ln -s "$(pwd)/real" "root$(pwd)/bin/program" && rm bin/program &&
		nameless --symfs root
}
run "links in --symfs do not lead out of it" symfs_escape
symfs_debug() {
	stripped && in_build_ids root/usr/lib/debug program.debug .debug &&
		alike --symfs root
}
run "its own /usr/lib/debug" symfs_debug
perf_cache() {
	fresh && mkdir -p "cache/.build-id/$first/${id#??}" &&
		mv bin/program "cache/.build-id/$first/${id#??}/elf" &&
		nameless && alike --buildid-dir cache
}
run "perf's build-id cache" perf_cache
old_perf_cache() {
	fresh && in_build_ids cache bin/program "" && rm bin/program && nameless &&
		alike --buildid-dir cache
}
run "as old versions laid it out" old_perf_cache
perf_config() {
	fresh && in_build_ids cache bin/program "" && rm bin/program &&
		printf '[core]\n\tdir = x\n[buildid]\n\tdir = %s/cache # its place\n' "$(pwd)" |
		sed 's/ #.*//' >"$HOME/.perfconfig" && alike
	got=$?
	rm -f "$HOME/.perfconfig"
	return "$got"
}
run "where perfconfig says it is" perf_config
wrong_program() {
	fresh && cp "$home/other" bin/program && nameless &&
		in_build_ids dbg "$home/whole" "" && alike --debug-dir dbg
}
run "another build in the program's place: the right one elsewhere" wrong_program
without_program() {
	stripped && rm bin/program && in_build_ids dbg program.debug .debug &&
		convert c.data got.pb.gz -q --no-cache --debug-dir dbg &&
		dump got.pb.gz | grep -c 'shapes::sum'
}
run "the debug file alone, where it is clear what was mapped" without_program
later() {
	stripped && convert c.data got.pb.gz -q --cache later && dump got.pb.gz >got.txt &&
		! grep -q 'shapes::sum' got.txt &&
		in_build_ids dbg program.debug .debug &&
		convert c.data got.pb.gz -q --cache later --debug-dir dbg &&
		dump got.pb.gz | cmp whole.txt - &&
		rm -r dbg && convert c.data got.pb.gz -q --cache later &&
		dump got.pb.gz | cmp whole.txt -
}
run "one installed later is found in spite of the cache, and kept" later
verbose() {
	stripped && in_build_ids dbg program.debug .debug &&
		says "dbg/.build-id/.*: its debug information" \
			convert c.data got.pb.gz -v --no-cache --debug-dir dbg
}
run "-v shows each attempt" verbose

compressed() {
	fresh && objcopy "--compress-debug-sections=$1" bin/program &&
		readelf -SW bin/program | grep -q ' C ' && alike
}
run "sections compressed with zlib" compressed zlib
if objcopy --help | grep -q zstd && fresh &&
	objcopy --compress-debug-sections=zstd bin/program >/dev/null 2>&1; then
	run "with zstd" compressed zstd
else
	skip "with zstd" "this objcopy cannot"
fi
if have xz; then
	# The symbols of functions alone, as distributions pack them.
	packed() {
		stripped && objcopy --strip-debug program.debug mini && xz mini &&
			objcopy --add-section .gnu_debugdata=mini.xz bin/program &&
			convert c.data got.pb.gz -q --no-cache && dump got.pb.gz >got.txt &&
			grep -q 'shapes::sum' got.txt
	}
	run "symbols in .gnu_debugdata" packed
else
	skip "symbols in .gnu_debugdata" "xz is not installed"
fi
if have dwz; then
	# dwz needs several files that have something in common.
	with_supplementary() {
		stripped && cp program.debug copy.debug &&
			dwz -m common -r program.debug copy.debug &&
			readelf -SW program.debug | grep -q gnu_debugaltlink &&
			in_build_ids dbg program.debug .debug
	}
	by_path() {
		with_supplementary && cp common "dbg/.build-id/$first/common" &&
			alike --debug-dir dbg
	}
	run "a supplementary file of dwz, by its path" by_path
	by_id() {
		with_supplementary &&
			id=$(readelf -n common | sed -n 's/.*Build ID: //p') &&
			first=$(printf '%.2s' "$id") &&
			in_build_ids dbg common .debug && alike --debug-dir dbg
	}
	run "by its build id" by_id
	much_later() {
		with_supplementary &&
			convert c.data got.pb.gz -q --cache later --debug-dir dbg &&
			dump got.pb.gz >got.txt && ! cmp -s whole.txt got.txt &&
			cp common "dbg/.build-id/$first/common" &&
			convert c.data got.pb.gz -q --cache later --debug-dir dbg &&
			dump got.pb.gz | diff -u whole.txt - | head -n 20 &&
			dump got.pb.gz | cmp -s whole.txt -
	}
	run "installed later" much_later
else
	skip "dwz" "dwz is not installed"
fi
cp "$tests/program.go.txt" "$home/program.go"
if have go && (cd "$home" && CGO_ENABLED=0 go build -o go program.go &&
	CGO_ENABLED=0 go build -ldflags='-s -w' -o gostripped program.go) >/dev/null 2>&1; then
	# The two have the same code; a function must not be named by another.
	go_names() {
		cd "$home" || return 1
		readelf -SW gostripped | grep -q ' \.symtab' && return 1
		nm go | sed -n 's/^\([0-9a-f]*\) [Tt] \(main\..*\|runtime\.m[a-z]*\)$/\1 \2/p' >wanted.txt
		test -s wanted.txt && while read -r address name; do
			got=$("$SYMCONV" symbolize --exe gostripped --no-cache "$address" | head -n 1)
			test "$got" = "$name" || { echo "$address: $got, not $name"; return 1; }
		done <wanted.txt
	}
	run "a stripped Go program, by its runtime's table" go_names
else
	skip "a stripped Go program" "no program could be compiled"
fi
lto() {
	"$CXX" -O2 -g -flto -Wl,--build-id "$tests/program.cc" -o "$home/whole" &&
		stripped && in_build_ids dbg program.debug .debug && alike --debug-dir dbg
}
run "link-time optimisation" lto
stubs() {
	printf '#include <stdlib.h>\n#include <stdio.h>\nint main(int n, char **v) { qsort(v, 1, 1, 0); puts(getenv(v[0])); return n; }\n' >calls.c
	for flags in "" "-Wl,-z,now" "-fcf-protection=none -fno-plt" "-fcf-protection=full" "-no-pie"; do
		# shellcheck disable=SC2086
		${CC:-gcc} -O1 $flags -Wl,--build-id calls.c -o calls || return 1
		"$PYTHON" "$tests/elf_capture.py" calls calls.data
		convert calls.data calls.pb.gz -q --no-cache && dump calls.pb.gz >calls.txt || return 1
		objdump -d calls | sed -n 's/^[0-9a-f]* <\([a-z_]*@plt\)>:$/\1/p' | sort -u >wanted
		echo "flags: $flags: $(tr '\n' ' ' <wanted)"
		while read -r stub; do
			grep -q " $stub" calls.txt || { echo "no $stub"; return 1; }
		done <wanted
	done
}
run "stubs of the PLT" stubs
finish

#!/bin/sh
# symconv cache: what is added answers for files that are gone, on other hosts
# too, to many at once.
. "${srcdir:-.}/tests/lib.sh"

CXX=${CXX:-g++}
if ! have "$CXX" || ! have objcopy || ! have readelf; then
	skip "symconv cache" "$CXX or binutils are not installed"
	finish
fi
cache() { "$SYMCONV" cache "$@"; }
build_id() { readelf -n "$1" | sed -n 's/.*Build ID: //p'; }

mkdir build debug
"$CXX" -O2 -g -Wl,--build-id "$tests/program.cc" -o build/program
"$CXX" -O1 -g -Wl,--build-id "$tests/program.cc" -o build/other
"$CXX" -O2 -Wl,--build-id=none "$tests/program.cc" -o build/nameless
echo text >build/text
id=$(build_id build/program)
other=$(build_id build/other)
"$PYTHON" "$tests/elf_capture.py" build/program c.data
convert c.data whole.pb.gz -q --no-cache && dump whole.pb.gz >whole.txt
objcopy --only-keep-debug build/program debug/anything
strip build/program

# gone OPTION...: with no file at hand the profile is the whole one.
gone() {
	convert c.data gone.pb.gz -q --symfs nowhere --offline "$@" &&
		dump gone.pb.gz | diff whole.txt - | head -n 5 && cmp whole.pb.gz gone.pb.gz
}

run "a folder is added" says '2 modules: 2 added.*1 files without a build id' \
	cache add --cache c1 build debug
mv build kept
mv debug kept-debug
run "what was added is named without its files" gone --cache c1
run "list" says "^$other .* whole build/other$" cache list --cache c1
run "list as JSON" says "\"build_id\": \"$id\"" cache list --cache c1 --json
run "show" says "^$id " cache show --cache c1 "${id%????????}"
run "show what is not there" fails_with 1 'no module' cache show --cache c1 00ff
run "stats" says '/c1/.*: 2 modules' cache stats --cache c1
run "verify" says 'all sound' cache verify --cache c1
again() { says '2 already there' cache add --cache c1 kept; }
run "nothing is read twice" again

# ---- archives ----

TMPDIR=$scratch/tmp
export TMPDIR
mkdir tmp
tar -cf - kept kept-debug | gzip >all.tar.gz
printf '2.0\n' >debian-binary
tar -cJf data.tar.xz kept kept-debug
tar -czf control.tar.gz debian-binary
ar rc package.deb debian-binary control.tar.gz data.tar.xz
head -c 2000 all.tar.gz >cut.tar.gz
if says '2 added' cache add --cache a1 all.tar.gz; then
	packed() {
		rm -rf a2 && says '2 added' cache add --cache a2 "$1" && gone --cache a2 &&
			cache list --cache a2 | grep -q "$1: kept/other$" && test -z "$(ls tmp)"
	}
	run "a tar archive is added" packed all.tar.gz
	run "a Debian package is added" packed package.deb
	run "an archive that was cut off" fails_with 1 'cut.tar.gz: ' \
		cache add --cache a3 cut.tar.gz
	mkdir packages && cp package.deb cut.tar.gz packages
	run "in a folder it is passed over" says '2 added' cache add --cache a4 packages
	run "nothing of it is left" test -z "$(ls tmp)"
	perf_archive() {
		convert c.data archive.pb.gz -q --no-cache --symfs nowhere --buildid-dir all.tar.gz &&
			dump archive.pb.gz | diff whole.txt - && test -z "$(ls tmp)"
	}
	run "--buildid-dir with a packed perf archive" perf_archive
else
	skip "archives" "libarchive is not there"
fi >archives.out 2>archives.log
grep '^ok\|^not ok\|^#' archives.out
unset TMPDIR

# ---- tiers ----

tiers() { gone --cache own:c1 && test -e own && ! cache list --cache own | grep -q "$id"; }
run "a second folder stands behind the first" tiers
read_only() {
	chmod -R a-w c1
	gone --cache own:c1
	got=$?
	chmod -R u+w c1
	return "$got"
}
run "also if it cannot be written" read_only
by_environment() { SYMCONV_CACHE=own:c1 gone; }
run "by SYMCONV_CACHE" by_environment
run "stats of each" says '/c1/.*: 2 modules' cache stats --cache own:c1
run "one that is not there is said" says 'missing.*No such file' \
	"$SYMCONV" c.data -o x.pb.gz --cache own:missing

# as_other COMMAND...: as somebody else than root, if that can be.
as_other() {
	"$PYTHON" -c 'import os, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
os.execvp(sys.argv[1], sys.argv[1:])' "$@"
}
if [ "$(id -u)" = 0 ] && as_other test -x "$SYMCONV"; then
	chmod 755 . && mkdir -m 755 host && chmod 755 c.data 2>/dev/null
	shared() {
		(umask 077 && cache add -q --cache host kept kept-debug) && ls -l host &&
			mkdir -m 777 theirs && (cd theirs && HOME=$PWD as_other "$SYMCONV" ../c.data \
				-q -o x.pb.gz --symfs nowhere --cache "own:$scratch/host" &&
			cmp x.pb.gz ../whole.pb.gz)
	}
	run "what root has added is there for everybody" shared
	theirs() {
		says 'belongs to somebody else' "$SYMCONV" c.data -o x.pb.gz \
			--cache own2:theirs/own
	}
	run "but not the other way round" theirs
	trusted() {
		as_other "$SYMCONV" cache list --cache theirs/own >/dev/null &&
			SYMCONV_CACHE_TRUST=nobody "$SYMCONV" c.data -o x.pb.gz -q \
				--cache own2:theirs/own 2>trusted.log
		cat trusted.log
		test ! -s trusted.log
	}
	run "unless that user is trusted" trusted
	killed_writer() {
		"$PYTHON" - "$(ls host/*.db)" <<-'PYTHON'
			import os, sqlite3, sys
			c = sqlite3.connect(sys.argv[1], isolation_level=None)
			c.execute("PRAGMA cache_size = 1")
			c.execute("BEGIN IMMEDIATE")
			c.execute("INSERT INTO module(key, used) VALUES('x', 0)")
			for n in range(500):
			    c.execute("INSERT INTO entry VALUES(99, 3, ?, 0, zeroblob(3000))", (n,))
			os._exit(0)
		PYTHON
		ls -l host && test -s host/*-journal &&
			(cd theirs && HOME=$PWD as_other "$SYMCONV" ../c.data \
				-q -o x.pb.gz --symfs nowhere --cache "own3:$scratch/host" &&
			cmp x.pb.gz ../whole.pb.gz) && test -s host/*-journal &&
			gone --cache host && test ! -e host/*-journal
	}
	run "a killed writer's cache can be read by all, and is mended by the next writer" killed_writer
else
	skip "caches of other users" "not root"
fi
# ---- other hosts ----

carried() {
	cache export --cache c1 modules.symdb "$id" && test ! -e modules.symdb.part &&
		cache import --cache c2 modules.symdb && gone --cache c2 &&
		! cache list --cache c2 | grep -q "$other"
}
run "export and import" carried
unknown() {
	fails_with 1 'no module of this build id' cache export --cache c1 none.symdb 00ff &&
		test ! -e none.symdb && test ! -e none.symdb.part
}
run "export of what is not there leaves nothing" unknown
run "import of something else" fails_with 1 'is not a database\|no cache of this program' \
	cache import --cache c2 kept/program
damaged_import() {
	"$PYTHON" -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute("UPDATE entry SET bytes = zeroblob(50) WHERE kind = 3")
c.commit()' modules.symdb && says '[1-9][0-9]* damaged' cache import --cache c3 modules.symdb
}
run "damaged entries are not imported" damaged_import

# ---- damage and size ----

damage() {
	cp -r c1 c4 && "$PYTHON" -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute("UPDATE entry SET bytes = CAST(SUBSTR(bytes, 1, 20) AS BLOB) WHERE kind = 2")
c.commit()' "$(ls c4/*.db)" && fails_with 1 'entries are damaged' cache verify --cache c4
}
run "verify finds a damaged entry" damage
pruned() {
	cp -r c1 c5 && says '^0 modules removed' cache prune --cache c5 --max-size 1G &&
		says '^0 modules removed' cache prune --cache c5 --older-than 3 &&
		says '^[12] modules removed' cache prune --cache c5 --max-size 10K &&
		cache verify --cache c5
}
run "prune" pruned
old() {
	cp -r c1 c6 && "$PYTHON" -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute("UPDATE module SET used = used - 10")
c.commit()' "$(ls c6/*.db)" && gone --cache c6 &&
		says '^1 modules removed' cache prune --cache c6 --older-than 5 && gone --cache c6
}
run "what was used stays" old
evicted() {
	cp -r c1 c7 && gone --cache c7 --cache-max 1G && cache list --cache c7 | grep -q "$id" &&
		gone --cache c7 --cache-max 1K && test -z "$(cache list --cache c7)" &&
		cache verify --cache c7
}
run "--cache-max" evicted
run "prune wants to be told what" fails_with 2 'something is missing' cache prune --cache c1
run "add wants to be told what" fails_with 2 'something is missing' cache add --cache c1
run "a path that is not there" fails_with 1 'gone: No such file' cache add --cache c1 gone
run "a file that is no ELF file" fails_with 1 'neither an ELF file nor' cache add --cache c1 kept/text
run "--help" says 'Usage: symconv cache' cache --help

# ---- the kernel ----

cat >host.kallsyms <<'END'
ffffffff91000000 T _text
ffffffff91000100 T entry
ffffffff91000200 T helper
ffffffff91010000 T _etext
END
kernel() {
	capture basic && convert basic.data plain.pb.gz -q --no-cache &&
		kernel_id=$(dump plain.pb.gz | sed -n 's/^mapping: \[kernel.* \([0-9a-f]\{40\}\)$/\1/p') &&
		cache add --cache k --kernel --kallsyms host.kallsyms --build-id "$kernel_id" &&
		convert basic.data kernel.pb.gz -q --cache k &&
		dump kernel.pb.gz | grep 'entry < helper < 0x500'
}
run "a kernel's symbols from another host, at another boot" kernel
run "symbols of which kernel?" fails_with 1 'of which kernel' \
	cache add --cache k --kernel --kallsyms host.kallsyms
if have gcc && gcc -O2 -g -static -no-pie -Wl,--build-id \
	-Wl,--defsym=_text=0x401000 "$tests/demo.c" -o vmlinux; then
	"$PYTHON" "$tests/elf_capture.py" --vmlinux ./vmlinux vmlinux.data
	vmlinux() {
		cache add --cache v vmlinux && rm vmlinux &&
			convert vmlinux.data vmlinux.pb.gz -q --cache v &&
			dump vmlinux.pb.gz | grep '\] main(.*demo.c:'
	}
	run "a vmlinux that is gone" vmlinux
fi

# ---- stacks ----

unwound() {
	cache add --cache u "$tests/data/demo-dwarf" &&
		convert "$tests/data/good-dwarf.data" unwound.pb.gz -q --cache u --symfs nowhere &&
		dump unwound.pb.gz | grep 'leaf(.*demo.c:[0-9]*) < branch(.*) < branch(.*) < main('
}
run "stacks are unwound without the program" unwound

# ---- many at once ----

many() {
	mv kept build && "$SYMCONV" c.data -q --no-cache -o alone.pb.gz &&
		for n in 1 2 3 4 5 6 7 8; do
			"$SYMCONV" c.data -q --cache many -o "many$n.pb.gz" 2>"many$n.log" &
			test $((n % 4)) != 0 || cache add -q --cache many build/other &
		done
	wait
	cat many?.log
	for n in 1 2 3 4 5 6 7 8; do
		cmp alone.pb.gz "many$n.pb.gz" || return 1
	done
	cache verify --cache many
}
run "conversions and additions at the same time" many
killed() {
	n=0
	while [ "$n" -lt 20 ]; do
		n=$((n + 1))
		"$SYMCONV" c.data -q --cache killed -o killed.pb.gz 2>/dev/null &
		pid=$!
		"$PYTHON" -c "import time; time.sleep(0.0015 * $n)"
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	cache verify --cache killed && "$SYMCONV" c.data -q --cache killed -o killed.pb.gz &&
		cmp alone.pb.gz killed.pb.gz
}
run "conversions that are killed leave a sound cache" killed
finish

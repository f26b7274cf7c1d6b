#!/bin/sh
# Build ids of a capture's header are of what lay at the path when recording
# ended. On the machine that recorded, inodes tell whether that was mapped.
. "${srcdir:-.}/tests/lib.sh"

if ! have gcc; then
	skip "replaced programs" "no compiler"
	finish
fi
for variant in old new; do
	sed "s/branch/branch_$variant/g" "$tests/demo.c" >"$variant.c"
	gcc -O2 -g -Wl,--build-id=sha1 "$variant.c" -o "$variant" || exit 99
done
mkdir dir
# captured OUT HOST DEVICE INODE [AGE]: dir/program, with the build id that it has now,
# mapped from an inode of a device of a host ("here": its own ones), its last sample
# AGE seconds ago.
captured() {
	"$PYTHON" - "$tests" "$@" <<-'PYTHON'
		import os, sys, time
		sys.path.insert(0, sys.argv[1])
		import elf_capture as e, perfgen as g
		out, host, device, inode = sys.argv[2:6]
		age = (sys.argv[6:] + ["0"])[0]
		path = os.path.realpath("dir/program")
		st = os.stat(path)
		# As the kernel names it in mappings, which stat may not.
		import mmap
		with open(path, "rb") as file:
		    mapped = mmap.mmap(file.fileno(), 4096, access=mmap.ACCESS_READ)
		    line = [l for l in open("/proc/self/maps") if l.rstrip().endswith(path)][0]
		major, minor = (int(n, 16) for n in line.split()[3].split(":"))
		c = g.Capture([g.Event(name="cycles", type=0)])
		c.describe([(path, bytes.fromhex(e.build_id_of(path)))],
		           uname=os.uname() if host == "here" else None)
		c.comm(7, "app")
		offset, length = e.code_of(path)
		base = 0x7f0000000000
		c.mmap2(7, base + (offset & ~4095), (length + 8191) & ~4095, offset & ~4095, path,
		        inode=st.st_ino if inode == "here" else int(inode),
		        device=(major, minor) if device == "here" else (200, int(device)))
		for i in range(400):
		    c.sample(base + offset + i * length // 400, 7, chain=[g.CTX_USER],
		             time=time.clock_gettime_ns(time.CLOCK_MONOTONIC) - int(age) * 10**9 + i)
		open(out, "wb").write(c.file())
	PYTHON
}
put() {
	cp "$1" dir/next && mv dir/next dir/program
}
named() {
	"$SYMCONV" "$1" -q --no-cache -o out.pb.gz && dump out.pb.gz | grep "branch_$2" >/dev/null
}
refused() {
	says 'replaced while recording' "$SYMCONV" "$@" --no-cache -o out.pb.gz &&
		grep 'record with --buildid-mmap' said.log && ! dump out.pb.gz | grep branch_ &&
		"$SYMCONV" out.pb.gz -q --no-cache -o again.pb.gz && cmp out.pb.gz again.pb.gz
}
put new
mapped() {
	captured mapped.data here here here && named mapped.data new
}
run "the file that was mapped is used" mapped
replaced() {
	captured replaced.data here here 1 && refused replaced.data
}
run "a file that took its place while recording is not, nor when the profile is read again" replaced
cached() {
	"$SYMCONV" mapped.data -q --cache warm -o warm.pb.gz &&
		"$SYMCONV" replaced.data -q --cache warm -o warm.pb.gz &&
		"$SYMCONV" replaced.data -q --no-cache -o cold.pb.gz && cmp warm.pb.gz cold.pb.gz
}
run "what a cache has of its build id is not used either" cached
other_machine() {
	captured other.data testhost here 1 && named other.data new
}
run "on another machine nothing can tell" other_machine
copied() {
	captured copied.data here here 1 90 && named copied.data new
}
run "of a capture that was copied later nothing can tell" copied
renumbered() {
	captured device.data here 7 here && named device.data new
}
run "the same inode on a device of another number is the same file" renumbered
put_back() {
	captured later.data here here 1 && cp dir/program dir/next &&
		# Later than the capture, whatever the clock's steps are.
		touch -d '2 seconds ago' later.data && mv dir/next dir/program && named later.data new
}
run "a file with the same build id that was put there later is used" put_back
by_inode() {
	mkdir -p "root$PWD/dir" && cp old "root$PWD/dir/program" &&
		captured jail.data here here "$(stat -c %i "root$PWD/dir/program")" &&
		"$SYMCONV" jail.data -q --no-cache --symfs root -o jail.pb.gz &&
		dump jail.pb.gz | grep -q branch_old
}
run "below --symfs the file that was mapped is known by its inode" by_inode
copy_elsewhere() {
	cp new "root$PWD/dir/program" && captured copy.data here here 1 && refused copy.data --symfs root
}
run "below --symfs another one is not used" copy_elsewhere
two_ids() {
	"$PYTHON" - "$tests" <<-'PYTHON' && named two.data new
		import os, sys
		sys.path.insert(0, sys.argv[1])
		import elf_capture as e, perfgen as g
		path = os.path.realpath("dir/program")
		c = g.Capture([g.Event(name="cycles", type=0)])
		c.describe([(path, b"1234567890123456"), (path, bytes.fromhex(e.build_id_of(path)))])
		c.comm(7, "app")
		offset, length = e.code_of(path)
		base = 0x7f0000000000
		c.mmap2(7, base + (offset & ~4095), (length + 8191) & ~4095, offset & ~4095, path,
		        inode=os.stat(path).st_ino)
		for i in range(400):
		    c.sample(base + offset + i * length // 400, 7, time=1000 + i, chain=[g.CTX_USER])
		open("two.data", "wb").write(c.file())
	PYTHON
}
run "where a header has two build ids of one path, the inode decides" two_ids

if can_record && [ "$(id -u)" = 0 ]; then
	live() {
		printf '%s\n' '#include <time.h>' 'volatile long n;' \
			'__attribute__((noinline)) void WORK(void) { for (int i = 0; i < 100000; i++) n += i; }' \
			'int main(void) { for (time_t end = time(0) + 3; time(0) < end;) WORK(); return 0; }' >work.c
		gcc -O1 -g -DWORK=old_work work.c -o dir/live && gcc -O1 -g -DWORK=new_work work.c -o dir/next &&
			perf record -q -e cpu-clock -F 199 -o live.data sh -c 'dir/live & sleep 1; mv dir/next dir/live; wait' &&
			says 'replaced while recording' "$SYMCONV" live.data --no-cache -o live.pb.gz &&
			! dump live.pb.gz | grep new_work &&
			perf record -q -e cpu-clock -F 199 --buildid-mmap -o live.data dir/live &&
			"$SYMCONV" live.data -q --no-cache -o live.pb.gz && dump live.pb.gz | grep -q new_work
	}
	run "a program that is replaced while perf records it" live
else
	skip "a program that is replaced while perf records it" "perf cannot record"
fi
finish

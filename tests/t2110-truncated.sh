#!/bin/sh
# Stacks that end at the kernel's limit of frames.
. "${srcdir:-.}/tests/lib.sh"
export SYMCONV_FORCE_KERNEL_FALLBACK=1

# truncated CAPTURE WEIGHT...: the weights of its samples that are cut.
truncated() {
	capture "$1" && convert "$1.data" "$1.pb.gz" -q --no-cache &&
		dump "$1.pb.gz" | sed -n 's/^sample: [0-9]* \([0-9]*\) .* < \[truncated\]$/\1/p' |
		sort -n >got.txt
	shift
	for weight; do echo "$weight"; done | diff -u - got.txt
}
run "127 frames, markers not counted, is the kernel's limit" truncated deep 2 4
run "before Linux 4.7 markers counted, too" truncated deep-old 1
run "a limit that was chosen is the event's" truncated deep-chosen 2
run "longer stacks say that the limit was raised" truncated deep-raised 2 4
run "but not one of them alone" truncated deep-once

counted() {
	says "stack was cut, ending in .truncated.: 2$" "$SYMCONV" deep.data --no-cache -o d.pb.gz &&
		says "stack was cut, ending in .truncated.: 2$" "$SYMCONV" d.pb.gz --no-cache -o e.pb.gz &&
		cmp d.pb.gz e.pb.gz &&
		"$SYMCONV" deep.data -q --no-cache -o d.pb.gz --stats=json | grep '"truncated_samples": *2'
}
run "they are counted, also in a profile that is read" counted

# The program's outermost function is called by nothing: nothing was cut.
rooted() {
	printf '%x 10 _start\n' 6294656 >perf-7.map
	"$PYTHON" - "$tests" <<-'PYTHON' || return
		import sys
		sys.path.insert(0, sys.argv[1])
		import perfgen as g
		c = g.Capture([g.Event(name="cycles", type=0)])
		c.comm(7, "app")
		c.mmap2(7, 0x600000, 0x10000, 0, "//anon", inode=0)
		for i, root in enumerate((0x600c85, 0x600c95)):
		    frames = [0x600100 + n for n in range(126)] + [root]
		    c.sample(frames[0], 7, time=i, chain=[g.CTX_USER, *frames])
		open("rooted.data", "wb").write(c.file())
	PYTHON
	convert rooted.data rooted.pb.gz -q --no-cache --perf-map-dir . &&
		dump rooted.pb.gz >rooted.txt && cut -c1-60 rooted.txt && grep '< _start$' rooted.txt &&
		test "$(grep -c '\[truncated\]$' rooted.txt)" = 1
}
run "a stack as deep that ends where programs begin is whole" rooted
finish

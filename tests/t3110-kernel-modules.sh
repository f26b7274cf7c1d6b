#!/bin/sh
# Frames in loadable kernel modules: named by what lies exactly where the
# capture had the module, whatever else of the same name there is.
. "${srcdir:-.}/tests/lib.sh"

make_one() { "$PYTHON" "$tests/module_capture.py" "$@"; }

# named PROFILE N: N of its 64 stacks have a name, all the right one.
named() {
	dump "$1" >named.txt
	"$PYTHON" - named.txt "$2" <<-'PYTHON'
		import re, sys
		text = open(sys.argv[1]).read()
		names = re.findall(r"\] (demo_\d+)(?:\(.*\))?$", text, re.M)
		print(len(names), "names")
		sys.exit(sorted(set(names)) != sorted(names) or
		         len(names) != int(sys.argv[2]))
	PYTHON
}

# ---- symbols of this load, and of others ----

make_one capture x.data
make_one kallsyms here.kallsyms text=60000
here() {
	convert x.data here.pb.gz -q --no-cache --kallsyms "$1" && named here.pb.gz 64 &&
		dump here.pb.gz | grep -q '\] demo_63$'
}
run "symbols of this load name every frame" here here.kallsyms
sort here.kallsyms >sorted.kallsyms
run "also if somebody has sorted them" here sorted.kallsyms
sort -k 3 here.kallsyms >by-name.kallsyms
run "by their names, too" here by-name.kallsyms
elsewhere() {
	make_one kallsyms there.kallsyms text=60000 pages="$1" &&
		says 'symbols of another load of the kernel module' \
			convert x.data there.pb.gz --no-cache --kallsyms there.kallsyms &&
		named there.pb.gz 0
}
for pages in 1 3 156 -1 -3; do
	run "symbols of a load $pages pages further on name none" elsewhere "$pages"
done
run "they are said in JSON" eval 'convert x.data j.pb.gz --no-cache --kallsyms \
	there.kallsyms --stats=json | grep -q other_load'
padded() {
	make_one capture p.data front=10 && make_one kallsyms p.kallsyms front=10 text=60000 &&
		convert p.data p.pb.gz -q --no-cache --kallsyms p.kallsyms && named p.pb.gz 64
}
run "padding in front of the first function is none of another load" padded

twice() {
	"$PYTHON" - "$tests" <<-'PYTHON' &&
		import sys
		sys.path.insert(0, sys.argv[1])
		import perfgen as g
		c = g.Capture([g.Event(name="cycles", type=0)])
		c.describe()
		kernel, base = 0xffffffff81000000, 0xffffffffc0417000
		c.mmap(-1, kernel, 0x1000000, kernel, "[kernel.kallsyms]_text", misc=g.KERNEL)
		for load in (0, 3):
		    start = base + load * 4096
		    c.mmap(-1, start, 0x118000, 0, "[demo]", time=1000 * load, misc=g.KERNEL)
		    for i in range(32):
		        a = start + 16 * i + 8
		        c.sample(a, 7, time=1000 * load + i + 1, mode=g.KERNEL,
		                 chain=[g.CTX_KERNEL, a])
		open("twice.data", "wb").write(c.file())
	PYTHON
		make_one kallsyms last.kallsyms text=60000 pages=3 &&
		convert twice.data twice.pb.gz -q --no-cache --kallsyms last.kallsyms &&
		named twice.pb.gz 32
}
run "of two loads in one capture each is judged by itself" twice

kept() {
	rm -rf kept && "$SYMCONV" cache add --cache kept --kernel --kallsyms "$1" \
		--build-id "$(printf 'cd%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20)" &&
		convert x.data kept.pb.gz -q --cache kept
}
run "what the cache keeps of this load names every frame" eval \
	'kept here.kallsyms && named kept.pb.gz 64'
run "and of another none" eval 'kept there.kallsyms && named kept.pb.gz 0'

# ---- jumps in front of the text ----

# arm KIND OPTION...: on a machine that puts jumps in front of the text.
arm() {
	kind=$1
	shift
	make_one "$kind" "arm.$kind" kernel=ffffd11c83000000 base=ffffd11c76e80000 "$@"
}
arm_is() {
	convert arm.capture arm.pb.gz -q --no-cache --kallsyms arm.kallsyms && named arm.pb.gz "$1"
}
small() { arm capture front=5e0 && arm kallsyms front=5e0 text=800 && arm_is 64; }
run "a small text has few jumps in front" small
unsure() { arm capture front=5e0 && arm kallsyms front=5e0 text=60000 && arm_is 0; }
run "a large one may have many, and without its file no name" unsure
mapping() {
	arm capture front=8 && arm kallsyms front=8 text=60000 &&
		sed -n 's/^\(ffffd11c76e8.*\)[08] t .*/\10 t $x\t[demo]\n\1c t $d.1\t[demo]/p' \
			arm.kallsyms >marks && cat marks >>arm.kallsyms &&
		arm_is 64
}
run "marks of code and data are no functions" mapping

# ---- the module's file ----

# made OUT [SCRIPT]: a module's file, its sections as the script has them.
made() {
	gcc -g -c demo.s -o demo.o && ld -r --build-id ${2:+-T "$2"} demo.o -o "$1"
}
build_id() { readelf -n "$1" | sed -n 's/.*Build ID: //p'; }
# by_file N OPTION...: N of the frames have the names and lines of the file.
by_file() {
	n=$1
	shift
	convert arm.capture file.pb.gz --no-cache --symfs root "$@" && named file.pb.gz "$n" &&
		test "$(grep -c 'demo_[0-9]*(.*demo.s:[0-9]' named.txt)" = "$n"
}
if have gcc && have readelf && make_one source demo.s && made demo.ko 2>ld.log; then
	cat >front.lds <<-'END'
		SECTIONS {
			.plt 0 : { BYTE(0) }
			.init.plt 0 : { BYTE(0) }
			.text.ftrace_trampoline 0 : { BYTE(0) }
			.text 0 : { *(.text) }
		}
	END
	module=/lib/modules/6.1.0/kernel/demo.ko
	mkdir -p root/lib/modules/6.1.0/kernel
	made root$module front.lds && make_one arm64 root$module
	id=$(build_id root$module)
	# 20 jumps, one to spare and the tracer's, of 12 bytes, and the alignment.
	arm capture front=110 path=$module id="$id"
	arm kallsyms front=110
	run "symbols tell where the file's code lies, which tells lines" \
		by_file 64 --kallsyms arm.kallsyms
	run "the file alone names nothing" by_file 0
	arm kallsyms front=110 pages=1
	run "nor with symbols of another load" by_file 0 --kallsyms arm.kallsyms
	arm kallsyms front=110 text=500
	run "symbols of other functions than the file has do not place it" eval \
		'! by_file 64 --kallsyms arm.kallsyms'
	made root$module && make_one arm64 root$module
	id=$(build_id root$module)
	arm capture path=$module id="$id"
	run "a file without jumps in front names by itself" by_file 64
	arm kallsyms pages=2
	run "also beside symbols of another load" by_file 64 --kallsyms arm.kallsyms
	arm capture front=40 path=$module id="$id"
	arm kallsyms front=40
	contradicted() {
		! by_file 64 --kallsyms arm.kallsyms && named file.pb.gz 64 &&
			! grep -q demo.s: named.txt
	}
	run "but not where symbols of this load contradict it" contradicted
else
	skip "a module's file" "none could be made"
fi
finish

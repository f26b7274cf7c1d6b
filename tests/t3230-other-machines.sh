#!/bin/sh
# Symbols that other machines keep in ways of their own: stubs of the PLT, and
# functions by descriptors.
. "${srcdir:-.}/tests/lib.sh"

# named FILE ADDRESS...: the functions there, a word each.
named() {
	"$SYMCONV" symbolize --no-cache --exe "$@" | awk 'NR % 3 == 1' | tr '\n' ' '
}
# stubs MACHINE HEADER TWICE THRICE: svmas as objdump has them.
stubs() {
	test "$(named "$tests/data/plt-$1" "$2" "$3" "$4")" = "?? twice@plt thrice@plt "
}
run "stubs of aarch64" stubs aarch64 2d0 2f0 300
run "stubs of arm" stubs arm 1a0 1b4 1c0
run "stubs of riscv64" stubs riscv64 2d0 310 320
run "stubs of s390x" stubs s390x 2c0 2e0 300
run "stubs of powerpc64le, among the functions" stubs powerpc64le 2d0 300 2e0
descriptors() {
	test "$(named "$tests/data/opd-powerpc64" 100002e0 100002fc 10000300 10000368)" = \
		"leaf branch branch main "
}
run "functions of powerpc64's first ABI are where their descriptors point" descriptors

printf 'int twice(int a) { return a * 2; }\nint thrice(int a) { return a * 3; }\n' >library.c
printf 'int twice(int); int thrice(int);\nint main(int n, char **v) { (void)v; return twice(n) + thrice(n); }\n' >calls.c
# retpolines FLAGS: lld's stubs, in the order of their relocations.
retpolines() {
	gcc -fuse-ld=lld -Wl,-z,retpolineplt "$@" calls.c -L. -limported -o calls || return 1
	start=$(readelf -SW calls | sed -n 's/.* \.plt  *PROGBITS  *\([0-9a-f]*\) .*/\1/p')
	size=$(readelf -SW calls | sed -n 's/.* \.plt  *PROGBITS  *[0-9a-f]* [0-9a-f]* \([0-9a-f]*\) .*/\1/p')
	offset=0
	while [ "$offset" -lt $((0x$size)) ]; do
		printf '%x\n' $((0x$start + offset))
		offset=$((offset + 16))
	done >addresses
	"$SYMCONV" symbolize --no-cache --exe calls <addresses | grep @plt | uniq >stubs.txt
	cat stubs.txt
	grep -qx twice@plt stubs.txt && grep -qx thrice@plt stubs.txt
}
if have gcc && have ld.lld && gcc -shared -fPIC library.c -o libimported.so; then
	run "lld's stubs against speculation" retpolines
	run "lld's stubs against speculation, without lazy binding" retpolines -Wl,-z,now
else
	skip "lld's stubs against speculation" "lld is not installed"
fi

java() {
	"$PYTHON" - "$tests" <<-'PYTHON'
		import sys
		sys.path.insert(0, sys.argv[1])
		import perfgen as g
		c = g.Capture([g.Event(name="cycles", type=0)])
		c.describe()
		c.comm(7, "java")
		c.mmap2(7, 0x10000, 0x1000, 0, "//anon", inode=0)
		for address in (0x10010, 0x10110):
		    c.sample(address, 7, time=1000, chain=[g.CTX_USER, address])
		open("java.data", "wb").write(c.file())
	PYTHON
	mkdir -p maps
	printf '10000 100 Lorg/app/Srv;fib([Ljava/lang/String;I)V\n10100 100 Lnot a name;(\n' >maps/perf-7.map
	convert java.data java.pb.gz -q --no-cache --perf-map-dir maps && dump java.pb.gz >java.txt &&
		grep -q 'org\.app\.Srv\.fib$' java.txt && grep -q 'Lnot a name;($' java.txt &&
		convert java.data java.pb.gz -q --no-cache --perf-map-dir maps --demangle=none &&
		dump java.pb.gz | grep -q 'Lorg/app/Srv;fib(\[Ljava/lang/String;I)V$'
}
run "methods of Java read as in Java" java
finish

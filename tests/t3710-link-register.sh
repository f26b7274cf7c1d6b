#!/bin/sh
# Callers that are in the link register of arm64, and in no frame.
. "${srcdir:-.}/tests/lib.sh"

elf=$tests/data/leaf-aarch64
if ! have readelf; then
	skip "callers in the link register" "no readelf"
	finish
fi
"$PYTHON" "$tests/leaf_capture.py" "$elf" leaf.data
"$PYTHON" "$tests/leaf_capture.py" --stack "$elf" stubs.data

# stacks IN [OPTION...]: how often each is there.
stacks() {
	stacks_in=$1
	shift
	convert "$stacks_in" out.pb.gz -q "$@" >convert.log || {
		cat convert.log
		return 1
	}
	dump out.pb.gz | sed -n 's/^sample: \([0-9]*\) .*\] \(.* < .*\)/\1 \2/p' | sort
}
cat >leaf.expected <<'END'
1 0x4002d0 < middle < outer < _start
1 0xffff800008001000 < leaf < middle < outer < _start
1 imported@plt < middle < outer < _start
1 leaf < middle < outer < _start
1 leaf < middle < outer < _start
1 leaf < outer < _start
1 middle < outer < _start
1 middle < outer < _start
1 outer < _start
1 unknown < outer < _start
END
leaves() {
	stacks leaf.data "$@" >leaf.txt && diff -u leaf.expected leaf.txt
}
run "the caller of a function without a frame is in the link register" \
	leaves --no-cache
run "it is the same with an empty cache" leaves -j 1
run "it is the same with a warm cache" leaves -j 4
stubs() {
	stacks stubs.data --no-cache >stubs.txt &&
		test "$(grep -c ' < middle < outer < _start$' stubs.txt)" = 3
}
run "walks go on behind stubs that nothing describes" stubs

# Without the file nothing tells whether a function has a frame.
missing() {
	cp "$elf" gone && "$PYTHON" "$tests/leaf_capture.py" gone gone.data &&
		rm gone && convert gone.data gone.pb.gz -q --no-cache &&
		dump gone.pb.gz | grep '\] 0x33c < 0x313 < 0x303$'
}
run "where the file is missing no caller is made up" missing
finish

#!/bin/sh
# Damaged input: exit 0 or 1, in time, in 1 GB of address space, with a line.
. "${srcdir:-.}/tests/lib.sh"

run "truncation at every byte" "$PYTHON" "$tests/damage.py" cut basic
run "truncation of pipe mode" "$PYTHON" "$tests/damage.py" cut pipe 7
run "truncation of compressed data" "$PYTHON" "$tests/damage.py" cut zstd 5
for name in basic pipe zstd2 fields timeline big-endian; do
	run "damaged sizes, counts and offsets in $name" \
		"$PYTHON" "$tests/damage.py" mutate "$name" 150
done

: >empty.data
run "an empty file" fails_with 1 'empty.data: it is empty' \
	"$SYMCONV" empty.data -o out.pb.gz
mkdir folder
run "a folder that is no capture" fails_with 1 'a directory that is no capture' \
	"$SYMCONV" folder -o out.pb.gz
mkfifo fifo
run "a FIFO" fails_with 1 'not a regular file' \
	timeout 5 "$SYMCONV" fifo -o out.pb.gz
run "a device" fails_with 1 'not a regular file' \
	"$SYMCONV" /dev/zero -o out.pb.gz
run "a missing file" fails_with 1 'cannot open: No such file' \
	"$SYMCONV" missing.data -o out.pb.gz
echo 'this is no capture' >text.data
run "a file of another kind" fails_with 1 'not a perf.data file' \
	"$SYMCONV" text.data -o out.pb.gz
run "nothing was written for any of them" test ! -e out.pb.gz

bomb() {
	"$PYTHON" "$tests/damage.py" bomb bomb.data &&
		(# shellcheck disable=SC3045 # dash and bash have it
		is_sanitized || ulimit -v 1000000
		timeout 10 "$SYMCONV" bomb.data -o bomb.pb.gz --no-cache; test $? -le 1)
}
run "a zstd bomb" bomb

run "a file that shrinks while it is read" "$PYTHON" "$tests/damage.py" shrink

capture basic
run "a folder that is not there" fails_with 1 'cannot write' \
	"$SYMCONV" basic.data -o missing/out.pb.gz --no-cache
run "a full disk" fails_with 1 'cannot write: No space left' \
	"$SYMCONV" basic.data -o /dev/full --no-cache
full_stdout() {
	"$SYMCONV" basic.data -o - --no-cache >/dev/full 2>full.log
	test $? = 1 && grep 'standard output: cannot write' full.log
}
run "a full disk at standard output" full_stdout
limited() {
	(ulimit -f 0; "$SYMCONV" basic.data -o limited.pb.gz --no-cache 2>&1) |
		cat >limit.log
	grep 'cannot write' limit.log && test ! -e limited.pb.gz &&
		test -z "$(ls limited.pb.gz.* 2>/dev/null)"
}
run "a limit on file sizes leaves nothing behind" limited
closed() {
	"$SYMCONV" basic.data -o - --no-cache >&- 2>closed.log
	test $? -le 1
}
run "a closed standard output" closed
broken() {
	"$SYMCONV" basic.data -o - --no-cache 2>broken.log | true
}
run "a reader that goes away" broken
finish

#!/bin/sh
# Inputs that are compressed as a whole.
. "${srcdir:-.}/tests/lib.sh"

quietly() {
	"$SYMCONV" "$@" -q --no-cache --offline
}

capture basic
quietly basic.data -o plain.pb.gz
printf 'main;work 5\nmain;rest 70\n' >stacks.folded
printf 'app 7/7 [000] 1.000000: 250000 cycles: \n\t400100 work+0x4 (/m/app)\n\t400200 main+0x4 (/m/app)\n\n' >script.txt
for text in stacks.folded script.txt; do
	quietly $text --format folded -o $text.plain
done

# packed TOOL ENDING: the capture and the texts, compressed by a tool.
packed() {
	for input in basic.data stacks.folded script.txt; do
		"$1" -c <$input >$input."$2" || return 1
	done
}

same_capture() {
	quietly "$1" -o out.pb.gz && cmp plain.pb.gz out.pb.gz
}

from_pipe() {
	# shellcheck disable=SC2002
	cat "$1" | quietly - -o out.pb.gz && cmp plain.pb.gz out.pb.gz
}

same_text() {
	quietly "$1.$2" --format folded -o out.folded &&
		diff -u "$1.plain" out.folded
}

same_named() {
	quietly "$1" --from "$2" --format folded -o out.folded && diff -u "$3.plain" out.folded
}

# Members, streams or frames, one behind the other: a record may be cut by them.
in_parts() {
	{ head -c 1400 basic.data | "$1" -c && tail -c +1401 basic.data | "$1" -c; } >parts &&
		same_capture parts
}

# cut_short TOOL: what is there is converted, and that is said.
cut_short() {
	in_parts "$1" || return 1
	size=$(wc -c <parts)
	head -c $((size - 9)) parts >cut.packed
	"$SYMCONV" cut.packed --no-cache --offline -o out.pb.gz 2>cut.log
	status=$?
	cat cut.log
	test "$status" = 0 && grep -q "cut.packed: its $1 data are cut short; what comes before is converted" cut.log
}

# A count whose digits are cut off is another one.
cut_line() {
	"$PYTHON" - "$1" <<'END'
import random, subprocess, sys
random.seed(1)
lines = "".join("main;f%d %d\n" % (i, random.randrange(10**8, 10**9)) for i in range(20000))
open("whole.folded", "w").write(lines)
packed = subprocess.run([sys.argv[1], "-c"], input=lines.encode(), stdout=subprocess.PIPE).stdout
open("cut.folded", "wb").write(packed[:len(packed) // 2])
END
	quietly cut.folded --format folded -o out.folded &&
		test -s out.folded && sort whole.folded >whole.txt && sort out.folded >out.txt &&
		test -z "$(comm -13 whole.txt out.txt)"
}

# flip FILE: one byte in its middle is another.
flip() {
	"$PYTHON" - "$1" <<'END'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[len(data) // 2] ^= 0xff
open("flipped", "wb").write(data)
END
	rm -f out.pb.gz
	fails_with 1 "flipped: its $2 data are damaged" quietly flipped -o out.pb.gz && test ! -e out.pb.gz
}

# A capture's header and then zeros: more than any input grows by.
bomb() {
	if ! test -e bomb.raw; then
		cp basic.data bomb.raw && truncate -s 100M bomb.raw
	fi
	"$1" -c <bomb.raw >bomb.packed
	mkdir -p spool
	TMPDIR=$PWD/spool fails_with 1 "bomb.packed: its $2 data grow to more than [0-9]* bytes (1024 for each)" \
		quietly bomb.packed -o out.pb.gz && test -z "$(ls spool)"
}

for tool in gzip:gz xz:xz zstd:zst; do
	ending=${tool#*:}
	tool=${tool%:*}
	if ! have "$tool"; then
		skip "inputs compressed with $tool" "there is no $tool"
		continue
	fi
	packed "$tool" "$ending"
	run "a capture in $tool" same_capture basic.data."$ending"
	run "a capture in $tool from a pipe" from_pipe basic.data."$ending"
	run "a capture in $tool whose kind is given" quietly basic.data."$ending" --from perf.data -o out.pb.gz
	run "a capture in two parts of $tool" in_parts "$tool"
	run "folded stacks in $tool" same_text stacks.folded "$ending"
	run "the text of perf script in $tool" same_text script.txt "$ending"
	run "folded stacks in $tool whose kind is given" same_named stacks.folded."$ending" folded stacks.folded
	run "a capture in $tool that is cut short is converted as far as it goes" cut_short "$tool"
	run "a text in $tool that is cut short has no line that is cut short" cut_line "$tool"
	run "a capture in $tool that is damaged is refused" flip basic.data."$ending" "$tool"
	# gzip cannot grow by more.
	test "$tool" = gzip || run "a capture in $tool that grows beyond all proportion is refused" bomb "$tool" "$tool"
done

"$PYTHON" - >none.gz <<'END'
import gzip, sys
sys.stdout.buffer.write(gzip.compress(b"just some words\n" * 9))
END
run "a text of no known kind in gzip is refused by its content" \
	fails_with 1 'what is inside gzip is not a perf.data file, nor another kind' quietly none.gz -o out.pb.gz

printf 'BZh91AY&SY some more bytes' >packed.bz2
run "what it is packed with is named where that is not read" \
	fails_with 1 'packed.bz2: it is packed with bzip2, which is not read' quietly packed.bz2 -o out.pb.gz

profile_in() {
	"$1" -c <plain.pb.gz >profile.packed && quietly profile.packed -o out.pb.gz && cmp plain.pb.gz out.pb.gz &&
		gunzip -c <plain.pb.gz | "$1" -c >profile.packed && quietly profile.packed -o out.pb.gz &&
		cmp plain.pb.gz out.pb.gz
}
if have xz; then
	run "a profile in xz, packed and plain" profile_in xz
fi

padded() {
	{ gzip -c <basic.data && head -c 4096 /dev/zero; } >padded.gz && same_capture padded.gz
}
run "zeros behind gzip are padding" padded

skippable() {
	{ printf '\120\052\115\030\004\000\000\000abcd' && zstd -c <basic.data; } >frames.zst && same_capture frames.zst
}
window() {
	"$PYTHON" - <<'END'
import struct
# A frame whose header asks for a window of 1 GB.
open("window.zst", "wb").write(struct.pack("<IBB", 0xfd2fb528, 0, 20 << 3) + b"\x01\0\0")
END
	fails_with 1 'more than 256 MB of memory; unpack it with zstd -d --long=31' \
		quietly window.zst --from folded -o out.pb.gz
}
if have zstd; then
	run "a frame of zstd that is to be skipped comes first" skippable
fi
run "a window of zstd that is too large is refused, and why" window

dictionary() {
	xz --format=xz --lzma2=dict=768MiB -c <basic.data >large.xz &&
		fails_with 1 'more than 256 MB of memory; unpack it with xz -d' \
			quietly large.xz --from perf.data -o out.pb.gz
}
if have xz && ! is_sanitized; then
	run "a dictionary of xz that is too large is refused, and why" dictionary
fi

reported() {
	mkdir captures && cp basic.data.gz stacks.folded.gz none.gz captures &&
		quietly report captures -o pages && test -e pages/basic.data.gz/profile.pb.gz &&
		test -e pages/stacks.folded.gz/profile.pb.gz && test ! -e pages/none.gz
}
run "captures in gzip are reported on" reported
finish

#!/bin/sh
# Every layout that perf record writes is read alike.
. "${srcdir:-.}/tests/lib.sh"

# matches NAME: the profile is as was worked out by hand from the description.
matches() {
	capture "$1" && convert "$1.data" "$1.pb.gz" -q --no-cache &&
		dump "$1.pb.gz" >"$1.txt" && diff -u "$tests/expected/$1.txt" "$1.txt"
}

samples() {
	dump "$1" | grep ^sample:
}

# same_as_basic NAME: another layout of the capture "basic".
same_as_basic() {
	capture "$1" && convert "$1.data" "$1.pb.gz" -q --no-cache &&
		samples "$1.pb.gz" >"$1.txt" && diff -u basic-samples.txt "$1.txt"
}

for name in basic fields two-events group lbr deferred contexts untimed \
	old-attr odd-names; do
	run "$name is read as described" matches "$name"
done
samples basic.pb.gz >basic-samples.txt
for name in pipe zstd zstd2 zstd2-wrong-size big-endian big-endian-pipe \
	unfinished; do
	run "$name is read like a plain file" same_as_basic "$name"
done

pipe_in() {
	"$SYMCONV" - -q --no-cache -o stdin.pb.gz <"$1" &&
		samples stdin.pb.gz | diff -u basic-samples.txt -
}
run "a file on standard input" pipe_in basic.data
piped() {
	# shellcheck disable=SC2002
	cat "$1" | "$SYMCONV" - -q --no-cache -o stdin.pb.gz &&
		samples stdin.pb.gz | diff -u basic-samples.txt -
}
run "a pipe on standard input, pipe mode" piped pipe.data
run "a pipe on standard input, file mode" piped basic.data
run "a pipe on standard input, compressed" piped zstd.data

folder() {
	"$PYTHON" "$tests/captures.py" directory folder.data &&
		convert folder.data folder.pb.gz -q --no-cache &&
		samples folder.pb.gz | diff -u basic-samples.txt -
}
run "a folder of perf record --threads" folder

other_word() {
	capture "$1" && convert "$1.data" "$1.pb.gz" -q --no-cache &&
		dump "$1.pb.gz" | grep 'comment: host:testhost' &&
		dump "$1.pb.gz" | grep '0xc0000100 < 0xc0000204 < 0x500 < 0x2204'
}
run "a 32-bit machine's capture" other_word 32-bit
run "a 32-bit big-endian machine's capture" other_word 32-bit-big-endian

lost() {
	capture huge-lost && timeout 10 "$SYMCONV" huge-lost.data -o lost.pb.gz \
		--no-cache 2>lost.log && grep 'lost while recording: 18446744073709551615' lost.log
}
run "a lost count is a number to add" lost

capture unknown-records
run "records of unknown types are skipped and counted" \
	says 'unknown types, skipped: 2' convert unknown-records.data u.pb.gz --no-cache
capture no-samples
run "a capture without samples gives an empty profile and a warning" \
	says 'no samples' convert no-samples.data none.pb.gz --no-cache

# The program lay in this place when it was captured.
demo() {
	mkdir -p /tmp/symconv-demo && cp "$tests/data/demo" /tmp/symconv-demo/demo &&
		convert "$tests/data/good-demo.data" demo.pb.gz -q --no-cache &&
		dump demo.pb.gz | grep 'leaf(.*demo.c:[0-9]*) < branch(.*) < main('
}
run "the shipped capture of perf is symbolized" demo

shipped() {
	convert "$tests/data/$1" shipped.pb.gz -q --no-cache
}
for name in "$tests"/data/good-*.data; do
	run "$(basename "$name") is converted" shipped "$(basename "$name")"
done
finish

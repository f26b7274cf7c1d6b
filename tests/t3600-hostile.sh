#!/bin/sh
# Files that are made to cost much cost their own names and no more.
. "${srcdir:-.}/tests/lib.sh"

if is_sanitized; then
	skip "bombs" "sanitizers leave no room for limits"
	finish
fi
"$PYTHON" "$tests/bombs.py" . || exit 99
# bomb NAME: ends within its limits, with an answer.
bomb() {
	began=$(date +%s)
	# What the reader may have, 1 GB, and what the converter is.
	# shellcheck disable=SC3045
	(ulimit -v 2000000 && timeout 30 "$SYMCONV" symbolize --no-cache --json --exe "$1" \
		0x401000 0x401800) >answer.txt 2>&1
	got=$?
	head -c 1000 answer.txt
	echo "status $got after $(($(date +%s) - began)) s"
	test "$got" -le 1 && test $(($(date +%s) - began)) -le 15 &&
		{ test "$got" = 1 || test "$(grep -c Address answer.txt)" = 2; }
}
named() { bomb "$1" && grep -q '"main"' answer.txt; }
run "200,000 calls inlined into one another" named nested
run "a line table of 200 million rows in 200 KB" named rows
run "two gigabytes of strings in two megabytes" named strings
run "a section that claims three gigabytes" named zstd-claim
run "one whose size wraps around" named zstd-wrapping
run "a header that has room for a million sections" bomb sections
run "a terabyte of nothing" bomb hole
run "symbols whose names are parts of one another" bomb suffixes

# A capture with one of them among good modules loses nothing else.
among() {
	"${CXX:-g++}" -O2 -g -Wl,--build-id "$tests/program.cc" -o program || return 1
	for file in program rows; do
		"$PYTHON" "$tests/elf_capture.py" "$file" "$file.data" || return 1
		convert "$file.data" "$file.pb.gz" -q --no-cache || return 1
	done
	dump program.pb.gz | grep -q 'shapes::sum' && dump rows.pb.gz | grep -q main
}
run "captures of it are converted" among
shrinking() {
	cp program shrinks
	"$PYTHON" "$tests/elf_capture.py" shrinks shrinks.data || return 1
	for size in 100000 50000 10000 5000 4096 4000 64 1 0; do
		cp program shrinks
		(sleep 0.00$((size % 7)) && truncate -s "$size" shrinks) &
		convert shrinks.data shrinks.pb.gz -q --no-cache || return 1
		wait
	done
}
run "a file that shrinks while it is read" shrinking
finish

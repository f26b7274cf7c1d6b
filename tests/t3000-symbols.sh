#!/bin/sh
# Names, lines and inline chains are those of the reference tools.
. "${srcdir:-.}/tests/lib.sh"

CXX=${CXX:-g++}
have "$CXX" || {
	skip "symbols" "$CXX is not installed"
	finish
}

# chains FLAGS: compiles the program with FLAGS, and compares what the profile
# says of addresses all over its code with llvm-symbolizer.
chains() {
	compiler=$1
	shift
	"$compiler" "$@" -Wl,--build-id "$tests/program.cc" -o program &&
		"$PYTHON" "$tests/elf_capture.py" ./program program.data &&
		convert program.data program.pb.gz -q --no-cache &&
		"$PYTHON" "$tests/compare_chains.py" ./program program.pb.gz
}
if have llvm-symbolizer; then
	for version in 2 3 4 5; do
		run "g++ -O2, DWARF $version" chains "$CXX" -O2 -g "-gdwarf-$version"
	done
	run "g++ -O0" chains "$CXX" -O0 -g
	run "g++ -O2 without debug information" chains "$CXX" -O2
	run "g++ -O2, no PIE" chains "$CXX" -O2 -g -no-pie
	run "g++ -O2, compressed sections" chains "$CXX" -O2 -g -gz=zlib
	if have clang++; then
		for version in 4 5; do
			run "clang++ -O2, DWARF $version" \
				chains clang++ -O2 -g "-gdwarf-$version"
		done
	else
		skip "clang++" "clang++ is not installed"
	fi
	# other NAME COMPILER...: a program in another language.
	other() {
		"$PYTHON" "$tests/elf_capture.py" "./$1" "$1.data" &&
			convert "$1.data" "$1.pb.gz" -q --no-cache &&
			"$PYTHON" "$tests/compare_chains.py" "./$1" "$1.pb.gz"
	}
	for mangling in legacy v0; do
		if have rustc && rustc -O -g -C symbol-mangling-version=$mangling \
			"$tests/program.rs" -o rust >rust.log 2>&1; then
			run "rustc, $mangling names" other rust
		else
			skip "rustc, $mangling names" "no program could be compiled"
		fi
	done
	cp "$tests/program.go.txt" program.go
	if have go && CGO_ENABLED=0 go build -o go program.go >go.log 2>&1; then
		run "Go" other go
	else
		skip "Go" "no program could be compiled"
	fi
else
	skip "chains" "llvm-symbolizer is not installed"
fi

"$CXX" -O2 -g -Wl,--build-id "$tests/program.cc" -o program
"$PYTHON" "$tests/elf_capture.py" ./program program.data
names() {
	convert program.data names.pb.gz -q --no-cache "$@" &&
		dump names.pb.gz >names.txt
}
short() {
	names && grep -q ' shapes::sum<shapes::point>(' names.txt
}
run "short names have template arguments and no parameters" short
full() {
	names --demangle=full &&
		grep -q 'shapes::sum<shapes::point>(std::vector<' names.txt
}
run "--demangle=full" full
none() {
	names --demangle=none && grep -q '_ZN6shapes3sum' names.txt
}
run "--demangle=none" none
no_inline() {
	names --no-inline && ! grep -q 'shapes::square(' names.txt &&
		names && grep -q 'shapes::square(' names.txt
}
run "--no-inline" no_inline

"$PYTHON" "$tests/elf_capture.py" ./program other.data 0123456789abcdef0123
run "a file with another build id is not used" says 'another build id' \
	convert other.data other.pb.gz --no-cache
run "and names nothing" eval '! dump other.pb.gz | grep -q shapes'
strip -o stripped program
"$PYTHON" "$tests/elf_capture.py" ./stripped stripped.data
run "a stripped file has no symbols" says 'no symbol' \
	convert stripped.data stripped.pb.gz --no-cache
"$CXX" -O2 -g -Wl,--build-id=none "$tests/program.cc" -o anonymous
"$PYTHON" "$tests/elf_capture.py" ./anonymous anonymous.data
run "a file without a build id" says '"named":[1-9]' convert anonymous.data a.pb.gz --stats=json
run "and once more" says '"workers_started":0' convert anonymous.data a.pb.gz --stats=json
"$PYTHON" "$tests/elf_capture.py" ./anonymous inode.data '' 12345
run "another file in its place" says 'another file is in its place' \
	convert inode.data i.pb.gz --no-cache -v
"$PYTHON" "$tests/elf_capture.py" ./anonymous unchecked.data '' 0
run "one that nothing in the capture tells of" \
	says '1 files were used without a check' \
	convert unchecked.data u.pb.gz --no-cache
cp program moved
"$PYTHON" "$tests/elf_capture.py" ./moved moved.data
rm moved
run "a file that is gone" says 'file missing' convert moved.data m.pb.gz --no-cache
mkfifo moved
run "a FIFO in its place" says 'not a regular file' \
	timeout 5 "$SYMCONV" moved.data -o m.pb.gz -v --no-cache
run "readers are confined" says 'confined by \(Landlock\|seccomp\)' \
	convert program.data p.pb.gz --no-cache -v
run "damaged files cost their names and nothing else" \
	"$PYTHON" "$tests/damage_elf.py" ./program 60
finish

#!/bin/sh
# Stripped Go programs: names, files, lines and inlined calls by what their
# runtime prints stack traces by.
. "${srcdir:-.}/tests/lib.sh"

# The same answers for each layout of the tables, of a made-up program.
cat >made.want <<'END'
main.outer /src/outer.go:10:0
main.middle /src/outer.go:20:0 main.outer /src/outer.go:11:0
main.inner /src/inner.go:30:0 main.middle /src/outer.go:20:0 main.outer /src/outer.go:11:0
main.middle /src/outer.go:20:0 main.outer /src/outer.go:11:0
main.outer /src/outer.go:11:0
main.last /src/outer.go:40:0
?? ??:0:0
END
made() {
	"$PYTHON" "$tests/go_elf.py" "$@" made &&
		"$SYMCONV" symbolize --exe made --no-cache 0x401020 0x401028 0x40102c \
			0x401034 0x401038 0x401045 0x401052 |
		sed 's/^$/@/' | tr '\n' ' ' | sed 's/ @ \{0,1\}/\n/g' | diff -u made.want -
}
run "tables of Go 1.18" made 1.18
run "tables of Go 1.18 in a position independent program" made 1.18 --pie
run "tables of Go 1.20 and later" made 1.20
run "tables of Go 1.20 in a position independent program" made 1.20 --pie
no_start() {
	"$PYTHON" "$tests/go_elf.py" 1.20 --no-module made &&
		"$SYMCONV" symbolize --exe made --no-cache 0x401020 | tee got.txt | grep '^??$'
}
run "where nothing says where the Go code begins nothing is named" no_start
damaged() {
	"$PYTHON" "$tests/go_elf.py" 1.20 whole && "$PYTHON" - <<-'PYTHON'
		import os, subprocess
		data = bytearray(open("whole", "rb").read())
		for at in list(range(0x2000, 0x2000 + 600)) + list(range(0x3000, 0x3020)):
		    for value in (0x00, 0x7f, 0xff):
		        if data[at] == value or at % 3 != value % 3:
		            continue
		        broken = bytearray(data)
		        broken[at] = value
		        open("broken", "wb").write(broken)
		        subprocess.run([os.environ["SYMCONV"], "symbolize", "--exe", "broken", "--no-cache",
		                        "0x401020", "0x40102c"], check=True, stdout=subprocess.DEVNULL)
	PYTHON
}
run "damaged tables cost no more than names" damaged

cp "$tests/program.go.txt" program.go
export GOCACHE="$scratch/gocache" GO111MODULE=off
# against_addr2line PROGRAM: 2,000 addresses of its code as go tool addr2line has them.
against_addr2line() {
	"$PYTHON" "$tests/compare_go.py" "$1" 2000
}
# against_dwarf STRIPPED WHOLE
against_dwarf() {
	"$PYTHON" "$tests/compare_go.py" "$1" 2000 --whole "$2"
}
if have go && CGO_ENABLED=0 go build -o whole program.go >go.log 2>&1 &&
	CGO_ENABLED=0 go build -ldflags='-s -w' -o stripped program.go; then
	run "go tool addr2line gives the same functions, files and lines" against_addr2line stripped
	run "DWARF gives the same inlined calls" against_dwarf stripped whole
	if CGO_ENABLED=0 go build -buildmode=pie -o pie program.go &&
		CGO_ENABLED=0 go build -buildmode=pie -ldflags='-s -w' -o pie-stripped program.go; then
		run "DWARF gives the same for a position independent program" against_dwarf pie-stripped pie
	else
		skip "a position independent Go program" "none could be linked"
	fi
	cat >calls.go <<-'GO'
		package main

		// static int twice(int x) { return x * 2; }
		import "C"
		import "fmt"

		func main() { fmt.Println(C.twice(21)) }
	GO
	if have gcc && go build -o calls calls.go >go.log 2>&1 &&
		go build -ldflags='-s -w' -o calls-stripped calls.go; then
		run "DWARF gives the same for a Go program with C code" against_dwarf calls-stripped calls
	else
		skip "a Go program with C code" "none could be linked"
	fi
else
	skip "Go programs that were compiled here" "no Go compiler"
fi
finish

#!/bin/sh
# Stacks out of registers and copies of the stack, with readelf as the judge of
# the tables and perf script of the stacks.
. "${srcdir:-.}/tests/lib.sh"
CXX=${CXX:-g++}
CC=${CC:-gcc}

# ---- tables ----

show_unwind=$(dirname "$SYMCONV")/tests/show_unwind

# rows FILE: each row of the table is what readelf says.
rows() {
	"$show_unwind" "$1" >rows.txt &&
		"$PYTHON" "$tests/compare_frames.py" "$1" rows.txt
}

# library NAME: its path, as programs find it.
library() {
	ldconfig -p 2>/dev/null | sed -n "s/^\t$1 (libc6,x86-64) => //p" | head -n 1
}

if ! "$CXX" -O2 -g -fomit-frame-pointer "$tests/unwind.cc" -o unwind 2>cxx.log; then
	skip "unwinding" "no program could be compiled"
	finish
fi
run "rows of a C++ program" rows ./unwind
"$CXX" -O2 -fno-asynchronous-unwind-tables -fno-exceptions -g -x c "$tests/demo.c" \
	-o debug-frame 2>cc.log
run "rows out of .debug_frame" rows ./debug-frame
objcopy --compress-debug-sections ./debug-frame compressed
run "rows out of a compressed .debug_frame" rows ./compressed
if "$CC" -m32 -O2 -g -nostdlib -static -no-pie -Wl,-emain "$tests/demo.c" \
	-o demo32 2>cc.log; then
	run "rows of a 32-bit program" rows ./demo32
else
	skip "rows of a 32-bit program" "the compiler makes none"
fi
for machine in aarch64-linux-gnu armv7-linux-gnueabihf; do
	if have clang && have ld.lld && clang --target="$machine" -fuse-ld=lld \
		-nostdlib -O2 -g -Wl,-emain "$tests/demo.c" -o foreign 2>clang.log; then
		run "rows of a program for $machine" rows ./foreign
	else
		skip "rows of a program for $machine" "clang and lld make none"
	fi
done
for name in libc.so.6 libstdc++.so.6 libm.so.6; do
	path=$(library "$name")
	if [ -n "$path" ]; then
		run "rows of $name" rows "$path"
	else
		skip "rows of $name" "it is not there"
	fi
done

# ---- the shipped capture ----

shipped() {
	mkdir -p /tmp/symconv-demo && cp "$tests/data/demo-dwarf" /tmp/symconv-demo/ &&
		convert "$tests/data/good-dwarf.data" shipped.pb.gz --no-cache -q &&
		dump shipped.pb.gz |
		grep 'leaf(.*demo.c:[0-9]*) < branch(.*) < branch(.*) < main('
}
run "the shipped capture is unwound" shipped

# damaged SEED: with call frame information overwritten nothing is lost.
damaged() {
	"$PYTHON" - "$1" /tmp/symconv-demo/demo-dwarf <<-'PYTHON' &&
		import random, re, subprocess, sys
		random.seed(int(sys.argv[1]))
		text = subprocess.run(["readelf", "-SW", sys.argv[2]], check=True,
		                      capture_output=True, text=True).stdout
		words = re.search(r"\] \.eh_frame +\w+ +\w+ +(\w+) (\w+)", text)
		start, size = int(words[1], 16), int(words[2], 16)
		with open(sys.argv[2], "r+b") as file:
		    for _ in range(1 + int(sys.argv[1]) * 4):
		        file.seek(start + random.randrange(size))
		        file.write(bytes([random.randrange(256)]))
	PYTHON
		convert "$tests/data/good-dwarf.data" damaged.pb.gz --no-cache -q &&
		test "$(dump damaged.pb.gz | sed -n 's/^sample: \([0-9]*\) .*/\1/p' |
			awk '{ n += $1 } END { print n }')" = 22
}
all_damaged() {
	for seed in 0 1 2 3 4 5 6 7 8 9 10 11; do
		cp "$tests/data/demo-dwarf" /tmp/symconv-demo/ && damaged "$seed" || return 1
	done
	cp "$tests/data/demo-dwarf" /tmp/symconv-demo/
}
run "with damaged call frame information every sample is there" all_damaged

# ---- recorded now ----

if ! can_record; then
	skip "captures with copies of the stack" "perf cannot record here"
	finish
fi

# record SIZE COMMAND...: a capture with copies of the stack of SIZE bytes.
record() {
	size=$1
	shift
	perf record -o dwarf.data -F 1500 --call-graph "dwarf,$size" -- "$@" \
		>perf.log 2>&1 || { cat perf.log; return 1; }
}

# alike LEAST OPTION...: of the samples, as many have perf's stacks.
alike() {
	least=$1
	shift
	convert dwarf.data dwarf.pb.gz --stats=json >stats.json &&
		"$PYTHON" "$tests/compare_perf.py" dwarf.data dwarf.pb.gz --least "$least" "$@"
}

# ended LEAST END: of the user stacks, as many percent ended so.
ended() {
	"$PYTHON" - "$1" "$2" <<-'PYTHON'
		import json, sys
		text = open("stats.json").read()
		ends = json.loads(text[text.index("{"):])["capture"]["unwound"]
		print(ends)
		sys.exit(100 * ends[sys.argv[2]] < float(sys.argv[1]) * sum(ends.values())
		         or sum(ends.values()) < 20)
	PYTHON
}

cplusplus() {
	record 16384 ./unwind library 0.5 && alike 99 && ended 99 outermost
}
run "a C++ program, in libc and libstdc++" cplusplus
threads() {
	for j in 1 2 5; do
		"$SYMCONV" dwarf.data -q -j "$j" --no-cache -o "j$j.pb.gz" || return 1
	done
	"$SYMCONV" dwarf.data -q -o cold.pb.gz --cache unwind-cache &&
		"$SYMCONV" dwarf.data -q -o warm.pb.gz --cache unwind-cache &&
		for other in j2 j5 cold warm; do
			cmp j1.pb.gz "$other.pb.gz" || return 1
		done
}
run "the same for any number of threads, cold and warm" threads
signals() {
	record 8192 ./unwind signal 0.5 && alike 98 && ended 98 outermost &&
		dump dwarf.pb.gz | grep -q 'spin.* < handler.* < .*restore_rt.* < spin.* < interrupted.* < .*main('
}
run "inside of signal handlers" signals
deep() {
	record 8192 ./unwind deep 0.5 && alike 99 && ended 80 truncated &&
		dump dwarf.pb.gz | grep -q 'deep(.* < deep(.* < \[truncated\]'
}
run "deeper than the copy of the stack" deep
throwing() {
	record 16384 ./unwind throw 0.5 && alike 98 && ended 95 outermost
}
run "a program that throws" throwing

if "$CC" -m32 -O2 -g -fomit-frame-pointer -fno-optimize-sibling-calls -nostdlib \
	-static -no-pie "$tests/unwind32.c" -o unwind32 2>cc.log && ./unwind32; then
	compat() {
		record 4096 ./unwind32 && convert dwarf.data dwarf.pb.gz -q &&
			dump dwarf.pb.gz |
			grep -q 'leaf(.* < branch(.* < branch(.* < work(.* < _start('
	}
	run "a 32-bit program on a 64-bit kernel" compat
else
	skip "a 32-bit program on a 64-bit kernel" "it cannot be made or run here"
fi

frame_pointers() {
	perf record -o fp.data -F 1500 -g -- ./unwind library 0.2 >perf.log 2>&1 &&
		convert fp.data fp.pb.gz --stats=json >stats.json &&
		grep -q '"outermost": *0' stats.json
}
run "callchains of the kernel are left as they are" frame_pointers

if have rustc && rustc -O -o rust "$tests/program.rs" 2>rust.log; then
	rust() {
		record 16384 ./rust 30 && alike 98 && ended 98 outermost
	}
	run "a Rust program" rust
else
	skip "a Rust program" "no Rust compiler"
fi
cp "$tests/program.go.txt" program.go
if have go && GOCACHE=$scratch/go go build -o go-program program.go 2>go.log; then
	golang() {
		# How often the collector is sampled on stacks of its own, which
		# end where perf's do, depends on what else the machine does.
		record 16384 ./go-program 20 && alike 98 --longer &&
			ended 85 outermost
	}
	run "a Go program" golang
else
	skip "a Go program" "no Go compiler"
fi
if [ -x /usr/bin/python3 ]; then
	python_works() {
		record 16384 /usr/bin/python3 -c '
import json
for i in range(40):
    json.loads(json.dumps([{"a": k, "b": [str(k)] * 3} for k in range(5000)]))
' && alike 98 && ended 98 outermost
	}
	run "Python" python_works
else
	skip "Python" "the distribution's is not here"
fi
if have node; then
	node_works() {
		cat >work.js <<-'JS'
			function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
			let sum = 0;
			for (let i = 0; i < 8; i++) sum += fib(25 + i % 2);
			console.log(sum);
		JS
		record 32768 node --perf-basic-prof work.js &&
			alike 95 --longer && ended 95 outermost &&
			dump dwarf.pb.gz | grep -q 'fib.* < .*fib.* < .* < .*node::Start'
		got=$?
		pid=$(perf script -i dwarf.data -F pid | sort | uniq -c | sort -n |
			sed -n '$s/.* //p')
		rm -f "/tmp/perf-$pid.map"
		return "$got"
	}
	run "Node.js, with generated code in the middle" node_works
else
	skip "Node.js, with generated code in the middle" "no Node.js"
fi

finish

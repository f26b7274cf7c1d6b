#!/bin/sh
# Symbols from debuginfod servers, real and bad ones, all on loopback.
. "${srcdir:-.}/tests/lib.sh"

CXX=${CXX:-g++}
if ! have "$CXX" || ! have objcopy; then
	skip "debuginfod" "$CXX or objcopy is not installed"
	finish
fi
home=$scratch
servers=
stop_servers() {
	# shellcheck disable=SC2086
	test -z "$servers" || kill $servers 2>/dev/null
	chmod -R u+rwx "$scratch"
	rm -rf "$scratch"
}
trap stop_servers EXIT

"$CXX" -O2 -g -Wl,--build-id "$tests/program.cc" -o whole
"$CXX" -O1 -g -Wl,--build-id "$tests/program.cc" -o other
id=$(readelf -n whole | sed -n 's/.*Build ID: //p')
mkdir bin
cp whole bin/program
"$PYTHON" "$tests/elf_capture.py" bin/program c.data
convert c.data whole.pb.gz -q --no-cache && dump whole.pb.gz >whole.txt
strip bin/program
cp bin/program stripped

# A line says what is done: which program is there, then the options.
# alike: as the whole build; nameless: none of its names.
alike() {
	convert c.data got.pb.gz "$@" && dump got.pb.gz >got.txt &&
		diff whole.txt got.txt | head -n 5 && cmp -s whole.txt got.txt
}
nameless() {
	convert c.data got.pb.gz "$@" && dump got.pb.gz >got.txt &&
		! grep -q 'shapes::sum' got.txt
}

# ---- bad servers

: >requests.log
"$PYTHON" "$tests/bad_server.py" "$home/requests.log" "$home/other" >port &
servers="$servers $!"
for _ in 1 2 3 4 5 6 7 8 9 10; do
	test -s port && break
	sleep 0.5
done
bad=http://127.0.0.1:$(cat port)
export DEBUGINFOD_TIMEOUT=2

# bad WHAT SAYS: nothing is lost, it is said, no more than one try, and nothing
# is left in the cache but what it remembers.
bad() {
	: >"$home/requests.log"
	rm -rf cache
	began=$(date +%s)
	DEBUGINFOD_URLS="$bad/$1" nameless --cache cache >bad.txt 2>&1 || {
		cat bad.txt
		return 1
	}
	cat bad.txt "$home/requests.log"
	grep -q -- "$2" bad.txt && test $(($(date +%s) - began)) -lt 15 &&
		test "$(grep -c . "$home/requests.log")" -le "${3:-1}" &&
		test -z "$(find cache -type f ! -name '*.db*')" &&
		test -z "$(find cache -name '.fetch*')" || return 1
	: >"$home/requests.log"
	DEBUGINFOD_URLS="$bad/$1" nameless --cache cache -q &&
		test ! -s "$home/requests.log"
}
run "a server without the file" bad missing 'asking http'
run "a server that is broken" bad broken 'error: 500.*left alone'
run "a server that is busy" bad busy 'error: 503.*left alone'
run "a server that sends another file" bad lying 'something else.*left alone'
run "a server that wants a login" bad login 'something else.*left alone'
run "a server that breaks off" bad cut 'left alone'
run "a server that never answers" bad silent 'left alone'
run "a server that stalls" bad stalled 'left alone'
run "a server that leads to itself" bad around 'left alone' 100000
run "a server that leads to a local file" bad file 'left alone'
unbound() {
	rm -rf cache
	DEBUGINFOD_URLS="$bad/endless" nameless --cache cache --fetch-budget 3M,10 &&
		test -z "$(find cache -type f ! -name '*.db*')"
}
run "a server that sends without end" unbound
dead() {
	rm -rf cache
	DEBUGINFOD_URLS="http://127.0.0.1:1/" nameless --cache cache >dead.txt 2>&1
	cat dead.txt
	grep -q 'left alone' dead.txt
}
run "a server that is not there" dead
why() {
	rm bin/program
	DEBUGINFOD_URLS="$bad/$1" says "$2" convert c.data got.pb.gz --no-cache
	got=$?
	cp stripped bin/program
	return "$got"
}
run "the reason: no server has it" why missing 'no server has it'
run "the reason: fetching failed" why broken 'fetching failed'
offline() {
	: >"$home/requests.log"
	rm bin/program
	DEBUGINFOD_URLS="$bad/missing" says 'fetching is off' convert c.data got.pb.gz \
		--no-cache --offline
	got=$?
	cp stripped bin/program
	test "$got" = 0 && test ! -s "$home/requests.log"
}
run "--offline asks nobody, and says so" offline
if have strace && strace -o /dev/null true 2>/dev/null && ! is_sanitized; then
	quiet() {
		strace -f -e trace=network -o trace.txt "$SYMCONV" c.data -o got.pb.gz \
			-q --no-cache "$@"
		cat trace.txt
		! grep -q 'socket(\|connect(' trace.txt
	}
	loud() { ! DEBUGINFOD_URLS="$bad/missing" quiet; }
	unset DEBUGINFOD_URLS
	run "without servers no socket is made" quiet
	offline_quiet() { DEBUGINFOD_URLS="$bad/missing" quiet --offline; }
	run "nor with --offline" offline_quiet
	run "and otherwise one is" loud
else
	skip "not one socket" "strace cannot run here"
fi

# ---- real servers

have debuginfod || {
	skip "a real server" "debuginfod is not installed"
	finish
}
# serve FOLDER [UPSTREAM]: starts one; $url is its address when it has scanned.
serve() {
	folder=$1
	"$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' >port
	port=$(cat port)
	mkdir -p "$home/server-$port"
	HOME=$home/server-$port DEBUGINFOD_URLS="${2:-}" \
		DEBUGINFOD_CACHE_PATH="$home/server-$port/cache" \
		debuginfod -F -d "$home/server-$port/db" -p "$port" -t0 -g0 \
		${folder:+"$folder"} >"$home/server-$port/log" 2>&1 &
	servers="$servers $!"
	url=http://127.0.0.1:$port
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		"$PYTHON" -c "import urllib.request; urllib.request.urlopen('$url/metrics').read()" \
			2>/dev/null && grep -q 'groomed\|served 0\|fts traversing\|recorded' "$home/server-$port/log" && break
		sleep 0.5
	done
	sleep 1
}
mkdir debug programs
objcopy --only-keep-debug whole debug/program.debug
cp whole programs/program
serve "$home/debug"
debug_url=$url
real() { rm -rf cache && DEBUGINFOD_URLS=$debug_url alike --cache cache; }
run "debug information from a real server" real
again() {
	DEBUGINFOD_URLS=http://127.0.0.1:1 alike --cache cache -q --offline
}
run "once more, without it" again
kept() {
	rm cache/*.db* && alike --cache cache -q &&
		test -e "cache/.build-id/$(printf '%.2s' "$id")/${id#??}.debug"
}
run "the file is kept in the cache's folder" kept
without_cache() {
	TMPDIR=$home/tmp && export TMPDIR && mkdir -p tmp &&
		DEBUGINFOD_URLS=$debug_url alike --no-cache && test -z "$(ls tmp)"
}
run "with --no-cache nothing is left behind" without_cache
second() { rm -rf cache && DEBUGINFOD_URLS="$bad/missing $bad/broken $debug_url" alike --cache cache; }
run "the third of three servers has it" second
cp "$tests/data/demo-dwarf" programs/
serve "$home/programs"
unwound() {
	rm -rf cache && mkdir -p empty &&
		DEBUGINFOD_URLS=$url convert "$tests/data/good-dwarf.data" unwound.pb.gz \
			--symfs empty "$@" && dump unwound.pb.gz |
		grep 'leaf(.*demo.c:[0-9]*) < branch(.*) < branch(.*) < main('
}
run "a program's stacks are unwound with what is fetched" unwound --cache cache
run "also without a cache" unwound --no-cache
both() {
	rm -rf cache && rm bin/program &&
		DEBUGINFOD_URLS="$url $debug_url" alike --cache cache
	got=$?
	cp stripped bin/program
	return "$got"
}
run "the program, too, where it is missing" both
serve "" "$debug_url"
federated() { rm -rf cache && DEBUGINFOD_URLS=$url alike --cache cache; }
run "through a federated server" federated
budget() {
	rm -rf cache && DEBUGINFOD_URLS=$debug_url nameless --cache cache --fetch-budget 1K
}
run "not beyond the budget" budget
killed() {
	rm -rf cache
	for _ in 1 2 3 4 5; do
		DEBUGINFOD_URLS="$bad/stalled" timeout -s KILL 1 "$SYMCONV" c.data -q \
			-o got.pb.gz --cache cache
	done
	ls -a cache
	sleep 1
	DEBUGINFOD_URLS=$debug_url alike --cache cache -q &&
		test -z "$(find cache -name '.fetch*')"
}
run "what killed downloads leave is swept up" killed
finish

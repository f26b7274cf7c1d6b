#!/bin/sh
# Processes that still run: their files as their mount namespaces have them,
# files that were deleted, and files in memory.
. "${srcdir:-.}/tests/lib.sh"

if ! ${CC:-cc} -O1 -g -Wl,--build-id=sha1 -o contained "$tests/contained.c" 2>cc.log ||
	! ${CC:-cc} -O1 -g -Wl,--build-id=none -o without-id "$tests/contained.c" 2>>cc.log; then
	skip "processes that still run" "no program can be compiled"
	finish
fi
mkfifo -m 666 started
chmod 755 .
MAP_DIR=$scratch/maps
mkdir maps
export MAP_DIR
victims=

# What a program says when it has started; one that died says nothing.
hear() {
	read -r hot jit <<END_OF_LINE
$(timeout 60 head -n 1 started)
END_OF_LINE
	test -n "$jit"
}
# start COMMAND...: runs it until end; sets $pid, and $hot and $jit, where its
# code and its generated code lie.
start() {
	"$@" &
	pid=$!
	victims="$victims $pid"
	hear
}
end() {
	# shellcheck disable=SC2086
	kill -9 $victims 2>/dev/null
	wait 2>/dev/null
	victims=
}
trap 'end; chmod -R u+rwx "$scratch"; rm -rf "$scratch"' EXIT

# leaves [OPTION...]: of a capture of the running process. OPTIONs of the
# conversion are in $with.
with=
leaves() {
	"$PYTHON" "$tests/live_capture.py" "$pid" live.data "$@" "$hot" "$jit" &&
		again
}
again() {
	# shellcheck disable=SC2086
	convert live.data live.pb.gz --no-cache $with >said.txt 2>&1
	got=$?
	cat said.txt
	dump live.pb.gz >dump.txt
	sed -n 's/^sample: [0-9 ]*\[[^]]*\] //p' dump.txt | sed 's/ <.*//; s/(.*//' | sort >leaves.txt
	cat leaves.txt
	return "$got"
}
are_named() {
	"$@" && grep -q hot_in_container leaves.txt &&
		grep -q generated_in_container leaves.txt
}
# Neither the program nor its generated code has a name.
are_raw() {
	"$@" && ! grep -q container leaves.txt
}

# ---- deleted files ----

cp contained deleted
start ./deleted started anon
rm deleted
with="--perf-map-dir maps"
run "a deleted program that runs is named by what runs, proven by inode" \
	are_named leaves
run "a deleted file is shown by its path" \
	eval 'grep -q "/deleted$\|/deleted " dump.txt && ! grep -q "(deleted)" dump.txt'
run "a deleted program that runs is named by its build id" \
	are_named leaves --build-ids
cp without-id deleted
run "a program in the place of a deleted one that runs is not taken for it" \
	are_named leaves
end
with=
cp live.data gone.data
run "nor when the deleted one does not run any more" \
	eval 'are_raw again && grep -q "no process that has it mapped runs any more" said.txt'
run "the remedy is --symfs" grep -q -- --symfs said.txt
old_records() {
	start ./without-id started anon
	rm without-id
	are_raw leaves --no-inodes
	got=$?
	cp contained without-id
	are_raw again || got=1
	end
	return "$got"
}
run "a deleted file without build id and inode is not looked for by its path" old_records

# ---- files in memory ----

with="--perf-map-dir maps"
start ./contained started memfd
run "a program in a memfd that runs is named" \
	are_named leaves
cp live.data plain.data
run "a program in a memfd is a file, shown by its name" \
	eval 'grep -q "/memfd:program" dump.txt && ! grep -q "(deleted)" dump.txt'
run "a program in a memfd is named by its build id" \
	are_named leaves --build-ids
end
run "a program in a memfd that does not run any more is raw, with the reason" \
	eval 'cp live.data old.data; are_raw eval "with= again" && grep -q "/memfd:program: file missing" said.txt'
stays() {
	convert plain.data first.pb.gz --no-cache && dump first.pb.gz | grep /memfd:program &&
		convert first.pb.gz second.pb.gz --no-cache && cmp first.pb.gz second.pb.gz
}
run "a profile of a program in a memfd without a name stays when it is read again" stays
for kind in shared private; do
	start ./contained started "$kind"
	run "generated code in a $kind memfd is named by the map" \
		are_named leaves
	end
done

# ---- namespaces ----

with=
mkdir rootfs
${CC:-cc} -static -O1 -g -Wl,--build-id=sha1 -o static "$tests/contained.c" 2>cc.log
# Starts it in a container; $pid is the one that it has outside.
contain() {
	"$scratch/static" "$scratch/started" anon "$scratch/rootfs" &
	pid=$!
	victims="$victims $pid"
	hear || return 1
	pid=$(cat "/proc/$pid/task/$pid/children")
	pid=${pid% }
	victims="$pid $victims"
}
can_contain() {
	test -x static && test "$(id -u)" = 0 && unshare -m -p -f true 2>/dev/null
}
if ! can_contain; then
	skip "programs in containers" "needs root, namespaces and a static libc"
	finish
fi
# What every other process has at the paths of the container's files is wrong.
contain
run "a program that only its mount namespace has is named, proven by inode" \
	are_named leaves
run "it is shown by the path that it has there" grep -q "/opt/program" dump.txt
run "a program that only its mount namespace has is named by its build id" \
	are_named leaves --build-ids
run "a pid of another machine means nothing" are_raw leaves --host elsewhere
other_mappings() {
	leaves --moved
	test "$(grep -c in_container leaves.txt)" = 0
}
run "a process that has the pid and other mappings is another one" other_mappings
end
run "a program whose container is gone is raw, with the remedy" \
	eval 'are_raw again && grep -q -- --symfs said.txt'
# A service with a user of its own.
RUN_AS=65534
export RUN_AS
contain
run "root takes the map of the process's own user while it runs" \
	are_named leaves
end
unset RUN_AS
finish

#!/bin/sh
# The cache changes nothing but the time, and is never needed.
. "${srcdir:-.}/tests/lib.sh"

"$PYTHON" "$tests/elf_capture.py" "$SYMCONV" cap.data || {
	skip "the cache" "no capture of a program could be made"
	finish
}
run "a cold conversion starts workers" \
	says 'workers: [1-9]' convert cap.data cold.pb.gz --stats
run "a warm one starts none" \
	says 'workers: 0 started' convert cap.data warm.pb.gz --stats
run "the same without a cache" convert cap.data none.pb.gz -q --no-cache
run "cold and warm are the same bytes" cmp cold.pb.gz warm.pb.gz
run "with and without a cache too" cmp cold.pb.gz none.pb.gz
for jobs in 1 2 7; do
	run "and with $jobs jobs" \
		eval "convert cap.data jobs.pb.gz -q -j $jobs && cmp cold.pb.gz jobs.pb.gz"
done
private() {
	test "$(stat -c %a cache cache/symconv-*.db | tr '\n' ' ')" = '700 600 '
}
run "only the user can read it" private

# same_with FACT: the conversion still gives the same, whatever the cache.
same_with() {
	run "$1" eval 'convert cap.data again.pb.gz -q && cmp cold.pb.gz again.pb.gz'
}
db=$(echo cache/symconv-*.db)
cp "$db" saved.db
for at in 0 17 100 4096 5000 9000 20000; do
	cp saved.db "$db"
	printf 'XXXXXXXX' | dd of="$db" bs=1 seek="$at" conv=notrunc 2>/dev/null
	same_with "damage at byte $at"
done
cp saved.db "$db"
truncate -s 5000 "$db"
same_with "cut short"
echo 'no database' >"$db"
same_with "another file"
run "which is begun anew" \
	says 'workers: 0 started' convert cap.data warm.pb.gz --stats
rm -f "$db"
ln -s /etc/passwd "$db"
same_with "a link"
rm -f "$db"
cp saved.db "$db"
chmod 500 cache
chmod 400 "$db"
same_with "a read-only folder"
chmod 700 cache
chmod 606 "$db"
run "a cache that anybody can write is not used" \
	says 'written by anybody' convert cap.data again.pb.gz -q
rm -rf cache
: >cache
same_with "a file where its folder should be"
rm -f cache
linked() {
	mkdir real && ln -s real link &&
		convert cap.data linked.pb.gz -q --cache link/cache &&
		says 'workers: 0 started' convert cap.data linked.pb.gz --cache link/cache --stats
}
run "a folder behind a link is used" linked
several() {
	for i in 1 2 3 4 5 6 7 8; do
		"$SYMCONV" cap.data -o "many$i.pb.gz" -q &
	done
	wait
	for i in 1 2 3 4 5 6 7 8; do
		cmp cold.pb.gz "many$i.pb.gz" || return 1
	done
}
run "eight conversions at once" several
limited() {
	rm -rf cache
	(ulimit -f 64; "$SYMCONV" cap.data -o limited.pb.gz -q) && cmp cold.pb.gz limited.pb.gz
}
run "a full disk" limited
finish

#!/bin/sh
# What changed from one profile to another; several as one; reports of many.
. "${srcdir:-.}/tests/lib.sh"

mkdir -p /tmp/symconv-demo && cp "$tests/data/demo" "$tests/data/demo-dwarf" /tmp/symconv-demo/
demo=$tests/data/good-demo.data
quietly() {
	"$SYMCONV" "$@" -q --no-cache --offline
}
# Another day's capture of the same program: fewer of its samples, then all.
quietly "$demo" -o new.pb.gz && quietly "$demo" --time 0,0 -o nothing.pb.gz
"$PYTHON" - "$tests" <<'PYTHON'
import gzip, sys
sys.path.insert(0, sys.argv[1])
import pprof_check
from pprof_edit import encode
fields, n = [], 0
for number, value in pprof_check.fields(gzip.decompress(open("new.pb.gz", "rb").read())):
    if number == 2:
        # A third of all samples of each stack, none of every third.
        sample = []
        for key, part in pprof_check.fields(value):
            if key == 2:
                part = b"".join(encode([(0, v // 3 if n % 3 else 0)])[1:]
                                for v in pprof_check.numbers(part))
            sample.append((key, part))
        value, n = encode(sample), n + 1
    fields.append((number, value))
open("base.pb.gz", "wb").write(gzip.compress(encode(fields), mtime=0))
PYTHON

diff() {
	quietly diff "$@"
}
same() {
	diff new.pb.gz "$demo" >same.txt && cat same.txt && test "$(wc -l <same.txt)" = 2
}
run "a capture and its profile are alike" same
table() {
	diff base.pb.gz new.pb.gz -n 3 >table.txt && cat table.txt &&
		sed -n 3p table.txt | grep -q ' ms .* ms .* ms  *+[0-9.]*%  leaf$'
}
run "a table of what changed" table
sums() {
	# All changes of functions themselves are the change of the whole.
	diff base.pb.gz new.pb.gz -n 0 >table.txt && "$PYTHON" - <<-'PYTHON'
		import re
		head, _, *rows = open("table.txt").read().splitlines()
		total = float(re.search(r"\(\+([0-9.]+)%\)", head).group(1))
		parts = sum(float(re.search(r"([-+][0-9.]+)%", row).group(1)) for row in rows)
		print(head, parts)
		assert abs(total - parts) < 0.01 * len(rows) + 0.01
	PYTHON
}
run "which adds up" sums
normalized() {
	diff base.pb.gz new.pb.gz --normalize | tee table.txt | grep '(+0.00%)'
}
run "--normalize: of equal totals" normalized
by_line() {
	diff base.pb.gz new.pb.gz --by line | grep '  leaf .*demo.c:[0-9]*$'
}
run "--by line" by_line
negative() {
	diff base.pb.gz new.pb.gz -o diff.pb.gz && "$PYTHON" "$tests/pprof_check.py" diff.pb.gz &&
		dump diff.pb.gz >diff.txt && cat diff.txt &&
		grep '^sample: -' diff.txt | grep -q 'pprof::base=true'
}
run "as pprof, with negative values" negative
if have go; then
	judged() {
		PPROF_TMPDIR=$PWD go tool pprof -top -diff_base base.pb.gz new.pb.gz 2>/dev/null |
			sed -n '/flat%/,$p' >theirs.txt &&
			PPROF_TMPDIR=$PWD go tool pprof -top diff.pb.gz 2>/dev/null |
			sed -n '/flat%/,$p' >ours.txt &&
			command diff -u theirs.txt ours.txt && grep -q leaf ours.txt &&
			diff base.pb.gz new.pb.gz --normalize -o diff.pb.gz &&
			PPROF_TMPDIR=$PWD go tool pprof -top -normalize -diff_base base.pb.gz new.pb.gz 2>/dev/null |
			sed -n '/flat%/,$p' >theirs.txt &&
			PPROF_TMPDIR=$PWD go tool pprof -top diff.pb.gz 2>/dev/null |
			sed -n '/flat%/,$p' >ours.txt && cat theirs.txt ours.txt &&
			test "$(wc -l <ours.txt)" = "$(wc -l <theirs.txt)" && grep -q leaf ours.txt &&
			awk 'FNR == NR { n[$NF] = $1 + 0; next } FNR > 1 { d = n[$NF] - $1; if (d * d > 0.0001) exit 1 }' theirs.txt ours.txt
	}
	run "which pprof shows as its own -diff_base" judged
else
	skip "which pprof shows as its own -diff_base" "go is not installed"
fi
picture() {
	diff base.pb.gz new.pb.gz -o diff.html -o diff.svg && grep -q '<svg' diff.svg &&
		grep -q leaf diff.html && grep -q 'base.pb.gz → new.pb.gz' diff.html &&
		diff new.pb.gz base.pb.gz -o other.html && ! cmp diff.html other.html
}
run "as a flame graph" picture
run "not as what has no differences" fails_with 2 'not as speedscope' \
	quietly diff base.pb.gz new.pb.gz --format speedscope -o x

limit() {
	limit_status=$1
	shift
	quietly diff base.pb.gz new.pb.gz "$@" >limit.txt 2>limit.log
	limit_got=$?
	cat limit.log
	test "$limit_got" = "$limit_status"
}
breached() {
	limit 3 --max-regression '^leaf$=5%' && test "$(wc -l <limit.log)" = 1 &&
		grep -q '^symconv: regression: leaf: .* -> .* (+[0-9.]*%, allowed +5%)$' limit.log &&
		test -s limit.txt
}
run "--max-regression: exit 3, a line for each breach" breached
run "which is no breach if it is allowed" limit 0 --max-regression 'leaf=1000%'
idle() {
	limit 0 --max-regression 'nobody=0%' && grep 'warning.*nobody=0% is of no function' limit.log
}
run "nor of what no function is called, which is said" idle
run "--by line: limits are of functions all the same" limit 3 --by line --max-regression '^leaf$=5%'
several() {
	limit 3 --max-regression 'leaf=5%' --max-regression 'branch|main=5' &&
		test "$(wc -l <limit.log)" -ge 2
}
run "several limits" several
total() {
	limit 3 --max-total 10% && grep -q 'regression: total: ' limit.log && limit 0 --max-total 10000
}
run "--max-total" total
run "a shrinking profile is no regression" quietly diff new.pb.gz base.pb.gz \
	--max-regression '.*=0%' --max-total 0
from_nothing() {
	quietly diff nothing.pb.gz new.pb.gz --max-regression '^main$=1000%' >nothing.txt 2>nothing.log
	test $? = 3 && cat nothing.log && grep -q '(new, allowed' nothing.log
}
run "what is new breaches any limit" from_nothing
for wrong in 'leaf' '=5%' 'leaf=x' '(=5%'; do
	run "a limit that is none: $wrong" fails_with 2 'max-regression' \
		quietly diff base.pb.gz new.pb.gz --max-regression "$wrong"
done
run "one input is too few" fails_with 2 'too few inputs' quietly diff new.pb.gz
run "an option of another command" fails_with 2 'normalize is not an option of symconv' quietly new.pb.gz --normalize
capture two-events
run "two that count different things" fails_with 1 'type NAME chooses' \
	quietly diff two-events.data new.pb.gz
other_units() {
	gunzip -c <new.pb.gz | sed 's/nanoseconds/microsecond/g' >micro.pb &&
		fails_with 1 'counts in nanoseconds and' quietly diff new.pb.gz micro.pb
}
run "two that count in different units" other_units
run "nothing new: limits say nothing" fails_with 1 'limits say nothing' \
	quietly diff new.pb.gz nothing.pb.gz --max-total 5
run "nothing to normalize by" fails_with 1 'nothing to normalize' \
	quietly diff nothing.pb.gz new.pb.gz --normalize
from_zero() {
	quietly diff nothing.pb.gz new.pb.gz >nothing.txt && head -n 3 nothing.txt &&
		! grep -E 'inf|[0-9]{6}' nothing.txt
}
run "a share of nothing is none" from_zero

merged() {
	quietly merge base.pb.gz new.pb.gz -o merged.pb.gz && "$PYTHON" "$tests/pprof_check.py" merged.pb.gz &&
		for file in base new merged; do
			dump "$file.pb.gz" | sed -n 's/^sample: \([0-9]*\) .*/\1/p' |
				awk '{ n += $1 } END { print n }'
		done >sums.txt && cat sums.txt &&
		awk '{ n[NR] = $1 } END { exit !(n[1] + n[2] == n[3] && n[3] > 0) }' sums.txt
}
run "merge: the samples of all" merged
once() {
	quietly merge new.pb.gz -o once.pb.gz && cmp new.pb.gz once.pb.gz
}
run "of one: the same bytes" once
twice() {
	quietly merge "$demo" "$demo" -o twice.pb.gz && dump new.pb.gz | grep -c '^sample' >one.txt &&
		dump twice.pb.gz | grep -c '^sample' | command diff one.txt -
}
run "of the same twice: no more stacks" twice
with_own() {
	# The profile tells less of the modules than the capture.
	for data in "$demo" "$tests/data/good-dwarf.data"; do
		quietly "$data" -o own.pb.gz && quietly merge "$data" own.pb.gz -o both.pb.gz &&
			"$PYTHON" "$tests/pprof_check.py" both.pb.gz &&
			test "$(dump own.pb.gz | grep -c ^sample)" = "$(dump both.pb.gz | grep -c ^sample)" || return 1
	done
}
run "of a capture and its profile: no more stacks" with_own
labels() {
	# What the Gecko format needs does not get into the others.
	quietly merge "$demo" new.pb.gz -o mixed.pb.gz -o mixed.gecko.json &&
		quietly merge "$demo" new.pb.gz -o plain.pb.gz && cmp mixed.pb.gz plain.pb.gz
}
run "labels of other outputs stay out" labels
default_names() {
	quietly merge new.pb.gz --format folded && test -s merged.folded &&
		fails_with 2 'of which format' quietly merge new.pb.gz -o x.json
}
run "names and formats" default_names
with_negative() {
	"$SYMCONV" diff.pb.gz --no-cache -q -o negative.folded 2>negative.log && cat negative.log &&
		grep -q 'stacks with negative values are not in negative.folded' negative.log
}
run "what a format has no place for is told" with_negative
if have go; then
	merge_judged() {
		PPROF_TMPDIR=$PWD go tool pprof -traces base.pb.gz new.pb.gz 2>/dev/null >theirs.txt &&
			PPROF_TMPDIR=$PWD go tool pprof -traces merged.pb.gz 2>/dev/null >ours.txt &&
			"$PYTHON" - <<-'PYTHON'
				traces = [sorted(open(name).read().split("-" * 20)[1:])
				          for name in ("theirs.txt", "ours.txt")]
				assert traces[0] == traces[1] and len(traces[0]) > 5
			PYTHON
	}
	run "as pprof merges them" merge_judged
else
	skip "as pprof merges them" "go is not installed"
fi
run "not of different types" fails_with 1 'what it counts differs' \
	quietly merge new.pb.gz two-events.data -o x.pb.gz

folder() {
	mkdir -p captures/below old && cp "$demo" captures/a.data && cp "$demo" old/a.data &&
		cp "$tests/data/good-dwarf.data" "captures/below/b c&d.data" &&
		capture no-samples && mv no-samples.data captures/ &&
		echo 'no capture' >captures/README && ln -s . captures/loop &&
		ln -s /dev/zero captures/zero && mkfifo captures/fifo
}
report() {
	folder && quietly report captures -o report --baseline old && find report | sort &&
		for file in profile.pb.gz flame.html top.txt stats.json diff.html diff.txt index.html; do
			test -s "report/a.data/$file" || return 1
		done
	test -s report/below_b_c_d.data/flame.html && test ! -e report/below_b_c_d.data/diff.html &&
		test ! -e report/README
}
run "report: pages of a folder of captures" report
alone() {
	quietly "$demo" --raw=offset -o alone.pb.gz && cmp alone.pb.gz report/a.data/profile.pb.gz
}
run "the profile is the same as alone" alone
linked() {
	"$PYTHON" - <<-'PYTHON'
		import html.parser, os, re
		seen = 0
		class Links(html.parser.HTMLParser):
		    def handle_starttag(self, tag, attributes):
		        global seen
		        for key, value in attributes:
		            if key == "href":
		                seen += 1
		                assert os.path.exists(os.path.join(self.folder, value)), value
		for folder, _, files in os.walk("report"):
		    for name in files:
		        if name == "index.html":
		            links = Links()
		            links.folder = folder
		            links.feed(open(os.path.join(folder, name)).read())
		for value in re.findall(r"\]\(([^)]*)\)", open("report/INDEX.md").read()):
		    seen += 1
		    assert os.path.exists(os.path.join("report", value)), value
		print(seen)
		assert seen > 20
	PYTHON
}
run "all of its links lead somewhere" linked
run "names of captures are text" eval 'grep -q "below/b c&amp;d.data" report/index.html'
run "a capture without samples says so" eval \
	'grep -q "holds no samples" report/no-samples.data/index.html && grep -q "no samples" report/INDEX.md'
again() {
	quietly report captures -o report --baseline old && cp -r report captures/report &&
		rm -rf captures/report && quietly report captures -o captures/report &&
		quietly report captures -o captures/report && test ! -e captures/report/report_a.data_profile.pb.gz
}
run "a report in the folder itself is not reported on" again
bad() {
	head -c 500 "$demo" >captures/cut.data
	quietly report captures -o bad >bad.log 2>&1
	test $? = 1 && cat bad.log && grep -q 'Not converted' bad/cut.data/index.html && test -s bad/a.data/flame.html
}
run "one that cannot be read: exit 1, and a page that says why" bad
direct() {
	# Named one by one; a capture is not its own baseline.
	(cd captures && quietly report ../captures/a.data --baseline ../old -o ../direct) &&
		test -s direct/a.data/diff.txt &&
		quietly report captures/a.data --baseline captures -o self &&
		grep -q 'the baseline itself' self/a.data/index.html && test ! -e self/a.data/diff.txt
}
run "a capture and a baseline by name" direct
run "a baseline that is none" fails_with 1 'no baseline' quietly report captures --baseline nosuch -o x
run "captures and report in one folder" fails_with 1 'in one folder' quietly report captures -o captures
# shellcheck disable=SC2016
odd_names() {
	mkdir -p odd && cp "$demo" odd/index.html && cp "$demo" "odd/x|\`b\`[c](d)<e>.data" &&
		cp "$demo" "odd/$(printf '%0220d' 0)" && quietly report odd -o odd-report &&
		test "$(find odd-report -name flame.html | wc -l)" = 3 && cat odd-report/INDEX.md &&
		grep -qF 'x\|\`b\`\[c\](d)\<e\>.data' odd-report/INDEX.md
}
run "names of any kind" odd_names
unreadable() {
	mkdir -p locked && cp "$demo" locked/a.data && cp "$demo" locked/b.data && chmod 0 locked/b.data
	as_nobody report locked -o locked-report >locked.log 2>&1
	status=$?
	chmod 600 locked/b.data
	cat locked.log
	test "$status" = 1 && grep -q 'Not converted' locked-report/b.data/index.html &&
		test -s locked-report/a.data/flame.html
}
if [ "$(id -u)" != 0 ]; then
	as_nobody() {
		quietly "$@"
	}
	run "a capture that may not be read is told of" unreadable
elif have setpriv; then
	as_nobody() {
		chmod 777 . && setpriv --reuid 65534 --clear-groups "$SYMCONV" "$@" -q --no-cache --offline
	}
	run "a capture that may not be read is told of" unreadable
else
	skip "a capture that may not be read is told of" "all can be read by root"
fi
link() {
	mkdir -p linked/a.data && echo mine >mine && ln -s ../../mine linked/a.data/top.txt &&
		fails_with 1 'is a link' quietly report captures/a.data -o linked && grep -q mine mine
}
run "links in the report's folder are not followed" link
equal() {
	rm -rf one two && quietly report captures/a.data -o one && quietly report captures/a.data -o two -j1 &&
		command diff -r one two
}
run "the same bytes each time" equal
empty() {
	mkdir -p none && quietly report none -o empty && grep 'No captures' empty/index.html
}
run "a folder without captures" empty
finish

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
			awk 'FNR == NR { n[$NF] = $1 + 0; next } FNR > 1 { d = n[$NF] - $1; if (d * d > 0.0001) exit 1 }' theirs.txt ours.txt
	}
	run "which pprof shows as its own -diff_base" judged
else
	skip "which pprof shows as its own -diff_base" "go is not installed"
fi
picture() {
	diff base.pb.gz new.pb.gz -o diff.html -o diff.svg && grep -q '<svg' diff.svg &&
		grep -q leaf diff.html
}
run "as a flame graph" picture
run "not as what has no differences" fails_with 1 'not as speedscope' \
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
run "nor of what no function is called" limit 0 --max-regression 'nobody=0%'
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
other_types() {
	capture two-events && quietly diff two-events.data new.pb.gz 2>&1 | tee other.txt
	grep -q 'type NAME chooses' other.txt
}
run "two that count different things" other_types

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
empty() {
	mkdir -p none && quietly report none -o empty && grep 'No captures' empty/index.html
}
run "a folder without captures" empty
finish

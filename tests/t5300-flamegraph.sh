#!/bin/sh
# Flame graphs: what is in the files, and what a browser makes of them.
. "${srcdir:-.}/tests/lib.sh"

artifacts=${SYMCONV_ARTIFACTS:-$(dirname "$SYMCONV")/tests/artifacts}
mkdir -p "$artifacts" /tmp/symconv-demo && cp "$tests/data/demo" /tmp/symconv-demo/
demo=$tests/data/good-demo.data
quietly() {
	"$SYMCONV" "$@" -q --no-cache --offline
}
flamegraph() {
	"$PYTHON" "$tests/flamegraph.py" "$@"
}
quietly "$demo" -o demo.pb.gz -o demo.html -o demo.svg
quietly "$demo" --per-thread -o threads.html

run "an HTML page has all stacks of the profile" flamegraph data demo.html demo.pb.gz
run "an SVG as well" flamegraph data demo.svg demo.pb.gz
others() {
	for shape in basic timeline contexts two-events; do
		capture "$shape" && quietly "$shape.data" -o shape.html -o shape.svg -o shape.pb.gz &&
			flamegraph data shape.html shape.pb.gz && flamegraph data shape.svg shape.pb.gz || return 1
	done
}
run "and those of other captures" others
again() {
	quietly "$demo" -j1 -o again.html -o again.svg && cmp demo.html again.html && cmp demo.svg again.svg &&
		quietly demo.pb.gz --title "$demo" -o again.html && cmp demo.html again.html
}
run "the same bytes each time, and from the profile" again
alone() {
	! grep -oE '(src|href|url)[=(] *.?https?:' demo.html demo.svg && grep -q "default-src 'none'" demo.html
}
run "nothing is asked of the network" alone
picture() {
	# What is shown where scripts do not run.
	"$PYTHON" - <<-'PYTHON'
		import xml.etree.ElementTree
		root = xml.etree.ElementTree.parse("demo.svg").getroot()
		texts = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
		titles = [t.text for t in root.iter("{http://www.w3.org/2000/svg}title")]
		print(texts, titles)
		assert "leaf" in texts and any(t.startswith("leaf (") for t in titles)
	PYTHON
}
run "the SVG has a picture of its own" picture
hostile() {
	"$PYTHON" - <<-'PYTHON'
		names = [b"</script><script>window.pwned=1</script>", b"<img src=x onerror=pwned=1>",
		         b"]]></script>", b"a&b<i>\"'`", b"\xff\xfe\x01", "\u2028\u2029".encode(),
		         b"{{data}}", b"\\u003c"]
		with open("hostile.folded", "wb") as file:
		    for n, name in enumerate(names):
		        file.write(b"main;" + name.replace(b";", b"") + b" %d\n" % (n + 1))
	PYTHON
	quietly hostile.folded --from folded --title '</title><img src=x>' -o hostile.html -o hostile.svg &&
		quietly hostile.folded --from folded -o hostile.pb.gz && flamegraph data hostile.html hostile.pb.gz &&
		flamegraph data hostile.svg hostile.pb.gz && test "$(grep -c '</script>' hostile.html)" = 2
}
run "names are text, whatever they hold" hostile
none() {
	capture no-samples && quietly no-samples.data -o none.html -o none.svg && test -s none.svg
}
run "a capture without samples" none
deep() {
	# Deeper than a recursion would get.
	"$PYTHON" -c 'print(";".join("f%d" % (i % 7) for i in range(100000)), 3)' >deep.folded &&
		quietly deep.folded --from folded -o deep.html -o deep.svg && ls -l deep.html
}
run "a stack of 100,000 frames" deep
compared() {
	quietly "$demo" --time ,0 -o nothing.pb.gz
	printf 'main;leaf 10\nmain;other 5\n' >a.folded && printf 'main;leaf 30\nmain;new 5\n' >b.folded &&
		quietly diff a.folded b.folded -o diff.html -o diff.svg && grep -q '"isDiff":true' diff.html &&
		quietly diff demo.pb.gz "$demo" -o same.html
}
run "of what changed" compared

why=$(flamegraph missing)
# shown FACT WHAT FILE: in the browser, with a screenshot.
shown() {
	if [ -n "$why" ]; then
		skip "in a browser: $2" "$why"
	else
		run "in a browser: $2" flamegraph "$1" "$3" "$artifacts/flamegraph-$1-${3##*.}.png"
	fi
}
for ending in html svg; do
	shown rendered "$ending: drawn, no message on the console" demo.$ending
	shown hovered "$ending: what the pointer is at" demo.$ending
	shown searched "$ending: searched" demo.$ending
	shown zoomed "$ending: zoomed and back" demo.$ending
	shown by_keys "$ending: by the keyboard" demo.$ending
	shown turned "$ending: icicle" demo.$ending
	shown dark "$ending: dark" demo.$ending
	shown narrow "$ending: on a phone" demo.$ending
	shown compared "$ending: what changed" diff.$ending
	shown empty "$ending: no samples" none.$ending
	shown hostile "$ending: hostile names" hostile.$ending
done
shown threads "threads apart" threads.html
finish

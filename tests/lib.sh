# shellcheck shell=sh
# For the end-to-end tests: TAP, a scratch folder, conversions that are checked.
#
#	. "${srcdir:-.}/tests/lib.sh"
#	run 'a fact' command...
#	finish

set -u
srcdir=$(cd "${srcdir:-.}" && pwd)
tests=$srcdir/tests
SYMCONV=${SYMCONV:-$(pwd)/symconv}
# The system's own Python: another may not be there for everybody.
PYTHON=${PYTHON:-$(command -v /usr/bin/python3 || command -v python3)}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/symconv-test.XXXXXX") || exit 99
trap 'chmod -R u+rwx "$scratch"; rm -rf "$scratch"' EXIT
trap 'exit 99' INT TERM HUP
cd "$scratch" || exit 99

# Compilers find themselves by the home folder that they were installed in.
export RUSTUP_HOME="${RUSTUP_HOME:-$HOME/.rustup}" CARGO_HOME="${CARGO_HOME:-$HOME/.cargo}"
# What the user has must not get into the tests.
export SYMCONV_CACHE="$scratch/cache" HOME="$scratch" LC_ALL=C.UTF-8
export PYTHONDONTWRITEBYTECODE=1 SYMCONV
unset DEBUGINFOD_URLS SYMCONV_FORCE_KERNEL_FALLBACK XDG_CACHE_HOME
# A leak at the end of a conversion is none: the process ends.
export ASAN_OPTIONS=detect_leaks=0

n_run=0
n_failed=0

# run FACT COMMAND...: ok if the command succeeds; what it says goes beside.
run() {
	fact=$1
	shift
	n_run=$((n_run + 1))
	if "$@" >"$scratch/out.log" 2>&1; then
		echo "ok $n_run - $fact"
	else
		echo "not ok $n_run - $fact"
		sed "s/^/# /" "$scratch/out.log"
		n_failed=$((n_failed + 1))
	fi
}

# skip FACT WHY
skip() {
	n_run=$((n_run + 1))
	echo "ok $n_run - $1 # SKIP $2"
}

finish() {
	echo "1..$n_run"
	test "$n_failed" = 0
	exit
}

have() {
	command -v "$1" >/dev/null 2>&1
}

# capture NAME: writes NAME.data as tests/captures.py describes it.
capture() {
	"$PYTHON" "$tests/captures.py" "$1" "$1.data"
}

# convert IN OUT [OPTION...]: a conversion whose profile is checked.
convert() {
	convert_in=$1
	convert_out=$2
	shift 2
	"$SYMCONV" "$convert_in" -o "$convert_out" "$@" &&
		"$PYTHON" "$tests/pprof_check.py" "$convert_out"
}

# dump PROFILE: as text.
dump() {
	"$PYTHON" "$tests/pprof_check.py" --dump "$1"
}

# says TEXT COMMAND...: succeeds, and says a line with the text.
says() {
	says_text=$1
	shift
	"$@" >said.log 2>&1
	says_got=$?
	cat said.log
	test "$says_got" = 0 && grep -q -- "$says_text" said.log
}

# fails_with STATUS TEXT COMMAND...: exits so, and says a line with the text.
fails_with() {
	fails_status=$1
	fails_text=$2
	shift 2
	"$@" 2>fails.log >/dev/null
	fails_got=$?
	cat fails.log
	test "$fails_got" = "$fails_status" && grep -q -- "$fails_text" fails.log
}

# Whether the program is built with sanitizers, whose shadow memory no limit
# leaves room for.
is_sanitized() {
	grep -q __asan "$SYMCONV"
}

# Whether perf can record here.
can_record() {
	have perf && perf record -o can.data -- true >can.log 2>&1 &&
		perf script -i can.data >/dev/null 2>&1
}

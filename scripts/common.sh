# shellcheck shell=sh disable=SC2034
# What ./try and ./check share: installing what is missing, and building.

set -eu
top=$(cd "$(dirname "$0")" && pwd)
build=$top/build

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "$0: $*"
	exit 1
}

# Debian and Ubuntu packages. A line: package, and a command or a pkg-config
# module (pc:NAME) or a header (h:NAME) that shows that it is there.
build_packages='
autoconf autoconf
automake automake
make make
gcc gcc
pkg-config pkg-config
libelf-dev pc:libelf
libdw-dev pc:libdw
libsqlite3-dev pc:sqlite3
zlib1g-dev pc:zlib
libzstd-dev pc:libzstd
liblzma-dev pc:liblzma
libseccomp-dev pc:libseccomp
libarchive-dev pc:libarchive
libxxhash-dev pc:libxxhash
libjson-c-dev pc:json-c
libdebuginfod-dev pc:libdebuginfod
libiberty-dev h:libiberty/demangle.h
'
record_packages='
linux-perf perf
'
if grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null; then
	record_packages='
linux-tools-generic perf
'
fi
test_packages='
g++ g++
python3 python3
binutils readelf
procps pkill
llvm llvm-symbolizer
debuginfod debuginfod
strace strace
'

is_there() {
	case $1 in
	pc:*) command -v pkg-config >/dev/null && pkg-config --exists "${1#pc:}" ;;
	h:*) test -e "/usr/include/${1#h:}" ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

# missing LIST: the packages of which nothing is there.
missing() {
	printf '%s' "$1" | while read -r package sign; do
		test -z "$package" || is_there "$sign" || printf '%s ' "$package"
	done
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "root is needed for: $*"
	fi
}

# install_missing LIST: asks for root only if there is anything to install.
install_missing() {
	packages=$(missing "$1")
	test -n "$packages" || return 0
	command -v apt-get >/dev/null ||
		die "these are missing, under the names of Debian's packages: $packages- see README.md for other distributions"
	say "Installing: $packages"
	as_root apt-get update -qq
	# shellcheck disable=SC2086
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $packages >/dev/null
}

# install_wanted LIST: what is nice to have and not always to be had.
install_wanted() {
	command -v apt-get >/dev/null || return 0
	for package in $(missing "$1"); do
		say "Installing: $package"
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >/dev/null 2>&1 ||
			say "  not to be had; going on without"
	done
}

build_all() {
	say "Building in $build"
	test -x "$top/configure" || (cd "$top" && ./autogen.sh >/dev/null 2>&1) ||
		die "autogen.sh failed"
	mkdir -p "$build"
	cd "$build"
	test -e Makefile || "$top/configure" --quiet || die "configure failed"
	make -j"$(nproc)" >make.log 2>&1 || {
		grep -E "error|Error" make.log >&2
		die "make failed; see $build/make.log"
	}
	cd "$top"
}

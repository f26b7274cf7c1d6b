/* The small tools that all use. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/intern.h"
#include "base/pool.h"
#include "base/reader.h"
#include "base/safe_open.h"
#include "base/text.h"
#include "profile/build_id.h"
#include "tests/tap.h"

static void test_reader(void)
{
	static const unsigned char bytes[] = { 1, 0, 2, 0, 0, 0, 'a', 0, 9 };
	struct reader r = reader_over(bytes, sizeof(bytes), false);
	struct reader items;

	ok_equal(reader_u16(&r), 1, "u16");
	ok_equal(reader_u32(&r), 2, "u32");
	ok_string(reader_string(&r, 2), "a", "a string with its NUL");
	ok(reader_ok(&r), "nothing failed yet");
	ok_equal(reader_u16(&r), 0, "a read past the end gives 0");
	ok(!reader_ok(&r), "and fails");
	ok_equal(reader_u8(&r), 0, "for good");

	r = reader_over(bytes, 4, true);
	ok_equal(reader_u16(&r), 0x100, "the other byte order");
	items = reader_items(&r, UINT64_MAX, 8);
	ok(!reader_ok(&r) && reader_left(&items) == 0,
	   "a count that would wrap fails");
	r = reader_over("abc", 3, false);
	ok(!reader_string(&r, 3), "a string without its NUL is none");
}

static void test_intern(void)
{
	struct intern table;
	char text[16];
	bool is_same = true;

	intern_init(&table);
	ok_equal(intern_add(&table, ""), 0, "number 0 is the empty string");
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "s%u", i);
		is_same = is_same && intern_add(&table, text) == i + 1;
	}
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "s%u", i);
		is_same = is_same && intern_add(&table, text) == i + 1 &&
			  strcmp(intern_get(&table, i + 1), text) == 0;
	}
	ok(is_same, "equal strings have equal numbers, through all growth");
	intern_release(&table);
}

static void test_text(void)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "plain", "plain" },
		{ "a\nb", "a\\x0ab" },
		{ "\x1b[31m", "\\x1b[31m" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "\xc2\x85", "\\xc2\\x85" },
		{ "\xff\xc3", "\\xff\\xc3" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
	};
	char out[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ok_string(text_escape(out, sizeof(out), cases[i].in),
			  cases[i].out, "escaped: %s", cases[i].out);
	ok_string(text_escape(out, 6, "\n\n"), "\\x0a", "cut to fit");
}

static void test_err(void)
{
	struct err err;

	ok(!err_set(&err, "%s", "b\n"), "err_set() is false");
	err_prefix(&err, "a");
	ok_string(err.text, "a: b\\x0a", "a prefix, and escapes");
}

static void test_build_id(void)
{
	static const uint8_t bytes[BUILD_ID_MAX + 4] = { 0xab, 0xcd };
	uint8_t md5[BUILD_ID_MAX] = { 0 };
	char hex[BUILD_ID_HEX_MAX];
	struct build_id id, other;

	memset(md5, 0x11, 16);
	id = build_id_from(md5, sizeof(md5));
	ok_equal(id.size, 16, "old padding is taken off");
	other = build_id_from(md5, 16);
	ok(build_id_equal(&id, &other), "so that ids compare equal");
	id = build_id_from(bytes, 2);
	ok_string(build_id_hex(&id, hex), "abcd", "in hexadecimal");
	ok(build_id_parse(&other, "ABcd") && build_id_equal(&id, &other),
	   "and back");
	ok(!build_id_parse(&other, "abc") && !build_id_parse(&other, "xy") &&
		   !build_id_parse(&other, ""),
	   "other text is none");
	memset(md5, 0, sizeof(md5));
	id = build_id_from(md5, sizeof(md5));
	ok_equal(id.size, 0, "zeros are none");
}

static void count_task(void *context, size_t task)
{
	unsigned char *runs = context;

	runs[task]++;
}

static void test_pool(void)
{
	unsigned char runs[1000] = { 0 };
	bool is_once = true;

	pool_run(4, sizeof(runs), count_task, runs);
	for (size_t i = 0; i < sizeof(runs); i++)
		is_once = is_once && runs[i] == 1;
	ok(is_once, "every task is run once");
	pool_run(4, 0, count_task, runs);
	ok(pool_processors() >= 1, "there is a processor");
}

static void test_file(void)
{
	struct err err;
	char folder[] = "/tmp/symconv-test.XXXXXX", path[PATH_MAX];
	char bytes[8];
	int fd;

	if (!ok(mkdtemp(folder) != NULL, "a folder"))
		return;
	snprintf(path, sizeof(path), "%s/file", folder);
	ok(file_replace(path, "one", 3, &err), "a new file");
	ok(file_replace(path, "second", 6, &err), "replaced");
	fd = file_open_regular(path, NULL);
	ok_equal(file_read_at(fd, bytes, sizeof(bytes), 2), 4,
		 "a read is cut at the end");
	ok_equal(file_read_at(fd, bytes, sizeof(bytes), UINT64_MAX), 0,
		 "and nothing is past it");
	close(fd);
	ok_equal(file_open_regular("/dev/null", NULL), -1,
		 "a device is refused");
	ok_equal(file_open_regular("/proc/self/status", NULL), -1,
		 "and what the kernel makes up");
	ok_equal(file_open_regular(folder, NULL), -1, "and a folder");
	unlink(path);
	rmdir(folder);
}

/* 0 if the path opens, else errno. */
static int try_safely(const char *root, const char *path)
{
	int fd = safe_open_regular(root, path, NULL);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static void test_safe_open(void)
{
	static const struct {
		const char *path;
		int error;
		const char *fact;
	} cases[] = {
		{ "/file", 0, "a plain file opens safely" },
		{ "//sub/.././file", 0, "with dots in its path, too" },
		{ "/../../file", 0, "\"..\" does not lead out of the root" },
		{ "/link", 0,
		  "a link in a directory of one's own is followed" },
		{ "/absolute", 0, "an absolute link leads to the root given" },
		{ "/up/file", 0, "a link to the directory above is followed" },
		{ "/shared/link", ELOOP, "a link where all may write is not" },
		{ "/shared/own/link", 0,
		  "but one in a closed directory there" },
		{ "/shared/dir/file", ELOOP, "nor is a link to a directory" },
		{ "/loop", ELOOP, "links that lead in a circle have an end" },
		{ "/sub", EISDIR, "a directory is refused" },
		{ "/none", ENOENT, "what is missing is missing" },
	};
	char root[] = "/tmp/symconv-test.XXXXXX", here[PATH_MAX];
	struct err err;

	if (!ok(mkdtemp(root) && getcwd(here, sizeof(here)) && chdir(root) == 0,
		"a directory to work in"))
		return;
	file_overwrite("file", "x", 1, &err);
	ok(mkdir("sub", 0755) == 0 && mkdir("shared", 0755) == 0 &&
		   chmod("shared", 01777) == 0 &&
		   mkdir("shared/own", 0755) == 0 &&
		   symlink("file", "link") == 0 &&
		   symlink("/file", "absolute") == 0 &&
		   symlink("sub/..", "up") == 0 &&
		   symlink("../file", "shared/link") == 0 &&
		   symlink("..", "shared/dir") == 0 &&
		   symlink("../../link", "shared/own/link") == 0 &&
		   symlink("loop", "loop") == 0,
	   "links of all kinds");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ok_equal(try_safely(root, cases[i].path), cases[i].error, "%s",
			 cases[i].fact);
	ok_equal(try_safely(NULL, "link"), 0, "a relative path opens safely");
	static const char *const left[] = {
		"file",	       "link",	     "absolute",	"up",
		"shared/link", "shared/dir", "shared/own/link", "loop",
	};
	for (size_t i = 0; i < sizeof(left) / sizeof(*left); i++)
		unlink(left[i]);
	rmdir("shared/own");
	rmdir("shared");
	rmdir("sub");
	ok(chdir(here) == 0 && rmdir(root) == 0, "nothing is left");
}

int main(void)
{
	test_reader();
	test_intern();
	test_text();
	test_err();
	test_build_id();
	test_pool();
	test_file();
	test_safe_open();
	return tap_done();
}

/* Tables: inline chains, overlaps, and bytes that are not to be trusted. */
#include "config.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "symbolize/demangle.h"
#include "symbolize/table.h"
#include "tests/tap.h"

/* outer [100, 200) calls middle [120, 160), which calls inner [130, 140). */
static void build(struct buf *out)
{
	struct table_builder *b = table_builder_new();
	uint32_t a_c = table_builder_add_file(b, "a.c");
	uint32_t b_h = table_builder_add_file(b, "b.h");
	uint32_t outer = table_builder_add_scope(
		b, NO_SCOPE,
		table_builder_add_function(b, "outer", "_outer", "a.c", 10), 0,
		0, 0);
	uint32_t middle = table_builder_add_scope(
		b, outer,
		table_builder_add_function(b, "middle", "_middle", "b.h", 20),
		a_c, 12, 3);
	uint32_t inner = table_builder_add_scope(
		b, middle,
		table_builder_add_function(b, "inner", "_inner", "b.h", 30),
		b_h, 22, 5);

	table_builder_add_range(b, outer, 100, 200);
	table_builder_add_range(b, middle, 120, 160);
	table_builder_add_range(b, inner, 130, 140);
	table_builder_add_line(b, 100, a_c, 11, 1);
	table_builder_add_line(b, 130, b_h, 31, 7);
	table_builder_add_line(b, 140, b_h, 23, 2);
	table_builder_add_line(b, 190, a_c, 0, 0);
	table_builder_finish(b, out);
	table_builder_free(b);
}

static void test_chain(const struct buf *bytes)
{
	struct table_frame frames[TABLE_MAX_DEPTH];
	struct table table;
	struct err err;

	ok(table_open(&table, bytes->bytes, bytes->size, &err),
	   "a table that was built is sound");
	ok_equal(table_find(&table, 135, frames), 3, "three frames");
	ok_string(frames[0].name, "inner", "innermost first");
	ok_equal(frames[0].line, 31, "at the line of the address");
	ok_string(frames[1].linkage_name, "_middle", "then its caller");
	ok_equal(frames[1].line, 22, "where it calls");
	ok_string(frames[1].file, "b.h", "in its file");
	ok_string(frames[2].name, "outer", "then the function itself");
	ok_equal(frames[2].line, 12, "where it calls");
	ok_equal(frames[2].start_line, 10, "declared there");
	ok_equal(table_find(&table, 150, frames), 2, "around the innermost");
	ok_equal(frames[0].line, 23, "the line before goes on");
	ok_equal(table_find(&table, 195, frames), 1, "the function alone");
	ok_equal(frames[0].line, 0, "after the last line");
	ok_equal(table_find(&table, 99, frames), 0, "before it: nothing");
	ok_equal(table_find(&table, 200, frames), 0, "at its limit: nothing");
	ok_equal(table_find(&table, UINT64_MAX, frames), 0, "far off: nothing");
}

/* Whatever a byte is changed to: refused, or answers from inside. */
static void test_damage(const struct buf *bytes)
{
	struct table_frame frames[TABLE_MAX_DEPTH];
	static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };
	unsigned char *copy = mem_alloc(bytes->size);
	unsigned n_refused = 0;
	struct table table;
	struct err err;

	for (size_t i = 0; i < bytes->size; i++)
		for (size_t j = 0; j < sizeof(values); j++) {
			memcpy(copy, bytes->bytes, bytes->size);
			copy[i] = values[j];
			if (!table_open(&table, copy, bytes->size, &err)) {
				n_refused++;
				continue;
			}
			for (uint64_t a = 90; a < 210; a++)
				table_find(&table, a, frames);
		}
	ok(n_refused > 50, "damage is refused or harmless");
	for (size_t size = 0; size < bytes->size - 8; size++)
		if (table_open(&table, bytes->bytes, size, &err))
			break;
	ok(err.text[0], "one that is cut short is refused");
	free(copy);
}

static void test_overlap(void)
{
	struct table_builder *b = table_builder_new();
	struct table_frame frames[TABLE_MAX_DEPTH];
	struct buf bytes = { 0 };
	struct table table;
	struct err err;
	uint32_t first, second;

	first = table_builder_add_scope(
		b, NO_SCOPE,
		table_builder_add_function(b, "first", NULL, NULL, 0), 0, 0, 0);
	second = table_builder_add_scope(
		b, NO_SCOPE,
		table_builder_add_function(b, "second", NULL, "\xff", 0), 0, 0,
		0);
	table_builder_add_range(b, first, 0x100000000, 0x100000100);
	table_builder_add_range(b, second, 0x100000040, 0x100000080);
	table_builder_finish(b, &bytes);
	ok(table_open(&table, bytes.bytes, bytes.size, &err), "sound");
	ok(table_find(&table, 0x100000050, frames) == 1 &&
		   strcmp(frames[0].name, "second") == 0,
	   "of two functions the one that starts last");
	ok_string(frames[0].function_file, "\\xff", "strings are UTF-8");
	ok(table_find(&table, 0x100000090, frames) == 1 &&
		   strcmp(frames[0].name, "first") == 0,
	   "and then the one around it");
	buf_release(&bytes);
	table_builder_free(b);
}

static void test_demangle(void)
{
	static const struct {
		const char *linkage, *name, *full;
	} cases[] = {
		{ "_ZN6shapes3sumINS_5pointEEElRKSt6vectorIT_SaIS3_EE",
		  "shapes::sum<shapes::point>",
		  "long shapes::sum<shapes::point>(std::vector<shapes::point, "
		  "std::allocator<shapes::point> > const&)" },
		{ "_ZN4core3fmt9Formatter3pad17h0123456789abcdefE",
		  "core::fmt::Formatter::pad", "core::fmt::Formatter::pad" },
		{ "_RNvC6_123foo3bar", "123foo::bar", "123foo::bar" },
		{ "_D3foo3barFiZv", "foo.bar", "foo.bar(int)" },
		{ "_D3foo4mainFZ4eachMxFiZv", "foo.main.each",
		  "foo.main().each(int) const" },
		{ "_D1t__T5twiceTlZQjFNaNbNiNflZi", "t.twice!(long).twice",
		  "t.twice!(long).twice(long)" },
		{ "LSrv;fib(I)I", "Srv.fib", "" },
		{ "Lorg/app/Srv;run([[JLjava/lang/String;)V", "org.app.Srv.run",
		  "" },
		{ "LSrv;fib(I)", "", "" },
		{ "LSrv;(I)I", "", "" },
		{ "LSrv::x;fib(I)I", "", "" },
		{ "camlStdlib__Array__map_154", "Stdlib.Array.map_154",
		  "Stdlib.Array.map_154" },
		{ "camlApp__$2b$2b_12", "App.++_12", "App.++_12" },
		{ "camlApp", "", "" },
		{ "camlapp__x", "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *name = demangle(cases[i].linkage, false);
		char *full = demangle(cases[i].linkage, true);

		ok_string(name ? name : "", cases[i].name, "short name");
		ok_string(full ? full : "", cases[i].full, "full name");
		free(name);
		free(full);
	}
	ok(!demangle("main", false) && !demangle("_Zzz", false),
	   "other names have none");
}

int main(void)
{
	struct buf bytes = { 0 };

	build(&bytes);
	test_chain(&bytes);
	test_damage(&bytes);
	test_overlap();
	test_demangle();
	buf_release(&bytes);
	return tap_done();
}

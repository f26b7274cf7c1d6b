/* kallsyms: lines, choices, ends, modules. */
#include "config.h"

#include "symbolize/kallsyms.h"
#include "symbolize/table.h"
#include "tests/tap.h"

static const char text[] = "ffffffff81000000 T _text\n"
			   "ffffffff81000000 T _stext\n"
			   "ffffffff81000100 t __sys_a\n"
			   "ffffffff81000100 T sys_a\n"
			   "ffffffff81000200 W weak\n"
			   "ffffffff81000200 T strong\n"
			   "ffffffff81000280 D data\n"
			   "ffffffff81000300 T last\n"
			   "ffffffffc0000000 t init\t[ext4]\n"
			   "ffffffffc0000040 t exit\t[ext4]\n"
			   "ffffffffc0010000 t bpf_prog_x\t[bpf]\n"
			   "not a line\n"
			   "ffffffff81000400 T "; /* cut short */

static const char *find(const struct kallsyms *kallsyms, uint64_t address,
			const char **module)
{
	static struct table_frame frames[TABLE_MAX_DEPTH];
	struct kallsyms_index index;
	struct table table;
	struct err err;
	uint64_t page;

	if (!kallsyms_index_open(&index, kallsyms->index.bytes,
				 kallsyms->index.size) ||
	    !kallsyms_index_page(&index, address, &page) ||
	    !table_open(&table, kallsyms->pages.items[page].bytes,
			kallsyms->pages.items[page].size, &err) ||
	    table_find(&table, address, frames) == 0)
		return "";
	*module = frames[0].function_file;
	return frames[0].name;
}

static void test_symbols(void)
{
	static const struct {
		uint64_t address;
		const char *name, *module;
	} cases[] = {
		{ 0xffffffff80ffffff, "", "" },
		{ 0xffffffff81000050, "_text", "" },
		{ 0xffffffff81000100, "sys_a", "" },
		{ 0xffffffff81000250, "strong", "" },
		{ 0xffffffff81000290, "", "" }, /* in data */
		{ 0xffffffff81000fff, "last", "" },
		{ 0xffffffff81001000, "", "" }, /* behind its page */
		{ 0xffffffffc0000010, "init", "ext4" },
		{ 0xffffffffc0000050, "exit", "ext4" },
		{ 0xffffffffc0010010, "", "" }, /* BPF names itself */
	};
	struct kallsyms kallsyms;
	struct kallsyms_index index;
	bool is_restricted;
	struct err err;

	ok(kallsyms_parse(&kallsyms, text, sizeof(text) - 1, &is_restricted,
			  &err),
	   "symbols are found");
	ok(!is_restricted, "and not hidden");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *module = "";

		ok_string(find(&kallsyms, cases[i].address, &module),
			  cases[i].name, "%llx",
			  (unsigned long long)cases[i].address);
		ok_string(module, cases[i].module, "its module");
	}
	kallsyms_index_open(&index, kallsyms.index.bytes, kallsyms.index.size);
	ok_equal(index.header->text, 0xffffffff81000000, "_text");
	ok_equal(index.header->n_modules, 2, "one module and the kernel");
	ok_equal(index.modules[1].last, 0xffffffffc0000040, "its last symbol");
	for (size_t size = 0; size < kallsyms.index.size; size++)
		if (kallsyms_index_open(&index, kallsyms.index.bytes, size))
			break;
	ok(!kallsyms_index_open(&index, kallsyms.index.bytes,
				kallsyms.index.size - 1),
	   "an index that is cut short is refused");
	kallsyms_release(&kallsyms);
}

static void test_hidden(void)
{
	static const char zeros[] = "0000000000000000 T _text\n"
				    "0000000000000000 T sys_a\n";
	struct kallsyms kallsyms;
	bool is_restricted;
	struct err err;

	ok(!kallsyms_parse(&kallsyms, zeros, sizeof(zeros) - 1, &is_restricted,
			   &err) &&
		   is_restricted,
	   "zeros are hidden symbols");
	kallsyms_release(&kallsyms);
	ok(!kallsyms_parse(&kallsyms, "x\n", 2, &is_restricted, &err) &&
		   !is_restricted,
	   "other text is none");
	kallsyms_release(&kallsyms);
}

static void test_bases(void)
{
	static const char bases[] = "ext4 1146880 1 - Live 0xffffffffbfff0000\n"
				    "other 4096 0 - Live 0xffffffffb0000000\n"
				    "ext4\n"
				    "ext4 1 2 3 4 zero";
	struct kallsyms kallsyms;
	struct kallsyms_index index;
	bool is_restricted;
	struct err err;

	kallsyms_parse(&kallsyms, text, sizeof(text) - 1, &is_restricted, &err);
	kallsyms_add_bases(&kallsyms, bases, sizeof(bases) - 1);
	kallsyms_index_open(&index, kallsyms.index.bytes, kallsyms.index.size);
	ok_equal(kallsyms_index_module(&index, "ext4")->base,
		 0xffffffffbfff0000, "where the kernel says a module begins");
	ok(!kallsyms_index_module(&index, "other"),
	   "one without symbols is not there");
	kallsyms_release(&kallsyms);
}

int main(void)
{
	test_symbols();
	test_bases();
	test_hidden();
	return tap_done();
}

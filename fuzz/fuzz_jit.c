/* Any bytes as what a just-in-time compiler wrote: every piece of code and line
 * that is handed on has its strings, and the unwind table is a sound one. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "symbolize/jit_code.h"
#include "symbolize/jit_unwind.h"
#include "unwind/unwind_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *context, const struct jit_code *code)
{
	struct jit_code own = *code;
	struct jit_line line = { 0 };
	size_t *sum = context;

	*sum += strlen(code->name);
	while (jit_next_line(&own, &line))
		*sum += strlen(line.file);
}

static void compile_unwinding(const char *bytes, size_t size)
{
	struct unwind_table opened;
	struct buf table = { 0 };
	struct err err;

	if (jit_unwind_table(bytes, size, &table, &err) &&
	    !unwind_table_open(&opened, table.bytes, table.size, &err))
		abort();
	buf_release(&table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t sum = 0;
	struct jit_taker taker = { .take = take, .context = &sum };
	struct err err;
	char *bytes = mem_copy(data, size);

	jit_read_dump(bytes, size, &taker, &err);
	compile_unwinding(bytes, size);
	jit_read_perf_map(bytes, size, &taker);
	free(bytes);
	return 0;
}

/* Any bytes as what a just-in-time compiler wrote: every piece of code and line
 * that is handed on has its strings. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "symbolize/jit_code.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t sum = 0;
	struct jit_taker taker = { take, &sum };
	struct err err;
	char *bytes = mem_copy(data, size);

	jit_read_dump(bytes, size, &taker, &err);
	jit_read_perf_map(bytes, size, &taker);
	free(bytes);
	return 0;
}

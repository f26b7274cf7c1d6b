/* Any bytes as kallsyms: what it is made into must be sound. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "symbolize/kallsyms.h"
#include "symbolize/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kallsyms kallsyms;
	struct kallsyms_index index;
	bool is_restricted;
	struct table table;
	struct err err;

	if (kallsyms_parse(&kallsyms, (const char *)data, size, &is_restricted,
			   &err)) {
		kallsyms_add_bases(&kallsyms, (const char *)data, size);
		if (!kallsyms_index_open(&index, kallsyms.index.bytes,
					 kallsyms.index.size))
			abort();
		for (size_t i = 0; i < kallsyms.pages.n; i++)
			if (!table_open(&table, kallsyms.pages.items[i].bytes,
					kallsyms.pages.items[i].size, &err))
				abort();
	}
	kallsyms_release(&kallsyms);
	return 0;
}

/* Any bytes as a table or an image index: refused, or answers that lie inside
 * of them. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "symbolize/image_index.h"
#include "symbolize/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct table_frame frames[TABLE_MAX_DEPTH];
	/* Exactly as large, so that reads past its end are seen. */
	void *bytes = mem_copy(data, size);
	struct image_index index;
	struct table table;
	struct err err;
	uint64_t base = 0, number;

	if (size >= 16)
		memcpy(&base, data + 8, sizeof(base));
	if (table_open(&table, bytes, size, &err))
		for (uint64_t a = 0; a < 4096; a += 7)
			if (table_find(&table, base + a, frames) >
			    TABLE_MAX_DEPTH)
				abort();
	if (image_index_open(&index, bytes, size, &err))
		for (uint64_t a = 0; a < 4096; a += 7) {
			image_index_svma(&index, a, &number);
			image_index_unit(&index, a, &number);
			if (image_index_page(&index, a, &number) &&
			    number >= index.header->n_pages)
				abort();
		}
	free(bytes);
	return 0;
}

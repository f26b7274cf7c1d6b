/*
 * Memory may be recorded as data and hold generated code all the same, which a
 * perf map or a jitdump then names. So its locations are kept until here.
 */
#include "config.h"
#include "profile/unmapped.h"

#include <stdlib.h>

#include "base/alloc.h"

void profile_settle_data(struct profile *profile)
{
	size_t n = profile->locations.n, n_replaced = 0;
	uint32_t *numbers = mem_zalloc(n, sizeof(*numbers));

	for (uint32_t i = 0; i < n; i++) {
		struct location location = profile->locations.items[i];

		numbers[i] = i;
		if (!location.is_data || location.n_frames > 0)
			continue;
		numbers[i] = profile_add_unmapped(profile, location.address);
		n_replaced += numbers[i] != i;
	}
	if (n_replaced > 0)
		profile_replace_locations(profile, numbers);
	free(numbers);
}

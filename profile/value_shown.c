#include "config.h"
#include "profile/value_shown.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "profile/weights.h"

static const char *name_of(const struct profile *profile, uint32_t type)
{
	return profile_string(profile, profile->types.items[type].type);
}

static const char *unit_of(const struct profile *profile, uint32_t type)
{
	return profile_string(profile, profile->types.items[type].unit);
}

static bool counts_samples(const struct profile *profile, uint32_t type)
{
	const char *name = name_of(profile, type);

	return strcmp(name, "samples") == 0 ||
	       text_ends_with(name, "_samples") ||
	       text_ends_with(name, "_sample");
}

bool profile_is_count_of_next(const struct profile *profile, uint32_t type)
{
	return type + 1 < profile->types.n && counts_samples(profile, type) &&
	       !counts_samples(profile, type + 1);
}

uint32_t profile_count_type(const struct profile *profile, uint32_t type)
{
	if (type >= profile->types.n)
		return NO_TYPE;
	if (counts_samples(profile, type))
		return type;
	return type > 0 && profile_is_count_of_next(profile, type - 1)
		       ? type - 1
		       : NO_TYPE;
}

int64_t profile_total(const struct profile *profile, uint32_t type)
{
	int64_t total = 0;

	for (size_t i = 0; i < profile->samples.n; i++) {
		size_t first = profile->samples.items[i].first_value;
		int64_t value = profile->values.items[first + type];

		if (__builtin_add_overflow(total, value, &total))
			return value > 0 ? INT64_MAX : INT64_MIN;
	}
	return total;
}

uint32_t profile_most_sampled(const struct profile *profile)
{
	uint32_t most = NO_TYPE;
	int64_t n_most = 0;

	for (uint32_t i = 0; i < profile->types.n; i++) {
		uint32_t count = profile_count_type(profile, i);
		int64_t n;

		if (count == NO_TYPE)
			return profile->default_type;
		if (profile_is_count_of_next(profile, i))
			continue;
		n = profile_total(profile, count);
		if (most == NO_TYPE || n > n_most) {
			most = i;
			n_most = n;
		}
	}
	return most == NO_TYPE ? profile->default_type : most;
}

void value_shown_describe(const struct profile *profile, uint32_t type,
			  struct buf *out)
{
	uint32_t count = profile_count_type(profile, type);
	char total[32], name[256];

	buf_printf(out, "%s %s",
		   text_escape(name, sizeof(name), name_of(profile, type)),
		   weight_text(profile_total(profile, type),
			       unit_of(profile, type), total, sizeof(total)));
	if (count != NO_TYPE && count != type)
		buf_printf(out, " (%" PRId64 " samples)",
			   profile_total(profile, count));
}

/* A line of more is of no use to anyone. */
enum { MAX_OTHERS = 32 };

char *value_shown_others(const struct profile *profile, size_t shown)
{
	struct buf out = { 0 };
	size_t n = 0;

	for (uint32_t i = 0; i < profile->types.n; i++) {
		if (i == shown || profile_is_count_of_next(profile, i))
			continue;
		if (n < MAX_OTHERS) {
			buf_add_text(&out, n > 0 ? ", " : "");
			value_shown_describe(profile, i, &out);
		}
		n++;
	}
	if (n > MAX_OTHERS)
		buf_printf(&out, " and %zu more", n - MAX_OTHERS);
	if (n > 0)
		buf_add(&out, "", 1);
	return (char *)out.bytes;
}

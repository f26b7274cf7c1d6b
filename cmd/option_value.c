#include "config.h"
#include "cmd/option_value.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool option_refuse(const char *option, const char *value, const char *wanted)
{
	char shown[256];

	fprintf(stderr, "symconv: --%s %s: %s (see symconv --help)\n", option,
		text_escape(shown, sizeof(shown), value), wanted);
	return false;
}

bool option_number(const char *text, const char *end, unsigned long max,
		   uint32_t *number)
{
	unsigned long value = 0;

	if (text == end)
		return false;
	for (; text < end; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (unsigned long)(*text - '0');
		if (value > max)
			return false;
	}
	*number = (uint32_t)value;
	return true;
}

bool option_size(const char *text, const char *end, uint64_t *size)
{
	static const char units[] = "KMG";
	const char *unit = text < end ? strchr(units, end[-1]) : NULL;
	uint32_t number;
	unsigned shift = 0;

	if (unit && *unit) {
		shift = 10 * (unsigned)(unit - units + 1);
		end--;
	}
	if (!option_number(text, end, UINT32_MAX, &number))
		return false;
	*size = (uint64_t)number << shift;
	return true;
}

bool option_build_id(const char *value, struct build_id *id)
{
	return (build_id_parse(id, value) && id->size > 1) ||
	       option_refuse("build-id", value, "wanted: hexadecimal digits");
}

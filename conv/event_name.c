#include "config.h"
#include "conv/event_name.h"

#include <string.h>

size_t event_base_length(const char *name)
{
	/* The letters of "EVENT MODIFIERS" in man perf-list. */
	static const char modifiers[] = "ukhIGHpPSDWebR";
	const char *colon = strrchr(name, ':');

	if (!colon || colon == name || !colon[1] ||
	    colon[1 + strspn(colon + 1, modifiers)])
		return strlen(name);
	return (size_t)(colon - name);
}

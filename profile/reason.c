#include "config.h"
#include "profile/reason.h"

#include <string.h>

const char *reason_word(enum reason reason)
{
	static const char *const words[N_REASONS] = {
#define X(constant, word, words) [constant] = word,
		REASONS(X)
#undef X
	};

	return words[reason];
}

const char *reason_text(enum reason reason)
{
	static const char *const texts[N_REASONS] = {
#define X(constant, word, words) [constant] = words,
		REASONS(X)
#undef X
	};

	return texts[reason];
}

bool reason_parse(const char *word, size_t length, enum reason *reason)
{
	for (int i = 0; i < N_REASONS; i++) {
		const char *known = reason_word((enum reason)i);

		if (strlen(known) == length &&
		    memcmp(known, word, length) == 0) {
			*reason = (enum reason)i;
			return true;
		}
	}
	return false;
}

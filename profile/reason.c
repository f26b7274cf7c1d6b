#include "config.h"
#include "profile/reason.h"

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

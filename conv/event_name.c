#include "config.h"
#include "conv/event_name.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

/* The letters of "EVENT MODIFIERS" in man perf-list. */
static const char modifier_letters[] = "ukhIGHpPSDWebRX";

const uint64_t event_counting_modifiers =
	EVENT_MODIFIER('u') | EVENT_MODIFIER('k') | EVENT_MODIFIER('h') |
	EVENT_MODIFIER('I') | EVENT_MODIFIER('G') | EVENT_MODIFIER('H');

/* ---- parts ---- */

static bool are_modifiers(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strchr(modifier_letters, text[i]))
			return false;
	return true;
}

static void add_modifiers(struct event_name *name, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		name->modifiers |= EVENT_MODIFIER(text[i]);
	if (n > 0) {
		name->modifier_text = text;
		name->n_modifier_text = n;
	}
}

/* Takes ":upp" off the event. */
static void take_modifiers(struct event_name *name)
{
	size_t n = name->n_event, at = n;

	while (at > 0 && name->event[at - 1] != ':')
		at--;
	if (at <= 1 || at == n || !are_modifiers(name->event + at, n - at))
		return;
	add_modifiers(name, name->event + at, n - at);
	name->n_event = at - 1;
}

/* "PMU/EVENT/MODIFIERS"; names of breakpoints and files have slashes, too. */
static bool take_pmu(struct event_name *name, const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
	const char *last = strrchr(text, '/');

	if (n == 0 || text[n] != '/' || last == text + n ||
	    !are_modifiers(last + 1, strlen(last + 1)))
		return false;
	name->pmu = text;
	name->n_pmu = n;
	name->event = text + n + 1;
	name->n_event = (size_t)(last - name->event);
	add_modifiers(name, last + 1, strlen(last + 1));
	return true;
}

static bool is_recording_term(const char *term, size_t n)
{
	/* "event terms" of man perf-record. */
	static const char *const words[] = {
		"period",	"freq",
		"time",		"call-graph",
		"stack-size",	"max-stack",
		"inherit",	"no-inherit",
		"overwrite",	"percore",
		"no-overwrite", "branch_type",
		"aux-output",	"aux-sample-size",
		"aux-action",
	};
	const char *equals = memchr(term, '=', n);
	size_t length = equals ? (size_t)(equals - term) : n;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i]) == length &&
		    memcmp(words[i], term, length) == 0)
			return true;
	return false;
}

/* They stand behind the event, which is the first term. */
static void take_recording_terms(struct event_name *name)
{
	for (;;) {
		size_t at = name->n_event;

		while (at > 0 && name->event[at - 1] != ',')
			at--;
		if (at <= 1 ||
		    !is_recording_term(name->event + at, name->n_event - at))
			return;
		name->n_event = at - 1;
	}
}

struct event_name event_name_parse(const char *text)
{
	struct event_name name = { .event = text, .n_event = strlen(text) };

	if (take_pmu(&name, text))
		take_recording_terms(&name);
	take_modifiers(&name);
	return name;
}

/* ---- names ---- */

char *event_name_base(const char *text)
{
	struct event_name name = event_name_parse(text);

	if (name.n_pmu == 0)
		return mem_printf("%.*s", (int)name.n_event, name.event);
	return mem_printf("%.*s/%.*s/", (int)name.n_pmu, name.pmu,
			  (int)name.n_event, name.event);
}

static bool is_equal(const char *a, size_t n_a, const char *b, size_t n_b)
{
	return n_a == n_b && memcmp(a, b, n_a) == 0;
}

bool event_name_matches(const char *wanted, const char *text, const char *pmu)
{
	struct event_name name, want;

	if (strcmp(wanted, text) == 0)
		return true;
	name = event_name_parse(text);
	want = event_name_parse(wanted);
	if (name.n_pmu == 0 && pmu) {
		name.pmu = pmu;
		name.n_pmu = strlen(pmu);
	}
	if (want.n_pmu > 0 &&
	    !is_equal(want.pmu, want.n_pmu, name.pmu, name.n_pmu))
		return false;
	if (want.modifiers != 0 && want.modifiers != name.modifiers)
		return false;
	/* "PMU//": all of its events. */
	return (want.n_event == 0 && want.n_pmu > 0) ||
	       is_equal(want.event, want.n_event, name.event, name.n_event);
}

/* ---- PMUs ---- */

bool event_pmu_is_core(const char *pmu, size_t length)
{
	/* The first: x86 and most others; then "cpu_core", "cpu_atom",
	 * "cpu_lowpower". Arm's are called after the processor:
	 * "armv8_cortex_a55", "armv8_pmuv3_0"; Apple's "apple_icestorm_pmu". */
	return (length == 3 && memcmp(pmu, "cpu", 3) == 0) ||
	       (length > 4 && memcmp(pmu, "cpu_", 4) == 0) ||
	       (length > 5 && memcmp(pmu, "armv", 4) == 0 && pmu[4] >= '0' &&
		pmu[4] <= '9') ||
	       (length > 10 && memcmp(pmu, "apple_", 6) == 0 &&
		memcmp(pmu + length - 4, "_pmu", 4) == 0);
}

/*
 * Annotations of stackcollapse-perf.pl --all say what a frame is: "_[k]" the
 * kernel's, "_[j]" generated code, "_[i]" inlined into the element in front of
 * it. They are taken off the name, and stay in the system name, by which
 * folded_write puts them back.
 */
#include "config.h"
#include "conv/folded_read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "conv/sample_facts.h"
#include "conv/text_input.h"

struct folded {
	const struct input *input;
	const struct read_options *options;
	struct profile *profile;
	struct read_stats *stats;
	struct text_input text;
	VEC(uint32_t) locations;  /* of the stack at hand, root first */
	VEC(struct frame) frames; /* of the location at hand, outermost first */
	uint32_t kernel;	  /* modules; NO_MODULE until they are needed */
	uint32_t generated;
	uint32_t module; /* of the location at hand */
	uint64_t n_lines;
	uint64_t n_two_columns; /* lines with two counts */
};

/* Why a line is skipped. */
static const struct err not_folded = {
	"it is not \"function;function COUNT\"",
};

/* ---- counts ---- */

/* "12", or "12.5", rounded. */
static bool parse_count(const char *text, int64_t *count)
{
	int64_t n = 0;
	const char *at;

	for (at = text; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, *at - '0', &n))
			return false;
	if (at == text)
		return false;
	if (*at == '.') {
		at++;
		if (*at >= '5' && *at <= '9' && n < INT64_MAX)
			n++;
		at += strspn(at, "0123456789");
	}
	*count = n;
	return !*at;
}

/* Cuts the last word off a text and the blanks in front of it; NULL: there is
 * nothing in front. */
static char *cut_word(char *text)
{
	size_t n = strlen(text);
	char *word;

	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		text[--n] = '\0';
	while (n > 0 && text[n - 1] != ' ' && text[n - 1] != '\t')
		n--;
	word = text + n;
	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		text[--n] = '\0';
	return n > 0 ? word : NULL;
}

/* Cuts the count off a line. False: it is none of folded stacks. */
static bool take_count(char *line, int64_t *count)
{
	const char *word = cut_word(line);

	return word && parse_count(word, count);
}

static bool ends_with_count(const char *text)
{
	const char *word = strrchr(text, ' ');
	int64_t count;

	return word && word > text && parse_count(word + 1, &count);
}

/* ---- frames ---- */

/* The letter of an annotation, which is cut off; 0: there is none. */
static char cut_annotation(char *name)
{
	size_t n = strlen(name);

	if (n <= 4 || memcmp(name + n - 4, "_[", 2) != 0 ||
	    name[n - 1] != ']' || !strchr("kij", name[n - 2]))
		return 0;
	name[n - 4] = '\0';
	return name[n - 2];
}

static uint32_t module_of(struct folded *folded, uint32_t *known,
			  enum module_kind kind, const char *path)
{
	struct profile *profile = folded->profile;

	if (*known == NO_MODULE)
		*known = profile_add_module(
			profile,
			&(struct module){
				.path = profile_add_string(profile, path),
				.kind = kind,
				.limit = UINT64_MAX,
			});
	return *known;
}

/* Whether the frame at hand is how addresses are shown that lie nowhere. */
static bool is_unmapped(const struct folded *folded)
{
	const struct profile *profile = folded->profile;
	uint32_t function = folded->frames.items[0].function;

	return folded->module == NO_MODULE &&
	       strcmp(profile_string(profile,
				     profile->functions.items[function].name),
		      UNMAPPED_NAME) == 0;
}

static void end_location(struct folded *folded)
{
	struct location location = { .module = folded->module };
	size_t n = folded->frames.n;

	if (n == 0)
		return;
	for (size_t i = 0; i < n / 2; i++) {
		struct frame frame = folded->frames.items[i];

		folded->frames.items[i] = folded->frames.items[n - 1 - i];
		folded->frames.items[n - 1 - i] = frame;
	}
	*vec_add(&folded->locations) =
		n == 1 && is_unmapped(folded)
			? profile_add_any_unmapped(folded->profile)
			: profile_add_named_location(folded->profile, &location,
						     folded->frames.items,
						     (uint32_t)n);
	folded->frames.n = 0;
}

static uint32_t add_name(struct profile *profile, const char *name)
{
	return profile_add_string(profile, *name ? name : "[unknown]");
}

/* An inlined function belongs to the location of what it is inlined into. */
static void add_element(struct folded *folded, char *name)
{
	struct profile *profile = folded->profile;
	struct function function;
	char annotation;

	function = (struct function){
		.system_name = add_name(profile, name),
	};
	annotation = cut_annotation(name);
	function.name = add_name(profile, name);
	if (annotation != 'i') {
		end_location(folded);
		folded->module = NO_MODULE;
	}
	if (annotation == 'k')
		folded->module = module_of(folded, &folded->kernel,
					   MODULE_KERNEL, "[kernel.kallsyms]");
	if (annotation == 'j')
		folded->module = module_of(folded, &folded->generated,
					   MODULE_ANON, "//anon");
	*vec_add(&folded->frames) = (struct frame){
		.function = profile_add_function(profile, &function),
	};
}

/* ---- lines ---- */

static uint32_t stack_of(struct folded *folded, char *text)
{
	size_t n;

	folded->locations.n = 0;
	folded->module = NO_MODULE;
	while (text) {
		char *next = strchr(text, ';');

		if (next)
			*next++ = '\0';
		add_element(folded, text);
		text = next;
	}
	end_location(folded);
	n = folded->locations.n;
	for (size_t i = 0; i < n / 2; i++) {
		uint32_t location = folded->locations.items[i];

		folded->locations.items[i] = folded->locations.items[n - 1 - i];
		folded->locations.items[n - 1 - i] = location;
	}
	return profile_add_stack(folded->profile, folded->locations.items,
				 (uint32_t)n);
}

/* By the first element, which is the process's name if there is one. */
static bool is_wanted(const struct folded *folded, const char *text)
{
	const struct sample_filter *filter = folded->options->filter;
	char *first;
	bool is_wanted;

	if (filter->comms.n == 0)
		return true;
	first = mem_printf("%.*s", (int)strcspn(text, ";"), text);
	is_wanted = sample_filter_wants_comm(filter, first, first);
	free(first);
	return is_wanted;
}

static void add_count(uint64_t *sum, int64_t n)
{
	if (__builtin_add_overflow(*sum, (uint64_t)n, sum))
		*sum = UINT64_MAX;
}

static void take_line(struct folded *folded, char *line)
{
	struct profile *profile = folded->profile;
	struct read_stats *stats = folded->stats;
	uint32_t labels, sample;
	int64_t count;

	if (!*line || *line == '#')
		return;
	if (!take_count(line, &count)) {
		text_input_skip(&folded->text, &not_folded);
		return;
	}
	folded->n_lines++;
	folded->n_two_columns += ends_with_count(line);
	if (!is_wanted(folded, line)) {
		add_count(&stats->n_filtered, count);
		return;
	}
	labels = profile_add_labels(profile, NULL, 0);
	sample = profile_add_sample(profile, stack_of(folded, line), labels);
	profile_add_to_value(profile,
			     profile->samples.items[sample].first_value, count);
	add_count(&stats->n_samples, count);
}

/* Files of two profiles' counts, to be subtracted, have them in all lines. */
static bool has_two_columns(const struct folded *folded, struct err *err)
{
	if (folded->n_lines == 0 || folded->n_two_columns < folded->n_lines)
		return false;
	err_set(err,
		"%s: it has two counts in each line (the difference of two "
		"profiles); convert each of the two by itself",
		folded->input->name);
	return true;
}

static bool read_lines(struct folded *folded, struct err *err)
{
	char *line;

	while ((line = text_input_next(&folded->text, NULL)))
		take_line(folded, line);
	return !has_two_columns(folded, err) &&
	       text_input_end(&folded->text, err);
}

static void add_type(struct profile *profile)
{
	struct value_type type = {
		.type = profile_add_string(profile, "samples"),
		.unit = profile_add_string(profile, "count"),
	};

	*vec_add(&profile->types) = type;
	profile->period_type = type;
}

bool folded_read(const struct input *input, const struct read_options *options,
		 struct profile *profile, struct read_stats *stats,
		 struct err *err)
{
	uint64_t started = clock_now();
	struct folded folded = {
		.input = input,
		.options = options,
		.profile = profile,
		.stats = stats,
		.kernel = NO_MODULE,
		.generated = NO_MODULE,
	};
	/* The first element may be a process's name. */
	const struct sample_facts facts = {
		.has_comms = true,
		.lacks_events = true,
	};
	bool ok;

	if (!sample_facts_answer(&facts, options, input->name, err))
		return false;
	text_input_init(&folded.text, input, stats);
	add_type(profile);
	ok = read_lines(&folded, err);
	stats->n_stacks = profile->stacks.n;
	stats->samples_ns = clock_now() - started;
	text_input_release(&folded.text);
	vec_release(&folded.locations);
	vec_release(&folded.frames);
	return ok;
}

/* ---- recognition ---- */

/* Elements of names: others that are between semicolons are mostly empty, begin
 * with a blank, or are part of what is in quotes. */
static bool has_elements(const char *stack)
{
	size_t n_quotes = 0, n = 0;

	for (const char *at = stack;; at++) {
		if (*at == ';' || !*at) {
			if (n == 0 || n_quotes % 2 != 0)
				return false;
			if (!*at)
				return true;
			n = n_quotes = 0;
			if (at[1] == ' ' || at[1] == '\t')
				return false;
			continue;
		}
		n++;
		n_quotes += *at == '"';
	}
}

static bool is_folded_line(char *line)
{
	size_t n = strlen(line);
	int64_t count;
	const char *word;

	if (n > 0 && line[n - 1] == '\r')
		line[n - 1] = '\0';
	if (*line == ' ' || *line == '\t')
		return false;
	word = cut_word(line);
	/* Half a sample is one. */
	return word && parse_count(word, &count) &&
	       strpbrk(word, "123456789") && has_elements(line);
}

bool folded_is_likely(const char *head, size_t size)
{
	char *text = mem_alloc(size + 1), *line = text, *next;
	size_t n_stacks = 0, n_names = 0;
	bool is_folded;

	memcpy(text, head, size);
	text[size] = '\0';
	is_folded = strlen(text) == size;
	/* The last line may be cut. */
	for (; is_folded && (next = strchr(line, '\n')); line = next) {
		*next++ = '\0';
		if (!*line || *line == '\r' || *line == '#')
			continue;
		if (strchr(line, ';'))
			n_stacks++;
		else
			n_names++;
		is_folded = is_folded_line(line);
	}
	free(text);
	return is_folded && n_stacks > 0 && n_stacks >= n_names;
}

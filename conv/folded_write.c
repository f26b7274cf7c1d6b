/*
 * Names are cut as stackcollapse-perf.pl of github.com/brendangregg/FlameGraph
 * cuts them: at the first parenthesis but that of "(anonymous namespace)", and
 * without quotes.
 */
#include "config.h"
#include "conv/folded_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/intern.h"
#include "base/vec.h"

struct folding {
	const struct profile *profile;
	const struct folded_options *options;
	struct intern lines;  /* without their counts */
	VEC(uint64_t) counts; /* by the number of a line */
	struct buf line;      /* at hand */
	size_t type;	      /* of the values that are counted */
};

/* How much of a function's name is shown. */
static size_t shown_length(const char *name)
{
	static const char anonymous[] = "(anonymous namespace)";
	const char *at = strstr(name, ".(");

	/* Methods of Go: "net/http.(*conn).serve". */
	if (at && strstr(at, ")."))
		return strlen(name);
	for (at = name; (at = strchr(at, '('));)
		if (strncmp(at, anonymous, sizeof(anonymous) - 1) == 0)
			at += sizeof(anonymous) - 1;
		else if (at++ > name)
			return (size_t)(at - 1 - name);
	return strlen(name);
}

static void add_name(struct buf *line, const char *name, size_t length)
{
	size_t first;

	/* Without a thread's name the first function stands first. */
	if (line->size > 0)
		buf_add(line, ";", 1);
	first = line->size;
	buf_add(line, name, length);
	for (size_t i = first; i < line->size; i++)
		if (line->bytes[i] == ';' || line->bytes[i] == '\n')
			line->bytes[i] = ':';
}

/* Takes the quotes out of what was added from first on. */
static void unquote(struct buf *line, size_t first)
{
	size_t n = first;

	for (size_t i = first; i < line->size; i++)
		if (line->bytes[i] != '"' && line->bytes[i] != '\'')
			line->bytes[n++] = line->bytes[i];
	line->size = n;
}

static bool is_kernel(const struct folding *folding,
		      const struct location *location)
{
	return location->module != NO_MODULE &&
	       module_is_kernel(
		       folding->profile->modules.items[location->module].kind);
}

static const char *mark(const struct folding *folding,
			const struct location *location, bool is_inlined)
{
	const struct folded_options *options = folding->options;

	if (options->marks_kernel && is_kernel(folding, location))
		return "_[k]";
	if (options->marks_inlined && is_inlined)
		return "_[i]";
	if (options->marks_jit && location->module != NO_MODULE &&
	    folding->profile->modules.items[location->module].kind ==
		    MODULE_ANON)
		return "_[j]";
	return "";
}

static void add_marked(struct folding *folding, const char *name, size_t length,
		       const struct location *location, bool is_inlined)
{
	size_t first = folding->line.size;

	add_name(&folding->line, name, length);
	unquote(&folding->line, first);
	buf_add_text(&folding->line, mark(folding, location, is_inlined));
}

/* What has no address came with its name alone: out of folded stacks, and
 * goes back as it was, with an annotation. */
static void add_function(struct folding *folding,
			 const struct location *location,
			 const struct function *function, bool is_inlined)
{
	const struct profile *profile = folding->profile;
	const char *name = profile_string(profile, function->name);
	const char *annotated = profile_string(profile, function->system_name);
	size_t n = strlen(name);

	if (location->address != 0)
		add_marked(folding, name, shown_length(name), location,
			   is_inlined);
	else if (strncmp(annotated, name, n) == 0 &&
		 strncmp(annotated + n, "_[", 2) == 0)
		add_name(&folding->line, annotated, strlen(annotated));
	else
		add_name(&folding->line, name, n);
}

static void add_location(struct folding *folding, uint32_t number)
{
	const struct profile *profile = folding->profile;
	const struct location *location = &profile->locations.items[number];
	char raw[RAW_NAME_MAX];

	/* The outermost function first; the last ones are inlined. */
	for (uint32_t i = location->n_frames; i > 0; i--) {
		uint32_t function =
			profile->frames.items[location->first_frame + i - 1]
				.function;

		add_function(folding, location,
			     &profile->functions.items[function],
			     i < location->n_frames);
	}
	if (location->n_frames == 0) {
		location_raw_name(profile, location, folding->options->raw,
				  raw);
		add_marked(folding, raw, strlen(raw), location, false);
	}
}

/* The label of a sample with a key; NULL: it has none. */
static const struct label *find_label(const struct profile *profile,
				      const struct sample *sample,
				      const char *key)
{
	const struct label_set *set =
		&profile->label_sets.items[sample->labels];

	for (uint32_t i = 0; i < set->n; i++) {
		const struct label *label =
			&profile->labels.items[set->first + i];

		if (strcmp(profile_string(profile, label->key), key) == 0)
			return label;
	}
	return NULL;
}

static void add_number(struct folding *folding, const struct sample *sample,
		       const char *before, const char *key)
{
	const struct label *label = find_label(folding->profile, sample, key);

	if (label)
		buf_printf(&folding->line, "%s%" PRId64, before, label->number);
	else
		buf_printf(&folding->line, "%s?", before);
}

/* The name of the thread that was sampled, without blanks, and numbers. */
static void add_comm(struct folding *folding, const struct sample *sample)
{
	const struct folded_options *options = folding->options;
	const struct profile *profile = folding->profile;
	const struct label *label = find_label(profile, sample, "thread_comm");
	const char *comm = label ? profile_string(profile, label->text) : "";

	if (!options->has_comm)
		return;
	for (; *comm; comm++)
		buf_add(&folding->line,
			*comm == ' '   ? "_"
			: *comm == ';' ? ":"
				       : comm,
			1);
	if (options->has_pid || options->has_tid)
		add_number(folding, sample, "-", "pid");
	if (options->has_tid)
		add_number(folding, sample, "/", "tid");
}

static void add_sample(struct folding *folding, const struct sample *sample)
{
	const struct profile *profile = folding->profile;
	const struct stack *stack = &profile->stacks.items[sample->stack];
	int64_t count =
		profile->values.items[sample->first_value + folding->type];
	uint32_t number;

	if (count <= 0)
		return;
	folding->line.size = 0;
	add_comm(folding, sample);
	for (uint32_t i = stack->n; i > 0; i--)
		add_location(
			folding,
			profile->stack_locations.items[stack->first + i - 1]);
	/* A line is never a count alone. */
	if (folding->line.size == 0)
		buf_add_text(&folding->line, "[no stack]");
	number = intern_add_bytes(&folding->lines,
				  (const char *)folding->line.bytes,
				  folding->line.size);
	while (folding->counts.n <= number)
		*vec_add(&folding->counts) = 0;
	folding->counts.items[number] += (uint64_t)count;
}

struct counted_line {
	const char *text;
	uint64_t count;
};

static int compare_lines(const void *a, const void *b)
{
	const struct counted_line *x = a, *y = b;

	return strcmp(x->text, y->text);
}

static void write_lines(const struct folding *folding, struct buf *out)
{
	size_t n = folding->counts.n;
	struct counted_line *lines = mem_zalloc(n, sizeof(*lines));

	for (uint32_t i = 0; i < n; i++)
		lines[i] = (struct counted_line){
			.text = intern_get(&folding->lines, i),
			.count = folding->counts.items[i],
		};
	qsort(lines, n, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < n; i++) {
		char count[32];

		/* The empty text is in every table. */
		if (lines[i].count == 0)
			continue;
		snprintf(count, sizeof(count), " %" PRIu64 "\n",
			 lines[i].count);
		buf_add(out, lines[i].text, strlen(lines[i].text));
		buf_add(out, count, strlen(count));
	}
	free(lines);
}

void folded_write(const struct profile *profile,
		  const struct folded_options *options, struct buf *out)
{
	struct folding folding = {
		.profile = profile,
		.options = options,
		.type = profile->default_type,
	};

	intern_init(&folding.lines);
	for (size_t i = 0; i < profile->samples.n; i++)
		add_sample(&folding, &profile->samples.items[i]);
	write_lines(&folding, out);
	intern_release(&folding.lines);
	vec_release(&folding.counts);
	buf_release(&folding.line);
}

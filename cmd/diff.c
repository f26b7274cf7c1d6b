#include "config.h"
#include "cmd/diff.h"

#include <inttypes.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "cmd/comparison.h"
#include "cmd/options.h"

enum { EXIT_USAGE = 2, EXIT_REGRESSION = 3 };

/* "REGEX=PERCENT%": how much more a function may weigh. */
struct limit {
	const char *text;
	regex_t regex;
	double percent;
	bool is_of_any; /* a function of either side matched */
};

struct limits {
	VEC(struct limit) items;
};

/* ---- limits ---- */

static bool parse_limit(struct limits *limits, const char *text)
{
	const char *equals = strrchr(text, '=');
	struct limit limit = { .text = text };
	char *regex, *end;
	bool ok;

	if (!equals || equals == text) {
		fprintf(stderr,
			"symconv: --max-regression %s: wanted: "
			"REGEX=PERCENT%%\n",
			text);
		return false;
	}
	limit.percent = strtod(equals + 1, &end);
	regex = mem_printf("%.*s", (int)(equals - text), text);
	ok = end != equals + 1 && (!*end || strcmp(end, "%") == 0) &&
	     limit.percent >= 0;
	if (!ok)
		fprintf(stderr,
			"symconv: --max-regression %s: %s is no percentage\n",
			text, equals + 1);
	else if (regcomp(&limit.regex, regex, REG_EXTENDED | REG_NOSUB) != 0) {
		fprintf(stderr,
			"symconv: --max-regression %s: not a regular "
			"expression\n",
			text);
		ok = false;
	} else {
		*vec_add(&limits->items) = limit;
	}
	free(regex);
	return ok;
}

static bool limits_init(struct limits *limits, const struct options *options)
{
	*limits = (struct limits){ 0 };
	for (size_t i = 0; i < options->max_regressions.n; i++)
		if (!parse_limit(limits, options->max_regressions.items[i]))
			return false;
	return true;
}

static void limits_release(struct limits *limits)
{
	for (size_t i = 0; i < limits->items.n; i++)
		regfree(&limits->items.items[i].regex);
	vec_release(&limits->items);
}

static void print_breach(const struct comparison *comparison, const char *name,
			 double base, double new, double percent)
{
	const char *unit = comparison_unit(comparison);
	char before[32], after[32], shown[1024], change[64];

	if (base == 0)
		snprintf(change, sizeof(change), "new");
	else
		snprintf(change, sizeof(change), "%+.1f%%",
			 diff_percent(base, new));
	fprintf(stderr,
		"symconv: regression: %s: %s -> %s (%s, allowed "
		"%+g%%)\n",
		text_escape(shown, sizeof(shown), name),
		weight_text(profile_round(base), unit, before, sizeof(before)),
		weight_text((int64_t) new, unit, after, sizeof(after)), change,
		percent);
}

/* Growth that cannot be seen in the whole is none. */
static const double least_share = 0.001;

/* Of a function with what it calls. */
static size_t check_row(const struct comparison *comparison,
			struct limits *limits, const struct diff_row *row)
{
	double growth = row->new_cum - row->base_cum;
	double floor =
		least_share * fabs(comparison->functions.diff.base_total);
	size_t n = 0;

	for (size_t i = 0; i < limits->items.n; i++) {
		struct limit *limit = &limits->items.items[i];

		if (regexec(&limit->regex, row->name, 0, NULL, 0) != 0)
			continue;
		limit->is_of_any = true;
		if (n > 0 || growth <= 0 || growth < floor ||
		    diff_percent(row->base_cum, row->new_cum) <= limit->percent)
			continue;
		print_breach(comparison, row->name, row->base_cum, row->new_cum,
			     limit->percent);
		n++;
	}
	return n;
}

/* As amounts: shares of the whole are always the whole. */
static size_t check_total(const struct comparison *comparison)
{
	const struct options *options = comparison->options;
	double base = (double)comparison->functions.base.total;
	double new = (double)comparison->functions.new.total;

	if (!options->has_max_total || new <= base ||
	    diff_percent(base, new) <= options->max_total)
		return 0;
	print_breach(comparison, "total", base, new, options->max_total);
	return 1;
}

static void warn_of_idle_limits(const struct limits *limits)
{
	for (size_t i = 0; i < limits->items.n; i++)
		if (!limits->items.items[i].is_of_any)
			fprintf(stderr,
				"symconv: warning: --max-regression %s is of "
				"no "
				"function in either input\n",
				limits->items.items[i].text);
}

static int check_limits(const struct comparison *comparison,
			struct limits *limits)
{
	const struct diff *diff = &comparison->functions.diff;
	size_t n = 0;

	for (size_t i = 0; i < diff->rows.n; i++)
		if (diff->rows.items[i].base_cum != 0 ||
		    diff->rows.items[i].new_cum != 0)
			n += check_row(comparison, limits,
				       &diff->rows.items[i]);
	n += check_total(comparison);
	warn_of_idle_limits(limits);
	return n > 0 ? EXIT_REGRESSION : EXIT_SUCCESS;
}

/* Where nothing ran nothing can have grown: that is no success. */
static bool has_something(const struct options *options,
			  const struct conversion *new, struct err *err)
{
	if (new->read.n_samples > 0 ||
	    (options->max_regressions.n == 0 && !options->has_max_total))
		return true;
	return err_set(err, "%s: no samples, so the limits say nothing",
		       new->input);
}

/* ---- the command ---- */

static bool write_outputs(const struct options *options,
			  const struct comparison *comparison, struct err *err)
{
	bool ok = true;

	for (size_t i = 0; ok && i < options->outputs.n; i++) {
		const struct output *output = &options->outputs.items[i];
		struct buf bytes = { 0 };

		ok = comparison_render(comparison, output->format, &bytes,
				       err) &&
		     output_write(output->path, output->format, &bytes, err);
		buf_release(&bytes);
	}
	return ok;
}

static void summarize(const struct options *options,
		      const struct conversion *conversion)
{
	const struct coverage *coverage = &conversion->coverage;
	const struct read_stats *read = &conversion->read;
	char name[512];

	if (options->symbols.is_quiet)
		return;
	fprintf(stderr, "%s: %" PRIu64 " samples, %.2f%% of the weight named",
		text_escape(name, sizeof(name), conversion->input),
		read->n_samples,
		coverage_percent(coverage->by_reason[REASON_NAMED].weight,
				 coverage->weight));
	if (read->n_lost + read->n_damaged + read->n_filtered > 0)
		fprintf(stderr,
			"; %" PRIu64 " lost, %" PRIu64 " damaged, %" PRIu64
			" left out",
			read->n_lost, read->n_damaged, read->n_filtered);
	if (read->n_bpf_filtered > 0)
		fprintf(stderr, "; %" PRIu64 " filtered by BPF",
			read->n_bpf_filtered);
	fputc('\n', stderr);
}

static int compare(const struct options *options, struct limits *limits)
{
	struct conversion base = { 0 }, new = { 0 };
	struct comparison comparison = { 0 };
	int status = EXIT_FAILURE;
	struct err err;

	if (conversion_run(&base, options, options->inputs.items[0], &err) &&
	    conversion_run(&new, options, options->inputs.items[1], &err) &&
	    has_something(options, &new, &err) &&
	    comparison_init(&comparison, options, &base, &new, &err) &&
	    write_outputs(options, &comparison, &err)) {
		summarize(options, &base);
		summarize(options, &new);
		status = check_limits(&comparison, limits);
	} else {
		fprintf(stderr, "symconv: %s\n", err.text);
	}
	comparison_release(&comparison);
	conversion_release(&base);
	conversion_release(&new);
	return status;
}

static bool check_formats(const struct options *options)
{
	for (size_t i = 0; i < options->outputs.n; i++) {
		enum output_format format = options->outputs.items[i].format;

		if (!comparison_has_format(format)) {
			fprintf(stderr,
				"symconv: a difference is written as top, "
				"pprof, html or svg, not as %s\n",
				output_format_word(format));
			return false;
		}
	}
	return true;
}

static int run(const struct options *options)
{
	struct limits limits;
	int status = EXIT_USAGE;

	if (limits_init(&limits, options) && check_formats(options))
		status = compare(options, &limits);
	limits_release(&limits);
	return status;
}

int diff_main(int argc, char **argv)
{
	static const struct command command = {
		.word = "diff",
		.usage =
			"Usage: symconv diff BASE NEW [-o OUT]... [OPTION]...\n"
			"What changed from one capture or profile to another: "
			"a table, a pprof profile\n"
			"with negative values, or a flame graph (red grew, "
			"blue shrank).\n"
			"\n"
			"  symconv diff old.data new.data\n"
			"  symconv diff old.pb.gz new.pb.gz --normalize -o "
			"diff.html\n"
			"  symconv diff old.pb.gz new.pb.gz --max-regression "
			"'^parse_=5%' --max-total 10%\n"
			"\n"
			"      --normalize        scale NEW to the total of "
			"BASE\n"
			"      --by WHAT          function (the default) or "
			"line\n"
			"      --cum              functions with what they "
			"call\n"
			"      --max-regression REGEX=PERCENT%\n"
			"                         exit 3 if a function of such "
			"a name weighs, with what it\n"
			"                         calls, more than PERCENT "
			"more than in BASE,\n"
			"                         and by 0.1% of the whole or "
			"more; may be repeated\n"
			"      --max-total PERCENT  exit 3 if all of NEW "
			"weighs "
			"more than PERCENT more\n",
		.min_inputs = 2,
		.max_inputs = 2,
		.format = FORMAT_TOP,
		.output = "-",
		.raw = RAW_OFFSET,
	};

	return options_run(&command, argc, argv, run);
}

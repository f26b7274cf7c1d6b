#include "config.h"
#include "cmd/merge.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/text.h"
#include "cmd/conversion.h"
#include "cmd/options.h"
#include "cmd/outputs.h"
#include "profile/merge.h"

/* All inputs so far. */
struct merged {
	struct profile profile;
	uint64_t n_samples;
	bool keeps_labels; /* those of an input */
};

static bool add(struct merged *merged, const struct options *options,
		const char *input, struct err *err)
{
	static const struct merge_options as_it_is = { .factor = 1 };
	struct conversion conversion;
	bool ok = conversion_run(&conversion, options, input, err);

	if (ok && !profile_merge(&merged->profile, &conversion.profile,
				 &as_it_is, err))
		ok = err_prefix(err, "%s", input);
	merged->n_samples += conversion.read.n_samples;
	merged->keeps_labels |= conversion.read.keeps_labels;
	conversion_release(&conversion);
	return ok;
}

static bool write_merged(struct merged *merged, const struct options *options,
			 size_t *sizes, struct err *err)
{
	struct coverage coverage;

	coverage_init(&coverage, &merged->profile);
	coverage_add_comments(&coverage, &merged->profile);
	coverage_release(&coverage);
	return outputs_write(options, &merged->profile, merged->keeps_labels,
			     sizes, err);
}

static void summarize(const struct merged *merged,
		      const struct options *options, const size_t *sizes)
{
	char name[512];

	if (options->symbols.is_quiet)
		return;
	fprintf(stderr, "%zu inputs, %" PRIu64 " samples, %zu unique stacks\n",
		options->inputs.n, merged->n_samples, merged->profile.stacks.n);
	for (size_t i = 0; i < options->outputs.n; i++)
		fprintf(stderr, "wrote %s (%zu bytes)\n",
			text_escape(name, sizeof(name),
				    options->outputs.items[i].path),
			sizes[i]);
}

static int run(const struct options *options)
{
	size_t *sizes = mem_zalloc(options->outputs.n, sizeof(*sizes));
	struct merged merged = { 0 };
	struct err err;
	bool ok = true;

	profile_init(&merged.profile);
	for (size_t i = 0; ok && i < options->inputs.n; i++)
		ok = add(&merged, options, options->inputs.items[i], &err);
	ok = ok && write_merged(&merged, options, sizes, &err);
	if (ok)
		summarize(&merged, options, sizes);
	else
		fprintf(stderr, "symconv: %s\n", err.text);
	profile_release(&merged.profile);
	free(sizes);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int merge_main(int argc, char **argv)
{
	static const struct command command = {
		.word = "merge",
		.usage = "Usage: symconv merge INPUT... [-o OUT]... "
			 "[OPTION]...\n"
			 "Several captures or profiles as one, which has the "
			 "samples of all. They must\n"
			 "count the same.\n"
			 "\n"
			 "  symconv merge host*.data -o all.pb.gz\n"
			 "  symconv merge a.folded b.folded -o both.html\n",
		.min_inputs = 1,
		.max_inputs = SIZE_MAX,
		.format = FORMAT_PPROF,
		.output = "merged.pb.gz",
	};

	return options_run(&command, argc, argv, run);
}

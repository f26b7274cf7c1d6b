#include "config.h"
#include "cmd/outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "conv/gecko_write.h"

bool outputs_hide_labels(const struct options *options, struct profile *profile)
{
	uint32_t keys[2];
	size_t n = 0;

	if (options->split.by_tid && !options->asked_split.by_tid)
		keys[n++] = profile_add_string(profile, "tid");
	if (options->split.by_time && !options->asked_split.by_time)
		keys[n++] = profile_add_string(profile, "timestamp_ns");
	if (n > 0)
		profile_drop_labels(profile, keys, n);
	return n > 0;
}

static bool wants_split(const struct options *options,
			const struct output *output)
{
	struct sample_split split = options->asked_split;

	output_format_split(output->format, &options->look, &split);
	return memcmp(&split, &options->asked_split, sizeof(split)) != 0;
}

/* Values below 0, of differences, have no place in most formats. */
static void warn_of_negative(const struct profile *profile,
			     const struct output *output, uint32_t type)
{
	size_t n = 0;
	char name[512];

	for (size_t i = 0; i < profile->samples.n; i++)
		n += profile->values
			     .items[profile->samples.items[i].first_value +
				    type] < 0;
	if (n > 0)
		fprintf(stderr,
			"symconv: warning: %zu stacks with negative values are "
			"not in %s: %s has no place for them\n",
			n, text_escape(name, sizeof(name), output->path),
			output_format_word(output->format));
}

static void render(const struct options *options, const struct profile *profile,
		   bool is_split, struct buf *bytes)
{
	for (size_t i = 0; i < options->outputs.n; i++) {
		const struct output *output = &options->outputs.items[i];

		if (wants_split(options, output) != is_split)
			continue;
		output_render(profile, output->format, &options->look,
			      &bytes[i]);
		if (output->format != FORMAT_PPROF &&
		    output->format != FORMAT_TOP)
			warn_of_negative(profile, output,
					 output->format == FORMAT_GECKO
						 ? gecko_count_type(profile)
						 : profile->default_type);
	}
}

bool outputs_write(const struct options *options, struct profile *profile,
		   struct profile *plain, size_t *sizes, struct err *err)
{
	size_t n = options->outputs.n;
	struct buf *bytes = mem_zalloc(n, sizeof(*bytes));
	bool ok = true;

	render(options, profile, true, bytes);
	if (!plain)
		outputs_hide_labels(options, profile);
	render(options, plain ? plain : profile, false, bytes);
	for (size_t i = 0; i < n; i++) {
		const struct output *output = &options->outputs.items[i];

		sizes[i] = bytes[i].size;
		/* pprof has its file open already when it calls. */
		if (ok && options->types == TYPES_PERF_TO_PROFILE)
			ok = file_overwrite(output->path, bytes[i].bytes,
					    bytes[i].size, err);
		else if (ok)
			ok = output_write(output->path, output->format,
					  &bytes[i], err);
		buf_release(&bytes[i]);
	}
	free(bytes);
	return ok;
}

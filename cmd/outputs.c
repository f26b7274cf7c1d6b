#include "config.h"
#include "cmd/outputs.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"

/* What samples are told apart by for some outputs only. */
static size_t hidden_labels(const struct options *options,
			    struct profile *profile, uint32_t keys[2])
{
	size_t n = 0;

	if (options->split.by_tid && !options->asked_split.by_tid)
		keys[n++] = profile_add_string(profile, "tid");
	if (options->split.by_time && !options->asked_split.by_time)
		keys[n++] = profile_add_string(profile, "timestamp_ns");
	return n;
}

static bool wants_split(const struct options *options,
			const struct output *output)
{
	struct sample_split split = options->asked_split;

	output_format_split(output->format, &options->look, &split);
	return memcmp(&split, &options->asked_split, sizeof(split)) != 0;
}

/* Outputs that need samples told apart by more than was asked for come first;
 * then that is taken away for the others. */
static void render(const struct options *options, struct profile *profile,
		   bool keeps_labels, struct buf *bytes)
{
	uint32_t keys[2];
	size_t n_keys =
		keeps_labels ? 0 : hidden_labels(options, profile, keys);

	for (size_t i = 0; i < options->outputs.n; i++)
		if (wants_split(options, &options->outputs.items[i]))
			output_render(profile, options->outputs.items[i].format,
				      &options->look, &bytes[i]);
	if (n_keys > 0)
		profile_drop_labels(profile, keys, n_keys);
	for (size_t i = 0; i < options->outputs.n; i++)
		if (!wants_split(options, &options->outputs.items[i]))
			output_render(profile, options->outputs.items[i].format,
				      &options->look, &bytes[i]);
}

bool outputs_write(const struct options *options, struct profile *profile,
		   bool keeps_labels, size_t *sizes, struct err *err)
{
	size_t n = options->outputs.n;
	struct buf *bytes = mem_zalloc(n, sizeof(*bytes));
	bool ok = true;

	render(options, profile, keeps_labels, bytes);
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

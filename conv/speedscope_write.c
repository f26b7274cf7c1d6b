/*
 * Every stack is encoded once, which numbers the frames, and then copied for
 * each sample of it.
 */
#include "config.h"
#include "conv/speedscope_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/intern.h"
#include "conv/json_text.h"
#include "conv/sample_order.h"

struct writer {
	const struct profile *profile;
	const struct speedscope_options *options;
	struct sample_order order;
	struct intern frames;	   /* as JSON; the first is number 1 */
	uint32_t *function_frames; /* 0: none yet */
	uint32_t *raw_frames;	   /* of locations without a name */
	struct buf stacks;	   /* as JSON, one after the other */
	size_t *stack_places;	   /* n_stacks + 1 of them */
	struct buf scratch;
	struct buf *out;
	bool has_profiles;
};

/* ---- frames ---- */

/* The number of the frame; file: "" if unknown; line: 0 if unknown. */
static uint32_t add_frame(struct writer *writer, const char *name,
			  const char *file, uint32_t line)
{
	struct buf *json = &writer->scratch;

	json->size = 0;
	json_add(json, "{\"name\":");
	json_add_string(json, name);
	if (*file) {
		json_add(json, ",\"file\":");
		json_add_string(json, file);
	}
	if (*file && line) {
		json_add(json, ",\"line\":");
		json_add_number(json, line);
	}
	json_add(json, "}");
	return intern_add_bytes(&writer->frames, (const char *)json->bytes,
				json->size);
}

static uint32_t function_frame(struct writer *writer, uint32_t number)
{
	const struct profile *profile = writer->profile;
	const struct function *function = &profile->functions.items[number];
	uint32_t *frame = &writer->function_frames[number];

	if (*frame == 0)
		*frame = add_frame(writer,
				   profile_string(profile, function->name),
				   profile_string(profile, function->filename),
				   function->start_line);
	return *frame;
}

static uint32_t raw_frame(struct writer *writer, uint32_t number)
{
	const struct profile *profile = writer->profile;
	const struct location *location = &profile->locations.items[number];
	uint32_t *frame = &writer->raw_frames[number];
	const char *file = "";
	char raw[RAW_NAME_MAX];

	if (location->module != NO_MODULE)
		file = profile_string(
			profile, profile->modules.items[location->module].path);
	if (*frame == 0)
		*frame = add_frame(writer,
				   location_raw_name(profile, location,
						     writer->options->raw, raw),
				   file, 0);
	return *frame;
}

/* ---- stacks ---- */

static void add_to_stack(struct writer *writer, uint32_t frame)
{
	json_add_number(&writer->stacks, (int64_t)frame - 1);
	buf_add(&writer->stacks, ",", 1);
}

static void encode_location(struct writer *writer, uint32_t number)
{
	const struct profile *profile = writer->profile;
	const struct location *location = &profile->locations.items[number];

	/* The outermost function first; the last ones are inlined. */
	for (uint32_t i = location->n_frames; i > 0; i--)
		add_to_stack(
			writer,
			function_frame(
				writer,
				profile->frames
					.items[location->first_frame + i - 1]
					.function));
	if (location->n_frames == 0)
		add_to_stack(writer, raw_frame(writer, number));
}

static void encode_stacks(struct writer *writer)
{
	const struct profile *profile = writer->profile;

	for (size_t i = 0; i < profile->stacks.n; i++) {
		const struct stack *stack = &profile->stacks.items[i];

		writer->stack_places[i] = writer->stacks.size;
		buf_add(&writer->stacks, "[", 1);
		for (uint32_t k = stack->n; k > 0; k--)
			encode_location(writer,
					profile->stack_locations
						.items[stack->first + k - 1]);
		/* In place of the last comma. */
		writer->stacks.size -= stack->n > 0;
		buf_add(&writer->stacks, "],", 2);
	}
	writer->stack_places[profile->stacks.n] = writer->stacks.size;
}

static void write_frames(struct writer *writer)
{
	json_add(writer->out, "\"shared\":{\"frames\":[\n");
	for (uint32_t i = 1; i < writer->frames.n; i++) {
		if (i > 1)
			json_add(writer->out, ",\n");
		json_add(writer->out, intern_get(&writer->frames, i));
	}
	json_add(writer->out, "\n]},\n");
}

/* ---- profiles ---- */

static int64_t value_of(const struct writer *writer, size_t place, size_t type)
{
	const struct profile *profile = writer->profile;
	uint32_t sample = writer->order.samples[place];

	return profile->values
		.items[profile->samples.items[sample].first_value + type];
}

/* What a thread's samples add up to. */
static int64_t total_of(const struct writer *writer,
			const struct sample_thread *thread, size_t type)
{
	int64_t total = 0;

	for (size_t i = 0; i < thread->n; i++) {
		int64_t value = value_of(writer, thread->first + i, type);

		if (value > 0 && __builtin_add_overflow(total, value, &total))
			return INT64_MAX;
	}
	return total;
}

static const char *unit_of(const char *unit)
{
	static const char *const units[] = { "nanoseconds", "microseconds",
					     "milliseconds", "seconds",
					     "bytes" };

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(unit, units[i]) == 0)
			return unit;
	return "none";
}

/* "cpu", or of a thread "comm pid: 1 tid: 2 (cpu)". */
static void write_name(struct writer *writer,
		       const struct sample_thread *thread, size_t type)
{
	const struct profile *profile = writer->profile;
	const char *what =
		profile_string(profile, profile->types.items[type].type);
	char *name;

	if (!writer->order.has_tids)
		name = mem_strdup(what);
	else
		name = mem_printf("%s pid: %lld tid: %lld (%s)",
				  profile_string(profile, thread->thread_comm),
				  (long long)thread->pid,
				  (long long)thread->tid, what);
	json_add_string(writer->out, name);
	free(name);
}

static void write_samples(struct writer *writer,
			  const struct sample_thread *thread, size_t type)
{
	const struct profile *profile = writer->profile;
	size_t before;

	json_add(writer->out, ",\n\"samples\":[");
	before = writer->out->size;
	for (size_t i = thread->first; i < thread->first + thread->n; i++) {
		uint32_t stack =
			profile->samples.items[writer->order.samples[i]].stack;
		size_t place = writer->stack_places[stack];

		if (value_of(writer, i, type) > 0)
			buf_add(writer->out, writer->stacks.bytes + place,
				writer->stack_places[stack + 1] - place);
	}
	writer->out->size -= writer->out->size > before;
	json_add(writer->out, "],\n\"weights\":[");
	before = writer->out->size;
	for (size_t i = thread->first; i < thread->first + thread->n; i++) {
		int64_t value = value_of(writer, i, type);

		if (value <= 0)
			continue;
		json_add_number(writer->out, value);
		buf_add(writer->out, ",", 1);
	}
	writer->out->size -= writer->out->size > before;
	json_add(writer->out, "]}");
}

static void write_profile(struct writer *writer,
			  const struct sample_thread *thread, size_t type,
			  int64_t total)
{
	const struct profile *profile = writer->profile;
	struct buf *out = writer->out;

	json_add(out, writer->has_profiles ? ",\n" : "");
	writer->has_profiles = true;
	json_add(out, "{\"type\":\"sampled\",\"name\":");
	write_name(writer, thread, type);
	json_add(out, ",\"unit\":\"");
	json_add(out, unit_of(profile_string(profile,
					     profile->types.items[type].unit)));
	json_add(out, "\",\"startValue\":0,\"endValue\":");
	json_add_number(out, total);
	write_samples(writer, thread, type);
}

struct weighed_thread {
	int64_t total;
	uint32_t number;
};

static int compare_threads(const void *a, const void *b)
{
	const struct weighed_thread *x = a, *y = b;

	if (x->total != y->total)
		return x->total > y->total ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static struct weighed_thread *weigh_threads(const struct writer *writer)
{
	size_t n = writer->order.threads.n;
	struct weighed_thread *weighed = mem_zalloc(n, sizeof(*weighed));

	for (uint32_t i = 0; i < n; i++)
		weighed[i] = (struct weighed_thread){
			.total = total_of(writer,
					  &writer->order.threads.items[i],
					  writer->profile->default_type),
			.number = i,
		};
	if (n > 0)
		qsort(weighed, n, sizeof(*weighed), compare_threads);
	return weighed;
}

static void write_type(struct writer *writer,
		       const struct weighed_thread *weighed, size_t type)
{
	for (size_t i = 0; i < writer->order.threads.n; i++) {
		const struct sample_thread *thread =
			&writer->order.threads.items[weighed[i].number];
		int64_t total = total_of(writer, thread, type);

		if (total > 0)
			write_profile(writer, thread, type, total);
	}
}

static void write_profiles(struct writer *writer)
{
	const struct profile *profile = writer->profile;
	struct weighed_thread *weighed = weigh_threads(writer);

	json_add(writer->out, "\"profiles\":[\n");
	write_type(writer, weighed, profile->default_type);
	for (size_t i = 0; i < profile->types.n; i++)
		if (i != profile->default_type)
			write_type(writer, weighed, i);
	/* speedscope wants one, be it empty. */
	if (!writer->has_profiles)
		write_profile(writer, &(struct sample_thread){ 0 },
			      profile->default_type, 0);
	json_add(writer->out, "\n]}\n");
	free(weighed);
}

/* ---- all of it ---- */

static const char *title_of(const struct profile *profile)
{
	const char *path, *slash;

	if (profile->main_module == NO_MODULE)
		return "profile";
	path = profile_string(
		profile, profile->modules.items[profile->main_module].path);
	slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void write_head(struct writer *writer)
{
	json_add(writer->out,
		 "{\"$schema\":"
		 "\"https://www.speedscope.app/file-format-schema.json\",\n"
		 "\"exporter\":\"" PACKAGE_STRING "\",\"name\":");
	json_add_string(writer->out, title_of(writer->profile));
	json_add(writer->out, ",\"activeProfileIndex\":0,\n");
}

void speedscope_write(const struct profile *profile,
		      const struct speedscope_options *options, struct buf *out)
{
	struct writer writer = {
		.profile = profile,
		.options = options,
		.out = out,
	};

	if (profile->types.n == 0)
		return;
	writer.function_frames =
		mem_zalloc(profile->functions.n, sizeof(uint32_t));
	writer.raw_frames = mem_zalloc(profile->locations.n, sizeof(uint32_t));
	writer.stack_places = mem_zalloc(profile->stacks.n + 1, sizeof(size_t));
	intern_init(&writer.frames);
	sample_order_init(&writer.order, profile, THREADS_BY_TID);
	encode_stacks(&writer);
	write_head(&writer);
	write_frames(&writer);
	write_profiles(&writer);
	sample_order_release(&writer.order);
	intern_release(&writer.frames);
	buf_release(&writer.stacks);
	buf_release(&writer.scratch);
	free(writer.function_frames);
	free(writer.raw_frames);
	free(writer.stack_places);
}

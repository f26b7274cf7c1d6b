#include "config.h"
#include "profile/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/slots.h"
#include "base/text.h"
#include "profile/coverage.h"
#include "profile/file_proof.h"
#include "profile/value_shown.h"

/* What became of the numbers of the profile that is added; UINT32_MAX: not
 * needed yet. */
struct merging {
	struct profile *into;
	const struct profile *from;
	const struct merge_options *options;
	struct slots slots; /* of the modules there */
	uint32_t *modules;
	uint32_t *locations;
	uint32_t *label_sets;
	VEC(uint32_t) stack;
	VEC(struct frame) frames;
	VEC(struct label) labels;
};

static uint32_t string_of(struct merging *merging, uint32_t number)
{
	return profile_add_string(merging->into,
				  profile_string(merging->from, number));
}

static uint32_t *new_numbers(size_t n)
{
	uint32_t *numbers = mem_zalloc(n + 1, sizeof(*numbers));

	memset(numbers, 0xff, (n + 1) * sizeof(*numbers));
	return numbers;
}

/* ---- modules ---- */

/* The build id that was captured, or found. */
static const struct build_id *id_of(const struct module *module)
{
	return module->build_id.size ? &module->build_id
				     : &module->found_build_id;
}

/* What has an address of its own in memory must have lain there. */
static bool is_same_place(const struct module *a, const struct module *b)
{
	const uint64_t page_mask = 4095;

	return module_has_offsets(a->kind) ||
	       (a->start & ~page_mask) == (b->start & ~page_mask);
}

/* Whether equal addresses of both are the same code, and print alike. A build
 * id tells more than what else is known of a file. */
static bool module_equal(const void *context, const void *key, uint32_t number)
{
	const struct merging *merging = context;
	const struct module *a = key;
	const struct module *b = &merging->into->modules.items[number];

	if (a->path != b->path || a->kind != b->kind || a->pid != b->pid ||
	    a->ksymbol != b->ksymbol || a->ref_symbol != b->ref_symbol ||
	    !is_same_place(a, b) || !build_id_equal(id_of(a), id_of(b)))
		return false;
	return id_of(a)->size > 0 || a->inode == b->inode;
}

static uint32_t hash_module(const struct module *module)
{
	return module->path * UINT32_C(0x9e3779b1) + module->pid;
}

static void index_modules(struct merging *merging)
{
	const struct profile *into = merging->into;

	slots_init(&merging->slots, 64);
	for (uint32_t i = 0; i < into->modules.n; i++)
		slots_find_or_add(
			&merging->slots, hash_module(&into->modules.items[i]),
			module_equal, merging, &into->modules.items[i], i);
}

static void widen(struct module *module, const struct module *other)
{
	if (other->start < module->start)
		module->start = other->start;
	if (other->limit > module->limit)
		module->limit = other->limit;
	if (module->segments.n == 0)
		for (size_t i = 0; i < other->segments.n; i++)
			*vec_add(&module->segments) = other->segments.items[i];
	for (size_t i = 0; i < other->ranges.n; i++)
		module_add_range(module, &other->ranges.items[i]);
}

static uint32_t module_of(struct merging *merging, uint32_t number)
{
	const struct module *from = &merging->from->modules.items[number];
	struct profile *into = merging->into;
	uint32_t next = (uint32_t)into->modules.n, known;
	struct module module = *from;

	if (merging->modules[number] != UINT32_MAX)
		return merging->modules[number];
	module.path = string_of(merging, from->path);
	module.ref_symbol = string_of(merging, from->ref_symbol);
	module.ksymbol = string_of(merging, from->ksymbol);
	module.note = string_of(merging, from->note);
	module.belief = string_of(merging, from->belief);
	memset(&module.segments, 0, sizeof(module.segments));
	memset(&module.ranges, 0, sizeof(module.ranges));
	known = slots_find_or_add(&merging->slots, hash_module(&module),
				  module_equal, merging, &module, next);
	if (known == next)
		profile_add_module(into, &module);
	widen(&into->modules.items[known], from);
	merging->modules[number] = known;
	return known;
}

/* ---- locations ---- */

static void take_frames(struct merging *merging,
			const struct location *location)
{
	const struct profile *from = merging->from;

	merging->frames.n = 0;
	for (uint32_t i = 0; i < location->n_frames; i++) {
		struct frame frame =
			from->frames.items[location->first_frame + i];
		const struct function *function =
			&from->functions.items[frame.function];

		frame.function = profile_add_function(
			merging->into,
			&(struct function){
				.name = string_of(merging, function->name),
				.system_name = string_of(merging,
							 function->system_name),
				.filename =
					string_of(merging, function->filename),
				.start_line = function->start_line,
			});
		*vec_add(&merging->frames) = frame;
	}
}

static uint32_t location_of(struct merging *merging, uint32_t number)
{
	struct location location = merging->from->locations.items[number];
	uint32_t *known = &merging->locations[number];

	if (*known != UINT32_MAX)
		return *known;
	take_frames(merging, &location);
	if (location.module != NO_MODULE)
		location.module = module_of(merging, location.module);
	if (location.n_frames > 0) {
		*known = profile_add_named_location(
			merging->into, &location, merging->frames.items,
			(uint32_t)merging->frames.n);
		return *known;
	}
	*known = location.is_unmapped
			 ? profile_add_any_unmapped(merging->into)
			 : profile_add_location(merging->into, location.module,
						location.address);
	merging->into->locations.items[*known].reason = location.reason;
	return *known;
}

static uint32_t stack_of(struct merging *merging, uint32_t number)
{
	const struct stack *stack = &merging->from->stacks.items[number];

	merging->stack.n = 0;
	for (uint32_t i = 0; i < stack->n; i++) {
		uint32_t location = location_of(
			merging,
			merging->from->stack_locations.items[stack->first + i]);

		*vec_add(&merging->stack) = location;
	}
	return profile_add_stack(merging->into, merging->stack.items, stack->n);
}

/* ---- samples ---- */

static uint32_t labels_of(struct merging *merging, uint32_t number)
{
	const struct label_set *set = &merging->from->label_sets.items[number];
	uint32_t *known = &merging->label_sets[number];

	if (*known != UINT32_MAX)
		return *known;
	merging->labels.n = 0;
	for (uint32_t i = 0; i < set->n; i++) {
		struct label label =
			merging->from->labels.items[set->first + i];

		label.key = string_of(merging, label.key);
		label.text = string_of(merging, label.text);
		label.unit = string_of(merging, label.unit);
		*vec_add(&merging->labels) = label;
	}
	if (merging->options->label) {
		struct label label = {
			.key = profile_add_string(merging->into,
						  merging->options->label),
			.text = profile_add_string(merging->into, "true"),
		};

		*vec_add(&merging->labels) = label;
	}
	*known = profile_add_labels(merging->into, merging->labels.items,
				    (uint32_t)merging->labels.n);
	return *known;
}

static int64_t scale(int64_t value, double factor)
{
	/* Exactly, also what a double cannot hold. */
	if (factor == 1)
		return value;
	if (factor == -1)
		return value == INT64_MIN ? INT64_MAX : -value;
	return profile_round((double)value * factor);
}

static void add_samples(struct merging *merging)
{
	const struct profile *from = merging->from;
	struct profile *into = merging->into;

	for (size_t i = 0; i < from->samples.n; i++) {
		const struct sample *sample = &from->samples.items[i];
		uint32_t stack = stack_of(merging, sample->stack);
		uint32_t labels = labels_of(merging, sample->labels);
		uint32_t number = profile_add_sample(into, stack, labels);
		size_t first = into->samples.items[number].first_value;

		for (size_t j = 0; j < into->types.n; j++)
			profile_add_to_value(
				into, first + j,
				scale(from->values
					      .items[sample->first_value + j],
				      merging->options->factor));
	}
}

/* ---- what stands beside ---- */

static struct value_type type_of(struct merging *merging,
				 const struct value_type *type)
{
	return (struct value_type){ string_of(merging, type->type),
				    string_of(merging, type->unit) };
}

static bool is_same_type(const struct value_type *a, const struct value_type *b)
{
	return a->type == b->type && a->unit == b->unit;
}

static bool check_types(struct merging *merging, struct err *err)
{
	const struct profile *from = merging->from;
	struct profile *into = merging->into;

	for (size_t i = 0; i < from->types.n; i++) {
		struct value_type type =
			type_of(merging, &from->types.items[i]);

		if (into->types.n != from->types.n ||
		    !is_same_type(&type, &into->types.items[i]))
			return err_set(
				err, "what it counts differs (%s, not %s)",
				profile_string(into, type.type),
				i < into->types.n
					? profile_string(
						  into,
						  into->types.items[i].type)
					: "nothing more");
	}
	return true;
}

static void copy_head(struct merging *merging)
{
	const struct profile *from = merging->from;
	struct profile *into = merging->into;

	for (size_t i = 0; i < from->types.n; i++) {
		struct value_type type =
			type_of(merging, &from->types.items[i]);

		*vec_add(&into->types) = type;
	}
	into->default_type = from->default_type;
	into->is_type_chosen = from->is_type_chosen;
	into->period_type = type_of(merging, &from->period_type);
	into->drop_frames = string_of(merging, from->drop_frames);
	into->keep_frames = string_of(merging, from->keep_frames);
	into->doc_url = string_of(merging, from->doc_url);
	if (from->main_module != NO_MODULE)
		into->main_module = module_of(merging, from->main_module);
}

/* Each once; how much has no name is to be told of the whole. */
static void add_comment(struct profile *into, uint32_t text)
{
	if (text_starts_with(profile_string(into, text), COVERAGE_COMMENT) ||
	    text_starts_with(profile_string(into, text), FILE_PROOF_COMMENT))
		return;
	for (size_t i = 0; i < into->comments.n; i++)
		if (into->comments.items[i] == text)
			return;
	*vec_add(&into->comments) = text;
}

/* As pprof's merging does it: the earliest begin, all of the durations, the
 * largest period. */
static void merge_head(struct merging *merging)
{
	const struct profile *from = merging->from;
	struct profile *into = merging->into;

	if (into->time_ns == 0 ||
	    (from->time_ns != 0 && from->time_ns < into->time_ns))
		into->time_ns = from->time_ns;
	if (__builtin_add_overflow(into->duration_ns, from->duration_ns,
				   &into->duration_ns))
		into->duration_ns = INT64_MAX;
	if (from->period > into->period)
		into->period = from->period;
	/* What is shown is of the whole. */
	if (from->default_type != into->default_type && !into->is_type_chosen) {
		into->default_type = profile_most_sampled(into);
		into->period_type = into->types.items[into->default_type];
	}
	for (size_t i = 0; i < from->comments.n; i++)
		add_comment(into, string_of(merging, from->comments.items[i]));
}

bool profile_merge(struct profile *into, const struct profile *from,
		   const struct merge_options *options, struct err *err)
{
	struct merging merging = {
		.into = into,
		.from = from,
		.options = options,
		.modules = new_numbers(from->modules.n),
		.locations = new_numbers(from->locations.n),
		.label_sets = new_numbers(from->label_sets.n),
	};
	bool ok;

	index_modules(&merging);
	if (into->types.n == 0)
		copy_head(&merging);
	ok = check_types(&merging, err);
	if (ok) {
		add_samples(&merging);
		merge_head(&merging);
	}
	slots_release(&merging.slots);
	free(merging.modules);
	free(merging.locations);
	free(merging.label_sets);
	vec_release(&merging.stack);
	vec_release(&merging.frames);
	vec_release(&merging.labels);
	return ok;
}

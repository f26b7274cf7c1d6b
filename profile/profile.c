#include "config.h"
#include "profile/profile.h"

#include <math.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "base/slots.h"
#include "base/text.h"

struct profile_index {
	struct slots locations;
	struct slots named_locations;
	struct slots functions;
	struct slots stacks;
	struct slots label_sets;
	struct slots samples;
};

void profile_init(struct profile *profile)
{
	struct profile_index *index = mem_zalloc(1, sizeof(*index));

	*profile = (struct profile){ .main_module = NO_MODULE, .index = index };
	intern_init(&profile->strings);
	slots_init(&index->locations, 1024);
	slots_init(&index->named_locations, 64);
	slots_init(&index->functions, 1024);
	slots_init(&index->stacks, 1024);
	slots_init(&index->label_sets, 64);
	slots_init(&index->samples, 1024);
}

void profile_release(struct profile *profile)
{
	for (size_t i = 0; i < profile->modules.n; i++) {
		vec_release(&profile->modules.items[i].segments);
		vec_release(&profile->modules.items[i].ranges);
	}
	intern_release(&profile->strings);
	vec_release(&profile->types);
	vec_release(&profile->events);
	vec_release(&profile->modules);
	vec_release(&profile->locations);
	vec_release(&profile->frames);
	vec_release(&profile->functions);
	vec_release(&profile->stack_locations);
	vec_release(&profile->stacks);
	vec_release(&profile->labels);
	vec_release(&profile->label_sets);
	vec_release(&profile->samples);
	vec_release(&profile->values);
	vec_release(&profile->comments);
	vec_release(&profile->landmarks);
	vec_release(&profile->processes);
	vec_release(&profile->changed_stacks);
	if (profile->index) {
		slots_release(&profile->index->locations);
		slots_release(&profile->index->named_locations);
		slots_release(&profile->index->functions);
		slots_release(&profile->index->stacks);
		slots_release(&profile->index->label_sets);
		slots_release(&profile->index->samples);
		free(profile->index);
	}
	*profile = (struct profile){ 0 };
}

uint32_t profile_add_string(struct profile *profile, const char *text)
{
	return intern_add(&profile->strings, text);
}

const struct captured_process *profile_process(const struct profile *profile,
					       uint32_t pid)
{
	const struct captured_process *processes = profile->processes.items;
	size_t low = 0, high = profile->processes.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (processes[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < profile->processes.n && processes[low].pid == pid
		       ? &processes[low]
		       : NULL;
}

uint32_t profile_add_module(struct profile *profile,
			    const struct module *module)
{
	*vec_add(&profile->modules) = *module;
	return (uint32_t)(profile->modules.n - 1);
}

static bool contains(const struct mapped_range *outer,
		     const struct mapped_range *inner)
{
	uint64_t size = inner->limit - inner->start;
	uint64_t room = outer->limit - outer->start;

	return inner->file_off >= outer->file_off &&
	       inner->file_off - outer->file_off <= room &&
	       size <= room - (inner->file_off - outer->file_off);
}

void module_add_range(struct module *module, const struct mapped_range *range)
{
	enum { MAX_RANGES = 1024 };

	/* Of parts of a file that are mapped several times one will do. */
	for (size_t i = 0; i < module->ranges.n; i++)
		if (contains(&module->ranges.items[i], range))
			return;
	if (module->ranges.n < MAX_RANGES)
		*vec_add(&module->ranges) = *range;
}

static bool location_equal(const void *context, const void *key,
			   uint32_t number)
{
	const struct profile *profile = context;
	const struct location *a = key, *b = &profile->locations.items[number];

	return a->module == b->module && a->address == b->address &&
	       a->is_return == b->is_return;
}

/* One that may be there: what was seen once as code is no data. */
static uint32_t find_or_add_location(struct profile *profile,
				     struct location location)
{
	uint64_t key[2] = { location.address, location.module };
	uint32_t next = (uint32_t)profile->locations.n, number;

	location.reason =
		location.module == NO_MODULE ? REASON_UNMAPPED : REASON_PENDING;
	number = slots_find_or_add(&profile->index->locations,
				   (uint32_t)XXH3_64bits(key, sizeof(key)),
				   location_equal, profile, &location, next);
	if (number == next)
		*vec_add(&profile->locations) = location;
	else if (!location.is_data)
		profile->locations.items[number].is_data = false;
	return number;
}

uint32_t profile_add_location(struct profile *profile, uint32_t module,
			      uint64_t address)
{
	return find_or_add_location(profile, (struct location){
						     .module = module,
						     .address = address,
					     });
}

uint32_t profile_add_return_location(struct profile *profile, uint32_t module,
				     uint64_t address)
{
	return find_or_add_location(profile, (struct location){
						     .module = module,
						     .address = address,
						     .is_return = true,
					     });
}

uint32_t profile_add_data_location(struct profile *profile, uint32_t module,
				   uint64_t address)
{
	return find_or_add_location(profile, (struct location){
						     .module = module,
						     .address = address,
						     .is_data = true,
					     });
}

uint32_t profile_add_any_unmapped(struct profile *profile)
{
	if (!profile->unmapped) {
		*vec_add(&profile->locations) = (struct location){
			.module = NO_MODULE,
			.reason = REASON_UNMAPPED,
			.is_unmapped = true,
		};
		profile->unmapped = (uint32_t)profile->locations.n;
	}
	return profile->unmapped - 1;
}

uint32_t profile_add_unmapped(struct profile *profile, uint64_t address)
{
	return profile->keeps_unmapped
		       ? profile_add_location(profile, NO_MODULE, address)
		       : profile_add_any_unmapped(profile);
}

struct named_key {
	const struct location *location;
	const struct frame *frames;
	uint32_t n;
};

static bool named_location_equal(const void *context, const void *key,
				 uint32_t number)
{
	const struct profile *profile = context;
	const struct named_key *wanted = key;
	const struct location *a = wanted->location;
	const struct location *b = &profile->locations.items[number];

	return a->module == b->module && a->address == b->address &&
	       a->is_folded == b->is_folded && a->is_return == b->is_return &&
	       wanted->n == b->n_frames &&
	       memcmp(wanted->frames, &profile->frames.items[b->first_frame],
		      wanted->n * sizeof(struct frame)) == 0;
}

uint32_t profile_add_named_location(struct profile *profile,
				    const struct location *location,
				    const struct frame *frames, uint32_t n)
{
	struct named_key key = { location, frames, n };
	uint32_t next = (uint32_t)profile->locations.n, number;
	uint64_t place[2] = { location->address, location->module };

	number = slots_find_or_add(&profile->index->named_locations,
				   (uint32_t)XXH3_64bits_withSeed(
					   frames, n * sizeof(*frames),
					   XXH3_64bits(place, sizeof(place))),
				   named_location_equal, profile, &key, next);
	if (number == next) {
		*vec_add(&profile->locations) = (struct location){
			.module = location->module,
			.address = location->address,
			.is_folded = location->is_folded,
			.is_return = location->is_return,
		};
		profile_name_location(profile, number, frames, n);
		profile->locations.items[number].is_stated = true;
	}
	return number;
}

static bool function_equal(const void *context, const void *key,
			   uint32_t number)
{
	const struct profile *profile = context;

	return memcmp(key, &profile->functions.items[number],
		      sizeof(struct function)) == 0;
}

uint32_t profile_add_function(struct profile *profile,
			      const struct function *function)
{
	uint32_t next = (uint32_t)profile->functions.n, number;

	number = slots_find_or_add(
		&profile->index->functions,
		(uint32_t)XXH3_64bits(function, sizeof(*function)),
		function_equal, profile, function, next);
	if (number == next)
		*vec_add(&profile->functions) = *function;
	return number;
}

struct stack_key {
	const uint32_t *locations;
	uint32_t n;
};

static bool stack_equal(const void *context, const void *key, uint32_t number)
{
	const struct profile *profile = context;
	const struct stack *stack = &profile->stacks.items[number];
	const struct stack_key *wanted = key;

	return stack->n == wanted->n &&
	       (wanted->n == 0 ||
		memcmp(&profile->stack_locations.items[stack->first],
		       wanted->locations, wanted->n * sizeof(uint32_t)) == 0);
}

uint32_t profile_add_stack(struct profile *profile, const uint32_t *locations,
			   uint32_t n)
{
	struct stack_key key = { locations, n };
	uint32_t next = (uint32_t)profile->stacks.n, number;
	size_t first = profile->stack_locations.n;

	/* An empty vec has no items to compare with. */
	vec_reserve(&profile->stack_locations, first + n + 1);
	number = slots_find_or_add(
		&profile->index->stacks,
		(uint32_t)XXH3_64bits(locations, n * sizeof(*locations)),
		stack_equal, profile, &key, next);
	if (number != next)
		return number;
	if (n)
		memcpy(&profile->stack_locations.items[first], locations,
		       n * sizeof(*locations));
	profile->stack_locations.n += n;
	*vec_add(&profile->stacks) = (struct stack){ (uint32_t)first, n };
	return number;
}

struct labels_key {
	const struct label *labels;
	uint32_t n;
};

static bool label_equal(const struct label *a, const struct label *b)
{
	return a->key == b->key && a->text == b->text && a->unit == b->unit &&
	       a->number == b->number;
}

static bool label_set_equal(const void *context, const void *key,
			    uint32_t number)
{
	const struct profile *profile = context;
	const struct label_set *set = &profile->label_sets.items[number];
	const struct labels_key *wanted = key;

	if (set->n != wanted->n)
		return false;
	for (uint32_t i = 0; i < set->n; i++)
		if (!label_equal(&profile->labels.items[set->first + i],
				 &wanted->labels[i]))
			return false;
	return true;
}

uint32_t profile_add_labels(struct profile *profile, const struct label *labels,
			    uint32_t n)
{
	struct labels_key key = { labels, n };
	uint32_t next = (uint32_t)profile->label_sets.n, number;
	size_t first = profile->labels.n;
	uint32_t hash = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t parts[4] = { labels[i].key, labels[i].text,
				      labels[i].unit,
				      (uint64_t)labels[i].number };

		hash = (uint32_t)XXH3_64bits_withSeed(parts, sizeof(parts),
						      hash);
	}
	number = slots_find_or_add(&profile->index->label_sets, hash,
				   label_set_equal, profile, &key, next);
	if (number != next)
		return number;
	for (uint32_t i = 0; i < n; i++)
		*vec_add(&profile->labels) = labels[i];
	*vec_add(&profile->label_sets) =
		(struct label_set){ (uint32_t)first, n };
	return number;
}

static bool sample_equal(const void *context, const void *key, uint32_t number)
{
	const struct profile *profile = context;
	const struct sample *a = key, *b = &profile->samples.items[number];

	return a->stack == b->stack && a->labels == b->labels;
}

uint32_t profile_add_sample(struct profile *profile, uint32_t stack,
			    uint32_t labels)
{
	struct sample sample = { stack, labels, profile->values.n };
	uint32_t next = (uint32_t)profile->samples.n, number;
	uint32_t key[2] = { stack, labels };

	number = slots_find_or_add(&profile->index->samples,
				   (uint32_t)XXH3_64bits(key, sizeof(key)),
				   sample_equal, profile, &sample, next);
	if (number != next)
		return number;
	*vec_add(&profile->samples) = sample;
	for (size_t i = 0; i < profile->types.n; i++)
		*vec_add(&profile->values) = 0;
	return number;
}

static void set_frames(struct profile *profile, uint32_t location,
		       const struct frame *frames, uint32_t n)
{
	struct location *named = &profile->locations.items[location];

	named->first_frame = (uint32_t)profile->frames.n;
	named->n_frames = n;
	for (uint32_t i = 0; i < n; i++)
		*vec_add(&profile->frames) = frames[i];
}

void profile_name_location(struct profile *profile, uint32_t location,
			   const struct frame *frames, uint32_t n)
{
	set_frames(profile, location, frames, n);
	profile->locations.items[location].reason = REASON_NAMED;
	profile->locations.items[location].is_stated = false;
}

void profile_suggest_frames(struct profile *profile, uint32_t location,
			    const struct frame *frames, uint32_t n)
{
	if (profile->locations.items[location].n_frames == 0)
		set_frames(profile, location, frames, n);
}

void profile_settle_frames(struct profile *profile)
{
	for (size_t i = 0; i < profile->locations.n; i++)
		if (profile->locations.items[i].n_frames > 0)
			profile->locations.items[i].reason = REASON_NAMED;
}

/* ---- values and labels ---- */

int64_t profile_round(double value)
{
	if (value >= 0x1p63)
		return INT64_MAX;
	return value <= -0x1p63 ? INT64_MIN : (int64_t)llround(value);
}

void profile_add_to_value(struct profile *profile, size_t value, int64_t n)
{
	int64_t *sum = &profile->values.items[value];

	if (__builtin_add_overflow(*sum, n, sum))
		*sum = n > 0 ? INT64_MAX : INT64_MIN;
}

static bool is_among(uint32_t key, const uint32_t *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i] == key)
			return true;
	return false;
}

/* Adds what is left of a label set. */
static uint32_t add_without(struct profile *profile, const struct label *labels,
			    uint32_t n_labels, const uint32_t *keys, size_t n)
{
	VEC(struct label) left = { 0 };
	uint32_t number;

	for (uint32_t i = 0; i < n_labels; i++)
		if (!is_among(labels[i].key, keys, n))
			*vec_add(&left) = labels[i];
	number = profile_add_labels(profile, left.items, (uint32_t)left.n);
	vec_release(&left);
	return number;
}

/* What samples are made of, to be put together anew. */
struct old_samples {
	struct sample *samples;
	size_t n_samples;
	int64_t *values;
	struct label_set *label_sets;
	struct label *labels;
};

static struct old_samples take_samples(struct profile *profile)
{
	struct old_samples old = {
		.samples = profile->samples.items,
		.n_samples = profile->samples.n,
		.values = profile->values.items,
	};

	memset(&profile->samples, 0, sizeof(profile->samples));
	memset(&profile->values, 0, sizeof(profile->values));
	slots_release(&profile->index->samples);
	slots_init(&profile->index->samples, 1024);
	return old;
}

static void take_labels(struct profile *profile, struct old_samples *old)
{
	old->label_sets = profile->label_sets.items;
	old->labels = profile->labels.items;
	memset(&profile->label_sets, 0, sizeof(profile->label_sets));
	memset(&profile->labels, 0, sizeof(profile->labels));
	slots_release(&profile->index->label_sets);
	slots_init(&profile->index->label_sets, 64);
}

static void release_old(struct old_samples *old)
{
	free(old->samples);
	free(old->values);
	free(old->label_sets);
	free(old->labels);
}

/* Adds an old sample, or its values to the one that equals it now. */
static void add_again(struct profile *profile, const struct old_samples *old,
		      const struct sample *sample, uint32_t stack,
		      uint32_t labels)
{
	uint32_t number = profile_add_sample(profile, stack, labels);
	size_t first = profile->samples.items[number].first_value;

	for (size_t i = 0; i < profile->types.n; i++)
		profile_add_to_value(profile, first + i,
				     old->values[sample->first_value + i]);
}

/* Which stack a changed one equals now; NULL where none does. */
static uint32_t *find_equal_stacks(struct profile *profile)
{
	uint32_t *equals = NULL;

	for (size_t i = 0; i < profile->changed_stacks.n; i++) {
		uint32_t changed = profile->changed_stacks.items[i], number;
		const struct stack *stack = &profile->stacks.items[changed];
		struct stack_key key = {
			profile->stack_locations.items + stack->first,
			stack->n,
		};

		/* What it was before is found no more: it is not that. */
		number = slots_find_or_add(
			&profile->index->stacks,
			(uint32_t)XXH3_64bits(key.locations,
					      key.n * sizeof(*key.locations)),
			stack_equal, profile, &key, changed);
		if (number == changed)
			continue;
		if (!equals) {
			equals = mem_alloc(profile->stacks.n * sizeof(*equals));
			for (uint32_t k = 0; k < profile->stacks.n; k++)
				equals[k] = k;
		}
		equals[changed] = number;
	}
	return equals;
}

void profile_merge_changed_stacks(struct profile *profile)
{
	uint32_t *equals = find_equal_stacks(profile);
	struct old_samples old;

	profile->changed_stacks.n = 0;
	if (!equals)
		return;
	old = take_samples(profile);
	for (size_t i = 0; i < old.n_samples; i++) {
		const struct sample *sample = &old.samples[i];

		add_again(profile, &old, sample, equals[sample->stack],
			  sample->labels);
	}
	release_old(&old);
	free(equals);
}

void profile_drop_labels(struct profile *profile, const uint32_t *keys,
			 size_t n)
{
	struct old_samples old = take_samples(profile);

	take_labels(profile, &old);
	for (size_t i = 0; i < old.n_samples; i++) {
		const struct sample *sample = &old.samples[i];
		const struct label_set *set = &old.label_sets[sample->labels];
		/* Of a profile without labels there is nothing. */
		uint32_t labels = add_without(
			profile, set->n > 0 ? old.labels + set->first : NULL,
			set->n, keys, n);

		add_again(profile, &old, sample, sample->stack, labels);
	}
	release_old(&old);
}

/*
 * Address spaces are values (space.h), so the number of a process's space tells
 * whether anything has changed. Samples are kept as they come, and put into
 * the profile when all events are known, as those make its value types.
 */
#include "config.h"
#include "conv/stack_builder.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "base/slots.h"
#include "conv/modules.h"
#include "conv/sample_labels.h"
#include "conv/space.h"
#include "conv/timeline.h"
#include "conv/told_events.h"
#include "conv/value_types.h"

/* The pid that the kernel's mappings are told with, as in perf.data. */
#define KERNEL_PID UINT32_MAX

struct process {
	uint32_t pid;
	uint32_t space;
	uint32_t files; /* a space: the module at the number of its path */
	uint32_t main_module; /* the first executable file; or NO_MODULE */
	uint32_t generation;  /* how many have had the number before */
	uint32_t kernel;      /* of the kernel: what is mapped of it proper */
	bool is_unmapped;     /* the next file is the main one */
	uint64_t n_samples;   /* since it runs its main module */
};

struct thread {
	uint32_t pid;
	uint32_t tid;
	uint32_t process;    /* index */
	uint32_t generation; /* of its process, that the name is of */
	uint32_t comm;	     /* string */
};

struct kept_sample {
	uint32_t stack;
	uint32_t labels;
	uint32_t event;
	int64_t n_samples;
	int64_t weight;
};

/* A path that something was mapped under. */
struct mapped_path {
	uint32_t path; /* string */
	uint32_t module;
	bool is_several; /* so are other modules */
};

struct stack_builder {
	struct profile *profile;
	const struct read_options *options;
	struct modules modules;
	struct spaces spaces;
	VEC(struct mapping) mappings;
	VEC(struct process) processes;
	struct slots process_slots;
	VEC(struct thread) threads;
	struct slots thread_slots;
	VEC(struct mapped_path) paths;
	struct slots path_slots;
	struct told_events events;
	VEC(struct kept_sample) samples;
	struct slots sample_slots;
	VEC(uint32_t) locations; /* of the stack at hand */
	VEC(struct frame) frames;
	struct sample_labels labels;
	struct sample_about last_about; /* and the labels of that: */
	uint32_t last_labels;
	/* Of the processes that have ended, the one with most samples: */
	uint32_t ended_module;
	uint64_t n_ended_samples;
	bool has_mappings; /* of any process */
	bool has_times;
	uint64_t first_time;
	uint64_t last_time;
	uint64_t n_samples; /* in those that were added */
	uint64_t n_filtered;
	uint64_t n_dropped;
	uint64_t n_added;
};

struct stack_builder *stack_builder_new(struct profile *profile,
					const struct read_options *options)
{
	struct stack_builder *builder = mem_zalloc(1, sizeof(*builder));

	builder->profile = profile;
	builder->options = options;
	builder->ended_module = NO_MODULE;
	modules_init(&builder->modules, profile, NULL, 0);
	spaces_init(&builder->spaces);
	slots_init(&builder->process_slots, 64);
	slots_init(&builder->thread_slots, 64);
	slots_init(&builder->path_slots, 64);
	slots_init(&builder->sample_slots, 1024);
	sample_labels_init(&builder->labels, profile, options->split);
	return builder;
}

void stack_builder_free(struct stack_builder *builder)
{
	told_events_release(&builder->events);
	modules_release(&builder->modules);
	spaces_release(&builder->spaces);
	slots_release(&builder->process_slots);
	slots_release(&builder->thread_slots);
	slots_release(&builder->path_slots);
	slots_release(&builder->sample_slots);
	vec_release(&builder->mappings);
	vec_release(&builder->processes);
	vec_release(&builder->threads);
	vec_release(&builder->paths);
	vec_release(&builder->samples);
	vec_release(&builder->locations);
	vec_release(&builder->frames);
	free(builder);
}

/* ---- events ---- */

uint32_t stack_builder_event(struct stack_builder *builder, const char *name,
			     const char *unit, bool has_samples)
{
	return told_events_add(&builder->events, name, unit, has_samples);
}

uint32_t stack_builder_counted_event(struct stack_builder *builder,
				     const char *name)
{
	uint32_t number = stack_builder_event(builder, name, "count", false);

	if (number != NO_EVENT &&
	    !builder->events.items.items[number].has_samples)
		builder->events.items.items[number].is_counted = true;
	return number;
}

void stack_builder_period(struct stack_builder *builder, uint32_t number,
			  int64_t period)
{
	struct told_event *event;

	if (number == NO_EVENT)
		return;
	event = &builder->events.items.items[number];
	if (event->period == 0)
		event->period = period;
}

/* ---- processes and threads ---- */

/* Input may choose numbers whose hashes would be alike. */
static uint32_t hash_numbers(uint32_t a, uint32_t b)
{
	uint32_t numbers[2] = { a, b };

	return (uint32_t)XXH3_64bits(numbers, sizeof(numbers));
}

static bool process_equal(const void *context, const void *key, uint32_t number)
{
	const struct stack_builder *builder = context;

	return builder->processes.items[number].pid == *(const uint32_t *)key;
}

static uint32_t process_number(struct stack_builder *builder, uint32_t pid)
{
	uint32_t next = (uint32_t)builder->processes.n, number;

	number =
		slots_find_or_add(&builder->process_slots, hash_numbers(pid, 0),
				  process_equal, builder, &pid, next);
	if (number == next)
		*vec_add(&builder->processes) = (struct process){
			.pid = pid,
			.space = SPACE_EMPTY,
			.files = SPACE_EMPTY,
			.main_module = NO_MODULE,
			.kernel = NO_MODULE,
		};
	return number;
}

static struct process *process_of(struct stack_builder *builder, uint32_t pid)
{
	uint32_t number = process_number(builder, pid);

	return &builder->processes.items[number];
}

static bool thread_equal(const void *context, const void *key, uint32_t number)
{
	const struct stack_builder *builder = context;
	const struct thread *a = key, *b = &builder->threads.items[number];

	return a->pid == b->pid && a->tid == b->tid;
}

static struct thread *thread_of(struct stack_builder *builder, uint32_t pid,
				uint32_t tid)
{
	struct thread thread = { .pid = pid, .tid = tid }, *known;
	uint32_t next = (uint32_t)builder->threads.n, number, generation;

	number = slots_find_or_add(&builder->thread_slots,
				   hash_numbers(pid, tid), thread_equal,
				   builder, &thread, next);
	if (number == next) {
		thread.process = process_number(builder, pid);
		*vec_add(&builder->threads) = thread;
	}
	known = &builder->threads.items[number];
	generation = builder->processes.items[known->process].generation;
	if (known->generation != generation)
		known->comm = 0;
	known->generation = generation;
	return known;
}

void stack_builder_comm(struct stack_builder *builder, uint32_t pid,
			uint32_t tid, const char *name)
{
	struct thread *thread = thread_of(builder, pid, tid);

	/* Each sample says it again. */
	if (thread->comm == 0 ||
	    strcmp(profile_string(builder->profile, thread->comm), name) != 0)
		thread->comm = profile_add_string(builder->profile, name);
}

/* It runs another program now, or none. */
static void end_program(struct stack_builder *builder, struct process *process)
{
	if (process->pid != 0 && process->pid != KERNEL_PID &&
	    process->n_samples > builder->n_ended_samples) {
		builder->n_ended_samples = process->n_samples;
		builder->ended_module = process->main_module;
	}
	process->n_samples = 0;
	process->main_module = NO_MODULE;
}

static void end_process(struct stack_builder *builder, struct process *process)
{
	end_program(builder, process);
	process->space = SPACE_EMPTY;
	process->files = SPACE_EMPTY;
	process->kernel = NO_MODULE;
	process->generation++;
}

void stack_builder_exit(struct stack_builder *builder, uint32_t pid)
{
	end_process(builder, process_of(builder, pid));
}

void stack_builder_forget(struct stack_builder *builder)
{
	for (size_t i = 0; i < builder->processes.n; i++)
		end_process(builder, &builder->processes.items[i]);
}

void stack_builder_fork(struct stack_builder *builder, uint32_t parent,
			uint32_t child)
{
	struct process from = *process_of(builder, parent), *to;
	uint32_t comm = thread_of(builder, parent, parent)->comm;

	stack_builder_exit(builder, child);
	to = process_of(builder, child);
	to->space = from.space;
	to->files = from.files;
	to->main_module = from.main_module;
	to->is_unmapped = from.is_unmapped;
	thread_of(builder, child, child)->comm = comm;
}

void stack_builder_unmap_all(struct stack_builder *builder, uint32_t pid)
{
	struct process *process = process_of(builder, pid);

	process->space = SPACE_EMPTY;
	process->files = SPACE_EMPTY;
	process->kernel = NO_MODULE;
	process->is_unmapped = true;
}

static bool path_equal(const void *context, const void *key, uint32_t number)
{
	const struct stack_builder *builder = context;

	return builder->paths.items[number].path == *(const uint32_t *)key;
}

/* Files are told apart by processes as addresses are: a copy of a process costs
 * nothing. */
static void note_path(struct stack_builder *builder, struct process *process,
		      uint32_t module)
{
	uint32_t path = builder->profile->modules.items[module].path;
	uint32_t next = (uint32_t)builder->paths.n, number;
	struct mapped_path *known;

	process->files = space_map(&builder->spaces, process->files, path,
				   (uint64_t)path + 1, module);
	number = slots_find_or_add(&builder->path_slots, hash_numbers(path, 0),
				   path_equal, builder, &path, next);
	if (number == next)
		*vec_add(&builder->paths) =
			(struct mapped_path){ .path = path, .module = module };
	known = &builder->paths.items[number];
	known->is_several |= known->module != module;
}

/* The module of a path in a process; or the only one that was ever mapped under
 * it; else NO_MODULE. */
static uint32_t mapped_module(struct stack_builder *builder, uint32_t pid,
			      const char *text)
{
	uint32_t path = profile_add_string(builder->profile, text), number;
	uint32_t module = space_find(&builder->spaces,
				     process_of(builder, pid)->files, path);

	if (module != NO_MAPPING)
		return module;
	number = slots_find(&builder->path_slots, hash_numbers(path, 0),
			    path_equal, builder, &path);
	if (number == SLOT_FREE || builder->paths.items[number].is_several)
		return NO_MODULE;
	return builder->paths.items[number].module;
}

uint32_t stack_builder_space(struct stack_builder *builder, uint32_t pid)
{
	return process_of(builder, pid)->space;
}

/* What is mapped may be told again and again: it is the same program as long
 * as the same file is the first. */
static void note_main_module(struct stack_builder *builder,
			     struct process *process, uint32_t module)
{
	if (process->is_unmapped && process->main_module != module)
		end_program(builder, process);
	if (process->main_module == NO_MODULE)
		process->main_module = module;
	process->is_unmapped = false;
}

void stack_builder_map(struct stack_builder *builder,
		       const struct mmap_record *mmap)
{
	struct process *process = process_of(builder, mmap->pid);
	uint64_t limit;
	uint32_t module;

	if (mmap->size == 0 ||
	    __builtin_add_overflow(mmap->start, mmap->size, &limit))
		return;
	builder->has_mappings |= mmap->pid != KERNEL_PID;
	/* Generated code may be anywhere in memory without a file. */
	if (!mmap->is_executable && !modules_is_anonymous(mmap->path)) {
		process->space = space_unmap(&builder->spaces, process->space,
					     mmap->start, limit);
		return;
	}
	module = modules_of_mapping(&builder->modules, mmap,
				    mmap->pid == KERNEL_PID);
	process->space =
		space_map(&builder->spaces, process->space, mmap->start, limit,
			  (uint32_t)builder->mappings.n);
	*vec_add(&builder->mappings) = (struct mapping){
		.start = mmap->start,
		.pgoff = mmap->pgoff,
		.module = module,
		.is_data = !mmap->is_executable,
	};
	if (!mmap->is_executable)
		return;
	note_path(builder, process, module);
	if (builder->profile->modules.items[module].kind == MODULE_KERNEL)
		process->kernel = module;
	note_main_module(builder, process, module);
}

void stack_builder_map_to_next(struct stack_builder *builder,
			       const struct mmap_record *mmap)
{
	struct mmap_record shorter = *mmap;
	uint32_t space = process_of(builder, mmap->pid)->space;
	uint64_t next;

	if (mmap->size == 0)
		return;
	next = space_next(&builder->spaces, space, mmap->start);
	if (next > mmap->start && next - mmap->start < mmap->size)
		shorter.size = next - mmap->start;
	stack_builder_map(builder, &shorter);
}

/* ---- stacks ---- */

static const struct mapping *find_mapping(struct stack_builder *builder,
					  uint32_t pid, uint64_t avma)
{
	uint32_t number = space_find(&builder->spaces,
				     process_of(builder, pid)->space, avma);

	return number == NO_MAPPING ? NULL : &builder->mappings.items[number];
}

/* A module that the input only names: of its addresses nothing else is known
 * but, at best, offsets in its file. */
static uint32_t named_module(struct stack_builder *builder,
			     const struct raw_frame *frame, uint32_t pid)
{
	struct mmap_record mmap = {
		.pid = pid,
		.path = frame->module,
		.start = frame->avma,
		.pgoff = frame->has_file_off ? frame->file_off : 0,
		.size = 1,
	};

	if (frame->has_file_off)
		return modules_of_mapping(&builder->modules, &mmap, false);
	return modules_of_name(&builder->modules, frame->module);
}

/* One of the kernel's. Where its code lies is not known. */
static uint32_t kernel_module(struct stack_builder *builder,
			      const struct raw_frame *frame, uint64_t avma)
{
	struct mmap_record mmap = {
		.pid = KERNEL_PID,
		.path = frame->module,
		.size = UINT64_MAX,
	};

	if (!frame->module || strncmp(frame->module, "[kernel", 7) == 0)
		return modules_of_kernel(
			&builder->modules,
			process_of(builder, KERNEL_PID)->kernel, avma);
	return modules_of_mapping(&builder->modules, &mmap, true);
}

/* Where a frame lies. */
struct place {
	uint32_t module;
	uint64_t address;
	bool is_mapped; /* something is known to be mapped there */
	bool is_data;	/* and it cannot be executed */
};

static struct place place_in(const struct stack_builder *builder,
			     uint32_t module, uint64_t avma, uint64_t file_off)
{
	const struct profile *profile = builder->profile;
	bool has_offsets =
		module != NO_MODULE &&
		module_has_offsets(profile->modules.items[module].kind);

	return (struct place){
		.module = module,
		.address = has_offsets ? file_off : avma,
	};
}

/* Where nothing is known to be mapped at the address. */
static struct place place_by_name(struct stack_builder *builder, uint32_t pid,
				  const struct raw_frame *frame, uint64_t avma)
{
	bool is_back = !frame->is_exact && frame->file_off > 0;
	uint32_t module = NO_MODULE;
	bool is_mapped;
	struct place place;

	if (frame->has_file_off && frame->module)
		module = mapped_module(builder, pid, frame->module);
	is_mapped = module != NO_MODULE;
	if (frame->module && !is_mapped)
		module = named_module(builder, frame, pid);
	place = place_in(builder, module, avma, frame->file_off - is_back);
	place.is_mapped = is_mapped;
	return place;
}

static struct place find_place(struct stack_builder *builder, uint32_t pid,
			       const struct raw_frame *frame)
{
	bool is_back = !frame->is_exact && frame->avma > 0;
	uint64_t avma = frame->avma - is_back;
	const struct mapping *mapping = find_mapping(
		builder, frame->is_kernel ? KERNEL_PID : pid, avma);
	struct place place;

	if (mapping) {
		place = place_in(builder, mapping->module, avma,
				 avma - mapping->start + mapping->pgoff);
		place.is_mapped = true;
		place.is_data = mapping->is_data;
		return place;
	}
	if (frame->is_kernel)
		return place_in(builder, kernel_module(builder, frame, avma),
				avma, avma);
	return place_by_name(builder, pid, frame, avma);
}

/* What the input itself calls a frame. */
static void state_frames(struct stack_builder *builder,
			 const struct raw_frame *raw)
{
	struct profile *profile = builder->profile;

	builder->frames.n = 0;
	for (uint32_t i = 0; i < raw->n_stated; i++) {
		const struct stated_frame *stated = &raw->stated[i];
		uint32_t name = profile_add_string(profile, stated->name);
		struct function function = {
			.name = name,
			.system_name = name,
		};

		if (stated->file)
			function.filename =
				profile_add_string(profile, stated->file);
		*vec_add(&builder->frames) = (struct frame){
			.function = profile_add_function(profile, &function),
			.line = stated->line,
		};
	}
}

/* Names tell locations apart where nothing is mapped: the same address or path
 * may mean another thing in the next process. */
static uint32_t stated_location(struct stack_builder *builder,
				const struct place *place, bool is_return,
				bool stays)
{
	struct profile *profile = builder->profile;
	struct location location = {
		.module = place->module,
		.address = place->address,
		.is_return = is_return,
	};
	uint32_t number = profile_add_named_location(
		profile, &location, builder->frames.items,
		(uint32_t)builder->frames.n);

	if (!stays && place->module != NO_MODULE)
		profile->locations.items[number].reason = REASON_PENDING;
	return number;
}

/*
 * Where nothing was mapped, unless the input does not tell mappings at all,
 * which is known in the end: see keep_places().
 */
static uint32_t location_at(struct profile *profile, const struct place *place,
			    bool is_unmapped, bool is_return)
{
	if (place->module == NO_MODULE && is_unmapped)
		return profile_add_unmapped(profile, place->address);
	if (place->is_data || place->module == NO_MODULE)
		return profile_add_data_location(profile, place->module,
						 place->address);
	return is_return ? profile_add_return_location(profile, place->module,
						       place->address)
			 : profile_add_location(profile, place->module,
						place->address);
}

static uint32_t location_of(struct stack_builder *builder, uint32_t pid,
			    const struct raw_frame *raw)
{
	struct profile *profile = builder->profile;
	struct place place = { .module = NO_MODULE };
	bool is_return = raw->has_address && raw->is_kernel && !raw->is_exact &&
			 raw->avma > 0;
	uint32_t location;

	state_frames(builder, raw);
	if (raw->has_address)
		place = find_place(builder, pid, raw);
	else if (raw->module)
		place.module = modules_of_name(&builder->modules, raw->module);
	if (!raw->has_address || (raw->n_stated > 0 && !place.is_mapped))
		return stated_location(builder, &place, is_return,
				       !raw->has_address ||
					       !builder->options->resymbolizes);
	location = location_at(profile, &place, raw->is_unmapped, is_return);
	if (raw->n_stated > 0)
		profile_suggest_frames(profile, location, builder->frames.items,
				       raw->n_stated);
	return location;
}

uint32_t stack_builder_stack(struct stack_builder *builder, uint32_t pid,
			     const struct raw_frame *frames, uint32_t n)
{
	builder->locations.n = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t location = location_of(builder, pid, &frames[i]);

		*vec_add(&builder->locations) = location;
	}
	return profile_add_stack(builder->profile, builder->locations.items, n);
}

/* ---- samples ---- */

static bool is_wanted(const struct stack_builder *builder,
		      const struct raw_sample *sample,
		      const struct sample_about *about)
{
	const struct sample_filter *filter = builder->options->filter;
	const struct profile *profile = builder->profile;

	return sample_filter_wants_numbers(filter, sample->pid, sample->tid,
					   sample->cpu) &&
	       (sample->has_time || !filter->has_time_range) &&
	       sample_filter_wants_time(filter, sample->time) &&
	       sample_filter_wants_comm(
		       filter, profile_string(profile, about->comm),
		       profile_string(profile, about->thread_comm)) &&
	       sample_filter_wants_event(
		       filter, builder->events.items.items[sample->event].name,
		       NULL);
}

static void note_time(struct stack_builder *builder, uint64_t time)
{
	if (!builder->has_times || time < builder->first_time)
		builder->first_time = time;
	if (!builder->has_times || time > builder->last_time)
		builder->last_time = time;
	builder->has_times = true;
}

/* Many samples in a row are of one thread. */
static uint32_t labels_of(struct stack_builder *builder,
			  struct sample_about *about)
{
	const struct sample_about *last = &builder->last_about;

	if (!builder->options->split.by_time) {
		about->time = 0;
		about->lacks_time = false;
	}
	if (!builder->options->split.by_cpu)
		about->cpu = 0;
	if (builder->n_added == 1 || about->pid != last->pid ||
	    about->tid != last->tid || about->comm != last->comm ||
	    about->thread_comm != last->thread_comm ||
	    about->cpu != last->cpu || about->time != last->time ||
	    about->lacks_time != last->lacks_time || about->pmu != last->pmu) {
		builder->last_labels =
			sample_labels_add(&builder->labels, about);
		builder->last_about = *about;
	}
	return builder->last_labels;
}

static bool kept_equal(const void *context, const void *key, uint32_t number)
{
	const struct stack_builder *builder = context;
	const struct kept_sample *a = key, *b = &builder->samples.items[number];

	return a->stack == b->stack && a->labels == b->labels &&
	       a->event == b->event;
}

static void add_up(int64_t *sum, int64_t n)
{
	if (__builtin_add_overflow(*sum, n, sum))
		*sum = n < 0 ? INT64_MIN : INT64_MAX;
}

/* Those that nothing tells apart are one. */
static void keep(struct stack_builder *builder,
		 const struct kept_sample *sample)
{
	uint32_t next = (uint32_t)builder->samples.n, number;
	uint32_t parts[3] = { sample->stack, sample->labels, sample->event };

	number = slots_find_or_add(&builder->sample_slots,
				   (uint32_t)XXH3_64bits(parts, sizeof(parts)),
				   kept_equal, builder, sample, next);
	if (number == next) {
		*vec_add(&builder->samples) = *sample;
		return;
	}
	add_up(&builder->samples.items[number].n_samples, sample->n_samples);
	add_up(&builder->samples.items[number].weight, sample->weight);
}

/* Whose event it is; 0: the input does not say, or nobody asked. */
static uint32_t pmu_of(const struct stack_builder *builder, uint32_t event)
{
	const char *pmu = event == NO_EVENT
				  ? NULL
				  : builder->events.items.items[event].pmu;

	return builder->options->split.by_pmu && pmu
		       ? profile_add_string(builder->profile, pmu)
		       : 0;
}

/* What can be said of a sample; its thread's name is told. */
static struct sample_about about_sample(struct stack_builder *builder,
					const struct raw_sample *sample)
{
	struct sample_about about = {
		.pid = sample->pid,
		.tid = sample->tid,
		.cpu = sample->cpu,
		.time = sample->has_time ? sample->time : 0,
		.lacks_time = !sample->has_time,
	};

	if (sample->comm)
		stack_builder_comm(builder, sample->pid, sample->tid,
				   sample->comm);
	about.comm = thread_of(builder, sample->pid, sample->pid)->comm;
	about.thread_comm = thread_of(builder, sample->pid, sample->tid)->comm;
	about.pmu = pmu_of(builder, sample->event);
	if (about.thread_comm == 0)
		about.thread_comm = about.comm;
	if (about.comm == 0)
		about.comm = about.thread_comm;
	return about;
}

/* How many samples it stands for: an event may be what is counted, or count
 * nothing but samples. */
static uint64_t count_of(const struct stack_builder *builder,
			 const struct raw_sample *sample)
{
	const struct told_event *event =
		&builder->events.items.items[sample->event];
	int64_t n = 1;

	if (event->has_samples || event->is_counted)
		n = sample->n_samples;
	else if (strcmp(event->name, "samples") == 0 &&
		 strcmp(event->unit, "count") == 0)
		n = sample->weight;
	return n > 0 ? (uint64_t)n : 0;
}

static void count(uint64_t *sum, uint64_t n)
{
	if (__builtin_add_overflow(*sum, n, sum))
		*sum = UINT64_MAX;
}

static bool admit(struct stack_builder *builder,
		  const struct raw_sample *sample,
		  const struct sample_about *about)
{
	bool is_known = sample->event != NO_EVENT;

	if (sample->has_time && is_known)
		note_time(builder, sample->time);
	if (is_known && !is_wanted(builder, sample, about)) {
		count(&builder->n_filtered, count_of(builder, sample));
		return false;
	}
	if (!told_events_is_beyond(&builder->events, sample->event))
		return true;
	builder->n_dropped++;
	return false;
}

bool stack_builder_wants(struct stack_builder *builder,
			 const struct raw_sample *sample)
{
	struct sample_about about = about_sample(builder, sample);

	return admit(builder, sample, &about);
}

void stack_builder_sample(struct stack_builder *builder,
			  const struct raw_sample *sample, uint32_t stack)
{
	struct sample_about about = about_sample(builder, sample);

	if (!admit(builder, sample, &about))
		return;
	told_events_note_sample(&builder->events, sample->event,
				count_of(builder, sample));
	builder->n_added++;
	count(&builder->n_samples, count_of(builder, sample));
	process_of(builder, sample->pid)->n_samples++;
	keep(builder, &(struct kept_sample){
			      .stack = stack,
			      .labels = labels_of(builder, &about),
			      .event = sample->event,
			      .n_samples = sample->n_samples,
			      .weight = sample->weight,
		      });
}

/* ---- the end ---- */

static uint32_t busiest_module(const struct stack_builder *builder)
{
	const struct process *most = NULL;

	for (size_t i = 0; i < builder->processes.n; i++) {
		const struct process *process = &builder->processes.items[i];

		if (process->pid != 0 && process->pid != KERNEL_PID &&
		    (!most || process->n_samples > most->n_samples))
			most = process;
	}
	return most && most->n_samples >= builder->n_ended_samples
		       ? most->main_module
		       : builder->ended_module;
}

static void add_samples(struct stack_builder *builder,
			const struct counted_event *events,
			const uint32_t *type_of_event)
{
	struct profile *profile = builder->profile;

	for (size_t i = 0; i < builder->samples.n; i++) {
		const struct kept_sample *kept = &builder->samples.items[i];
		bool is_counted =
			builder->events.items.items[kept->event].is_counted;
		uint32_t sample =
			profile_add_sample(profile, kept->stack, kept->labels);
		size_t value = profile->samples.items[sample].first_value +
			       type_of_event[kept->event];

		if (events[kept->event].has_samples)
			profile_add_to_value(profile, value++, kept->n_samples);
		profile_add_to_value(profile, value,
				     is_counted ? kept->n_samples
						: kept->weight);
	}
	value_types_set_default(profile, events, builder->events.items.n);
}

/* Whether what an event's samples weigh is what is shown. */
static bool is_shown(const struct stack_builder *builder, uint32_t event)
{
	const struct profile *profile = builder->profile;

	return profile->events.items[event].type == profile->default_type;
}

/* What a sample of what is shown weighs: as declared, or on average. */
static void set_period(struct stack_builder *builder)
{
	int64_t n_samples = 0, weight = 0, period = 0;
	bool is_declared = true;

	for (uint32_t i = 0; i < builder->events.items.n; i++) {
		const struct told_event *event =
			&builder->events.items.items[i];

		if (!is_shown(builder, i))
			continue;
		is_declared = is_declared && event->period != 0 &&
			      (period == 0 || event->period == period);
		period = event->period;
		if (!event->has_samples && !is_declared)
			return;
	}
	for (size_t i = 0; !is_declared && i < builder->samples.n; i++) {
		const struct kept_sample *kept = &builder->samples.items[i];

		if (is_shown(builder, kept->event)) {
			add_up(&n_samples, kept->n_samples);
			add_up(&weight, kept->weight);
		}
	}
	if (is_declared)
		builder->profile->period = period;
	else if (n_samples > 0 && weight > 0 && weight < INT64_MAX)
		builder->profile->period = weight / n_samples;
}

static void drop_idle_events(struct stack_builder *builder)
{
	uint32_t numbers[MAX_EVENTS];

	told_events_drop_idle(&builder->events, numbers);
	for (size_t i = 0; i < builder->samples.n; i++) {
		struct kept_sample *sample = &builder->samples.items[i];

		sample->event = numbers[sample->event];
	}
}

/* Where it was never said what is mapped, an address may be of anything. */
static void keep_places(struct stack_builder *builder)
{
	struct profile *profile = builder->profile;

	for (size_t i = 0; !builder->has_mappings && i < profile->locations.n;
	     i++)
		if (profile->locations.items[i].module == NO_MODULE)
			profile->locations.items[i].is_data = false;
}

void stack_builder_finish(struct stack_builder *builder,
			  struct read_stats *stats)
{
	struct profile *profile = builder->profile;
	struct counted_event *events;
	uint32_t *type_of_event;

	if (builder->events.items.n == 0)
		stack_builder_event(builder, "samples", "count", false);
	drop_idle_events(builder);
	keep_places(builder);
	events = told_events_counted(&builder->events);
	/* Those of perf_to_profile are for what it reads alone. */
	type_of_event = value_types_add(profile, events,
					builder->events.items.n, TYPES_PPROF);
	add_samples(builder, events, type_of_event);
	set_period(builder);
	profile->main_module = busiest_module(builder);
	if (builder->has_times &&
	    builder->last_time - builder->first_time <= INT64_MAX)
		profile->duration_ns =
			(int64_t)(builder->last_time - builder->first_time);
	stats->n_samples = builder->n_samples;
	stats->n_filtered = builder->n_filtered;
	stats->n_damaged += builder->n_dropped;
	stats->n_stacks = profile->stacks.n;
	free(type_of_event);
	free(events);
}

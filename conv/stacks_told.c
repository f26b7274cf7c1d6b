/*
 * One function for each keyword, in a table. Mappings stand in the form of
 * /proc/PID/maps, behind a line "maps PID" or each behind "map PID".
 */
#include "config.h"
#include "conv/stacks_told.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "conv/maps_line.h"
#include "conv/words.h"

/* The kernel's, as in perf.data. */
#define KERNEL_PID UINT32_MAX

/* perf maps the kernel up to its end, which nobody can tell who has no root.
 * What lies shortly behind a mapping is the kernel's, too. */
#define KERNEL_SIZE (UINT64_C(32) << 20)

void stacks_told_init(struct stacks_told *told, struct stack_builder *builder,
		      struct profile *profile, struct read_stats *stats)
{
	*told = (struct stacks_told){
		.builder = builder,
		.profile = profile,
		.stats = stats,
	};
	slots_init(&told->file_slots, 64);
}

static void forget_files(struct stacks_told *told)
{
	for (size_t i = 0; i < told->files.n; i++)
		free(told->files.items[i].path);
	vec_release(&told->files);
	slots_release(&told->file_slots);
}

void stacks_told_release(struct stacks_told *told)
{
	forget_files(told);
}

void stacks_told_restart(struct stacks_told *told)
{
	forget_files(told);
	slots_init(&told->file_slots, 64);
	told->is_in_maps = told->has_kernel = false;
	told->has_event = told->has_time = false;
	told->period = 0;
	stack_builder_forget(told->builder);
}

bool stacks_told_pid(const char *word, uint32_t *pid)
{
	uint64_t number;

	if (!words_number(word, INT32_MAX, &number))
		return false;
	*pid = (uint32_t)number;
	return true;
}

/* ---- files ---- */

static uint32_t hash_path(const char *path)
{
	return (uint32_t)XXH3_64bits(path, strlen(path));
}

static bool path_equal(const void *context, const void *key, uint32_t number)
{
	const struct stacks_told *told = context;

	return strcmp(told->files.items[number].path, key) == 0;
}

static bool take_build_id(struct stacks_told *told, char *rest)
{
	const char *hex = words_next(&rest);
	uint32_t next = (uint32_t)told->files.n, number;
	struct build_id id;

	if (!hex || !*rest || !build_id_parse(&id, hex))
		return false;
	number = slots_find_or_add(&told->file_slots, hash_path(rest),
				   path_equal, told, rest, next);
	if (number == next)
		*vec_add(&told->files) =
			(struct told_file){ .path = mem_strdup(rest) };
	told->files.items[number].id = id;
	return true;
}

/* ---- mappings ---- */

static void map(struct stacks_told *told, uint32_t pid,
		struct mmap_record *mmap)
{
	uint32_t file = slots_find(&told->file_slots, hash_path(mmap->path),
				   path_equal, told, mmap->path);

	if (file != SLOT_FREE)
		mmap->build_id = told->files.items[file].id;
	mmap->pid = pid;
	stack_builder_map(told->builder, mmap);
}

static bool take_maps(struct stacks_told *told, char *rest)
{
	const char *pid = words_next(&rest);

	if (!pid || *rest || !stacks_told_pid(pid, &told->maps_pid))
		return false;
	stack_builder_unmap_all(told->builder, told->maps_pid);
	told->is_in_maps = true;
	return true;
}

static bool take_map(struct stacks_told *told, char *rest)
{
	const char *whose = words_next(&rest);
	struct mmap_record mmap;
	uint32_t pid = KERNEL_PID;

	if (!whose ||
	    (strcmp(whose, "kernel") != 0 && !stacks_told_pid(whose, &pid)) ||
	    !maps_line_parse(&mmap, rest))
		return false;
	map(told, pid, &mmap);
	return true;
}

static bool parse_kernel(struct mmap_record *mmap, char *rest)
{
	const char *what, *value;

	while ((what = words_next(&rest))) {
		value = words_next(&rest);
		if (!value)
			return false;
		if (strcmp(what, "build-id") == 0) {
			if (!build_id_parse(&mmap->build_id, value))
				return false;
		} else if (strcmp(what, "_text") != 0 ||
			   !words_hex(value, &mmap->start)) {
			return false;
		}
	}
	mmap->pgoff = mmap->start;
	return true;
}

/* Where symbols are hidden, _text is told to be at 0: then it lies nowhere.
 * Modules may be told before the kernel that they are of, but none that is
 * there lies in two kernels. */
static bool take_kernel(struct stacks_told *told, char *rest)
{
	struct mmap_record mmap = {
		.pid = KERNEL_PID,
		.size = KERNEL_SIZE,
		.is_executable = true,
		.path = "[kernel.kallsyms]_text",
	};

	if (!parse_kernel(&mmap, rest))
		return false;
	if (told->has_kernel)
		stack_builder_unmap_all(told->builder, KERNEL_PID);
	told->has_kernel = true;
	if (mmap.start != 0)
		stack_builder_map_to_next(told->builder, &mmap);
	return true;
}

static bool take_kallsyms(struct stacks_told *told, char *rest)
{
	if (!*rest)
		return false;
	free(told->stats->kallsyms);
	told->stats->kallsyms = mem_strdup(rest);
	told->stats->kallsyms_line = told->line;
	return true;
}

/* ---- processes ---- */

static bool take_comm(struct stacks_told *told, char *rest)
{
	const char *word = words_next(&rest);
	uint32_t pid;

	if (!word || !*rest || !stacks_told_pid(word, &pid))
		return false;
	stack_builder_comm(told->builder, pid, pid, rest);
	told->facts.has_comms = true;
	return true;
}

static bool take_thread(struct stacks_told *told, char *rest)
{
	const char *first = words_next(&rest), *second = words_next(&rest);
	uint32_t pid, tid;

	if (!second || !*rest || !stacks_told_pid(first, &pid) ||
	    !stacks_told_pid(second, &tid))
		return false;
	stack_builder_comm(told->builder, pid, tid, rest);
	told->facts.has_comms = true;
	return true;
}

static bool take_fork(struct stacks_told *told, char *rest)
{
	const char *first = words_next(&rest), *second = words_next(&rest);
	uint32_t parent, child;

	if (!second || *rest || !stacks_told_pid(first, &parent) ||
	    !stacks_told_pid(second, &child))
		return false;
	if (parent != child)
		stack_builder_fork(told->builder, parent, child);
	return true;
}

static bool take_exec(struct stacks_told *told, char *rest)
{
	const char *word = words_next(&rest);
	uint32_t pid;

	if (!word || !stacks_told_pid(word, &pid))
		return false;
	stack_builder_unmap_all(told->builder, pid);
	if (*rest) {
		stack_builder_comm(told->builder, pid, pid, rest);
		told->facts.has_comms = true;
	}
	return true;
}

/* The number may be another process's from now on. */
static bool take_exit(struct stacks_told *told, char *rest)
{
	const char *word = words_next(&rest);
	uint32_t pid;

	if (!word || *rest || !stacks_told_pid(word, &pid))
		return false;
	stack_builder_exit(told->builder, pid);
	return true;
}

/* ---- events and times ---- */

static bool take_event(struct stacks_told *told, char *rest)
{
	const char *name = words_next(&rest), *unit = words_next(&rest);
	const char *word = words_next(&rest);
	uint64_t period = 0;

	if (!name || *rest)
		return false;
	if (word && (!words_number(word, INT64_MAX, &period) || period == 0))
		return false;
	told->event = stack_builder_event(told->builder, name,
					  unit ? unit : "count", period > 0);
	stack_builder_period(told->builder, told->event, (int64_t)period);
	told->period = (int64_t)period;
	told->has_event = true;
	return true;
}

static bool take_time(struct stacks_told *told, char *rest)
{
	const char *word = words_next(&rest);
	uint64_t time;

	if (!word || *rest || !words_number(word, INT64_MAX, &time))
		return false;
	told->time = time;
	told->has_time = true;
	told->facts.has_times = true;
	return true;
}

static bool take_start(struct stacks_told *told, char *rest)
{
	const char *word = words_next(&rest);
	uint64_t time;

	if (!word || *rest || !words_number(word, INT64_MAX, &time))
		return false;
	told->profile->time_ns = (int64_t)time;
	return true;
}

static bool take_comment(struct stacks_told *told, char *rest)
{
	if (*rest)
		*vec_add(&told->profile->comments) =
			profile_add_string(told->profile, rest);
	return true;
}

/* The event that was told, and what a number of its samples weighs. */
static void weigh(struct stacks_told *told, struct raw_sample *sample)
{
	if (!told->has_event)
		told->event = stack_builder_event(told->builder, "samples",
						  "count", false);
	told->has_event = true;
	sample->event = told->event;
	sample->n_samples = sample->weight;
	if (told->period > 0 &&
	    __builtin_mul_overflow(sample->weight, told->period,
				   &sample->weight))
		sample->weight = INT64_MAX;
}

bool stacks_told_complete(struct stacks_told *told, struct raw_sample *sample,
			  const char *event)
{
	if (event)
		sample->event = stack_builder_event(told->builder, event,
						    "count", false);
	else
		weigh(told, sample);
	sample->time = told->time;
	sample->has_time = told->has_time;
	if (sample->comm)
		told->facts.has_comms = true;
	return stack_builder_wants(told->builder, sample);
}

/* ---- lines ---- */

static const struct keyword {
	const char *word;
	bool (*take)(struct stacks_told *told, char *rest);
	const char *form;
} keywords[] = {
	{ "build-id", take_build_id, "build-id HEX PATH" },
	{ "comm", take_comm, "comm PID NAME" },
	{ "comment", take_comment, "comment TEXT" },
	{ "event", take_event, "event NAME [UNIT [PERIOD]]" },
	{ "exec", take_exec, "exec PID [NAME]" },
	{ "exit", take_exit, "exit PID" },
	{ "fork", take_fork, "fork PARENT CHILD" },
	{ "kallsyms", take_kallsyms, "kallsyms PATH" },
	{ "kernel", take_kernel, "kernel [build-id HEX] [_text ADDRESS]" },
	{ "map", take_map, "map PID START-END PERMISSIONS ..." },
	{ "maps", take_maps, "maps PID" },
	{ "start", take_start, "start NS" },
	{ "thread", take_thread, "thread PID TID NAME" },
	{ "time", take_time, "time NS" },
};

static const struct keyword *find_keyword(const char *line)
{
	size_t n = strcspn(line, " \t");

	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (strncmp(keywords[i].word, line, n) == 0 &&
		    keywords[i].word[n] == '\0')
			return &keywords[i];
	return NULL;
}

bool stacks_told_is_line(const char *line)
{
	return words_start_with(line, "stack ") ||
	       words_start_with(line, "symconv-stacks ") ||
	       (find_keyword(line) && line[strcspn(line, " \t")] != '\0');
}

enum told stacks_told_take(struct stacks_told *told, char *line,
			   struct err *why)
{
	const struct keyword *keyword;
	struct mmap_record mmap;

	if (told->is_in_maps && maps_line_parse(&mmap, line)) {
		map(told, told->maps_pid, &mmap);
		return TOLD_FACT;
	}
	told->is_in_maps = false;
	if (*line == '\0' || *line == '#')
		return TOLD_FACT;
	keyword = find_keyword(line);
	if (!keyword)
		return TOLD_NOTHING;
	if (keyword->take(told,
			  words_skip_spaces(line + strlen(keyword->word))))
		return TOLD_FACT;
	err_set(why, "it should be \"%s\"", keyword->form);
	return TOLD_NONSENSE;
}

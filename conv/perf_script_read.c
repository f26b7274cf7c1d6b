/*
 * A sample is a header line, the lines of its stack, and an empty line; or one
 * line. The lines of a stack are kept as they are until its end. A header that
 * lacks what those of the text have is none, and what is behind it is left out:
 * whose it was is not known.
 *
 * Versions of perf differ in what they print as the address of a user frame in
 * a callchain: where it was in memory, or (5.x to 6.3) its offset in the file.
 * No file is as large as the addresses that processes have are high, and
 * nothing is mapped as low as a file begins, so the first frames tell.
 */
#include "config.h"
#include "conv/perf_script_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/slots.h"
#include "base/text.h"
#include "conv/lines.h"
#include "conv/perf_file.h"
#include "conv/perf_script_line.h"
#include "conv/perf_script_stack.h"
#include "conv/sample_facts.h"
#include "conv/stack_builder.h"
#include "conv/text_input.h"

/* The pid of what is mapped in the kernel. */
#define KERNEL_PID UINT32_MAX

/* What the event is called that the text does not name. */
#define UNNAMED_EVENT "samples"

enum {
	/* Of one stack: more is no stack. */
	MAX_STACK_SIZE = 64 << 20,
	/* How many lines tell whether addresses are offsets. */
	PROBED_LINES = 100000,
	/* Of a thread, an event: more is none. */
	MAX_NAME = 255,
};

struct thread_pid {
	uint32_t tid;
	uint32_t pid;
};

/* What --header tells of the capture; NULL: nothing. */
struct about {
	char *version;
	char *command_line;
	char *hostname;
	char *os_release;
	char *arch;
};

/* What the first lines tell of all of them. */
struct form {
	bool has_offsets; /* addresses of user frames in callchains */
	bool has_headers;
	bool has_numbers; /* headers, mostly: a time or ids; */
	bool has_events;
};

struct script {
	const struct input *input;
	const struct read_options *options;
	struct profile *profile;
	struct read_stats *stats;
	struct text_input text;
	struct stack_builder *builder;
	struct sample_facts facts;
	struct form form;
	bool has_chains; /* a frame on a line of its own was seen */

	/* The sample at hand. */
	bool is_open;
	bool is_lost; /* its header was, and its lines are left out */
	struct script_header header;
	char comm[MAX_NAME + 1];
	char event[MAX_NAME + 1];
	uint64_t header_line;
	uint64_t first_line; /* number of the first one in stack */
	bool is_one_line;    /* stack begins with what stood in the header */
	struct buf stack;    /* lines, each with a NUL */

	struct script_stacks stacks;
	VEC(struct thread_pid) threads;
	struct slots thread_slots;
	struct about about;
	/* Of --header, in their order, until they are told. */
	VEC(char *) event_names;
};

/* ---- lines that make no sense ---- */

static void note_damage(struct script *script, uint64_t line, uint64_t n)
{
	static const struct err why = { "not as perf script prints" };

	text_input_skip_lines(&script->text, line, n, &why);
}

/* ---- threads ---- */

static bool thread_equal(const void *context, const void *key, uint32_t number)
{
	const struct script *script = context;

	return script->threads.items[number].tid == *(const uint32_t *)key;
}

static void note_thread(struct script *script, uint32_t tid, uint32_t pid)
{
	uint32_t next = (uint32_t)script->threads.n, number;

	number = slots_find_or_add(&script->thread_slots, tid * 0x9e3779b1U,
				   thread_equal, script, &tid, next);
	if (number == next)
		*vec_add(&script->threads) = (struct thread_pid){ .tid = tid };
	script->threads.items[number].pid = pid;
}

/* A number alone is a tid by default; a process's own if nothing else is said.
 */
static uint32_t pid_of_tid(const struct script *script, uint32_t tid)
{
	uint32_t number = slots_find(&script->thread_slots, tid * 0x9e3779b1U,
				     thread_equal, script, &tid);

	return number == SLOT_FREE ? tid : script->threads.items[number].pid;
}

/* ---- samples ---- */

/* The text tells what all of its samples do. */
static void note_facts(struct script *script)
{
	const struct script_header *header = &script->header;
	struct sample_facts *facts = &script->facts;

	facts->has_pids &= header->has_tid;
	facts->has_tids &= header->has_tid;
	facts->has_cpus &= header->has_cpu;
	facts->has_comms &= header->n_comm > 0;
	facts->has_times &= header->has_time;
	facts->lacks_events |= header->n_event == 0;
}

static uint32_t tell_event(struct script *script, const char *name)
{
	struct stack_builder *builder = script->builder;

	if (script->header.has_period)
		return stack_builder_event(builder, name, NULL, true);
	/* There may be too many. */
	if (stack_builder_event(builder, name, "count", false) == NO_EVENT)
		return NO_EVENT;
	return stack_builder_counted_event(builder, name);
}

static void forget_event_names(struct script *script)
{
	for (size_t i = 0; i < script->event_names.n; i++)
		free(script->event_names.items[i]);
	script->event_names.n = 0;
}

/* The first sample tells whether the events are weighed. */
static uint32_t event_of_header(struct script *script)
{
	if (!script->header.n_event)
		return tell_event(script, UNNAMED_EVENT);
	for (size_t i = 0; i < script->event_names.n; i++)
		tell_event(script, script->event_names.items[i]);
	forget_event_names(script);
	return tell_event(script, script->event);
}

static uint32_t find_stack(struct script *script, uint32_t pid)
{
	const struct known_stack *known = script_stacks_find(
		&script->stacks, pid, &script->stack, script->is_one_line);

	if (known->n_damaged > 0)
		note_damage(script, script->first_line + known->damaged,
			    known->n_damaged);
	return known->stack;
}

static void add_sample(struct script *script)
{
	const struct script_header *header = &script->header;
	struct raw_sample sample = {
		.pid = header->pid,
		.tid = header->tid,
		.cpu = header->cpu,
		.time = header->time,
		.has_time = header->has_time,
		.event = event_of_header(script),
		.n_samples = 1,
		.weight = 1,
		.comm = header->n_comm > 0 ? script->comm : NULL,
	};

	note_facts(script);
	if (!header->has_pid)
		sample.pid = pid_of_tid(script, header->tid);
	if (header->has_period)
		sample.weight = header->period > INT64_MAX
					? INT64_MAX
					: (int64_t)header->period;
	if (sample_filter_is_empty(script->options->filter) ||
	    stack_builder_wants(script->builder, &sample))
		stack_builder_sample(script->builder, &sample,
				     find_stack(script, sample.pid));
}

/* Whether a header without a stack is one: a thread's name alone may be any
 * text. */
static bool is_plausible(const struct script *script)
{
	const struct script_header *header = &script->header;

	return header->has_time || (header->has_tid && header->n_event > 0) ||
	       (header->has_tid && script->has_chains);
}

static void drop_sample(struct script *script)
{
	script->is_open = false;
	script->stack.size = 0;
}

static void close_sample(struct script *script)
{
	if (!script->is_open)
		return;
	if (script->stack.size == 0 && !is_plausible(script))
		note_damage(script, script->header_line, 1);
	else if (script->stack.size > MAX_STACK_SIZE)
		note_damage(script, script->first_line, 1);
	else
		add_sample(script);
	drop_sample(script);
}

static void keep_line(struct script *script, const char *line, size_t length)
{
	if (script->stack.size == 0)
		script->first_line = script->text.lines.n_lines;
	if (script->stack.size <= MAX_STACK_SIZE)
		buf_add(&script->stack, line, length + 1);
}

static void open_sample(struct script *script)
{
	script->is_open = true;
	script->is_one_line = false;
	script->header = (struct script_header){ 0 };
	script->header_line = script->text.lines.n_lines;
}

static bool keep_name(char *to, const char *name, size_t n)
{
	if (n > MAX_NAME)
		return false;
	if (n > 0)
		memcpy(to, name, n);
	to[n] = '\0';
	return true;
}

/* Lines at hand are of a sample that has no header. */
static void lose_sample(struct script *script)
{
	drop_sample(script);
	if (!script->is_lost)
		note_damage(script, script->text.lines.n_lines, 1);
	script->is_lost = true;
}

static bool is_as_others(const struct script *script)
{
	const struct script_header *header = &script->header;
	const struct form *form = &script->form;

	return (!form->has_numbers || header->has_time || header->has_tid) &&
	       (!form->has_events || header->n_event > 0);
}

/* The beginning of a sample, or all of it. */
static void take_header(struct script *script, const char *line)
{
	struct script_header *header = &script->header;

	open_sample(script);
	script_header_parse(header, line);
	script->is_lost = false;
	if (!is_as_others(script) ||
	    !keep_name(script->comm, header->comm, header->n_comm) ||
	    !keep_name(script->event, header->event, header->n_event)) {
		lose_sample(script);
	} else if (header->frame) {
		keep_line(script, header->frame, strlen(header->frame));
		script->is_one_line = true;
	}
}

/* ---- other lines ---- */

static void take_comm(struct script *script, const struct comm_record *comm)
{
	note_thread(script, comm->tid, comm->pid);
	if (comm->is_exec)
		stack_builder_unmap_all(script->builder, comm->pid);
	stack_builder_comm(script->builder, comm->pid, comm->tid, comm->comm);
}

static void take_fork(struct script *script, const struct fork_record *fork)
{
	note_thread(script, fork->tid, fork->pid);
	if (fork->pid != fork->parent_pid)
		stack_builder_fork(script->builder, fork->parent_pid,
				   fork->pid);
}

static void take_record(struct script *script, char *text)
{
	struct script_record record;

	switch (script_record_parse(&record, text)) {
	case SCRIPT_RECORD_DAMAGED:
		note_damage(script, script->text.lines.n_lines, 1);
		break;
	case SCRIPT_RECORD_MMAP:
		if (record.mmap.pid != KERNEL_PID)
			note_thread(script, record.mmap_tid, record.mmap.pid);
		stack_builder_map(script->builder, &record.mmap);
		break;
	case SCRIPT_RECORD_COMM:
		take_comm(script, &record.comm);
		break;
	case SCRIPT_RECORD_FORK:
		take_fork(script, &record.fork);
		break;
	case SCRIPT_RECORD_LOST:
		if (__builtin_add_overflow(script->stats->n_lost, record.n_lost,
					   &script->stats->n_lost))
			script->stats->n_lost = UINT64_MAX;
		break;
	case SCRIPT_RECORD_OTHER:
		break;
	}
}

/* Keeps the value of "# KEY : VALUE" if the line is of this key. */
static void take_value(char **value, const char *line, const char *key,
		       size_t limit)
{
	size_t n = strlen(key);
	char *whole;

	if (*value || strncmp(line, key, n) != 0)
		return;
	line += n + strspn(line + n, " ");
	if (*line++ != ':')
		return;
	line += strspn(line, " ");
	for (n = strlen(line); n > 0 && line[n - 1] == ' ';)
		n--;
	whole = mem_printf("%.*s", (int)n, line);
	*value = text_shorten(whole, limit);
	free(whole);
}

/* "event : name = cycles:u, , id = ..." */
static void take_event_name(struct script *script, const char *line)
{
	static const char start[] = "event : name = ";
	size_t n = sizeof(start) - 1, length;

	if (strncmp(line, start, n) != 0)
		return;
	length = strcspn(line + n, " ");
	if (length > 1 && length <= MAX_NAME && line[n + length - 1] == ',')
		*vec_add(&script->event_names) =
			mem_printf("%.*s", (int)length - 1, line + n);
}

static void take_comment(struct script *script, const char *line)
{
	struct about *about = &script->about;

	line += 1 + strspn(line + 1, " ");
	take_value(&about->version, line, "perf version", RECORDER_NAME_MAX);
	take_value(&about->command_line, line, "cmdline", COMMAND_LINE_MAX);
	take_value(&about->hostname, line, "hostname", RECORDER_NAME_MAX);
	take_value(&about->os_release, line, "os release", RECORDER_NAME_MAX);
	take_value(&about->arch, line, "arch", RECORDER_NAME_MAX);
	take_event_name(script, line);
}

/* ---- lines in their order ---- */

/* A frame on a line of its own: what stood behind the header was none. */
static void take_frame(struct script *script, const char *line, size_t length)
{
	if (!script->is_open)
		open_sample(script);
	if (script->is_one_line)
		script->stack.size = 0;
	script->is_one_line = false;
	script->has_chains = true;
	keep_line(script, line, length);
}

/* Whether a line that begins with a tabulator, or is one of a stack, lies in a
 * sample. */
static bool is_in_sample(const struct script *script, const char *line)
{
	if (script->is_open)
		return true;
	return !script->is_lost && !script->form.has_headers &&
	       script_line_is_frame(line);
}

static bool is_stack_line(const struct script *script, const char *line)
{
	if (*line != ' ')
		return *line == '\t';
	if (script->is_lost)
		return script_line_is_frame(line) ||
		       (line[1] == ' ' && line[2] != ' ');
	return script->is_open && !script->is_one_line &&
	       script_line_is_frame(line);
}

/* Whether an indented line goes on with the sample at hand. */
static bool is_continuation(const struct script *script, const char *line)
{
	struct script_header header;

	if (!script->is_open || script->stack.size == 0)
		return false;
	if (script->is_one_line)
		return !script_header_parse(&header, line);
	return line[1] == ' ' && line[2] != ' ';
}

static void take_line(struct script *script, char *line, size_t length)
{
	char *record;

	if (length == 0) {
		close_sample(script);
		script->is_lost = false;
	} else if (is_stack_line(script, line)) {
		if (is_in_sample(script, line))
			take_frame(script, line, length);
		else
			lose_sample(script);
	} else if (*line == ' ' && is_continuation(script, line)) {
		keep_line(script, line, length);
	} else {
		close_sample(script);
		record = script_record_find(line);
		if (*line == '#')
			take_comment(script, line);
		else if (record)
			take_record(script, record);
		else
			take_header(script, line);
	}
}

/* A sample at the end is whole if all of it stands on its line. Others end
 * with an empty line. */
static bool is_whole(const struct script *script)
{
	return script->is_one_line ||
	       (script->stack.size == 0 && script->header.has_text &&
		!script->has_chains && !script->text.lines.is_cut_short);
}

static void end_text(struct script *script)
{
	const struct lines *lines = &script->text.lines;

	if (!script->is_open || is_whole(script))
		return close_sample(script);
	drop_sample(script);
	/* Of a line that is cut it is known already. */
	script->stats->n_damaged += !lines->is_cut_short;
	read_stats_warn(script->stats,
			"%s: line %" PRIu64
			": the text is cut short; its last sample is left out",
			script->input->name, lines->n_lines);
}

static void show_progress(const struct script *script, uint64_t size)
{
	enum { STEP = 16 << 20 };
	uint64_t done = script->text.lines.offset + script->text.lines.at;

	if (script->options->progress)
		script->options->progress(script->options->progress_context,
					  (size_t)(done / STEP),
					  (size_t)(size / STEP + 1));
}

static void read_lines(struct script *script)
{
	struct stat st;
	size_t length;
	char *line;

	if (fstat(script->input->fd, &st) != 0)
		st.st_size = 0;
	while ((line = text_input_next(&script->text, &length))) {
		if (script->text.lines.n_lines % 100000 == 0)
			show_progress(script, (uint64_t)st.st_size);
		take_line(script, line, length);
	}
	end_text(script);
}

/* ---- the form of a text ---- */

/* 0: it does not tell. */
static int tell_offsets(char *line)
{
	/* Where the kernel lets anything be mapped at all, and more than the
	 * size of any file. */
	const uint64_t lowest = 0x10000, highest = UINT64_C(1) << 32;
	struct script_frame frame;

	if (*line != '\t' || !script_frame_parse(&frame, line) ||
	    !script_frame_is_of_file(&frame) || frame.has_file_off)
		return 0;
	if (frame.address < lowest)
		return 1;
	return frame.address >= highest ? -1 : 0;
}

struct header_counts {
	size_t all;
	size_t with_number;
	size_t with_event;
};

static void count_header(struct header_counts *counts, char *line)
{
	struct script_header header;

	if (!*line || strchr("#\t ", *line) || script_record_find(line))
		return;
	script_header_parse(&header, line);
	counts->all++;
	counts->with_number += header.has_time || header.has_tid;
	counts->with_event += header.n_event > 0;
}

static struct form probe_form(int fd)
{
	enum { N_HEADERS = 1000 };
	struct header_counts counts = { 0 };
	struct lines lines;
	char *line;
	int told = 0;

	lines_init(&lines, fd);
	while ((told == 0 || counts.all < N_HEADERS) &&
	       lines.n_lines < PROBED_LINES &&
	       (line = lines_next(&lines, NULL))) {
		if (counts.all < N_HEADERS)
			count_header(&counts, line);
		if (told == 0)
			told = tell_offsets(line);
	}
	lines_release(&lines);
	return (struct form){
		.has_offsets = told > 0,
		.has_headers = counts.all > 0,
		.has_numbers = counts.with_number > counts.all / 2,
		/* Samples of some events may have fewer fields, but few. */
		.has_events = counts.with_event > counts.all * 2 / 3,
	};
}

/* ---- all of it ---- */

static void add_comment(struct profile *profile, const char *key,
			const char *text)
{
	char *comment;

	if (!text)
		return;
	comment = mem_printf("%s:%s", key, text);
	*vec_add(&profile->comments) = profile_add_string(profile, comment);
	free(comment);
}

static void add_number_comment(struct profile *profile, const char *key,
			       uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	if (number > 0)
		add_comment(profile, key, text);
}

/* In the words that captures' comments have. */
static void add_comments(const struct script *script)
{
	const struct about *about = &script->about;
	struct profile *profile = script->profile;
	char *kernel = NULL;

	if (about->os_release)
		kernel = mem_printf("%s%s%s", about->os_release,
				    about->arch ? " " : "",
				    about->arch ? about->arch : "");
	add_comment(profile, "perf-version", about->version);
	add_comment(profile, "perf-command", about->command_line);
	add_comment(profile, "host", about->hostname);
	add_comment(profile, "kernel", kernel);
	add_number_comment(profile, "lost while recording",
			   script->stats->n_lost);
	add_number_comment(profile, "damaged records",
			   script->stats->n_damaged);
	free(kernel);
}

static void release(struct script *script)
{
	struct about *about = &script->about;

	stack_builder_free(script->builder);
	text_input_release(&script->text);
	buf_release(&script->stack);
	script_stacks_release(&script->stacks);
	vec_release(&script->threads);
	slots_release(&script->thread_slots);
	forget_event_names(script);
	vec_release(&script->event_names);
	free(about->version);
	free(about->command_line);
	free(about->hostname);
	free(about->os_release);
	free(about->arch);
}

bool perf_script_read(const struct input *input,
		      const struct read_options *options,
		      struct profile *profile, struct read_stats *stats,
		      struct err *err)
{
	uint64_t started = clock_now();
	struct script script = {
		.input = input,
		.options = options,
		.profile = profile,
		.stats = stats,
		.facts = {
			.has_pids = true,
			.has_tids = true,
			.has_comms = true,
			.has_cpus = true,
			.has_times = true,
		},
		.builder = stack_builder_new(profile, options),
	};
	bool ok;

	text_input_init(&script.text, input, stats);
	/* Stacks of no lines lie somewhere, too. */
	buf_extend(&script.stack, 0);
	script.form = probe_form(input->fd);
	script_stacks_init(&script.stacks, script.builder,
			   script.form.has_offsets);
	slots_init(&script.thread_slots, 64);
	read_lines(&script);
	stack_builder_finish(script.builder, stats);
	add_comments(&script);
	ok = text_input_end(&script.text, err) &&
	     sample_facts_answer(&script.facts, options, input->name, err);
	stats->n_stacks = script.stacks.known.n;
	stats->samples_ns = clock_now() - started;
	release(&script);
	return ok;
}

/* ---- recognition ---- */

/* What was seen of a text. */
struct probe {
	size_t n_samples; /* lines that perf script alone prints so */
	size_t n_others;  /* that it does not print */
	bool is_in_sample;
};

/* Other programs have times, or numbers, or names in front of a colon. */
static bool is_telling(const struct script_header *header)
{
	return header->has_time && header->has_tid &&
	       (header->n_event > 0 || header->has_cpu || header->has_pid);
}

/* Records that say nothing are known by what stands in front of them alone. */
static bool is_record(const struct script_header *header, char *line)
{
	struct script_record record;
	char *text = script_record_find(line);

	switch (text ? script_record_parse(&record, text)
		     : SCRIPT_RECORD_DAMAGED) {
	case SCRIPT_RECORD_DAMAGED:
		return false;
	case SCRIPT_RECORD_OTHER:
		return header->has_time || header->has_tid;
	default:
		return true;
	}
}

/* Any line in front of a stack may be a thread's name. */
static bool is_sample(const struct script_header *header, const char *line,
		      const char *next)
{
	return is_telling(header) ||
	       script_header_has_printed_frame(header, line) ||
	       (next && script_line_is_printed_frame(next));
}

static void probe_line(struct probe *probe, char *line, const char *next)
{
	struct script_header header;

	if (!*line) {
		probe->is_in_sample = false;
		/* Of samples without a header. */
		if (next && script_line_is_printed_frame(next))
			probe->n_samples++;
		return;
	}
	if (*line == '#' || script_line_is_printed_frame(line) ||
	    (probe->is_in_sample && strchr(" \t", *line) &&
	     line[1 + (line[1] == ' ')] != ' '))
		return;
	script_header_parse(&header, line);
	probe->is_in_sample = is_sample(&header, line, next);
	if (probe->is_in_sample || is_record(&header, line))
		probe->n_samples++;
	else if (!header.has_tid || header.n_event == 0)
		probe->n_others++;
}

/* Ends a line; returns the next one, NULL at the end. */
static char *end_line(char *line)
{
	char *newline = line ? strchr(line, '\n') : NULL;

	if (newline && newline > line && newline[-1] == '\r')
		newline[-1] = '\0';
	if (newline)
		*newline++ = '\0';
	return newline;
}

bool perf_script_is_likely(const char *head, size_t size)
{
	char *text = mem_alloc(size + 1), *line = NULL, *next;
	struct probe probe = { 0 };

	memcpy(text, head, size);
	text[size] = '\0';
	/* What is no text has other bytes soon. */
	if (strlen(text) == size)
		line = text;
	next = end_line(line);
	/* What is cut off of the last line may be what tells. */
	while (line && (next || probe.n_samples + probe.n_others == 0)) {
		char *after = end_line(next);

		probe_line(&probe, line, next);
		line = next;
		next = after;
	}
	free(text);
	return probe.n_samples > probe.n_others;
}

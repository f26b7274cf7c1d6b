#include "config.h"
#include "conv/perf_read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/slots.h"
#include "conv/deferred.h"
#include "conv/machine.h"
#include "conv/modules.h"
#include "conv/perf_abi.h"
#include "conv/perf_file.h"
#include "conv/perf_scan.h"
#include "conv/resolve.h"
#include "conv/text_input.h"
#include "conv/timeline.h"

/* ---- what is said of the capture ---- */

static void add_comment(struct profile *profile, char *text)
{
	*vec_add(&profile->comments) = profile_add_string(profile, text);
	free(text);
}

static void add_comments(struct profile *profile, const struct perf_file *file,
			 const struct read_stats *stats)
{
	if (file->version)
		add_comment(profile,
			    mem_printf("perf-version:%s", file->version));
	if (file->command_line)
		add_comment(profile,
			    mem_printf("perf-command:%s", file->command_line));
	if (file->hostname)
		add_comment(profile, mem_printf("host:%s", file->hostname));
	if (file->os_release)
		add_comment(profile,
			    mem_printf("kernel:%s%s%s", file->os_release,
				       file->arch ? " " : "",
				       file->arch ? file->arch : ""));
	if (stats->n_lost > 0)
		add_comment(profile, mem_printf("lost while recording:%" PRIu64,
						stats->n_lost));
	if (stats->n_bpf_filtered > 0)
		add_comment(
			profile,
			mem_printf("filtered by BPF while recording:%" PRIu64,
				   stats->n_bpf_filtered));
	if (stats->n_damaged > 0)
		add_comment(profile, mem_printf("damaged records:%" PRIu64,
						stats->n_damaged));
}

/*
 * The period: the distance of samples in units of the default type. For a
 * frequency, where it varies, the one that was aimed at where the clock is the
 * event, else the average.
 */
static void set_period(struct profile *profile, const struct perf_file *file,
		       const uint64_t *weights)
{
	const struct event *first = NULL;
	uint64_t n_samples = 0, weight = 0;
	bool is_fixed = true;

	for (size_t i = 0; i < file->events.n; i++) {
		const struct event *event = &file->events.items[i];
		const struct profile_event *counted = &profile->events.items[i];

		if (counted->n_samples == 0 ||
		    counted->type != profile->default_type)
			continue;
		if (!first)
			first = event;
		/* They may differ from one kind of core to another. */
		is_fixed = is_fixed && !(event->flags & ATTR_FREQ) &&
			   event->period == first->period;
		n_samples += counted->n_samples;
		if (__builtin_add_overflow(weight, weights[i], &weight))
			weight = UINT64_MAX;
	}
	if (!first)
		return;
	if (is_fixed)
		profile->period = (int64_t)(first->period & INT64_MAX);
	else if (event_is_clock(first) && first->period > 0 &&
		 first->flags & ATTR_FREQ)
		profile->period =
			(int64_t)(UINT64_C(1000000000) / first->period);
	else
		profile->period = (int64_t)((weight / n_samples) & INT64_MAX);
}

static void set_times(struct profile *profile, const struct perf_file *file,
		      const struct samples *samples)
{
	uint64_t first = samples->first_time;
	uint64_t duration = samples->last_time - first;

	if (!samples->has_times)
		return;
	if (duration <= INT64_MAX)
		profile->duration_ns = (int64_t)duration;
	/* The capture's clock may have begun before or after the other. */
	if (file->has_clock_data)
		profile->time_ns = (int64_t)((file->clock_wall_ns + first -
					      file->clock_ns) &
					     INT64_MAX);
}

static uint32_t add_fact(struct profile *profile, const char *text)
{
	return text ? profile_add_string(profile, text) : 0;
}

static enum record_clock record_clock_of_id(int32_t clock)
{
	switch (clock) {
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_BOOTTIME:
		return RECORD_CLOCK_BOOT;
	case CLOCK_REALTIME:
	case CLOCK_TAI:
		return RECORD_CLOCK_WALL;
	default:
		return RECORD_CLOCK_UNKNOWN;
	}
}

/* The clock of all times: without a choice of the user's the kernel's own,
 * which counts from its start. */
static enum record_clock clock_of_times(const struct perf_file *file)
{
	enum record_clock clock = RECORD_CLOCK_UNKNOWN;

	for (size_t i = 0; i < file->events.n; i++) {
		const struct event *event = &file->events.items[i];
		enum record_clock of_event = RECORD_CLOCK_BOOT;

		if (event->flags & ATTR_USE_CLOCKID)
			of_event = record_clock_of_id(event->clock);
		if (i > 0 && of_event != clock)
			return RECORD_CLOCK_UNKNOWN;
		clock = of_event;
	}
	return clock;
}

static void set_recording_times(struct profile *profile,
				const struct perf_file *file, bool has_times,
				uint64_t first, uint64_t last)
{
	struct recording *recording = &profile->recording;

	if (!has_times)
		return;
	recording->clock = clock_of_times(file);
	recording->first_ns = first;
	recording->last_ns = last;
	recording->has_epoch = file->has_clock_data;
	recording->epoch_ns = (int64_t)(file->clock_wall_ns - file->clock_ns);
}

/* What is known before samples are read: about when the last one was. */
static void set_recording_machine(struct profile *profile,
				  const struct perf_file *file,
				  const struct perf_scan *scan)
{
	struct recording *recording = &profile->recording;

	recording->host = add_fact(profile, file->hostname);
	recording->release = add_fact(profile, file->os_release);
	recording->machine = add_fact(profile, file->arch);
	recording->written_ns = file->written_ns;
	recording->read_from_ns = file->read_from_ns;
	set_recording_times(profile, file, scan->has_last_time, scan->last_time,
			    scan->last_time);
}

/* ---- the process with most samples ---- */

struct process_count {
	uint32_t pid;
	uint64_t n_samples;
};

struct process_counts {
	VEC(struct process_count) items;
	struct slots slots;
};

static bool pid_equal(const void *context, const void *key, uint32_t number)
{
	const struct process_counts *counts = context;

	return counts->items.items[number].pid == *(const uint32_t *)key;
}

/* The idle task does not count: it is the kernel. */
static uint32_t busiest_pid(const struct samples *samples)
{
	struct process_counts counts = { 0 };
	struct process_count most = { 0 };

	slots_init(&counts.slots, 256);
	for (size_t i = 0; i < samples->stacks.n; i++) {
		const struct raw_stack *stack = &samples->stacks.items[i];
		uint32_t pid = stack->key.thread.pid;
		uint32_t next = (uint32_t)counts.items.n, number;

		number = slots_find_or_add(&counts.slots, pid * 0x9e3779b1U,
					   pid_equal, &counts, &pid, next);
		if (number == next)
			*vec_add(&counts.items) =
				(struct process_count){ pid, 0 };
		counts.items.items[number].n_samples += stack->n_samples;
	}
	for (size_t i = 0; i < counts.items.n; i++)
		if (counts.items.items[i].pid != 0 &&
		    counts.items.items[i].n_samples > most.n_samples)
			most = counts.items.items[i];
	slots_release(&counts.slots);
	vec_release(&counts.items);
	return most.pid;
}

/* ---- reading ---- */

static void sum_up(struct profile *profile, const struct perf_file *file,
		   const struct samples *samples, struct read_stats *stats)
{
	uint64_t *weights = mem_zalloc(file->events.n, sizeof(uint64_t));

	for (size_t i = 0; i < samples->stacks.n; i++) {
		const struct raw_stack *stack = &samples->stacks.items[i];

		stats->n_samples += stack->n_samples;
		weights[stack->key.event] += stack->weight;
	}
	stats->n_stacks = samples->stacks.n;
	stats->n_damaged += samples->n_damaged;
	stats->n_filtered = samples->n_filtered;
	stats->n_not_joined = samples->n_not_joined;
	stats->unwound = samples->unwound;
	set_period(profile, file, weights);
	set_times(profile, file, samples);
	set_recording_times(profile, file, samples->has_times,
			    samples->first_time, samples->last_time);
	add_comments(profile, file, stats);
	free(weights);
}

/* Again where that brought what stacks end for the lack of. */
static bool collect(struct samples *samples, const struct samples_input *input,
		    struct err *err)
{
	const struct unwind_source *unwind = input->unwind;

	while (samples_collect(samples, input, err)) {
		if (!unwind || !unwind->fetch(unwind->context))
			return true;
		samples_release(samples);
	}
	return false;
}

static void find_machine(const struct perf_file *file,
			 const struct profile *profile,
			 const struct read_options *options,
			 struct read_stats *stats)
{
	bool is_guessed;
	const char *machine =
		machine_of_capture(file, profile, options->unwind, &is_guessed);

	if (machine)
		stats->machine = mem_strdup(machine);
	if (is_guessed)
		read_stats_warn(stats,
				"%s: nothing says which architecture it is of; "
				"it is taken for this machine's, %s",
				file->path, machine);
}

static bool read_samples(const struct perf_file *file, struct perf_scan *scan,
			 const struct read_options *options,
			 struct profile *profile, struct read_stats *stats,
			 struct err *err)
{
	uint64_t started = clock_now(), collected;
	struct samples samples = { 0 };
	struct timeline *timeline;
	struct deferred deferred;
	struct modules modules;
	bool ok;

	set_recording_machine(profile, file, scan);
	modules_init(&modules, profile, file->build_ids.items,
		     file->build_ids.n);
	modules.judge = options->judge;
	timeline = timeline_new(scan, file, &modules, profile);
	deferred_init(&deferred, scan, file);
	find_machine(file, profile, options, stats);
	ok = collect(&samples,
		     &(struct samples_input){
			     .file = file,
			     .scan = scan,
			     .timeline = timeline,
			     .deferred = &deferred,
			     .profile = profile,
			     .filter = options->filter,
			     .unwind = options->unwind,
			     .machine = stats->machine,
			     .split = options->split,
			     .n_threads = options->n_threads,
			     .progress = options->progress,
			     .progress_context = options->progress_context,
		     },
		     err);
	collected = clock_now();
	stats->samples_ns = collected - started;
	stats->n_damaged = scan->n_damaged;
	if (ok) {
		resolve_samples(profile, &(struct resolve_input){
						 .file = file,
						 .timeline = timeline,
						 .samples = &samples,
						 .modules = &modules,
						 .split = options->split,
						 .types = options->types,
					 });
		profile->main_module =
			timeline_main_module(timeline, busiest_pid(&samples));
		sum_up(profile, file, &samples, stats);
	}
	stats->resolve_ns = clock_now() - collected;
	samples_release(&samples);
	deferred_release(&deferred);
	timeline_free(timeline);
	modules_release(&modules);
	return ok;
}

static void take_scan_stats(struct read_stats *stats, struct perf_scan *scan)
{
	for (size_t i = 0; i < RECORD_USER_LIMIT; i++)
		stats->n_records += scan->n_records[i];
	stats->n_records += scan->n_unknown;
	stats->n_unknown = scan->n_unknown;
	stats->n_lost = perf_losses_total(&scan->losses);
	stats->n_bpf_filtered = scan->losses.by_filter;
	stats->n_throttled = scan->n_records[RECORD_THROTTLE];
	for (size_t i = 0; i < scan->warnings.n; i++)
		*vec_add(&stats->warnings) = scan->warnings.items[i];
	scan->warnings.n = 0;
}

/* ---- traces ---- */

/* enum auxtrace_type of tools/perf/util/auxtrace.h, as its events are named. */
static const char *trace_name(const struct perf_scan *scan)
{
	static const char *const names[] = {
		"unknown", "intel_pt",	  "intel_bts", "cs_etm",
		"arm_spe", "s390_cpumsf", "hisi_ptt",  "vpa_dtl",
	};

	return scan->trace_kind < sizeof(names) / sizeof(*names)
		       ? names[scan->trace_kind]
		       : names[0];
}

/* Beside the samples, or in them (perf record --aux-sample). */
static bool has_trace(const struct perf_file *file,
		      const struct perf_scan *scan)
{
	if (scan->n_records[RECORD_AUXTRACE] > 0)
		return true;
	for (size_t i = 0; i < file->events.n; i++)
		if (file->events.items[i].sample_type & SAMPLE_AUX)
			return scan->trace_kind != 0;
	return false;
}

/* What a processor traced takes its program to decode, which perf does. False
 * where there is nothing else. */
static bool check_trace(const struct perf_file *file,
			const struct perf_scan *scan, struct read_stats *stats,
			struct err *err)
{
	const char *name = trace_name(scan), *in = file->path;

	if (!has_trace(file, scan))
		return true;
	if (file->is_stdin)
		in = "FILE";
	if (stats->n_samples == 0 && stats->n_filtered == 0)
		return err_set(err,
			       "%s: it holds trace data (%s) and no samples; "
			       "to make samples of them: perf inject --itrace "
			       "-i %s -o decoded.data",
			       file->path, name, in);
	read_stats_warn(stats,
			"%s: its trace data (%s) are left out, only the "
			"samples beside them are in the profile; to make "
			"samples of them: perf inject --itrace -i %s -o "
			"decoded.data",
			file->path, name, in);
	return true;
}

bool perf_read(const struct input *input, const struct read_options *options,
	       struct profile *profile, struct read_stats *stats,
	       struct err *err)
{
	uint64_t started = clock_now();
	struct perf_scan scan = { 0 };
	struct perf_file file;
	bool ok;

	if (!perf_file_open(&file, input, err))
		return false;
	ok = perf_scan_run(&scan, &file, err);
	take_scan_stats(stats, &scan);
	stats->scan_ns = clock_now() - started;
	ok = ok && read_samples(&file, &scan, options, profile, stats, err);
	ok = ok && check_trace(&file, &scan, stats, err);
	if (ok && stats->n_samples == 0 && stats->n_filtered == 0 &&
	    (stats->warnings.n > 0 || stats->n_damaged > 0))
		ok = err_set(err, "%s: damaged, and no sample can be read",
			     file.path);
	perf_scan_release(&scan);
	perf_file_close(&file);
	return ok;
}

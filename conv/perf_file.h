/*
 * A perf.data capture, opened: where its records lie and what its header says
 * of the events and of the machine. The records are not looked at yet; what
 * they add to the description (in pipe mode: all of it) the scan hands to
 * perf_file_add_*().
 *
 * Format: tools/perf/Documentation/perf.data-file-format.txt
 */
#ifndef CONV_PERF_FILE_H
#define CONV_PERF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/reader.h"
#include "base/vec.h"
#include "conv/input.h"
#include "profile/build_id.h"

/* What is counted: a perf_event_attr and its name. */
struct event {
	uint32_t type;
	uint64_t config;
	uint64_t period; /* attr.sample_period, or a frequency */
	uint64_t sample_type;
	uint64_t read_format;
	uint64_t flags; /* ATTR_* */
	uint64_t branch_sample_type;
	uint64_t regs_user; /* masks of registers */
	uint64_t regs_intr;
	uint16_t max_stack; /* frames of a callchain; 0: the kernel's limit */
	int32_t clock;	    /* of times, a clockid_t, with ATTR_USE_CLOCKID */
	char *name;	    /* as perf names it; never NULL once opened */
	char *pmu;	    /* whose event it is; NULL: unknown */
	bool is_of_core;    /* pmu is a kind of core */
	/* Of perf record --off-cpu, known once all events have names: what its
	 * samples weigh is the time off the CPU. */
	bool is_off_cpu;
};

/* A source of events, which attr.type names. */
struct perf_pmu {
	uint32_t type; /* UINT32_MAX: not said */
	char *name;
	bool is_core; /* one of several kinds of core */
};

/* A run of records: the file itself, or one of a directory's. */
struct perf_source {
	int fd;
	bool is_owned;	/* close fd with the capture */
	uint64_t start; /* file offsets; limit is exclusive */
	uint64_t limit;
	const char *name; /* for messages; borrowed or the capture's */
};

struct recorded_build_id {
	char *path;
	struct build_id id;
	bool is_kernel; /* misc says so: the kernel's own entry */
};

struct perf_file {
	char *path;
	int64_t written_ns; /* as the input has them */
	uint64_t read_from_ns;
	bool is_swapped; /* written in the other byte order */
	bool is_big_endian;
	bool is_stdin;	    /* path is no file's */
	bool is_pipe;	    /* written by perf record -o - */
	bool is_cut_short;  /* ends before its header says */
	bool is_unfinished; /* the recorder never wrote the data's size */
	VEC(struct perf_source) sources;
	VEC(struct event) events;
	VEC(struct perf_pmu) pmus; /* of the machine that recorded */
	VEC(struct recorded_build_id) build_ids;
	VEC(char *) names; /* of sources */
	/* What the feature sections tell; NULL or 0 where they don't. */
	char *hostname;
	char *os_release;
	char *version;
	char *arch;
	char *command_line;
	bool has_clock_data;
	uint64_t clock_wall_ns; /* the same moment on the wall's clock */
	uint64_t clock_ns;	/* and on the clock of the records */
	/* Which event an id is of: an open-addressed table. */
	struct id_slot *ids;
	size_t n_ids;
	size_t n_id_slots;
};

struct id_slot {
	uint64_t id;
	uint32_t event; /* UINT32_MAX: free */
};

/* How much is kept of a command line, and of a name of what recorded: the
 * system's are not that long. What is longer is cut, and says so. */
enum { COMMAND_LINE_MAX = 4096, RECORDER_NAME_MAX = 256 };

/* Opens a capture: a file, or a directory written by perf record --threads. */
bool perf_file_open(struct perf_file *file, const struct input *input,
		    struct err *err);
void perf_file_close(struct perf_file *file);

/* The event of an id; UINT32_MAX if there is none. */
uint32_t perf_file_event_of_id(const struct perf_file *file, uint64_t id);

/*
 * Payloads of the records that describe the capture. A damaged one is false
 * with a sentence, and costs what it would have told.
 */
bool perf_file_add_attr(struct perf_file *file, struct reader payload,
			struct err *err);
bool perf_file_add_feature(struct perf_file *file, uint64_t feature,
			   struct reader section, struct err *err);
bool perf_file_add_build_id(struct perf_file *file, uint16_t misc,
			    struct reader payload, struct err *err);
bool perf_file_add_event_update(struct perf_file *file, struct reader payload,
				struct err *err);

/* Names the events that nothing has named, by their type and config, and says
 * whose they are: perf_events.c. */
void perf_file_name_events(struct perf_file *file);

/* Whether the event counts nanoseconds on a CPU: cpu-clock and task-clock; and
 * whether it is there for the recorder's sake alone. */
bool event_is_clock(const struct event *event);
bool event_is_dummy(const struct event *event);

/* Whether a sample's thread, weight and stack are in its raw data, as of
 * perf record --off-cpu since perf 6.16: its other fields are of no use. */
bool event_has_off_cpu_data(const struct event *event);

#endif

#include "config.h"
#include "conv/perf_record.h"

#include "conv/perf_abi.h"

/* ---- which event ---- */

/*
 * Where the id stands: all events of a capture agree on the place, or it could
 * not be read (evlist__id_pos() of tools/perf/util/evlist.c).
 */
static bool id_of_sample(uint64_t type, const struct record *record,
			 bool is_swapped, uint64_t *id)
{
	static const uint64_t before[] = { SAMPLE_IP, SAMPLE_TID, SAMPLE_TIME,
					   SAMPLE_ADDR };
	struct reader r = record_payload(record, is_swapped);

	if (!(type & SAMPLE_IDENTIFIER))
		for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++)
			if (type & before[i])
				reader_u64(&r);
	*id = reader_u64(&r);
	return reader_ok(&r);
}

static bool event_of_sample(const struct perf_file *file,
			    const struct record *record, uint32_t *event)
{
	const uint64_t has_id = SAMPLE_IDENTIFIER | SAMPLE_ID;
	uint64_t id;

	*event = 0;
	/* Without ids nothing tells; perf takes the first event, too. */
	if (file->events.n < 2 || !(file->events.items[0].sample_type & has_id))
		return file->events.n > 0;
	if (!id_of_sample(file->events.items[0].sample_type, record,
			  file->is_swapped, &id))
		return false;
	/* Id 0 is of the first event, as perf_evlist__id2evsel() has it. */
	if (id != 0)
		*event = perf_file_event_of_id(file, id);
	return *event < file->events.n;
}

/* ---- samples ---- */

static unsigned count_bits(uint64_t mask)
{
	return (unsigned)__builtin_popcountll(mask);
}

/* How many u64 stand for one counter, and for all of a group together. */
static unsigned words_per_value(uint64_t format)
{
	return 1U + (format & FORMAT_ID ? 1 : 0) +
	       (format & FORMAT_LOST ? 1 : 0);
}

static unsigned words_of_times(uint64_t format)
{
	return (format & FORMAT_TOTAL_TIME_ENABLED ? 1U : 0) +
	       (format & FORMAT_TOTAL_TIME_RUNNING ? 1U : 0);
}

static void read_values(struct perf_sample *sample, struct reader *r,
			uint64_t format)
{
	unsigned times = words_of_times(format) * 8;

	sample->value_format = format;
	if (format & FORMAT_GROUP) {
		uint64_t n = reader_u64(r);

		reader_bytes(r, times);
		sample->values =
			reader_items(r, n, words_per_value(format) * 8);
	} else {
		sample->values =
			reader_items(r, 1, words_per_value(format) * 8 + times);
	}
}

bool perf_sample_next_value(struct perf_sample *sample, uint64_t *value,
			    uint64_t *id)
{
	uint64_t format = sample->value_format;
	struct reader *r = &sample->values;

	if (reader_left(r) == 0)
		return false;
	*value = reader_u64(r);
	if (!(format & FORMAT_GROUP))
		reader_bytes(r, words_of_times(format) * 8);
	*id = format & FORMAT_ID ? reader_u64(r) : 0;
	if (format & FORMAT_LOST)
		reader_u64(r);
	return reader_ok(r);
}

static void read_branches(struct perf_sample *sample, struct reader *r,
			  uint64_t branch_type)
{
	uint64_t n = reader_u64(r);

	if (branch_type & BRANCH_HW_INDEX)
		reader_u64(r);
	sample->branches = reader_items(r, n, 3 * 8);
	if (branch_type & BRANCH_COUNTERS)
		reader_items(r, n, 8);
}

static void read_user_registers(struct perf_sample *sample, struct reader *r,
				uint64_t mask)
{
	sample->user_abi = reader_u64(r);
	if (sample->user_abi != 0)
		sample->user_registers = reader_items(r, count_bits(mask), 8);
}

static void skip_registers(struct reader *r, uint64_t mask)
{
	if (reader_u64(r) != 0) /* ABI: none were recorded */
		reader_bytes(r, count_bits(mask) * 8);
}

static void read_user_stack(struct perf_sample *sample, struct reader *r)
{
	uint64_t size = reader_u64(r);

	if (size == 0)
		return;
	sample->user_stack = reader_items(r, size, 1);
	sample->user_stack_copied = reader_u64(r);
	if (sample->user_stack_copied > size)
		r->has_failed = true;
}

/*
 * perf record --off-cpu, since perf 6.16: the record is of whoever went to
 * sleep next; whose time it was, how long, and the stack are its raw data
 * (off_cpu_dump() of tools/perf/util/bpf_skel/off_cpu.bpf.c). Which of the two
 * numbers is the process's differs between samples of one capture.
 */
static void read_off_cpu(struct perf_sample *sample, struct reader *raw)
{
	sample->pid = reader_u32(raw);
	sample->tid = reader_u32(raw);
	sample->period = reader_u64(raw);
	sample->callchain = reader_items(raw, reader_u64(raw), 8);
	if (reader_left(raw) >= 8)
		sample->cgroup = reader_u64(raw);
	sample->ip = 0;
	sample->cpumode = MISC_USER;
}

/* The fields behind the branch stack, of which a few are of use. */
static void read_tail(struct perf_sample *sample, struct reader *r,
		      const struct event *event)
{
	uint64_t type = event->sample_type;

	if (type & SAMPLE_REGS_USER)
		read_user_registers(sample, r, event->regs_user);
	if (type & SAMPLE_STACK_USER)
		read_user_stack(sample, r);
	if (type & (SAMPLE_WEIGHT | SAMPLE_WEIGHT_STRUCT))
		reader_u64(r);
	if (type & SAMPLE_DATA_SRC)
		reader_u64(r);
	if (type & SAMPLE_TRANSACTION)
		reader_u64(r);
	if (type & SAMPLE_REGS_INTR)
		skip_registers(r, event->regs_intr);
	if (type & SAMPLE_PHYS_ADDR)
		reader_u64(r);
	if (type & SAMPLE_CGROUP)
		sample->cgroup = reader_u64(r);
}

static void read_head(struct perf_sample *sample, struct reader *r,
		      uint64_t type)
{
	if (type & SAMPLE_IDENTIFIER)
		reader_u64(r);
	if (type & SAMPLE_IP)
		sample->ip = reader_u64(r);
	if (type & SAMPLE_TID) {
		sample->pid = reader_u32(r);
		sample->tid = reader_u32(r);
	}
	if (type & SAMPLE_TIME)
		sample->time = reader_u64(r);
	if (type & SAMPLE_ADDR)
		reader_u64(r);
	if (type & SAMPLE_ID)
		reader_u64(r);
	if (type & SAMPLE_STREAM_ID)
		reader_u64(r);
	if (type & SAMPLE_CPU) {
		sample->cpu = reader_u32(r);
		reader_u32(r);
	}
	if (type & SAMPLE_PERIOD)
		sample->period = reader_u64(r);
}

bool perf_sample_parse(struct perf_sample *sample, const struct perf_file *file,
		       const struct record *record)
{
	struct reader r = record_payload(record, file->is_swapped);
	struct reader raw = { 0 };
	const struct event *event;
	uint64_t type;

	*sample = (struct perf_sample){ 0 };
	if (!event_of_sample(file, record, &sample->event))
		return false;
	event = &file->events.items[sample->event];
	type = event->sample_type;
	sample->cpumode = record->misc & MISC_CPUMODE_MASK;
	/* A fixed period is not written into each sample. */
	sample->period = event->flags & ATTR_FREQ ? 1 : event->period;
	read_head(sample, &r, type);
	if (type & SAMPLE_READ)
		read_values(sample, &r, event->read_format);
	if (type & SAMPLE_CALLCHAIN)
		sample->callchain = reader_items(&r, reader_u64(&r), 8);
	if (type & SAMPLE_RAW)
		raw = reader_items(&r, reader_u32(&r), 1);
	if (type & SAMPLE_BRANCH_STACK)
		read_branches(sample, &r, event->branch_sample_type);
	if (type & (SAMPLE_REGS_USER | SAMPLE_STACK_USER | SAMPLE_CGROUP))
		read_tail(sample, &r, event);
	if (event_has_off_cpu_data(event))
		read_off_cpu(sample, &raw);
	return reader_ok(&r) && reader_ok(&raw);
}

/* ---- the trailer ---- */

static uint64_t take_last_word(struct reader *payload, bool is_swapped)
{
	struct reader r;

	if (reader_left(payload) < 8) {
		payload->has_failed = true;
		payload->pos = payload->end;
		return 0;
	}
	payload->end -= 8;
	r = reader_over(payload->end, 8, is_swapped);
	return reader_u64(&r);
}

struct record_id record_take_id(const struct perf_file *file, uint32_t type,
				struct reader *payload)
{
	struct record_id id = { 0 };
	const struct event *event;
	uint64_t fields;

	if (type >= RECORD_HEADER_ATTR || file->events.n == 0)
		return id;
	/* The events agree on the trailer, or it could not be read. */
	event = &file->events.items[0];
	fields = event->sample_type;
	if (!(event->flags & ATTR_SAMPLE_ID_ALL))
		return id;
	/* From its end to its beginning. */
	if (fields & SAMPLE_IDENTIFIER)
		take_last_word(payload, file->is_swapped);
	if (fields & SAMPLE_CPU)
		take_last_word(payload, file->is_swapped);
	if (fields & SAMPLE_STREAM_ID)
		take_last_word(payload, file->is_swapped);
	if (fields & SAMPLE_ID)
		take_last_word(payload, file->is_swapped);
	if (fields & SAMPLE_TIME)
		id.time = take_last_word(payload, file->is_swapped);
	if (fields & SAMPLE_TID && reader_left(payload) >= 8) {
		struct reader r;

		payload->end -= 8;
		r = reader_over(payload->end, 8, file->is_swapped);
		id.pid = reader_u32(&r);
		id.tid = reader_u32(&r);
	}
	return id;
}

/* ---- the other records ---- */

/*
 * MMAP2 of Linux 3.12 and of RHEL 7 had neither protection nor flags yet: the
 * path stands in their place. A protection is but a few bits; the first byte of
 * a path is more, and the others of it are no zeros. perf inject --jit writes
 * the mode of a regular file for the protection of generated code.
 *
 * The kernel and perf mark mappings that cannot be executed; of others the
 * protection tells.
 */
static void read_protection(struct mmap_record *mmap, uint16_t misc,
			    struct reader *r)
{
	enum {
		PROT_EXECUTE = 4,
		PROT_LIMIT = 16,
		REGULAR_FILE = 0100000,
		MAP_IS_PRIVATE = 2,
	};
	struct reader behind = *r;
	uint32_t protection = reader_u32(&behind);
	bool is_mode = (protection & ~UINT32_C(07777)) == REGULAR_FILE;

	if ((protection >= PROT_LIMIT && !is_mode) || !reader_ok(&behind)) {
		mmap->is_executable = !(misc & MISC_MMAP_DATA);
		return;
	}
	mmap->is_executable = is_mode || protection & PROT_EXECUTE;
	mmap->is_data |= protection > 0 && !mmap->is_executable;
	mmap->is_private = reader_u32(&behind) & MAP_IS_PRIVATE;
	*r = behind;
}

bool mmap_record_parse(struct mmap_record *mmap, uint32_t type, uint16_t misc,
		       struct reader payload)
{
	struct reader *r = &payload;

	*mmap = (struct mmap_record){
		.is_executable = true,
		.is_data = misc & MISC_MMAP_DATA,
	};
	mmap->pid = reader_u32(r);
	reader_u32(r); /* tid */
	mmap->start = reader_u64(r);
	mmap->size = reader_u64(r);
	mmap->pgoff = reader_u64(r);
	if (type == RECORD_MMAP) {
		mmap->is_executable = !(misc & MISC_MMAP_DATA);
	} else if (misc & MISC_MMAP_BUILD_ID) {
		size_t size = reader_u8(r);
		const unsigned char *bytes;

		reader_bytes(r, 3);
		bytes = reader_bytes(r, BUILD_ID_MAX);
		if (bytes && size <= BUILD_ID_MAX)
			mmap->build_id = build_id_from(bytes, size);
	} else {
		mmap->major = reader_u32(r);
		mmap->minor = reader_u32(r);
		mmap->inode = reader_u64(r);
		mmap->generation = reader_u64(r);
	}
	if (type == RECORD_MMAP2)
		read_protection(mmap, misc, r);
	mmap->path = reader_string(r, reader_left(r));
	return reader_ok(r);
}

bool comm_record_parse(struct comm_record *comm, uint16_t misc,
		       struct reader payload)
{
	comm->pid = reader_u32(&payload);
	comm->tid = reader_u32(&payload);
	comm->is_exec = misc & MISC_COMM_EXEC;
	comm->comm = reader_string(&payload, reader_left(&payload));
	return reader_ok(&payload);
}

bool fork_record_parse(struct fork_record *fork, uint16_t misc,
		       struct reader payload)
{
	fork->pid = reader_u32(&payload);
	fork->parent_pid = reader_u32(&payload);
	fork->tid = reader_u32(&payload);
	fork->parent_tid = reader_u32(&payload);
	fork->is_made_up = misc & MISC_FORK_EXEC;
	return reader_ok(&payload);
}

bool ksymbol_record_parse(struct ksymbol_record *ksymbol, struct reader payload)
{
	enum { FLAG_UNREGISTER = 1 };

	ksymbol->start = reader_u64(&payload);
	ksymbol->size = reader_u32(&payload);
	reader_u16(&payload); /* type: BPF, out of line */
	ksymbol->is_removal = reader_u16(&payload) & FLAG_UNREGISTER;
	ksymbol->name = reader_string(&payload, reader_left(&payload));
	return reader_ok(&payload);
}

bool cgroup_record_parse(struct cgroup_record *cgroup, struct reader payload)
{
	cgroup->id = reader_u64(&payload);
	cgroup->path = reader_string(&payload, reader_left(&payload));
	return reader_ok(&payload);
}

/*
 * The layouts:
 *
 *	file:  header │ ids │ attrs │ data: records │ table of features │
 *features pipe:  16-byte header │ records, some of them attributes and features
 *	dir:   DIR/data (a file as above) and DIR/data.0, data.1, …: records
 *
 * The features are a help, never a need: a capture that was cut short or never
 * finished has none of them.
 */
#include "config.h"
#include "conv/perf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "conv/event_name.h"
#include "conv/perf_abi.h"

enum {
	FILE_HEADER_SIZE = 104, /* struct perf_file_header */
	PIPE_HEADER_SIZE = 16,
	SECTION_SIZE = 16, /* offset and size */
	MAX_EVENTS = 4096,
	MAX_NAME = 4096,
};

/* Feature sections of any use to us are far smaller. */
static const uint64_t max_feature_size = UINT64_C(64) << 20;

struct section {
	uint64_t offset;
	uint64_t size;
};

/* ---- ids ---- */

static struct id_slot *find_id(const struct perf_file *file, uint64_t id)
{
	size_t mask = file->n_id_slots - 1;
	size_t i = (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;

	while (file->ids[i].event != UINT32_MAX && file->ids[i].id != id)
		i = (i + 1) & mask;
	return &file->ids[i];
}

static void add_id(struct perf_file *file, uint64_t id, uint32_t event)
{
	struct id_slot *slot;

	if (file->n_ids * 2 >= file->n_id_slots) {
		struct id_slot *old = file->ids;
		size_t n_old = file->n_id_slots;

		file->n_id_slots = n_old ? n_old * 2 : 64;
		file->ids = mem_alloc(file->n_id_slots * sizeof(*file->ids));
		memset(file->ids, 0xff, file->n_id_slots * sizeof(*file->ids));
		for (size_t i = 0; i < n_old; i++)
			if (old[i].event != UINT32_MAX)
				*find_id(file, old[i].id) = old[i];
		free(old);
	}
	slot = find_id(file, id);
	if (slot->event == UINT32_MAX)
		file->n_ids++;
	*slot = (struct id_slot){ id, event };
}

uint32_t perf_file_event_of_id(const struct perf_file *file, uint64_t id)
{
	return file->n_ids ? find_id(file, id)->event : UINT32_MAX;
}

/* ---- attributes ---- */

static uint8_t reverse_bits(uint8_t byte)
{
	uint8_t reversed = 0;

	for (int i = 0; i < 8; i++)
		reversed |= (uint8_t)((byte >> i & 1) << (7 - i));
	return reversed;
}

/*
 * The flags are C bit fields: big-endian compilers fill each byte from its
 * highest bit (swap_bitfield() of tools/perf/util/session.c).
 */
static uint64_t read_flags(struct reader *r, bool is_big_endian)
{
	const unsigned char *p = reader_bytes(r, 8);
	uint64_t flags = 0;

	for (int i = 0; p && i < 8; i++)
		flags |= (uint64_t)(is_big_endian ? reverse_bits(p[i]) : p[i])
			 << 8 * i;
	return flags;
}

/*
 * Reads a perf_event_attr of size bytes (0: it says so itself). Fields that
 * the capture's kernel did not have yet are zero.
 */
static bool read_attr(struct perf_file *file, struct reader *r, uint64_t size,
		      struct event *event, struct err *err)
{
	static const unsigned char zeros[ATTR_MAX_SIZE];
	unsigned char bytes[ATTR_MAX_SIZE];
	const unsigned char *p;
	struct reader a = *r;

	reader_u32(&a);
	if (size == 0)
		size = reader_u32(&a);
	if (size == 0)
		size = ATTR_SIZE_VER0;
	if (size < ATTR_SIZE_VER0 || size > ATTR_MAX_SIZE)
		return err_set(err, "event attributes of %" PRIu64 " bytes",
			       size);
	p = reader_bytes(r, (size_t)size);
	if (!p)
		return err_set(err, "event attributes are cut short");
	memcpy(bytes, zeros, sizeof(bytes));
	memcpy(bytes, p, (size_t)size);
	a = reader_over(bytes, sizeof(bytes), file->is_swapped);
	*event = (struct event){ 0 };
	event->type = reader_u32(&a);
	reader_u32(&a); /* size */
	event->config = reader_u64(&a);
	event->period = reader_u64(&a);
	event->sample_type = reader_u64(&a);
	event->read_format = reader_u64(&a);
	event->flags = read_flags(&a, file->is_big_endian);
	reader_bytes(&a, 24); /* wakeup, breakpoint or config1 and config2 */
	event->branch_sample_type = reader_u64(&a);
	event->regs_user = reader_u64(&a);
	reader_u32(&a); /* size of stack copies */
	event->clock = (int32_t)reader_u32(&a);
	event->regs_intr = reader_u64(&a);
	reader_u32(&a); /* aux_watermark */
	event->max_stack = reader_u16(&a);
	return true;
}

static bool add_event(struct perf_file *file, const struct event *event,
		      struct reader ids, struct err *err)
{
	uint32_t number = (uint32_t)file->events.n;

	if (number == MAX_EVENTS)
		return err_set(err, "more than %d events", MAX_EVENTS);
	*vec_add(&file->events) = *event;
	while (reader_left(&ids) >= 8)
		add_id(file, reader_u64(&ids), number);
	return true;
}

bool perf_file_add_attr(struct perf_file *file, struct reader payload,
			struct err *err)
{
	struct event event;

	if (!read_attr(file, &payload, 0, &event, err))
		return false;
	return add_event(file, &event, payload, err);
}

bool event_is_clock(const struct event *event)
{
	return event->type == TYPE_SOFTWARE &&
	       (event->config == SOFTWARE_CPU_CLOCK ||
		event->config == SOFTWARE_TASK_CLOCK);
}

bool event_is_dummy(const struct event *event)
{
	return event->type == TYPE_SOFTWARE && event->config == SOFTWARE_DUMMY;
}

bool event_has_off_cpu_data(const struct event *event)
{
	return event->is_off_cpu && event->sample_type & SAMPLE_RAW;
}

static void set_event_name(struct perf_file *file, uint32_t number,
			   const char *name)
{
	struct event *event = &file->events.items[number];

	free(event->name);
	event->name = mem_strdup(name);
}

bool perf_file_add_event_update(struct perf_file *file, struct reader payload,
				struct err *err)
{
	uint64_t what = reader_u64(&payload);
	uint32_t number = perf_file_event_of_id(file, reader_u64(&payload));
	const char *name;

	if (what != EVENT_UPDATE_NAME || number == UINT32_MAX)
		return true;
	name = reader_string(&payload, reader_left(&payload));
	if (!name || !*name || strlen(name) > MAX_NAME)
		return err_set(err, "event name is damaged");
	set_event_name(file, number, name);
	return true;
}

/* ---- features ---- */

/* A string of a feature section: its size, with padding, and its bytes. */
static const char *feature_string(struct reader *r)
{
	uint32_t size = reader_u32(r);

	return reader_string(r, size);
}

static bool read_string_feature(char **place, struct reader *r)
{
	const char *text = feature_string(r);

	if (!text)
		return false;
	free(*place);
	*place = text_shorten(text, RECORDER_NAME_MAX);
	return true;
}

static bool read_command_line(struct perf_file *file, struct reader *r)
{
	uint32_t n = reader_u32(r);
	struct buf line = { 0 };
	bool ok = true;

	for (uint32_t i = 0; i < n && ok; i++) {
		const char *word = feature_string(r);

		ok = word != NULL;
		if (ok && i > 0)
			buf_add(&line, " ", 1);
		if (ok)
			buf_add(&line, word, strlen(word));
	}
	buf_add(&line, "", 1);
	free(file->command_line);
	file->command_line = text_shorten((char *)line.bytes, COMMAND_LINE_MAX);
	buf_release(&line);
	return ok;
}

/*
 * Names of the events, found by their ids; captures of one event may have no
 * ids, there the order tells.
 */
static bool read_event_desc(struct perf_file *file, struct reader *r)
{
	uint32_t n = reader_u32(r), attr_size = reader_u32(r);

	for (uint32_t i = 0; i < n; i++) {
		const unsigned char *attr = reader_bytes(r, attr_size);
		uint32_t n_ids = reader_u32(r);
		const char *name = feature_string(r);
		struct reader ids = reader_items(r, n_ids, 8);
		uint32_t number = i;

		if (!attr || !reader_ok(r) || !name || strlen(name) > MAX_NAME)
			return false;
		if (n_ids > 0 && file->n_ids > 0)
			number = perf_file_event_of_id(file, reader_u64(&ids));
		if (number < file->events.n && *name)
			set_event_name(file, number, name);
	}
	return true;
}

/* Which numbers of attr.type mean which PMUs. */
static bool read_pmu_mappings(struct perf_file *file, struct reader *r)
{
	uint32_t n = reader_u32(r);

	for (uint32_t i = 0; i < n && file->pmus.n < MAX_EVENTS; i++) {
		uint32_t type = reader_u32(r);
		const char *name = feature_string(r);

		if (!name || strlen(name) > MAX_NAME)
			return false;
		*vec_add(&file->pmus) = (struct perf_pmu){
			.type = type,
			.name = mem_strdup(name),
		};
	}
	return true;
}

/* The kinds of core of a machine with several, and their CPUs. */
static bool read_kinds_of_core(struct perf_file *file, struct reader *r)
{
	uint32_t n = reader_u32(r);

	for (uint32_t i = 0; i < n && file->pmus.n < MAX_EVENTS; i++) {
		const char *name = feature_string(r);

		if (!name || strlen(name) > MAX_NAME || !feature_string(r))
			return false;
		*vec_add(&file->pmus) = (struct perf_pmu){
			.type = UINT32_MAX,
			.name = mem_strdup(name),
			.is_core = true,
		};
	}
	return true;
}

static bool read_clock_data(struct perf_file *file, struct reader *r)
{
	reader_u32(r); /* version */
	reader_u32(r); /* clock id */
	file->clock_wall_ns = reader_u64(r);
	file->clock_ns = reader_u64(r);
	file->has_clock_data = reader_ok(r);
	return file->has_clock_data;
}

/* The section is a run of BUILD_ID records. */
static bool read_build_ids(struct perf_file *file, struct reader *r,
			   struct err *err)
{
	while (reader_left(r) > 0) {
		struct reader payload;
		uint16_t misc, size;

		reader_u32(r); /* type */
		misc = reader_u16(r);
		size = reader_u16(r);
		if (size < RECORD_HEADER_SIZE)
			return false;
		payload = reader_items(r, size - RECORD_HEADER_SIZE, 1);
		if (!reader_ok(r) ||
		    !perf_file_add_build_id(file, misc, payload, err))
			return false;
	}
	return true;
}

bool perf_file_add_build_id(struct perf_file *file, uint16_t misc,
			    struct reader payload, struct err *err)
{
	enum { FIELD_SIZE = 24 }; /* 20 bytes, their number, padding */
	const unsigned char *bytes;
	const char *path;
	size_t size = BUILD_ID_MAX;

	reader_u32(&payload); /* pid: of a guest */
	bytes = reader_bytes(&payload, FIELD_SIZE);
	path = reader_string(&payload, reader_left(&payload));
	if (!bytes || !path)
		return err_set(err, "build id record is damaged");
	if (misc & MISC_BUILD_ID_SIZE && bytes[BUILD_ID_MAX] <= BUILD_ID_MAX)
		size = bytes[BUILD_ID_MAX];
	*vec_add(&file->build_ids) = (struct recorded_build_id){
		.path = mem_strdup(path),
		.id = build_id_from(bytes, size),
		.is_kernel = (misc & MISC_CPUMODE_MASK) == MISC_KERNEL,
	};
	return true;
}

bool perf_file_add_feature(struct perf_file *file, uint64_t feature,
			   struct reader section, struct err *err)
{
	bool ok = true;

	err->text[0] = '\0';
	switch (feature) {
	case FEATURE_BUILD_ID:
		ok = read_build_ids(file, &section, err);
		break;
	case FEATURE_HOSTNAME:
		ok = read_string_feature(&file->hostname, &section);
		break;
	case FEATURE_OSRELEASE:
		ok = read_string_feature(&file->os_release, &section);
		break;
	case FEATURE_VERSION:
		ok = read_string_feature(&file->version, &section);
		break;
	case FEATURE_ARCH:
		ok = read_string_feature(&file->arch, &section);
		break;
	case FEATURE_CMDLINE:
		ok = read_command_line(file, &section);
		break;
	case FEATURE_EVENT_DESC:
		ok = read_event_desc(file, &section);
		break;
	case FEATURE_PMU_MAPPINGS:
		ok = read_pmu_mappings(file, &section);
		break;
	case FEATURE_HYBRID_TOPOLOGY:
		ok = read_kinds_of_core(file, &section);
		break;
	case FEATURE_CLOCK_DATA:
		ok = read_clock_data(file, &section);
		break;
	}
	return ok || err_set(err, "feature %" PRIu64 " is damaged", feature);
}

static void read_feature_section(struct perf_file *file, int fd,
				 unsigned feature, struct section section)
{
	struct buf bytes = { 0 };
	struct err ignored;
	ssize_t n;

	if (section.size > max_feature_size)
		return;
	n = file_read_at(fd, buf_extend(&bytes, (size_t)section.size),
			 (size_t)section.size, section.offset);
	if (n == (ssize_t)section.size)
		perf_file_add_feature(
			file, feature,
			reader_over(bytes.bytes, bytes.size, file->is_swapped),
			&ignored);
	buf_release(&bytes);
}

/*
 * Which bit of the bitmap is set: it is an array of the recorder's unsigned
 * longs, whose size its byte order alone does not tell.
 */
struct feature_bits {
	uint64_t words[FEATURE_BITS / 64];
};

static bool feature_bit(const struct feature_bits *bits, unsigned feature)
{
	return bits->words[feature / 64] >> feature % 64 & 1;
}

static struct feature_bits read_feature_bits(struct reader *r)
{
	struct feature_bits bits;

	for (size_t i = 0; i < FEATURE_BITS / 64; i++)
		bits.words[i] = reader_u64(r);
	/*
	 * Every recorder writes its host's name. If that bit is not set, the
	 * words are 32 bits wide and their halves the wrong way round (as in
	 * perf_file_header__read() of tools/perf/util/header.c).
	 */
	if (r->is_swapped && !feature_bit(&bits, FEATURE_HOSTNAME))
		for (size_t i = 0; i < FEATURE_BITS / 64; i++)
			bits.words[i] =
				bits.words[i] << 32 | bits.words[i] >> 32;
	return bits;
}

static void read_features(struct perf_file *file, int fd,
			  const struct feature_bits *bits, uint64_t table)
{
	uint64_t offset = table;

	for (unsigned i = 0; i < FEATURE_BITS; i++) {
		unsigned char bytes[SECTION_SIZE];
		struct section section;
		struct reader r;

		if (!feature_bit(bits, i))
			continue;
		if (file_read_at(fd, bytes, sizeof(bytes), offset) !=
		    SECTION_SIZE)
			return;
		r = reader_over(bytes, sizeof(bytes), file->is_swapped);
		section.offset = reader_u64(&r);
		section.size = reader_u64(&r);
		read_feature_section(file, fd, i, section);
		offset += SECTION_SIZE;
	}
}

/* ---- the header ---- */

static struct section read_section(struct reader *r)
{
	struct section section;

	section.offset = reader_u64(r);
	section.size = reader_u64(r);
	return section;
}

/* Reads a whole section that must be there. */
static bool load_section(int fd, struct section section, const char *what,
			 uint64_t file_size, struct buf *out, struct err *err)
{
	if (section.offset > file_size ||
	    section.size > file_size - section.offset)
		return err_set(err,
			       "%s at 0x%" PRIx64 " (%" PRIu64
			       " bytes) lie outside the file",
			       what, section.offset, section.size);
	if (file_read_at(fd, buf_extend(out, (size_t)section.size),
			 (size_t)section.size,
			 section.offset) != (ssize_t)section.size)
		return err_set(err, "%s at 0x%" PRIx64 " cannot be read", what,
			       section.offset);
	return true;
}

static bool read_attrs(struct perf_file *file, int fd, struct section attrs,
		       uint64_t attr_size, uint64_t file_size, struct err *err)
{
	struct buf bytes = { 0 }, ids = { 0 };
	bool ok = false;
	struct reader r;

	if (attr_size < ATTR_SIZE_VER0 + SECTION_SIZE ||
	    attr_size > ATTR_MAX_SIZE)
		return err_set(err, "event attributes of %" PRIu64 " bytes",
			       attr_size);
	if (!load_section(fd, attrs, "event attributes", file_size, &bytes,
			  err))
		goto out;
	r = reader_over(bytes.bytes, bytes.size, file->is_swapped);
	while (reader_left(&r) >= attr_size) {
		struct section place;
		struct event event;

		if (!read_attr(file, &r, attr_size - SECTION_SIZE, &event, err))
			goto out;
		place = read_section(&r);
		ids.size = 0;
		if (!load_section(fd, place, "event ids", file_size, &ids,
				  err) ||
		    !add_event(
			    file, &event,
			    reader_over(ids.bytes, ids.size, file->is_swapped),
			    err))
			goto out;
	}
	ok = file->events.n > 0 || err_set(err, "it describes no event");
out:
	buf_release(&bytes);
	buf_release(&ids);
	return ok;
}

static void add_source(struct perf_file *file, int fd, const char *name,
		       uint64_t start, uint64_t limit)
{
	char *copy = mem_strdup(name);

	*vec_add(&file->names) = copy;
	*vec_add(&file->sources) = (struct perf_source){
		.fd = fd,
		.is_owned = true,
		.start = start,
		.limit = limit,
		.name = copy,
	};
}

/* The header of file mode; r stands behind its magic and size. */
static bool read_file_header(struct perf_file *file, int fd, struct reader *r,
			     uint64_t file_size, struct err *err)
{
	uint64_t attr_size = reader_u64(r), limit;
	struct section attrs = read_section(r);
	struct section data = read_section(r);
	struct feature_bits bits;

	read_section(r); /* event types, which perf stopped writing in 3.x */
	bits = read_feature_bits(r);
	if (!reader_ok(r))
		return err_set(err, "its header is cut short");
	if (!read_attrs(file, fd, attrs, attr_size, file_size, err))
		return false;
	if (data.offset > file_size || data.offset < FILE_HEADER_SIZE)
		return err_set(err,
			       "data at 0x%" PRIx64 " lie outside the file",
			       data.offset);
	file->is_unfinished = data.size == 0;
	file->is_cut_short = data.size > file_size - data.offset;
	limit = file->is_unfinished || file->is_cut_short
			? file_size
			: data.offset + data.size;
	add_source(file, fd, file->path, data.offset, limit);
	if (limit < file_size)
		read_features(file, fd, &bits, limit);
	return true;
}

static bool read_header(struct perf_file *file, int fd, struct err *err)
{
	unsigned char bytes[FILE_HEADER_SIZE];
	struct reader r;
	struct stat st;
	uint64_t size;
	ssize_t n;

	if (fstat(fd, &st) != 0)
		return err_set_errno(err, "cannot be read");
	n = file_read_at(fd, bytes, sizeof(bytes), 0);
	if (n < 0)
		return err_set_errno(err, "cannot be read");
	if (n == 0)
		return err_set(err, "it is empty");
	if (n >= 8 && memcmp(bytes, PERF_MAGIC_BIG, 8) == 0)
		file->is_big_endian = true;
	else if (n < 8 || memcmp(bytes, PERF_MAGIC_LITTLE, 8) != 0)
		return err_set(err, "not a perf.data file (it does not begin "
				    "with " PERF_MAGIC_LITTLE ")");
	file->is_swapped = reader_is_swapped(!file->is_big_endian);
	r = reader_over(bytes, (size_t)n, file->is_swapped);
	reader_bytes(&r, 8);
	size = reader_u64(&r);
	if (!reader_ok(&r))
		return err_set(err, "its header is cut short");
	if (size == PIPE_HEADER_SIZE) {
		file->is_pipe = true;
		add_source(file, fd, file->path, PIPE_HEADER_SIZE,
			   (uint64_t)st.st_size);
		return true;
	}
	if (size != FILE_HEADER_SIZE)
		return err_set(err,
			       "its header has %" PRIu64
			       " bytes, known are 16 and 104",
			       size);
	return read_file_header(file, fd, &r, (uint64_t)st.st_size, err);
}

/* ---- opening ---- */

/* Adds DIR/data.0, data.1, … until one is missing. */
static bool add_directory_files(struct perf_file *file, const char *directory,
				struct err *err)
{
	for (unsigned i = 0; i < UINT_MAX; i++) {
		char *path = mem_printf("%s/data.%u", directory, i);
		struct stat st;
		int fd = file_open_regular(path, &st);

		if (fd >= 0)
			add_source(file, fd, path, 0, (uint64_t)st.st_size);
		else if (errno != ENOENT)
			err_set_errno(err, "%s: cannot open", path);
		free(path);
		if (fd < 0)
			return errno == ENOENT;
	}
	return true;
}

bool perf_file_open(struct perf_file *file, const struct input *input,
		    struct err *err)
{
	int fd = fcntl(input->fd, F_DUPFD_CLOEXEC, 3);

	*file = (struct perf_file){
		.path = mem_strdup(input->name),
		.is_stdin = input->is_stdin,
		.written_ns = input->written_ns,
		.read_from_ns = input->read_from_ns,
	};
	if (fd < 0)
		return err_set_errno(err, "%s: cannot be read", file->path);
	if (!read_header(file, fd, err)) {
		if (file->sources.n == 0)
			close(fd);
	} else if (!input->directory ||
		   add_directory_files(file, input->directory, err)) {
		return true;
	}
	err_prefix(err, "%s", file->path);
	perf_file_close(file);
	return false;
}

void perf_file_close(struct perf_file *file)
{
	for (size_t i = 0; i < file->sources.n; i++)
		if (file->sources.items[i].is_owned)
			close(file->sources.items[i].fd);
	for (size_t i = 0; i < file->events.n; i++) {
		free(file->events.items[i].name);
		free(file->events.items[i].pmu);
	}
	for (size_t i = 0; i < file->pmus.n; i++)
		free(file->pmus.items[i].name);
	for (size_t i = 0; i < file->build_ids.n; i++)
		free(file->build_ids.items[i].path);
	for (size_t i = 0; i < file->names.n; i++)
		free(file->names.items[i]);
	vec_release(&file->sources);
	vec_release(&file->events);
	vec_release(&file->pmus);
	vec_release(&file->build_ids);
	vec_release(&file->names);
	free(file->path);
	free(file->hostname);
	free(file->os_release);
	free(file->version);
	free(file->arch);
	free(file->command_line);
	free(file->ids);
	*file = (struct perf_file){ 0 };
}

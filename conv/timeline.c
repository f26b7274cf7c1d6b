/*
 * Side-band records are ordered by time and played once. Each process keeps a
 * list of versions, one for each time at which anything of it changed:
 *
 *	time ──────▶
 *	pid 7   fork      exec   mmap mmap        fork of a new pid 7
 *	        │         │      │    │           │
 *	space   parent's  empty  {a}  {a, b}      its parent's
 *
 * A sample is then resolved against the last version at or before its time.
 * What perf makes up for processes older than the capture has the time 0.
 */
#include "config.h"
#include "conv/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/slots.h"
#include "base/text.h"
#include "conv/perf_abi.h"
#include "conv/perf_record.h"

/* The pid in records of the kernel itself. */
#define KERNEL_PID UINT32_MAX

struct process_version {
	uint64_t clock;
	uint32_t space;
	uint32_t comm;
	uint32_t main_module;
};

struct process {
	uint32_t pid;
	uint32_t landmarks; /* as of struct captured_process, as last known */
	uint32_t jit_dump;
	VEC(struct process_version) versions;
};

struct thread_version {
	uint64_t clock;
	uint32_t comm;
};

struct thread {
	uint32_t tid;
	VEC(struct thread_version) versions;
};

struct kernel_version {
	uint64_t clock;
	uint32_t space;
};

struct cgroup {
	uint64_t id;
	uint32_t path;
};

/* Nothing tells when a guest maps something: it has what was there when the
 * recorder looked. */
struct guest {
	uint32_t pid; /* of the process that it runs in; 0: any */
	uint32_t space;
};

struct timeline {
	bool has_times;
	struct spaces spaces;
	VEC(struct mapping) mappings;
	VEC(struct process) processes;
	struct slots process_slots;
	VEC(struct thread) threads;
	struct slots thread_slots;
	VEC(struct kernel_version) kernel;
	uint32_t kernel_maps; /* space of the kernel without KSYMBOLs */
	VEC(struct cgroup) cgroups;
	struct slots cgroup_slots;
	VEC(struct guest) guests;
	struct slots guest_slots;
};

/* ---- finding ---- */

static uint32_t hash_number(uint64_t number)
{
	return (uint32_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static bool process_equal(const void *context, const void *key, uint32_t number)
{
	const struct timeline *timeline = context;

	return timeline->processes.items[number].pid == *(const uint32_t *)key;
}

static bool thread_equal(const void *context, const void *key, uint32_t number)
{
	const struct timeline *timeline = context;

	return timeline->threads.items[number].tid == *(const uint32_t *)key;
}

static bool guest_equal(const void *context, const void *key, uint32_t number)
{
	const struct timeline *timeline = context;

	return timeline->guests.items[number].pid == *(const uint32_t *)key;
}

static bool cgroup_equal(const void *context, const void *key, uint32_t number)
{
	const struct timeline *timeline = context;

	return timeline->cgroups.items[number].id == *(const uint64_t *)key;
}

static const struct process *find_process(const struct timeline *timeline,
					  uint32_t pid)
{
	uint32_t number = slots_find(&timeline->process_slots, hash_number(pid),
				     process_equal, timeline, &pid);

	return number == SLOT_FREE ? NULL : &timeline->processes.items[number];
}

static const struct thread *find_thread(const struct timeline *timeline,
					uint32_t tid)
{
	uint32_t number = slots_find(&timeline->thread_slots, hash_number(tid),
				     thread_equal, timeline, &tid);

	return number == SLOT_FREE ? NULL : &timeline->threads.items[number];
}

/*
 * The last of n versions at or before clock; each kind of version begins with
 * its clock. Where all are later nothing is known of that time. But in a
 * capture without times, where the place in the file has to do, the first is
 * taken: records of several processors are only roughly in order.
 */
static const void *version_at(const struct timeline *timeline,
			      const void *versions, size_t n,
			      size_t version_size, uint64_t clock)
{
	const char *base = versions;
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const uint64_t *at =
			(const void *)(base + middle * version_size);

		if (*at <= clock)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return timeline->has_times || n == 0 ? NULL : base;
	return base + (low - 1) * version_size;
}

#define VERSION_AT(timeline, v, clock) \
	version_at((timeline), (v)->items, (v)->n, sizeof(*(v)->items), (clock))

uint64_t timeline_clock(const struct timeline *timeline, uint64_t time,
			uint32_t source, uint64_t offset)
{
	/* A capture without times has one source, or its side band in the
	 * first. */
	return timeline->has_times ? time : (uint64_t)source << 48 | offset;
}

void timeline_find(const struct timeline *timeline, uint32_t pid, uint32_t tid,
		   uint64_t clock, struct thread_state *state)
{
	const struct process *process = find_process(timeline, pid);
	const struct thread *thread = find_thread(timeline, tid);
	const struct kernel_version *kernel =
		VERSION_AT(timeline, &timeline->kernel, clock);

	*state = (struct thread_state){ .pid = pid, .space = SPACE_EMPTY };
	if (kernel)
		state->kernel_space = kernel->space;
	if (process) {
		const struct process_version *version =
			VERSION_AT(timeline, &process->versions, clock);

		if (version) {
			state->space = version->space;
			state->comm = version->comm;
		}
	}
	state->thread_comm = state->comm;
	if (thread) {
		const struct thread_version *version =
			VERSION_AT(timeline, &thread->versions, clock);

		if (version && version->comm)
			state->thread_comm = version->comm;
	}
}

bool timeline_has_process(const struct timeline *timeline, uint32_t pid)
{
	return find_process(timeline, pid) != NULL;
}

const struct mapping *timeline_mapping(const struct timeline *timeline,
				       uint32_t space, uint64_t avma)
{
	uint32_t number = space_find(&timeline->spaces, space, avma);

	return number == NO_MAPPING ? NULL : &timeline->mappings.items[number];
}

uint32_t timeline_guest_space(const struct timeline *timeline, uint32_t pid)
{
	uint32_t number = slots_find(&timeline->guest_slots, hash_number(pid),
				     guest_equal, timeline, &pid);

	if (number != SLOT_FREE)
		return timeline->guests.items[number].space;
	return pid == 0 ? (uint32_t)SPACE_EMPTY
			: timeline_guest_space(timeline, 0);
}

uint32_t timeline_main_module(const struct timeline *timeline, uint32_t pid)
{
	const struct process *process = find_process(timeline, pid);

	if (!process)
		return NO_MODULE;
	return process->versions.items[process->versions.n - 1].main_module;
}

uint32_t timeline_cgroup(const struct timeline *timeline, uint64_t id)
{
	uint32_t number = slots_find(&timeline->cgroup_slots, hash_number(id),
				     cgroup_equal, timeline, &id);

	return number == SLOT_FREE ? 0 : timeline->cgroups.items[number].path;
}

/* ---- building ---- */

/* The version of a process from clock on, to be changed. */
static struct process_version *process_from(struct timeline *timeline,
					    uint32_t pid, uint64_t clock)
{
	uint32_t next = (uint32_t)timeline->processes.n, number;
	struct process_version version = { .main_module = NO_MODULE };
	struct process *process;

	number = slots_find_or_add(&timeline->process_slots, hash_number(pid),
				   process_equal, timeline, &pid, next);
	if (number == next)
		*vec_add(&timeline->processes) = (struct process){
			.pid = pid,
			.landmarks = NO_LANDMARKS,
		};
	process = &timeline->processes.items[number];
	if (process->versions.n > 0)
		version = process->versions.items[process->versions.n - 1];
	if (process->versions.n == 0 || version.clock != clock) {
		version.clock = clock;
		*vec_add(&process->versions) = version;
	}
	return &process->versions.items[process->versions.n - 1];
}

static struct thread_version *thread_from(struct timeline *timeline,
					  uint32_t tid, uint64_t clock)
{
	uint32_t next = (uint32_t)timeline->threads.n, number;
	struct thread_version version = { 0 };
	struct thread *thread;

	number = slots_find_or_add(&timeline->thread_slots, hash_number(tid),
				   thread_equal, timeline, &tid, next);
	if (number == next)
		*vec_add(&timeline->threads) = (struct thread){ .tid = tid };
	thread = &timeline->threads.items[number];
	if (thread->versions.n > 0)
		version = thread->versions.items[thread->versions.n - 1];
	if (thread->versions.n == 0 || version.clock != clock) {
		version.clock = clock;
		*vec_add(&thread->versions) = version;
	}
	return &thread->versions.items[thread->versions.n - 1];
}

static uint32_t kernel_space_now(const struct timeline *timeline)
{
	return timeline->kernel.n > 0
		       ? timeline->kernel.items[timeline->kernel.n - 1].space
		       : (uint32_t)SPACE_EMPTY;
}

static void set_kernel_space(struct timeline *timeline, uint32_t space,
			     uint64_t clock)
{
	size_t n = timeline->kernel.n;

	if (n > 0 && timeline->kernel.items[n - 1].clock == clock)
		timeline->kernel.items[n - 1].space = space;
	else
		*vec_add(&timeline->kernel) =
			(struct kernel_version){ clock, space };
}

static uint32_t add_mapping(struct timeline *timeline, uint64_t start,
			    uint64_t pgoff, uint32_t module)
{
	*vec_add(&timeline->mappings) = (struct mapping){
		.start = start,
		.pgoff = pgoff,
		.module = module,
	};
	return (uint32_t)(timeline->mappings.n - 1);
}

/* The end of a range; the top of the address space where it would wrap, or
 * where older versions of perf wrote no size for the kernel. */
static uint64_t limit_of(uint64_t start, uint64_t size, bool is_kernel)
{
	uint64_t limit;

	if (__builtin_add_overflow(start, size, &limit) ||
	    (is_kernel && size == 0))
		return UINT64_MAX;
	return limit;
}

static void play_kernel_mmap(struct timeline *timeline,
			     const struct mmap_record *mmap, uint32_t module,
			     uint64_t clock)
{
	uint64_t limit = limit_of(mmap->start, mmap->size, true);
	uint32_t mapping =
		add_mapping(timeline, mmap->start, mmap->pgoff, module);

	if (mmap->start >= limit)
		return;
	timeline->kernel_maps =
		space_map(&timeline->spaces, timeline->kernel_maps, mmap->start,
			  limit, mapping);
	set_kernel_space(timeline,
			 space_map(&timeline->spaces,
				   kernel_space_now(timeline), mmap->start,
				   limit, mapping),
			 clock);
}

/* The process, which has a version already. */
static struct process *process_of(struct timeline *timeline, uint32_t pid)
{
	uint32_t number = slots_find(&timeline->process_slots, hash_number(pid),
				     process_equal, timeline, &pid);

	return &timeline->processes.items[number];
}

/* Its own landmarks: those of a parent are enough as they are. */
static void add_landmark(struct timeline *timeline, struct profile *profile,
			 const struct mmap_record *mmap)
{
	struct process *process = process_of(timeline, mmap->pid);
	struct landmarks *landmarks;

	if (process->landmarks == NO_LANDMARKS) {
		process->landmarks = (uint32_t)profile->landmarks.n;
		*vec_add(&profile->landmarks) =
			(struct landmarks){ .pid = mmap->pid };
	}
	landmarks = &profile->landmarks.items[process->landmarks];
	if (landmarks->pid == mmap->pid && landmarks->n < MAX_LANDMARKS)
		landmarks->items[landmarks->n++] =
			(struct landmark){ mmap->start, mmap->inode };
}

/* jit-PID.dump, which a compiler maps as a mark in the capture. The pid is the
 * one that the process knows itself by. */
static bool is_jit_dump(const char *path)
{
	const char *name = strrchr(path, '/');
	size_t digits;

	if (!name || !text_starts_with(name, "/jit-"))
		return false;
	name += strlen("/jit-");
	digits = strspn(name, "0123456789");
	return digits > 0 && strcmp(name + digits, ".dump") == 0;
}

static void note_file(struct timeline *timeline, struct profile *profile,
		      const struct mmap_record *mmap, enum module_kind kind)
{
	if (!mmap->is_executable ||
	    (kind != MODULE_FILE && kind != MODULE_VDSO))
		return;
	add_landmark(timeline, profile, mmap);
	if (is_jit_dump(mmap->path))
		process_of(timeline, mmap->pid)->jit_dump =
			profile_add_string(profile, mmap->path);
}

static int compare_pids(const void *a, const void *b)
{
	const struct captured_process *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static void list_processes(const struct timeline *timeline,
			   struct profile *profile)
{
	for (size_t i = 0; i < timeline->processes.n; i++) {
		const struct process *process = &timeline->processes.items[i];

		if (process->landmarks != NO_LANDMARKS || process->jit_dump)
			*vec_add(&profile->processes) =
				(struct captured_process){
					.pid = process->pid,
					.landmarks = process->landmarks,
					.jit_dump = process->jit_dump,
				};
	}
	if (profile->processes.n > 0)
		qsort(profile->processes.items, profile->processes.n,
		      sizeof(struct captured_process), compare_pids);
}

static void play_guest_mmap(struct timeline *timeline, struct modules *modules,
			    const struct mmap_record *mmap)
{
	uint32_t next = (uint32_t)timeline->guests.n, number, mapping;
	uint64_t limit = limit_of(mmap->start, mmap->size, true);
	struct guest *guest;

	if (mmap->start >= limit)
		return;
	number = slots_find_or_add(&timeline->guest_slots,
				   hash_number(mmap->pid), guest_equal,
				   timeline, &mmap->pid, next);
	if (number == next)
		*vec_add(&timeline->guests) =
			(struct guest){ mmap->pid, SPACE_EMPTY };
	guest = &timeline->guests.items[number];
	mapping = add_mapping(timeline, mmap->start, mmap->pgoff,
			      modules_of_guest(modules, mmap));
	guest->space = space_map(&timeline->spaces, guest->space, mmap->start,
				 limit, mapping);
}

static bool play_mmap(struct timeline *timeline, struct modules *modules,
		      const struct sideband *record, struct reader payload,
		      uint64_t clock)
{
	uint16_t cpumode = record->misc & MISC_CPUMODE_MASK;
	struct process_version *version;
	struct mmap_record mmap;
	uint32_t module, mapping;
	enum module_kind kind;
	uint64_t limit;
	bool is_kernel;

	if (!mmap_record_parse(&mmap, record->type, record->misc, payload))
		return false;
	if (cpumode == MISC_GUEST_KERNEL)
		play_guest_mmap(timeline, modules, &mmap);
	if (cpumode == MISC_GUEST_KERNEL || cpumode == MISC_GUEST_USER)
		return true; /* nobody records what a guest's processes have */
	is_kernel = cpumode == MISC_KERNEL || mmap.pid == KERNEL_PID;
	limit = limit_of(mmap.start, mmap.size, is_kernel);
	if (mmap.start >= limit)
		return true;
	module = modules_of_mapping(modules, &mmap, is_kernel);
	if (is_kernel) {
		play_kernel_mmap(timeline, &mmap, module, clock);
		return true;
	}
	mapping = add_mapping(timeline, mmap.start, mmap.pgoff, module);
	timeline->mappings.items[mapping].is_data = mmap.is_data;
	version = process_from(timeline, mmap.pid, clock);
	version->space = space_map(&timeline->spaces, version->space,
				   mmap.start, limit, mapping);
	/* The kernel maps a program before its libraries, and perf lists it
	 * first. */
	kind = modules->profile->modules.items[module].kind;
	if (version->main_module == NO_MODULE && mmap.is_executable &&
	    kind == MODULE_FILE)
		version->main_module = module;
	note_file(timeline, modules->profile, &mmap, kind);
	return true;
}

static bool play_comm(struct timeline *timeline, struct profile *profile,
		      const struct sideband *record, struct reader payload,
		      uint64_t clock)
{
	struct comm_record comm;
	uint32_t name;

	if (!comm_record_parse(&comm, record->misc, payload))
		return false;
	name = profile_add_string(profile, comm.comm);
	thread_from(timeline, comm.tid, clock)->comm = name;
	if (comm.pid == comm.tid)
		process_from(timeline, comm.pid, clock)->comm = name;
	if (comm.is_exec) {
		struct process_version *version =
			process_from(timeline, comm.pid, clock);

		version->space = SPACE_EMPTY;
		version->main_module = NO_MODULE;
		process_of(timeline, comm.pid)->landmarks = NO_LANDMARKS;
	}
	return true;
}

/* A new process has what its parent has; a new thread nothing but a name. */
static bool play_fork(struct timeline *timeline, const struct sideband *record,
		      struct reader payload, uint64_t clock)
{
	const struct process *parent;
	const struct thread *creator;
	struct process_version child = { .main_module = NO_MODULE };
	struct fork_record fork;
	uint32_t comm = 0;

	if (!fork_record_parse(&fork, record->misc, payload))
		return false;
	/* perf makes records up for running processes: those are no children
	 * that share their parent's mappings, and have their own names. */
	if (fork.is_made_up)
		return true;
	creator = find_thread(timeline, fork.parent_tid);
	if (creator)
		comm = creator->versions.items[creator->versions.n - 1].comm;
	thread_from(timeline, fork.tid, clock)->comm = comm;
	if (fork.pid == fork.parent_pid)
		return true;
	parent = find_process(timeline, fork.parent_pid);
	if (parent)
		child = parent->versions.items[parent->versions.n - 1];
	child.clock = clock;
	if (comm)
		child.comm = comm;
	*process_from(timeline, fork.pid, clock) = child;
	process_of(timeline, fork.pid)->landmarks =
		parent ? find_process(timeline, fork.parent_pid)->landmarks
		       : NO_LANDMARKS;
	return true;
}

static bool play_ksymbol(struct timeline *timeline, struct modules *modules,
			 struct reader payload, uint64_t clock)
{
	uint32_t space = kernel_space_now(timeline);
	struct ksymbol_record ksymbol;
	uint32_t mapping;
	uint64_t limit;

	if (!ksymbol_record_parse(&ksymbol, payload))
		return false;
	limit = limit_of(ksymbol.start, ksymbol.size, false);
	if (ksymbol.start >= limit)
		return true;
	if (!ksymbol.is_removal) {
		mapping = add_mapping(timeline, ksymbol.start, 0,
				      modules_of_ksymbol(modules, &ksymbol));
		space = space_map(&timeline->spaces, space, ksymbol.start,
				  limit, mapping);
	} else {
		/* What lay below comes up again. */
		mapping = space_find(&timeline->spaces, timeline->kernel_maps,
				     ksymbol.start);
		space = mapping == NO_MAPPING
				? space_unmap(&timeline->spaces, space,
					      ksymbol.start, limit)
				: space_map(&timeline->spaces, space,
					    ksymbol.start, limit, mapping);
	}
	set_kernel_space(timeline, space, clock);
	return true;
}

static bool play_cgroup(struct timeline *timeline, struct profile *profile,
			struct reader payload)
{
	uint32_t next = (uint32_t)timeline->cgroups.n, path;
	struct cgroup_record cgroup;

	if (!cgroup_record_parse(&cgroup, payload))
		return false;
	path = profile_add_string(profile, cgroup.path);
	if (slots_find_or_add(&timeline->cgroup_slots, hash_number(cgroup.id),
			      cgroup_equal, timeline, &cgroup.id, next) == next)
		*vec_add(&timeline->cgroups) =
			(struct cgroup){ cgroup.id, path };
	return true;
}

static bool play(struct timeline *timeline, struct modules *modules,
		 const struct sideband *record, struct reader payload,
		 uint64_t clock)
{
	switch (record->type) {
	case RECORD_MMAP:
	case RECORD_MMAP2:
		return play_mmap(timeline, modules, record, payload, clock);
	case RECORD_COMM:
		return play_comm(timeline, modules->profile, record, payload,
				 clock);
	case RECORD_FORK:
		return play_fork(timeline, record, payload, clock);
	case RECORD_KSYMBOL:
		return play_ksymbol(timeline, modules, payload, clock);
	case RECORD_CGROUP:
		return play_cgroup(timeline, modules->profile, payload);
	}
	return true;
}

/* ---- the order ---- */

struct moment {
	uint64_t clock;
	size_t record; /* index into scan.sideband: the order in the file */
	struct reader payload; /* without the trailer */
};

static int compare_moments(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->clock != y->clock)
		return x->clock < y->clock ? -1 : 1;
	return x->record < y->record ? -1 : x->record > y->record;
}

static struct moment *order(const struct timeline *timeline,
			    const struct perf_scan *scan,
			    const struct perf_file *file)
{
	struct moment *moments = mem_zalloc(scan->sideband.n, sizeof(*moments));

	for (size_t i = 0; i < scan->sideband.n; i++) {
		const struct sideband *record = &scan->sideband.items[i];
		struct moment *moment = &moments[i];
		struct record_id id;

		moment->record = i;
		moment->payload = reader_over(scan->bytes.bytes + record->at,
					      record->size, file->is_swapped);
		id = record_take_id(file, record->type, &moment->payload);
		moment->clock = timeline_clock(timeline, id.time,
					       record->source, record->offset);
	}
	qsort(moments, scan->sideband.n, sizeof(*moments), compare_moments);
	return moments;
}

/* Whether every record of the capture, samples and others, has a time. */
static bool has_times(const struct perf_file *file)
{
	for (size_t i = 0; i < file->events.n; i++) {
		const struct event *event = &file->events.items[i];

		if (!(event->sample_type & SAMPLE_TIME) ||
		    !(event->flags & ATTR_SAMPLE_ID_ALL))
			return false;
	}
	return true;
}

struct timeline *timeline_new(struct perf_scan *scan,
			      const struct perf_file *file,
			      struct modules *modules, struct profile *profile)
{
	struct timeline *timeline = mem_zalloc(1, sizeof(*timeline));
	struct moment *moments;

	timeline->has_times = has_times(file);
	spaces_init(&timeline->spaces);
	slots_init(&timeline->process_slots, 256);
	slots_init(&timeline->thread_slots, 256);
	slots_init(&timeline->cgroup_slots, 16);
	slots_init(&timeline->guest_slots, 16);
	/* The idle tasks, one for each processor, are no process of anybody. */
	process_from(timeline, 0, 0)->comm =
		profile_add_string(profile, "swapper");
	moments = order(timeline, scan, file);
	for (size_t i = 0; i < scan->sideband.n; i++)
		if (!play(timeline, modules,
			  &scan->sideband.items[moments[i].record],
			  moments[i].payload, moments[i].clock))
			scan->n_damaged++;
	free(moments);
	list_processes(timeline, profile);
	return timeline;
}

void timeline_free(struct timeline *timeline)
{
	if (!timeline)
		return;
	for (size_t i = 0; i < timeline->processes.n; i++)
		vec_release(&timeline->processes.items[i].versions);
	for (size_t i = 0; i < timeline->threads.n; i++)
		vec_release(&timeline->threads.items[i].versions);
	spaces_release(&timeline->spaces);
	slots_release(&timeline->process_slots);
	slots_release(&timeline->thread_slots);
	slots_release(&timeline->cgroup_slots);
	slots_release(&timeline->guest_slots);
	vec_release(&timeline->mappings);
	vec_release(&timeline->processes);
	vec_release(&timeline->threads);
	vec_release(&timeline->kernel);
	vec_release(&timeline->cgroups);
	vec_release(&timeline->guests);
	free(timeline);
}

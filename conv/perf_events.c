/*
 * What a capture's events are called and whose they are.
 *
 * On machines with several kinds of core perf opens an event once for each of
 * them. Mostly the name says so ("cpu_core/cycles/"). Where names are missing
 * or equal, the attributes do: attr.type is the PMU's number, or for the events
 * that every processor has (type 0 and 3) the upper half of attr.config.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "conv/event_name.h"
#include "conv/perf_abi.h"
#include "conv/perf_file.h"

/* ---- names ---- */

static const char *name_of_hardware(uint64_t config)
{
	static const char *const names[] = {
		"cycles",
		"instructions",
		"cache-references",
		"cache-misses",
		"branches",
		"branch-misses",
		"bus-cycles",
		"stalled-cycles-frontend",
		"stalled-cycles-backend",
		"ref-cycles",
	};

	return config < sizeof(names) / sizeof(*names) ? names[config] : NULL;
}

static const char *name_of_software(uint64_t config)
{
	static const char *const names[] = {
		"cpu-clock",	    "task-clock",
		"page-faults",	    "context-switches",
		"cpu-migrations",   "minor-faults",
		"major-faults",	    "alignment-faults",
		"emulation-faults", "dummy",
		"bpf-output",	    "cgroup-switches",
	};

	return config < sizeof(names) / sizeof(*names) ? names[config] : NULL;
}

/* The cache, what is done with it, and how that ends: a byte each. */
static char *name_of_cache(uint64_t config)
{
	static const char *const caches[] = {
		"L1-dcache", "L1-icache", "LLC",  "dTLB",
		"iTLB",	     "branch",	  "node",
	};
	static const char *const ops[][2] = {
		{ "load", "loads" },
		{ "store", "stores" },
		{ "prefetch", "prefetches" },
	};
	uint64_t cache = config & 0xff, op = config >> 8 & 0xff;
	uint64_t result = config >> 16;

	if (cache >= sizeof(caches) / sizeof(*caches) ||
	    op >= sizeof(ops) / sizeof(*ops) || result > 1)
		return NULL;
	return result == 0
		       ? mem_printf("%s-%s", caches[cache], ops[op][1])
		       : mem_printf("%s-%s-misses", caches[cache], ops[op][0]);
}

/* The words for what has no name are perf's own. */
static char *made_name(const struct event *event)
{
	uint64_t general = event->config & UINT32_MAX;
	const char *name = NULL;
	char *made = NULL;

	if (event->type == TYPE_HARDWARE)
		name = name_of_hardware(general);
	else if (event->type == TYPE_SOFTWARE)
		name = name_of_software(event->config);
	else if (event->type == TYPE_HW_CACHE)
		made = name_of_cache(general);
	else if (event->type == TYPE_TRACEPOINT)
		made = mem_printf("tracepoint-%" PRIu64, event->config);
	else if (event->is_of_core)
		made = mem_printf("%s/config=0x%" PRIx64 "/", event->pmu,
				  event->config);
	if (name)
		return mem_strdup(name);
	return made ? made
		    : mem_printf("type-%" PRIu32 "-0x%" PRIx64, event->type,
				 event->config);
}

/* ---- PMUs ---- */

static const char *pmu_of_type(const struct perf_file *file, uint32_t type)
{
	for (size_t i = 0; i < file->pmus.n; i++)
		if (!file->pmus.items[i].is_core &&
		    file->pmus.items[i].type == type)
			return file->pmus.items[i].name;
	switch (type) {
	case TYPE_SOFTWARE:
		return "software";
	case TYPE_TRACEPOINT:
		return "tracepoint";
	case TYPE_BREAKPOINT:
		return "breakpoint";
	}
	return NULL;
}

static bool is_core(const struct perf_file *file, const char *pmu)
{
	for (size_t i = 0; i < file->pmus.n; i++)
		if (file->pmus.items[i].is_core &&
		    strcmp(file->pmus.items[i].name, pmu) == 0)
			return true;
	return event_pmu_is_core(pmu, strlen(pmu));
}

/* Events that every processor has need not say of which kind of core. */
static bool is_general(const struct event *event)
{
	return event->type == TYPE_HARDWARE || event->type == TYPE_HW_CACHE;
}

static void set_pmu(const struct perf_file *file, struct event *event)
{
	struct event_name name = { 0 };
	uint32_t type = event->type;
	bool is_said = true;
	const char *known;

	if (event->name)
		name = event_name_parse(event->name);
	if (is_general(event))
		type = (uint32_t)(event->config >> CONFIG_PMU_SHIFT);
	if (is_general(event) && type == 0) {
		is_said = false;
		type = TYPE_RAW; /* what the kernel takes then */
	}
	known = pmu_of_type(file, type);
	if (name.n_pmu > 0)
		event->pmu = mem_printf("%.*s", (int)name.n_pmu, name.pmu);
	else if (known)
		event->pmu = mem_strdup(known);
	else if (is_general(event) && is_said)
		event->pmu = mem_printf("type %" PRIu32, type);
	event->is_of_core =
		event->pmu && ((is_general(event) && name.n_pmu == 0) ||
			       is_core(file, event->pmu));
}

static bool is_off_cpu(const struct event *event)
{
	return event->type == TYPE_SOFTWARE &&
	       event->config == SOFTWARE_BPF_OUTPUT &&
	       event_name_matches(OFF_CPU_EVENT, event->name, NULL);
}

void perf_file_name_events(struct perf_file *file)
{
	for (size_t i = 0; i < file->events.n; i++) {
		struct event *event = &file->events.items[i];

		set_pmu(file, event);
		if (!event->name)
			event->name = made_name(event);
		event->is_off_cpu = is_off_cpu(event);
	}
}

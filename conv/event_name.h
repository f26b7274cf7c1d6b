/*
 * Names of events as perf writes them: "cycles", "cycles:upp",
 * "sched:sched_switch", and those of one PMU, which is a kind of core or
 * another device: "cpu_core/cycles/P", "cpu_core/cycles:u/" (perf before 6.5),
 * "cpu_atom/event=0x3c,umask=0x0/u", "uncore_imc_0/cas_count_read/",
 * "intel_pt//u".
 */
#ifndef CONV_EVENT_NAME_H
#define CONV_EVENT_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The parts of a name, which they borrow from. */
struct event_name {
	const char *pmu; /* n_pmu bytes; 0: it names none */
	size_t n_pmu;
	/* Without modifiers, and without terms that say how it is recorded
	 * (period=1000) and not what is counted. Of "PMU//" nothing is left. */
	const char *event;
	size_t n_event;
	uint64_t modifiers; /* EVENT_MODIFIER() of each */
	const char *modifier_text;
	size_t n_modifier_text;
};

#define EVENT_MODIFIER(letter) (UINT64_C(1) << ((letter) - 'A'))

/* The modifiers that say what is counted: in which mode. The others say how
 * precisely, and how the counter is used. */
extern const uint64_t event_counting_modifiers;

struct event_name event_name_parse(const char *name);

/*
 * The name without its modifiers, which differ between versions of perf and
 * between machines for the same command: "cycles", "cpu_core/cycles/". free()
 * it.
 */
char *event_name_base(const char *name);

/*
 * Whether a user who asks for an event means the one of this name: by all of
 * it, without its modifiers, or without its PMU. pmu: where the name does not
 * say it; or NULL.
 */
bool event_name_matches(const char *wanted, const char *name, const char *pmu);

/*
 * Whether a PMU is a kind of core: an event of one on several of them is one
 * event, asked for by one name, while the devices of a chip have their own.
 */
bool event_pmu_is_core(const char *pmu, size_t length);

#endif

/*
 * Module by module, the addresses of each in order:
 *
 *	1. what the cache has is taken from there, and no file is opened;
 *	2. modules of which something is missing are read by workers, several
 *	   at once, and what those give is kept in the cache;
 *	3. then the module's locations are named.
 *
 * What is found does not depend on the order in which workers end: every
 * module is named by itself.
 */
#include "config.h"
#include "symbolize/symbolizer.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "symbolize/demangle.h"
#include "base/text.h"
#include "profile/exact.h"
#include "profile/sample_weights.h"
#include "profile/truncated.h"
#include "profile/unmapped.h"
#include "symbolize/frames.h"
#include "symbolize/jit.h"
#include "symbolize/kernel.h"
#include "symbolize/kernel_guests.h"
#include "symbolize/live.h"
#include "symbolize/module_key.h"
#include "symbolize/sandbox.h"
#include "symbolize/target.h"
#include "symbolize/worker_pool.h"

/* ---- fetching ---- */

/* How much of all events' samples each module has: the heaviest are fetched
 * first. */
static double *weigh_modules(const struct profile *profile, double *all)
{
	double *weights = mem_zalloc(profile->modules.n, sizeof(*weights));
	double *of_samples = sample_weights(profile);

	*all = 0;
	for (size_t i = 0; i < profile->samples.n; i++) {
		const struct sample *sample = &profile->samples.items[i];
		const struct stack *stack =
			&profile->stacks.items[sample->stack];

		for (uint32_t k = 0; k < stack->n; k++) {
			uint32_t location = profile->stack_locations
						    .items[stack->first + k];
			uint32_t module =
				profile->locations.items[location].module;

			*all += of_samples[i];
			if (module != NO_MODULE)
				weights[module] += of_samples[i];
		}
	}
	free(of_samples);
	return weights;
}

/* Debug information first; the file itself where it is missing, as that says
 * where its code lies. */
static void ask_for(struct run *run, const struct target *target, double weight)
{
	struct fetch_want want = {
		.build_id = target->fetch_id,
		.role = FILE_DEBUG,
		.weight = weight,
		.module = target->module,
	};

	fetch_add(&run->fetch, &want);
	want.role = FILE_OWN;
	if (target->lacks_own_file)
		fetch_add(&run->fetch, &want);
}

static void start_fetching(struct run *run, struct target *targets, size_t n)
{
	double least = run->options->fetch.least_percent, all;
	double *weights = weigh_modules(run->profile, &all);

	for (size_t i = 0; i < n; i++) {
		struct target *target = &targets[i];
		double weight = weights[target->module];

		target->is_fetched = true;
		if (weight * 100 >= least * all)
			ask_for(run, target, weight);
		else if (target->lacks_own_file)
			target_set_note(
				run->profile, target->module,
				"not fetched, as it weighs next to nothing");
	}
	free(weights);
	fetch_start(&run->fetch);
	/* Where it is not the cache's, it is known only now. */
	run->places.store = run->fetch.store;
}

/* Says what became of asking for the files of a module that has none. */
static void explain_fetch(struct run *run, struct target *target)
{
	if (run->options->fetch.is_offline &&
	    run->profile->modules.items[target->module].build_id.size > 0)
		target->reason = REASON_FETCH_DISABLED;
	for (size_t i = 0; i < run->fetch.wants.n; i++) {
		const struct fetch_want *want = &run->fetch.wants.items[i];

		if (want->module != target->module)
			continue;
		switch (want->status) {
		case FETCH_NOT_FOUND:
			target->reason = REASON_FETCH_NOT_FOUND;
			break;
		case FETCH_SKIPPED:
			target->reason = REASON_FETCH_FAILED;
			target_set_note(
				run->profile, target->module,
				"the budget is used up (--fetch-budget)");
			break;
		default:
			target->reason = REASON_FETCH_FAILED;
			break;
		}
	}
}

/* ---- all of them ---- */

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

struct wanted_lists {
	struct wanted *all; /* module after module */
	size_t *first;	    /* n_modules + 1 of them */
};

/* What has a reason by now was looked up in a round before. */
static bool is_wanted(const struct location *location)
{
	return location->module != NO_MODULE &&
	       location->reason == REASON_PENDING;
}

static struct wanted_lists sort_by_module(const struct profile *profile)
{
	size_t n_modules = profile->modules.n, n = profile->locations.n;
	struct wanted_lists lists = {
		.all = mem_zalloc(n, sizeof(struct wanted)),
		.first = mem_zalloc(n_modules + 2, sizeof(size_t)),
	};

	/* Counting sort: first[m + 1] counts, then runs as the write place. */
	for (size_t i = 0; i < n; i++)
		if (is_wanted(&profile->locations.items[i]))
			lists.first[profile->locations.items[i].module + 2]++;
	for (size_t m = 2; m < n_modules + 2; m++)
		lists.first[m] += lists.first[m - 1];
	for (uint32_t i = 0; i < n; i++) {
		const struct location *location = &profile->locations.items[i];

		if (is_wanted(location))
			lists.all[lists.first[location->module + 1]++] =
				(struct wanted){ location->address, i };
	}
	for (size_t m = 0; m < n_modules; m++)
		qsort(&lists.all[lists.first[m]],
		      lists.first[m + 1] - lists.first[m],
		      sizeof(struct wanted), compare_wanted);
	return lists;
}

static void set_reason(struct profile *profile, const struct target *target,
		       enum reason reason)
{
	for (size_t i = 0; i < target->n_wanted; i++)
		profile->locations.items[target->wanted[i].location].reason =
			reason;
}

/*
 * A kernel file that the user names is believed for the kernel with its build
 * id; without one in the capture nothing says that it is the right one.
 */
static bool open_vmlinux(struct run *run, struct target *target,
			 const char *path, struct err *err)
{
	const struct module *module =
		&run->profile->modules.items[target->module];
	struct find_query query;
	struct stat st;
	int fd;

	if (module->build_id.size == 0) {
		target_set_note(
			run->profile, target->module,
			"the capture has no build id of its kernel to check "
			"a vmlinux with");
		set_reason(
			run->profile, target,
			target_kernel_reason(target, REASON_KERNEL_UNPROVEN));
		return true;
	}
	if (module_kernel_base(module) == 0) {
		target_set_note(
			run->profile, target->module,
			"a vmlinux does not help: the capture does not say "
			"where its kernel lies");
		set_reason(run->profile, target,
			   target_kernel_reason(target, REASON_KERNEL_HIDDEN));
		return true;
	}
	fd = find_named_file(path, &st, err);
	if (fd < 0)
		return false;
	query = target_query(run->profile, target->module);
	find_debug_of(&run->places, &query, fd, &target->files);
	target->is_vmlinux = true;
	return true;
}

/* Whether the cache knows all that a vmlinux would tell; if so, it is loaded.
 */
static bool is_vmlinux_cached(struct run *run, struct target *target)
{
	target->is_vmlinux = true;
	module_tables_init(&target->tables, run->cache);
	if (target_load_by_build_id(run, target) &&
	    target_text_svma(run, target) != 0 &&
	    target_has_all_tables(run, target))
		return true;
	module_tables_release(&target->tables);
	return false;
}

/* The kernel's file with debug information, where a distribution or perf keeps
 * it. Other than kallsyms it has source lines. */
static bool find_vmlinux(struct run *run, struct target *target)
{
	const struct module *module =
		&run->profile->modules.items[target->module];
	struct find_query query = target_query(run->profile, target->module);
	enum reason reason;
	struct err why;

	if (module->build_id.size == 0 || module_kernel_base(module) == 0)
		return false;
	target->is_vmlinux = is_vmlinux_cached(run, target) ||
			     find_module_files(&run->places, &query,
					       &target->files, &reason, &why);
	return target->is_vmlinux;
}

static void name_generated_code(struct run *run, const struct target *target)
{
	uint32_t *locations = mem_zalloc(target->n_wanted, sizeof(*locations));

	for (size_t i = 0; i < target->n_wanted; i++)
		locations[i] = target->wanted[i].location;
	jit_name(run->profile, target->module, locations, target->n_wanted,
		 &run->places, run->options->perf_map_dir);
	free(locations);
}

/* A memfd of one process: an ELF file as others, mostly. */
static bool is_file_in_memory(const struct run *run,
			      const struct target *target)
{
	const struct module *module =
		&run->profile->modules.items[target->module];

	return module->kind == MODULE_FILE && module->pid != 0;
}

/* Whether the target is looked up in an ELF file; sets the reason of one that
 * is not, but leaves the kernel's to kernel_run(). */
static bool wants_elf(struct run *run, struct target *target, struct err *err,
		      bool *ok)
{
	const struct module *module =
		&run->profile->modules.items[target->module];

	if (module->is_unproven) {
		set_reason(run->profile, target, REASON_UNPROVEN);
		return false;
	}
	switch (module->kind) {
	case MODULE_FILE:
	case MODULE_IMAGE:
	case MODULE_VDSO:
		return true;
	case MODULE_ANON:
		name_generated_code(run, target);
		return false;
	case MODULE_OTHER:
		if (text_starts_with(profile_string(run->profile, module->path),
				     "[guest.kernel"))
			target_set_note(run->profile, target->module,
					"the recorder did not know the guest: "
					"perf kvm --guest --guestmount DIR, or "
					"--guestkallsyms and --guestmodules");
		set_reason(run->profile, target, REASON_UNMAPPED);
		return false;
	case MODULE_KERNEL:
		if (run->options->hide_kernel)
			return false;
		if (!run->options->vmlinux) {
			if (!run->options->kallsyms &&
			    find_vmlinux(run, target))
				return true;
			kernel_read_ahead(run->kernel);
			return false;
		}
		*ok = open_vmlinux(run, target, run->options->vmlinux, err);
		return target->is_vmlinux;
	case MODULE_GUEST_KERNEL:
		if (run->options->guest_vmlinux)
			*ok = open_vmlinux(run, target,
					   run->options->guest_vmlinux, err);
		return target->is_vmlinux;
	case MODULE_KERNEL_MODULE:
		/* Other than kallsyms its file has source lines; but nothing
		 * else than a build id proves that it is the right one. */
		if (run->options->hide_kernel || module->build_id.size == 0)
			return false;
		*ok = kernel_module_text(run->kernel, target->module,
					 &target->text, err);
		return *ok;
	default:
		return false;
	}
}

/* Compilers of generated code give the names of Java's virtual machine; no
 * worker has seen those. first: of the functions that were added here. */
static void shorten_java_names(struct profile *profile, size_t first)
{
	for (size_t i = first; i < profile->functions.n; i++) {
		uint32_t linkage_name = profile->functions.items[i].system_name;
		char *name = NULL;

		if (profile->functions.items[i].name == linkage_name)
			name = demangle_java(
				profile_string(profile, linkage_name));
		if (name)
			profile->functions.items[i].name =
				profile_add_string(profile, name);
		free(name);
	}
}

/* Full names are rare: made at the end, of linkage names, in one batch. */
static void take_full_names(struct worker_job *job,
			    const struct worker_result *result)
{
	struct run *run = job->context;
	struct profile *profile = run->profile;
	struct buf rest = result->answer;
	const unsigned char *bytes;
	struct worker_blob blob;
	size_t at = 0;

	run->stats->worker_cpu_ns += result->cpu_ns;
	if (!result->is_complete)
		return;
	do
		if (!worker_next_blob(&rest, &blob, &bytes))
			return;
	while (blob.kind != WORKER_NAMES);
	for (size_t i = 0; i < profile->functions.n; i++) {
		const char *name = (const char *)bytes + at;
		size_t length = strnlen(name, blob.size - at);

		if (at + length >= blob.size)
			return;
		profile->functions.items[i].name =
			profile_add_string(profile, name);
		at += length + 1;
	}
}

static const char *linkage_or_qualified(const struct profile *profile,
					const struct function *function)
{
	const char *name = profile_string(profile, function->name);
	const char *linkage = profile_string(profile, function->system_name);

	return frames_is_qualified(name, linkage) ? name : linkage;
}

static void demangle_fully(struct run *run)
{
	const struct profile *profile = run->profile;
	struct worker_job job = { .fds = { -1, -1, -1, -1 }, .context = run };
	struct worker_request header = {
		.task = WORKER_DEMANGLE,
		.n = profile->functions.n,
	};

	buf_add(&job.request, &header, sizeof(header));
	for (size_t i = 0; i < profile->functions.n; i++) {
		const char *name = linkage_or_qualified(
			profile, &profile->functions.items[i]);

		buf_add(&job.request, name, strlen(name) + 1);
	}
	run->stats->n_workers_started++;
	worker_pool_run(&job, 1, 1, take_full_names);
	buf_release(&job.request);
}

/* Targets that are read at once, or wait for something. */
struct batch {
	struct target *targets;
	size_t n;
};

static const struct build_id *id_of(const struct run *run, uint32_t module)
{
	return &run->profile->modules.items[module].build_id;
}

/* Reads targets and lets others have what they gave. */
static void read_and_unlock(struct run *run, struct target *targets, size_t n)
{
	uint32_t *modules = mem_zalloc(n, sizeof(*modules));

	for (size_t i = 0; i < n; i++)
		modules[i] = targets[i].module;
	target_read_all(run, targets, n);
	cache_flush(run->cache);
	for (size_t i = 0; i < n; i++)
		module_unlock(run->cache, id_of(run, modules[i]));
	free(modules);
}

/* Waits for the process that is reading a module, and takes what it found. */
static void wait_for(struct run *run, struct target *target)
{
	module_lock(run->cache, id_of(run, target->module), MODULE_PATIENCE_MS);
	module_tables_release(&target->tables);
	if (target_need(run, target) == NEED_WORKER) {
		read_and_unlock(run, target, 1);
		return;
	}
	module_unlock(run->cache, id_of(run, target->module));
	target_name_locations(run, target);
	target_end(target);
}

/* First what nobody else is reading; no lock is held while another is waited
 * for. */
static void work_off(struct run *run, struct batch *batch)
{
	struct target *busy = mem_zalloc(batch->n, sizeof(*busy));
	size_t n_mine = 0, n_busy = 0;

	for (size_t i = 0; i < batch->n; i++) {
		struct target *target = &batch->targets[i];

		if (module_lock(run->cache, id_of(run, target->module), 0) ==
		    CACHE_BUSY)
			busy[n_busy++] = *target;
		else
			batch->targets[n_mine++] = *target;
	}
	if (n_mine > 0)
		read_and_unlock(run, batch->targets, n_mine);
	for (size_t i = 0; i < n_busy; i++)
		wait_for(run, &busy[i]);
	free(busy);
	batch->n = 0;
}

/* Names a target from what is known, or puts it among those to be read, or
 * those to be fetched first. */
static void take_target(struct run *run, struct target *target,
			struct batch *to_read, struct batch *to_fetch)
{
	enum { MAX_OPEN = 200 }; /* modules at once, with up to 3 files each */

	switch (target_need(run, target)) {
	case NEED_FETCH:
		target->fetch_id = target->files.build_id;
		target->lacks_own_file = target->files.fds[FILE_OWN] < 0;
		/* Nothing is open while it waits. */
		target_end(target);
		to_fetch->targets[to_fetch->n++] = *target;
		break;
	case NEED_WORKER:
		to_read->targets[to_read->n++] = *target;
		if (to_read->n == MAX_OPEN)
			work_off(run, to_read);
		break;
	case NEED_NOTHING:
		if (target->reason == REASON_FILE_MISSING)
			explain_fetch(run, target);
		target_name_locations(run, target);
		if (is_file_in_memory(run, target) &&
		    !target->tables.index_bytes)
			name_generated_code(run, target);
		target_end(target);
		break;
	}
}

static bool take_modules(struct run *run, const struct wanted_lists *lists,
			 struct batch *to_read, struct batch *to_fetch,
			 struct err *err)
{
	bool ok = true;

	for (uint32_t m = 0; ok && m < run->profile->modules.n; m++) {
		struct target target = {
			.run = run,
			.module = m,
			.wanted = &lists->all[lists->first[m]],
			.n_wanted = lists->first[m + 1] - lists->first[m],
			.reason = REASON_PENDING,
		};

		module_files_init(&target.files);
		if (target.n_wanted > 0 && wants_elf(run, &target, err, &ok)) {
			target_take_kept(&target);
			take_target(run, &target, to_read, to_fetch);
		}
	}
	return ok;
}

static bool name_by_files(struct run *run, const struct wanted_lists *lists,
			  struct err *err)
{
	size_t n_modules = run->profile->modules.n;
	struct batch to_read = {
		.targets = mem_zalloc(n_modules, sizeof(struct target)),
	};
	struct batch to_fetch = {
		.targets = mem_zalloc(n_modules, sizeof(struct target)),
	};
	bool ok = take_modules(run, lists, &to_read, &to_fetch, err);

	if (ok) {
		if (to_fetch.n > 0)
			start_fetching(run, to_fetch.targets, to_fetch.n);
		work_off(run, &to_read);
		fetch_finish(&run->fetch);
		for (size_t i = 0; i < to_fetch.n; i++)
			take_target(run, &to_fetch.targets[i], &to_read,
				    &to_fetch);
		work_off(run, &to_read);
	}
	for (size_t i = 0; i < to_read.n; i++)
		target_end(&to_read.targets[i]);
	free(to_read.targets);
	free(to_fetch.targets);
	return ok;
}

static bool name_round(struct run *run, struct err *err)
{
	struct wanted_lists lists = sort_by_module(run->profile);
	bool ok = name_by_files(run, &lists, err) &&
		  kernel_guests_run(run->profile, run->cache, run->options,
				    err) &&
		  kernel_run(run->kernel, err);

	run->n_rounds++;
	free(lists.all);
	free(lists.first);
	return ok;
}

/*
 * Some names tell that others are of a wrong address, by a byte: those are
 * named anew. What the input names tells it before.
 */
static bool name_all(struct run *run, struct err *err)
{
	enum { MAX_ROUNDS = 5 }; /* interrupts interrupted by others */
	bool ok;

	exact_correct(run->profile);
	do
		ok = name_round(run, err);
	while (ok && run->n_rounds < MAX_ROUNDS && exact_correct(run->profile));
	profile_settle_frames(run->profile);
	profile_settle_data(run->profile);
	profile_settle_truncated(run->profile);
	profile_settle_locations(run->profile);
	return ok;
}

bool symbolizer_run(struct profile *profile, struct cache *cache,
		    const struct symbolizer_options *options,
		    struct symbolizer_stats *stats, struct err *err)
{
	struct run run = {
		.profile = profile,
		.cache = cache,
		.options = options,
		.places = options->places,
		.stats = stats,
		.kernel = kernel_new(profile, cache, options),
		.n_modules = profile->modules.n,
		.kept = mem_zalloc(profile->modules.n,
				   sizeof(struct module_tables)),
	};
	size_t n_functions = profile->functions.n;
	bool ok;

	*stats = (struct symbolizer_stats){
		.sandbox = SANDBOX_LANDLOCK | SANDBOX_SECCOMP,
	};
	run.places.live = live_new(profile);
	fetch_init(&run.fetch, &options->fetch, cache, options->places.store);
	ok = kernel_identify(run.kernel, err) && name_all(&run, err);
	if (options->demangle == DEMANGLE_SHORT)
		shorten_java_names(profile, n_functions);
	kernel_free(run.kernel);
	if (ok && options->demangle == DEMANGLE_FULL &&
	    profile->functions.n > 0)
		demangle_fully(&run);
	fetch_release(&run.fetch);
	live_free(run.places.live);
	for (size_t i = 0; i < run.n_modules; i++)
		module_tables_release(&run.kept[i]);
	free(run.kept);
	return ok;
}

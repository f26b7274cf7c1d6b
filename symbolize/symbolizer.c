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

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "symbolize/find.h"
#include "symbolize/frames.h"
#include "symbolize/jit.h"
#include "symbolize/kernel.h"
#include "symbolize/module_tables.h"
#include "symbolize/sandbox.h"
#include "symbolize/vdso.h"
#include "symbolize/worker_pool.h"

/* A location of a module, by its address there. */
struct wanted {
	uint64_t address;
	uint32_t location;
};

/* A module whose locations are looked up in an ELF file. */
struct target {
	struct run *run;
	uint32_t module;
	const struct wanted *wanted; /* sorted by address */
	size_t n_wanted;
	bool is_fetched; /* servers were asked for what was not found, */
	struct build_id fetch_id; /* which is of this */
	bool lacks_own_file;
	bool is_vmlinux; /* addresses count from the reference symbol */
	struct module_tables tables;
	struct module_files files;
	size_t n_parts;	    /* that workers are reading */
	bool is_whole;	    /* all of them said all they had to say */
	enum reason reason; /* why it has no names at all, if it has none */
};

struct run {
	struct profile *profile;
	struct cache *cache;
	const struct symbolizer_options *options;
	struct symbolizer_stats *stats;
	struct find_places places; /* borrowed, but for a store of our own */
	struct fetch fetch;
	size_t n_done;
	size_t n_modules;
};

static void set_note(struct profile *profile, uint32_t module, const char *text)
{
	profile->modules.items[module].note = profile_add_string(profile, text);
}

static void report_progress(struct run *run)
{
	run->n_done++;
	if (run->options->progress)
		run->options->progress(run->options->progress_context,
				       run->n_done, run->n_modules);
}

/* ---- addresses ---- */

static uint64_t text_of_vmlinux(const struct run *run,
				const struct target *target)
{
	const struct module *module =
		&run->profile->modules.items[target->module];
	const struct image_index_header *header = target->tables.index.header;
	const char *symbol = profile_string(run->profile, module->ref_symbol);

	return strcmp(symbol, "_stext") == 0 ? header->stext_svma
					     : header->text_svma;
}

static bool svma_of(const struct run *run, const struct target *target,
		    uint64_t address, uint64_t *svma)
{
	const struct module *module =
		&run->profile->modules.items[target->module];

	if (target->is_vmlinux)
		*svma = address - module->ref_avma +
			text_of_vmlinux(run, target);
	else if (module->kind == MODULE_IMAGE)
		*svma = address;
	else
		return image_index_svma(&target->tables.index, address, svma);
	return true;
}

/* Whether all tables that the module's addresses need are at hand. */
static bool has_all_tables(struct run *run, struct target *target)
{
	struct module_tables *tables = &target->tables;

	for (size_t i = 0; i < target->n_wanted; i++) {
		uint64_t svma, number;

		if (!svma_of(run, target, target->wanted[i].address, &svma))
			continue;
		if ((image_index_page(&tables->index, svma, &number) &&
		     !module_tables_get(tables, CACHE_SYMBOLS, number)) ||
		    (image_index_unit(&tables->index, svma, &number) &&
		     !module_tables_get(tables, CACHE_UNIT, number)))
			return false;
	}
	return true;
}

/* ---- naming ---- */

static void take_identity(struct run *run, const struct target *target)
{
	struct module *module = &run->profile->modules.items[target->module];
	const struct image_index *index = &target->tables.index;

	if (module->build_id.size == 0) {
		module->found_build_id = image_index_build_id(index);
		if (!module->note && module->inode == 0)
			set_note(run->profile, target->module,
				 "used without a check: the capture has no "
				 "build id of it");
	}
	if (target->is_vmlinux || module->segments.n > 0)
		return;
	for (uint32_t i = 0; i < index->header->n_segments; i++)
		*vec_add(&module->segments) = index->segments[i];
}

static enum reason reason_of_image(const struct target *target)
{
	uint32_t flags = target->tables.index.header->flags;

	if (target->reason != REASON_PENDING)
		return target->reason;
	/* Nothing says where the code of a debug file was mapped. */
	if (!(flags & IMAGE_HAS_OWN_FILE) &&
	    target->run->profile->modules.items[target->module].kind ==
		    MODULE_FILE &&
	    target->tables.index.header->n_segments == 0)
		return REASON_FILE_MISSING;
	if (flags & IMAGE_HAS_BAD_DWARF)
		return REASON_BAD_DWARF;
	if (!(flags & (IMAGE_HAS_SYMBOLS | IMAGE_HAS_DWARF)))
		return REASON_NO_SYMBOLS;
	return REASON_NOT_COVERED;
}

/* Names what can be named, and gives the rest its reason. */
static void name_locations(struct run *run, struct target *target)
{
	struct profile *profile = run->profile;
	bool is_known = target->tables.index_bytes != NULL;
	uint64_t svma;

	if (is_known)
		take_identity(run, target);
	for (size_t i = 0; i < target->n_wanted; i++) {
		const struct wanted *wanted = &target->wanted[i];

		if (is_known && svma_of(run, target, wanted->address, &svma) &&
		    frames_name_location(profile, run->options, &target->tables,
					 wanted->location, svma))
			continue;
		profile->locations.items[wanted->location].reason =
			is_known ? reason_of_image(target) : target->reason;
	}
	report_progress(run);
}

static void end_target(struct target *target)
{
	module_tables_release(&target->tables);
	module_files_close(&target->files);
}

/* ---- keys ---- */

static void build_id_key(char key[CACHE_KEY_MAX], const struct build_id *id)
{
	char hex[BUILD_ID_HEX_MAX];

	snprintf(key, CACHE_KEY_MAX, "b:%s", build_id_hex(id, hex));
}

/* The key under which a file's contents are kept. */
static void key_of_index(char key[CACHE_KEY_MAX],
			 const struct image_index *index)
{
	struct build_id id = image_index_build_id(index);
	const uint64_t *hash = index->header->content_hash;

	if (id.size > 0)
		build_id_key(key, &id);
	else
		snprintf(key, CACHE_KEY_MAX, "c:%016" PRIx64 "%016" PRIx64,
			 hash[0], hash[1]);
}

/*
 * What tells a file from any other state of it without reading it: where a
 * capture has no build id, the cache remembers the contents' key for it.
 */
static void file_key(char key[CACHE_KEY_MAX], const struct stat *st)
{
	const uint64_t parts[] = {
		st->st_dev,
		st->st_ino,
		(uint64_t)st->st_size,
		(uint64_t)st->st_mtim.tv_sec,
		(uint64_t)st->st_mtim.tv_nsec,
		(uint64_t)st->st_ctim.tv_sec,
		(uint64_t)st->st_ctim.tv_nsec,
	};
	XXH128_hash_t hash = XXH3_128bits(parts, sizeof(parts));

	snprintf(key, CACHE_KEY_MAX, "f:%016" PRIx64 "%016" PRIx64,
		 (uint64_t)hash.high64, (uint64_t)hash.low64);
}

static bool load_by_file(struct target *target, const struct stat *st)
{
	char key[CACHE_KEY_MAX], contents[CACHE_KEY_MAX];
	const void *bytes;
	size_t size;

	file_key(key, st);
	if (!cache_get(target->run->cache, key, CACHE_FILE, 0, &bytes, &size) ||
	    size >= CACHE_KEY_MAX)
		return false;
	memcpy(contents, bytes, size);
	contents[size] = '\0';
	return module_tables_load(&target->tables, contents);
}

static void remember_file(struct target *target)
{
	char key[CACHE_KEY_MAX];

	if (target->files.fds[FILE_OWN] < 0)
		return;
	file_key(key, &target->files.own);
	cache_put(target->run->cache, key, CACHE_FILE, 0, target->tables.key,
		  strlen(target->tables.key));
}

/* ---- workers ---- */

/* Part of a target's addresses, for one worker. */
struct part {
	struct target *target;
	size_t first;
	size_t n;
};

static void fill_request(const struct run *run, const struct part *part,
			 struct buf *request)
{
	const struct target *target = part->target;
	const struct module *module =
		&run->profile->modules.items[target->module];
	const char *symbol = profile_string(run->profile, module->ref_symbol);
	struct worker_request header = {
		.task = target->is_vmlinux ? WORKER_SYMBOLIZE_KERNEL
			: module->kind == MODULE_IMAGE
				? WORKER_SYMBOLIZE_IMAGE
				: WORKER_SYMBOLIZE_OFFSETS,
		.use_stext = strcmp(symbol, "_stext") == 0,
		.n = part->n,
		.file_size = target->files.size,
		.code_start = module->start,
		.code_limit = module->limit,
	};

	for (int i = 0; i < N_FILE_ROLES; i++)
		if (target->files.fds[i] >= 0)
			header.files |= 1u << i;

	buf_add(request, &header, sizeof(header));
	for (size_t i = part->first; i < part->first + part->n; i++)
		buf_add_u64(request, target->is_vmlinux
					     ? target->wanted[i].address -
						       module->ref_avma
					     : target->wanted[i].address);
}

/* Whether the file is the one that was captured; else the reason why not. */
static bool is_same_file(struct run *run, struct target *target)
{
	const struct module *module =
		&run->profile->modules.items[target->module];
	struct build_id found = image_index_build_id(&target->tables.index);
	char hex[2][BUILD_ID_HEX_MAX];
	char *note;

	if (module->build_id.size == 0 ||
	    build_id_equal(&found, &module->build_id))
		return true;
	target->reason = target->is_vmlinux ? REASON_KERNEL_DIFFERS
					    : REASON_BUILD_ID_MISMATCH;
	note = mem_printf("captured build id %s, the file has %s",
			  build_id_hex(&module->build_id, hex[0]),
			  found.size ? build_id_hex(&found, hex[1]) : "none");
	set_note(run->profile, target->module, note);
	free(note);
	return false;
}

/* Whether a kernel's file has the symbol that its addresses count from. */
static bool has_reference(struct run *run, struct target *target)
{
	if (!target->is_vmlinux || text_of_vmlinux(run, target) != 0)
		return true;
	target->reason = REASON_KERNEL_DIFFERS;
	set_note(run->profile, target->module,
		 "the kernel's file lacks the capture's reference symbol");
	return false;
}

static void forget_tables(struct target *target)
{
	module_tables_release(&target->tables);
	module_tables_init(&target->tables, target->run->cache);
}

/* The worker's word on why it cannot read the file. */
static void take_error(struct target *target, const unsigned char *text,
		       size_t size)
{
	struct err why;

	err_set(&why, "%.*s", (int)(size < sizeof(why.text) ? size : 0),
		(const char *)text);
	target->reason = REASON_BAD_ELF;
	set_note(target->run->profile, target->module, why.text);
}

/* Takes in one blob of an answer; false if it is damaged. */
static bool take_blob(struct target *target, const struct worker_blob *blob,
		      const unsigned char *bytes)
{
	struct module_tables *tables = &target->tables;

	switch (blob->kind) {
	case WORKER_INDEX:
		return module_tables_take_index(tables, bytes, blob->size);
	case WORKER_SYMBOLS:
		return module_tables_take_table(
			tables, CACHE_SYMBOLS, blob->number, bytes, blob->size);
	case WORKER_UNIT:
		return module_tables_take_table(
			tables, CACHE_UNIT, blob->number, bytes, blob->size);
	case WORKER_SANDBOX:
		target->run->stats->sandbox &= (uint32_t)blob->number;
		return true;
	case WORKER_ERROR:
		take_error(target, bytes, blob->size);
		return true;
	}
	return true;
}

/* Takes in an answer; false if any of it is damaged. */
static bool take_answer(struct target *target, struct buf answer)
{
	const unsigned char *bytes;
	struct worker_blob blob;

	while (worker_next_blob(&answer, &blob, &bytes))
		if (!take_blob(target, &blob, bytes))
			return false;
	return true;
}

/* What a worker did not say all of: what it did say is good, but is not kept,
 * as the rest would never be asked for again. */
static void note_failure(struct run *run, struct target *target,
			 const char *why)
{
	run->stats->n_workers_failed++;
	target->reason =
		target->tables.index_bytes ? REASON_BAD_DWARF : REASON_BAD_ELF;
	set_note(run->profile, target->module, why);
}

/* Names a target when the last of its parts is done. */
static void finish_target(struct run *run, struct target *target)
{
	if (target->reason == REASON_BAD_ELF && target->is_whole)
		forget_tables(target);
	if (target->tables.index_bytes &&
	    (!is_same_file(run, target) || !has_reference(run, target)))
		forget_tables(target);
	if (target->tables.index_bytes && target->is_whole) {
		key_of_index(target->tables.key, &target->tables.index);
		module_tables_store(&target->tables);
		remember_file(target);
	}
	name_locations(run, target);
	end_target(target);
}

static void finish_part(struct worker_job *job,
			const struct worker_result *result)
{
	const struct part *part = job->context;
	struct target *target = part->target;
	struct run *run = target->run;
	bool is_sound = take_answer(target, result->answer);

	run->stats->worker_cpu_ns += result->cpu_ns;
	if (!result->is_complete || !is_sound) {
		target->is_whole = false;
		note_failure(run, target,
			     result->is_complete
				     ? "its reader gave damaged tables"
				     : result->err.text);
	} else if (!target->tables.index_bytes &&
		   target->reason != REASON_BAD_ELF) {
		note_failure(run, target, "its reader gave nothing");
	}
	buf_release(&job->request);
	if (--target->n_parts == 0)
		finish_target(run, target);
}

static int open_split_file(void *context, const char *path)
{
	const struct part *part = context;
	const struct run *run = part->target->run;

	return find_split_file(
		&run->places,
		profile_string(
			run->profile,
			run->profile->modules.items[part->target->module].path),
		path);
}

/*
 * In how many parts a target is read. The largest of programs and kernels take
 * a second or more; several workers then read different units of one.
 */
static size_t parts_of(const struct run *run, const struct target *target,
		       size_t n_targets)
{
	const uint64_t large = 32 << 20; /* bytes */
	const size_t many = 2000;	 /* addresses, for each worker */
	size_t n = run->options->n_workers;

	if (n_targets >= n || target->files.size < large ||
	    !target->files.has_dwarf)
		return 1;
	return target->n_wanted / many < n ? target->n_wanted / many + 1 : n;
}

static void run_workers(struct run *run, struct target *targets, size_t n)
{
	size_t n_jobs = 0, most = n * run->options->n_workers;
	struct worker_job *jobs = mem_zalloc(most, sizeof(*jobs));
	struct part *parts = mem_zalloc(most, sizeof(*parts));

	for (size_t i = 0; i < n; i++) {
		struct target *target = &targets[i];
		size_t n_parts = parts_of(run, target, n), first = 0;

		forget_tables(target);
		target->n_parts = n_parts;
		target->is_whole = true;
		for (size_t k = 1; k <= n_parts; k++) {
			size_t limit = target->n_wanted * k / n_parts;
			struct worker_job *job = &jobs[n_jobs];

			parts[n_jobs] =
				(struct part){ target, first, limit - first };
			first = limit;
			memcpy(job->fds, target->files.fds, sizeof(job->fds));
			job->context = &parts[n_jobs];
			job->open_asked = open_split_file;
			fill_request(run, &parts[n_jobs++], &job->request);
		}
	}
	run->stats->n_workers_started += n_jobs;
	worker_pool_run(jobs, n_jobs, run->options->n_workers, finish_part);
	free(jobs);
	free(parts);
}

/* ---- modules ---- */

static int open_vdso(struct run *run, const struct module *module,
		     struct err *why)
{
	struct build_id running = kernel_running_build_id();
	size_t size;
	int fd;

	/* Its own build id decides; without one it is that of the kernel. */
	if (module->build_id.size == 0) {
		bool is_running = false;

		for (size_t i = 0; i < run->profile->modules.n; i++) {
			const struct module *kernel =
				&run->profile->modules.items[i];

			if (kernel->kind == MODULE_KERNEL && running.size > 0 &&
			    build_id_equal(&kernel->build_id, &running))
				is_running = true;
		}
		if (!is_running) {
			err_set(why, "not known to be the running kernel's");
			return -1;
		}
	}
	fd = vdso_open(&size);
	if (fd < 0)
		err_set(why, "the running kernel has none");
	return fd;
}

static struct find_query query_of(const struct run *run,
				  const struct target *target)
{
	const struct module *module =
		&run->profile->modules.items[target->module];

	return (struct find_query){
		.path = profile_string(run->profile, module->path),
		.build_id = module->build_id,
		.inode = module->inode,
	};
}

/* Finds the files of a target; false with its reason where there are none. */
static bool find_files(struct run *run, struct target *target)
{
	const struct module *module =
		&run->profile->modules.items[target->module];
	const struct find_places *places = &run->places;
	struct find_query query = query_of(run, target);
	bool is_found;
	struct err why;
	int fd;

	if (module->kind == MODULE_VDSO &&
	    (fd = open_vdso(run, module, &why)) >= 0) {
		find_debug_of(places, &query, fd, &target->files);
		return true;
	}
	is_found = find_module_files(places, &query, &target->files,
				     &target->reason, &why);
	if (is_found)
		target->reason = REASON_PENDING;
	else
		set_note(run->profile, target->module, why.text);
	return is_found;
}

static bool has_files(const struct target *target)
{
	return target->files.fds[FILE_OWN] >= 0 ||
	       target->files.fds[FILE_DEBUG] >= 0;
}

/*
 * Whether the files may tell more than what is known: they have debug
 * information or symbols where there were none, or are the module's own where
 * there was only a debug file.
 */
static bool has_news(const struct target *target)
{
	uint32_t known = target->tables.index.header->flags;
	const struct module_files *files = &target->files;

	return (files->has_dwarf &&
		!(known & (IMAGE_HAS_DWARF | IMAGE_HAS_BAD_DWARF))) ||
	       (files->has_symbols && !(known & IMAGE_HAS_SYMTAB)) ||
	       (files->fds[FILE_SUPPLEMENTARY] >= 0 &&
		(known & IMAGE_LACKS_PARTS)) ||
	       (known & IMAGE_LACKS_UNITS) ||
	       (files->fds[FILE_OWN] >= 0 && !(known & IMAGE_HAS_OWN_FILE));
}

static bool is_all_known(struct run *run, struct target *target)
{
	const uint32_t all = IMAGE_HAS_DWARF | IMAGE_HAS_OWN_FILE;

	return target->tables.index_bytes &&
	       (target->tables.index.header->flags &
		(all | IMAGE_LACKS_PARTS | IMAGE_LACKS_UNITS)) == all &&
	       has_all_tables(run, target);
}

/* What the cache knows of a module by its build id. */
static bool load_by_build_id(struct run *run, struct target *target)
{
	const struct module *module =
		&run->profile->modules.items[target->module];
	char key[CACHE_KEY_MAX];

	if (module->build_id.size == 0)
		return false;
	build_id_key(key, &module->build_id);
	return module_tables_load(&target->tables, key);
}

/* What a target needs next. */
enum need {
	NEED_NOTHING, /* it is named, as far as it can be */
	NEED_WORKER,
	NEED_FETCH, /* files that are not on this machine */
};

/*
 * Whether a server is to be asked for more than what was found: for debug
 * information, and for the module itself where it is missing. Without a build
 * id nobody can be asked.
 */
static bool wants_fetch(const struct run *run, const struct target *target,
			bool is_loaded)
{
	const struct module *module =
		&run->profile->modules.items[target->module];
	uint32_t known = is_loaded ? target->tables.index.header->flags : 0;

	return run->options->fetch.servers && !target->is_fetched &&
	       (module->kind == MODULE_FILE || module->kind == MODULE_IMAGE) &&
	       target->files.build_id.size > 0 && !target->files.has_dwarf &&
	       !(known & (IMAGE_HAS_DWARF | IMAGE_HAS_BAD_DWARF));
}

/*
 * What the cache knows to the last bit is taken without a look at any file;
 * what lacks debug information is looked for anew, as it may have been
 * installed since.
 */
static enum need need_of(struct run *run, struct target *target)
{
	bool is_loaded, has_found;

	module_tables_init(&target->tables, run->cache);
	is_loaded = load_by_build_id(run, target);
	if (is_all_known(run, target))
		return NEED_NOTHING;
	has_found = has_files(target) || find_files(run, target);
	if (!is_loaded && target->files.fds[FILE_OWN] >= 0 &&
	    !target->is_vmlinux)
		is_loaded = load_by_file(target, &target->files.own);
	if (wants_fetch(run, target, is_loaded))
		return NEED_FETCH;
	if (has_found &&
	    (!is_loaded || has_news(target) || !has_all_tables(run, target)))
		return NEED_WORKER;
	if (is_loaded)
		target->reason = REASON_PENDING;
	return NEED_NOTHING;
}

/* ---- fetching ---- */

/* How much of the profile's default type each module has: the heaviest are
 * fetched first. */
static double *weigh_modules(const struct profile *profile, double *all)
{
	double *weights = mem_zalloc(profile->modules.n, sizeof(*weights));

	*all = 0;
	for (size_t i = 0; i < profile->samples.n; i++) {
		const struct sample *sample = &profile->samples.items[i];
		const struct stack *stack =
			&profile->stacks.items[sample->stack];
		double weight =
			(double)profile->values.items[sample->first_value +
						      profile->default_type];

		for (uint32_t k = 0; k < stack->n; k++) {
			uint32_t location = profile->stack_locations
						    .items[stack->first + k];
			uint32_t module =
				profile->locations.items[location].module;

			*all += weight;
			if (module != NO_MODULE)
				weights[module] += weight;
		}
	}
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
			set_note(run->profile, target->module,
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
			set_note(run->profile, target->module,
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

static struct wanted_lists sort_by_module(const struct profile *profile)
{
	size_t n_modules = profile->modules.n, n = profile->locations.n;
	struct wanted_lists lists = {
		.all = mem_zalloc(n, sizeof(struct wanted)),
		.first = mem_zalloc(n_modules + 2, sizeof(size_t)),
	};

	/* Counting sort: first[m + 1] counts, then runs as the write place. */
	for (size_t i = 0; i < n; i++)
		if (profile->locations.items[i].module != NO_MODULE)
			lists.first[profile->locations.items[i].module + 2]++;
	for (size_t m = 2; m < n_modules + 2; m++)
		lists.first[m] += lists.first[m - 1];
	for (uint32_t i = 0; i < n; i++) {
		const struct location *location = &profile->locations.items[i];

		if (location->module != NO_MODULE)
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
			 struct err *err)
{
	const char *path = run->options->vmlinux;
	struct find_query query;
	struct stat st;
	int fd;

	if (run->profile->modules.items[target->module].build_id.size == 0) {
		set_note(run->profile, target->module,
			 "the capture has no build id of its kernel to check "
			 "--vmlinux with");
		set_reason(run->profile, target, REASON_KERNEL_DIFFERS);
		return true;
	}
	fd = find_named_file(path, &st, err);
	if (fd < 0)
		return false;
	query = query_of(run, target);
	find_debug_of(&run->places, &query, fd, &target->files);
	target->is_vmlinux = true;
	return true;
}

/* The kernel's file with debug information, where a distribution or perf keeps
 * it. Other than kallsyms it has source lines. */
static bool find_vmlinux(struct run *run, struct target *target)
{
	const struct module *module =
		&run->profile->modules.items[target->module];
	struct find_query query = query_of(run, target);
	enum reason reason;
	struct err why;

	if (module->build_id.size == 0 || module->ref_symbol == 0)
		return false;
	target->is_vmlinux = find_module_files(&run->places, &query,
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

/* Whether the target is looked up in an ELF file; sets the reason of one that
 * is not, but leaves the kernel's to kernel_run(). */
static bool wants_elf(struct run *run, struct target *target, struct err *err,
		      bool *ok)
{
	switch (run->profile->modules.items[target->module].kind) {
	case MODULE_FILE:
	case MODULE_IMAGE:
	case MODULE_VDSO:
		return true;
	case MODULE_ANON:
		name_generated_code(run, target);
		return false;
	case MODULE_OTHER:
		set_reason(run->profile, target, REASON_UNMAPPED);
		return false;
	case MODULE_KERNEL:
		if (run->options->hide_kernel)
			return false;
		if (!run->options->vmlinux)
			return !run->options->kallsyms &&
			       find_vmlinux(run, target);
		*ok = open_vmlinux(run, target, err);
		return target->is_vmlinux;
	default:
		return false;
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
		const char *name = profile_string(
			profile, profile->functions.items[i].system_name);

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

static void work_off(struct run *run, struct batch *batch)
{
	if (batch->n > 0)
		run_workers(run, batch->targets, batch->n);
	batch->n = 0;
}

/* Names a target from what is known, or puts it among those to be read, or
 * those to be fetched first. */
static void take_target(struct run *run, struct target *target,
			struct batch *to_read, struct batch *to_fetch)
{
	enum { MAX_OPEN = 200 }; /* modules at once, with up to 3 files each */

	switch (need_of(run, target)) {
	case NEED_FETCH:
		target->fetch_id = target->files.build_id;
		target->lacks_own_file = target->files.fds[FILE_OWN] < 0;
		/* Nothing is open while it waits. */
		end_target(target);
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
		name_locations(run, target);
		end_target(target);
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
		if (target.n_wanted > 0 && wants_elf(run, &target, err, &ok))
			take_target(run, &target, to_read, to_fetch);
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
		end_target(&to_read.targets[i]);
	free(to_read.targets);
	free(to_fetch.targets);
	return ok;
}

bool symbolizer_run(struct profile *profile, struct cache *cache,
		    const struct symbolizer_options *options,
		    struct symbolizer_stats *stats, struct err *err)
{
	struct wanted_lists lists = sort_by_module(profile);
	struct run run = {
		.profile = profile,
		.cache = cache,
		.options = options,
		.places = options->places,
		.stats = stats,
		.n_modules = profile->modules.n,
	};
	bool ok;

	*stats = (struct symbolizer_stats){
		.sandbox = SANDBOX_LANDLOCK | SANDBOX_SECCOMP,
	};
	fetch_init(&run.fetch, &options->fetch, cache, options->places.store);
	ok = name_by_files(&run, &lists, err) &&
	     kernel_run(profile, cache, options, err);
	if (ok && options->demangle == DEMANGLE_FULL &&
	    profile->functions.n > 0)
		demangle_fully(&run);
	fetch_release(&run.fetch);
	free(lists.all);
	free(lists.first);
	return ok;
}

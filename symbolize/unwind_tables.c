#include "config.h"
#include "symbolize/unwind_tables.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "symbolize/fetch.h"
#include "symbolize/jit_files.h"
#include "symbolize/live.h"
#include "symbolize/module_key.h"
#include "symbolize/target.h"
#include "symbolize/worker_pool.h"

struct known_table {
	bool is_tried;
	bool is_missing; /* its files are not on this machine, */
	bool is_fetched; /* and were asked for elsewhere */
	uint64_t n_asked;
	void *bytes; /* NULL: there is none */
	struct unwind_table table;
};

struct unwind_tables {
	const struct profile *profile;
	struct cache *cache;
	const struct symbolizer_options *options;
	struct find_places places; /* borrowed, but for a store of our own */
	VEC(struct fetch) fetches; /* their stores last until the end */
	pthread_mutex_t lock;
	struct known_table *known; /* by module; NULL: nobody has asked yet */
	size_t n;
	struct known_table *generated; /* by process: of generated code */
	size_t n_processes;
};

struct unwind_tables *unwind_tables_new(
	const struct profile *profile, struct cache *cache,
	const struct symbolizer_options *options)
{
	struct unwind_tables *tables = mem_zalloc(1, sizeof(*tables));

	tables->profile = profile;
	tables->cache = cache;
	tables->options = options;
	tables->places = options->places;
	tables->places.live = live_new(profile);
	pthread_mutex_init(&tables->lock, NULL);
	return tables;
}

void unwind_tables_free(struct unwind_tables *tables)
{
	for (size_t i = 0; i < tables->n; i++)
		free(tables->known[i].bytes);
	for (size_t i = 0; i < tables->n_processes; i++)
		free(tables->generated[i].bytes);
	free(tables->known);
	free(tables->generated);
	for (size_t i = 0; i < tables->fetches.n; i++)
		fetch_release(&tables->fetches.items[i]);
	vec_release(&tables->fetches);
	live_free(tables->places.live);
	pthread_mutex_destroy(&tables->lock);
	free(tables);
}

/* ---- one module ---- */

/* Takes a table if it is sound and of the module that was captured. */
static bool take(struct known_table *known, const struct module *module,
		 const void *bytes, size_t size)
{
	struct build_id found;
	struct err err;

	known->bytes = mem_copy(bytes, size);
	if (unwind_table_open(&known->table, known->bytes, size, &err)) {
		const struct unwind_table_header *header = known->table.header;

		found = build_id_from(header->build_id, header->build_id_size);
		if (module->build_id.size == 0 ||
		    build_id_equal(&found, &module->build_id))
			return true;
	}
	free(known->bytes);
	known->bytes = NULL;
	return false;
}

static bool load(struct unwind_tables *tables, struct known_table *known,
		 const struct module *module, const char *key)
{
	const void *bytes;
	size_t size;

	return cache_get(tables->cache, key, CACHE_UNWIND, 0, &bytes, &size) &&
	       take(known, module, bytes, size);
}

static bool load_by_file(struct unwind_tables *tables,
			 struct known_table *known, const struct module *module,
			 const struct stat *st)
{
	char contents[CACHE_KEY_MAX];

	return module_key_recall(tables->cache, st, contents) &&
	       load(tables, known, module, contents);
}

struct reading {
	struct known_table *known;
	const struct module *module;
	size_t size; /* of the table that was taken */
};

static void take_answer(struct worker_job *job,
			const struct worker_result *result)
{
	struct reading *reading = job->context;
	struct buf rest = result->answer;
	const unsigned char *bytes;
	struct worker_blob blob;

	if (!result->is_complete)
		return;
	while (worker_next_blob(&rest, &blob, &bytes))
		if (blob.kind == WORKER_UNWIND_TABLE &&
		    !reading->known->bytes &&
		    take(reading->known, reading->module, bytes, blob.size))
			reading->size = blob.size;
}

static void store(struct unwind_tables *tables, const struct known_table *known,
		  size_t size, const struct module_files *files)
{
	const struct unwind_table_header *header = known->table.header;
	struct build_id id =
		build_id_from(header->build_id, header->build_id_size);
	char contents[CACHE_KEY_MAX];

	module_key_of_contents(contents, &id, header->content_hash);
	cache_put(tables->cache, contents, CACHE_UNWIND, 0, known->bytes, size);
	if (files->fds[FILE_OWN] >= 0)
		module_key_remember(tables->cache, &files->own, contents);
}

/* Has a worker read the files of a request. Gives the table's size. */
static size_t ask_worker(struct known_table *known, const struct module *module,
			 const struct worker_request *request, const int *fds)
{
	struct reading reading = { .known = known, .module = module };
	struct worker_job job = { .context = &reading };

	for (int i = 0; i < N_FILE_ROLES; i++)
		job.fds[i] = request->files >> i & 1 ? fds[i] : -1;
	buf_add(&job.request, request, sizeof(*request));
	worker_pool_run(&job, 1, 1, take_answer);
	buf_release(&job.request);
	return reading.size;
}

/* Has a worker read those of the files that are in the mask. */
static void read_files(struct unwind_tables *tables, struct known_table *known,
		       const struct module *module,
		       const struct module_files *files, uint32_t mask)
{
	struct worker_request request = {
		.task = WORKER_UNWIND,
		.file_size = files->size,
		.files = mask,
		.code_start = module->start,
		.code_limit = module->limit,
	};
	size_t size = ask_worker(known, module, &request, files->fds);

	if (known->bytes)
		store(tables, known, size, files);
}

/*
 * What unwinding needs is loaded with a program, and so in its own file; what
 * only debuggers need may be in another, which takes long to open.
 */
static void read_module(struct unwind_tables *tables, struct known_table *known,
			const struct module *module,
			const struct module_files *files)
{
	uint32_t all = module_files_mask(files), own = all & 1u << FILE_OWN;

	if (own)
		read_files(tables, known, module, files, own);
	if (all == own || (known->bytes && known->table.header->n_rows > 0))
		return;
	free(known->bytes);
	known->bytes = NULL;
	read_files(tables, known, module, files, all);
}

/* Another process may be at it: then it is waited for. */
static void read_once(struct unwind_tables *tables, struct known_table *known,
		      const struct module *module,
		      const struct module_files *files)
{
	enum { PATIENCE_MS = 10000 };
	char key[CACHE_KEY_MAX], lock[CACHE_KEY_MAX + 2];

	if (module->build_id.size == 0) {
		read_module(tables, known, module, files);
		return;
	}
	module_key_of_build_id(key, &module->build_id);
	snprintf(lock, sizeof(lock), "u:%s", key);
	if (cache_lock(tables->cache, lock, PATIENCE_MS) == CACHE_NO_LOCK ||
	    !load(tables, known, module, key))
		read_module(tables, known, module, files);
	cache_flush(tables->cache);
	cache_unlock(tables->cache, lock);
}

static void find_table(struct unwind_tables *tables, uint32_t number)
{
	const struct module *module = &tables->profile->modules.items[number];
	struct known_table *known = &tables->known[number];
	struct module_files files;
	char key[CACHE_KEY_MAX];
	enum reason reason;
	struct err why;

	if (module->build_id.size > 0) {
		module_key_of_build_id(key, &module->build_id);
		if (load(tables, known, module, key))
			return;
	}
	module_files_init(&files);
	known->is_missing = true;
	if (target_find_files(tables->profile, number, &tables->places, &files,
			      &reason, &why)) {
		known->is_missing = files.fds[FILE_OWN] < 0;
		if (known->is_missing ||
		    !load_by_file(tables, known, module, &files.own))
			read_once(tables, known, module, &files);
	}
	module_files_close(&files);
}

/* ---- generated code ---- */

static void find_generated(struct unwind_tables *tables,
			   struct known_table *known,
			   const struct module *module)
{
	struct worker_request request = {
		.task = WORKER_UNWIND_JIT,
		.files = 1u << FILE_OWN,
	};
	struct find_places places = tables->places;
	int fds[N_FILE_ROLES];
	struct jit_files files;
	struct stat st;

	/* Those who name the code tell of its files. */
	places.tell = NULL;
	jit_files_init(&files, tables->profile, &places,
		       tables->options->perf_map_dir, module->pid);
	fds[FILE_OWN] = jit_files_open_dump(&files);
	if (fds[FILE_OWN] >= 0 && fstat(fds[FILE_OWN], &st) == 0) {
		request.file_size = (uint64_t)st.st_size;
		if (request.file_size <= JIT_MAX_FILE)
			ask_worker(known, module, &request, fds);
	}
	if (fds[FILE_OWN] >= 0)
		close(fds[FILE_OWN]);
	jit_files_release(&files);
}

/* What memory without a file holds, a process's compiler has described. NULL:
 * it has not. */
static struct known_table *known_generated(const struct unwind_tables *tables,
					   const struct module *module)
{
	const struct captured_process *process =
		profile_process(tables->profile, module->pid);

	return process && process->jit_dump
		       ? &tables->generated[process -
					    tables->profile->processes.items]
		       : NULL;
}

/* ---- any module ---- */

static void prepare(struct unwind_tables *tables)
{
	const struct profile *profile = tables->profile;

	tables->n = profile->modules.n;
	tables->known = mem_zalloc(tables->n, sizeof(*tables->known));
	tables->n_processes = profile->processes.n;
	tables->generated =
		mem_zalloc(tables->n_processes, sizeof(*tables->generated));
}

/* What is known of a module, or is found now; NULL: nothing can be. */
static struct known_table *look_up(struct unwind_tables *tables,
				   uint32_t number)
{
	const struct module *module = &tables->profile->modules.items[number];
	bool is_generated = module->kind == MODULE_ANON;
	struct known_table *known = is_generated
					    ? known_generated(tables, module)
					    : &tables->known[number];

	if (!known)
		return NULL;
	if (!known->is_tried && is_generated)
		find_generated(tables, known, module);
	else if (!known->is_tried)
		find_table(tables, number);
	known->is_tried = true;
	known->n_asked++;
	return known;
}

const struct unwind_table *unwind_tables_get(void *context, uint32_t module)
{
	struct unwind_tables *tables = context;
	const struct unwind_table *table = NULL;
	const struct known_table *known;

	pthread_mutex_lock(&tables->lock);
	if (!tables->known)
		prepare(tables);
	known = module < tables->n ? look_up(tables, module) : NULL;
	if (known && known->bytes)
		table = &known->table;
	pthread_mutex_unlock(&tables->lock);
	return table;
}

/* ---- modules from elsewhere ---- */

static bool is_wanted(const struct unwind_tables *tables, size_t module,
		      uint64_t n_asked)
{
	const struct known_table *known = &tables->known[module];
	double least = tables->options->fetch.least_percent;

	return known->is_missing && !known->is_fetched && !known->bytes &&
	       tables->profile->modules.items[module].build_id.size > 0 &&
	       (double)known->n_asked * 100 >= least * (double)n_asked;
}

static void ask_for_missing(struct unwind_tables *tables, struct fetch *fetch)
{
	uint64_t n_asked = 0;

	for (size_t i = 0; i < tables->n; i++)
		n_asked += tables->known[i].n_asked;
	for (size_t i = 0; i < tables->n; i++) {
		struct known_table *known = &tables->known[i];

		if (!is_wanted(tables, i, n_asked))
			continue;
		known->is_fetched = true;
		fetch_add(fetch,
			  &(struct fetch_want){
				  .build_id = tables->profile->modules.items[i]
						      .build_id,
				  .role = FILE_OWN,
				  .weight = (double)known->n_asked,
				  .module = (uint32_t)i,
			  });
	}
}

bool unwind_tables_fetch(void *context)
{
	struct unwind_tables *tables = context;
	const struct symbolizer_options *options = tables->options;
	struct fetch *fetch;
	bool has_come = false;

	if (!options->fetch.servers)
		return false;
	fetch = vec_add(&tables->fetches);
	fetch_init(fetch, &options->fetch, tables->cache,
		   options->places.store);
	ask_for_missing(tables, fetch);
	if (fetch->wants.n == 0)
		return false;
	fetch_start(fetch);
	tables->places.store = fetch->store;
	fetch_finish(fetch);
	for (size_t i = 0; i < fetch->wants.n; i++) {
		const struct fetch_want *want = &fetch->wants.items[i];

		if (want->status != FETCH_DONE)
			continue;
		tables->known[want->module].is_tried = false;
		has_come = true;
	}
	return has_come;
}

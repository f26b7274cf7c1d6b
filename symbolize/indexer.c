/*
 * First all files are looked at and sorted by build id, as a program and its
 * debug file may lie anywhere among them; then each module is read by a worker
 * that sends every table.
 */
#include "config.h"
#include "symbolize/indexer.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "symbolize/compressed_elf.h"
#include "base/slots.h"
#include "base/vec.h"
#include "symbolize/elf_identity.h"
#include "symbolize/module_key.h"
#include "symbolize/module_tables.h"
#include "symbolize/unpack.h"
#include "symbolize/worker_pool.h"
#include "unwind/unwind_table.h"

/* A file, and what it is called where somebody is told of it. */
struct found_file {
	char *path; /* NULL: none */
	char *name;
};

enum { MAX_OPEN = 64 }; /* modules at once, each with several files */

/* A module, and where its files lie. */
struct found {
	struct build_id build_id;
	struct found_file own;
	struct found_file debug;
};

struct indexer {
	struct cache *cache;
	const struct indexer_options *options;
	struct indexer_stats *stats;
	VEC(struct found) modules;
	struct slots slots;
	VEC(struct unpacked) archives; /* until the end */
	size_t n_done;
};

static void tell(const struct indexer *indexer, const char *path,
		 const char *text)
{
	if (indexer->options->tell)
		indexer->options->tell(indexer->options->context, path, text);
}

/* ---- looking for files ---- */

static bool same_id(const void *context, const void *key, uint32_t number)
{
	const struct indexer *indexer = context;

	return build_id_equal(&indexer->modules.items[number].build_id, key);
}

static struct found *module_of(struct indexer *indexer,
			       const struct build_id *id)
{
	uint32_t next = (uint32_t)indexer->modules.n, hash = 0, number;

	memcpy(&hash, id->bytes, sizeof(hash));
	number = slots_find_or_add(&indexer->slots, hash, same_id, indexer, id,
				   next);
	if (number == next)
		*vec_add(&indexer->modules) = (struct found){ .build_id = *id };
	return &indexer->modules.items[number];
}

/* Takes an ELF file that is open; false if it is none. */
static bool take_elf(struct indexer *indexer, int fd, const char *path,
		     const char *name)
{
	struct elf_identity identity;
	struct found_file *file;
	struct found *found;

	if (!elf_identity_read(fd, &identity))
		return false;
	if (identity.build_id.size == 0) {
		indexer->stats->n_without_id++;
		tell(indexer, name, "left out: it has no build id");
		return true;
	}
	found = module_of(indexer, &identity.build_id);
	file = identity.has_code ? &found->own : &found->debug;
	if (!file->path)
		*file = (struct found_file){ mem_strdup(path),
					     mem_strdup(name) };
	return true;
}

/* Opens a file, or what is compressed in it; -1 with errno. */
static int open_unpacked(const char *path)
{
	int fd = file_open_regular(path, NULL), packed = fd;
	struct err err;

	if (fd < 0 || !compressed_elf_is_likely(fd))
		return fd;
	fd = compressed_elf_open(packed, &err);
	/* An archive then, or nothing of ours. */
	if (fd < 0)
		return packed;
	close(packed);
	return fd;
}

static bool take_archive(struct indexer *indexer, const char *path,
			 struct err *err)
{
	struct unpacked *archive = vec_add(&indexer->archives);
	bool ok = unpack(path, archive, err);

	for (size_t i = 0; i < archive->files.n; i++) {
		const struct unpacked_file *file = &archive->files.items[i];
		char *name = mem_printf("%s: %s", path, file->name);
		int fd = open_unpacked(file->path);

		if (fd >= 0) {
			take_elf(indexer, fd, file->path, name);
			close(fd);
		}
		free(name);
	}
	return ok;
}

static bool look_at(struct indexer *indexer, const char *path, bool is_asked,
		    struct err *err)
{
	int fd = open_unpacked(path);
	bool is_elf, is_archive;
	struct err why;

	if (fd < 0)
		return !is_asked || err_set_errno(err, "%s", path);
	is_elf = take_elf(indexer, fd, path, path);
	is_archive = !is_elf && unpack_is_archive(fd);
	close(fd);
	if (is_archive && !take_archive(indexer, path, &why)) {
		if (is_asked)
			*err = why;
		else
			tell(indexer, path, why.text);
		return !is_asked;
	}
	return is_elf || is_archive || !is_asked ||
	       err_set(err, "%s: neither an ELF file nor an archive", path);
}

static bool walk(struct indexer *indexer, char *path, struct err *err)
{
	char *const paths[] = { path, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR,
			     NULL);
	FTSENT *entry;
	bool ok = true;

	if (!tree)
		return err_set_errno(err, "%s", path);
	while (ok && (entry = fts_read(tree))) {
		if (entry->fts_info == FTS_F) {
			ok = look_at(indexer, entry->fts_path,
				     entry->fts_level == 0, err);
		} else if (entry->fts_level == 0 &&
			   (entry->fts_info == FTS_NS ||
			    entry->fts_info == FTS_ERR ||
			    entry->fts_info == FTS_DNR)) {
			errno = entry->fts_errno;
			ok = err_set_errno(err, "%s", path);
		} else if (entry->fts_info == FTS_DNR) {
			tell(indexer, entry->fts_path,
			     strerror(entry->fts_errno));
		}
	}
	fts_close(tree);
	return ok;
}

/* ---- reading modules ---- */

/* A module that is being read. */
struct reading {
	struct indexer *indexer;
	const struct found *found;
	struct module_files files;
	struct module_tables tables;
};

static const struct found_file *file_of(const struct found *found)
{
	return found->own.path ? &found->own : &found->debug;
}

/* Opens the files; false if they cannot be opened any more. */
static bool open_files(struct reading *reading)
{
	const struct found *found = reading->found;
	struct find_query query = {
		.path = file_of(found)->path,
		.build_id = found->build_id,
	};
	struct module_files *files = &reading->files;
	int own = found->own.path ? open_unpacked(found->own.path) : -1;
	struct stat st;

	module_files_init(files);
	if (own >= 0)
		find_debug_of(reading->indexer->options->places, &query, own,
			      files);
	if (found->debug.path && !files->has_dwarf &&
	    files->fds[FILE_DEBUG] < 0) {
		files->fds[FILE_DEBUG] = open_unpacked(found->debug.path);
		if (files->fds[FILE_DEBUG] >= 0 &&
		    fstat(files->fds[FILE_DEBUG], &st) == 0) {
			files->size += (uint64_t)st.st_size;
			files->has_dwarf = true;
		}
	}
	return module_files_mask(files) != 0;
}

/* Whether what was added before had as much. */
static bool is_known(const struct reading *reading)
{
	const struct module_files *files = &reading->files;
	struct added added;
	char key[CACHE_KEY_MAX];
	const void *bytes;
	size_t size;

	module_key_of_build_id(key, &reading->found->build_id);
	if (!cache_get(reading->indexer->cache, key, CACHE_ADDED, 0, &bytes,
		       &size) ||
	    size <= sizeof(added))
		return false;
	memcpy(&added, bytes, sizeof(added));
	return (added.has_code || files->fds[FILE_OWN] < 0) &&
	       (added.has_dwarf || !files->has_dwarf);
}

static void store_added(const struct reading *reading)
{
	const char *path = file_of(reading->found)->name;
	struct added added = {
		.time_s = (uint64_t)time(NULL),
		.has_code = reading->files.fds[FILE_OWN] >= 0,
		.has_dwarf = reading->files.has_dwarf,
	};
	struct buf bytes = { 0 };

	buf_add(&bytes, &added, sizeof(added));
	buf_add(&bytes, path, strlen(path) + 1);
	cache_put(reading->indexer->cache, reading->tables.key, CACHE_ADDED, 0,
		  bytes.bytes, bytes.size);
	buf_release(&bytes);
}

static bool take_blob(struct reading *reading, const struct worker_blob *blob,
		      const unsigned char *bytes, struct err *err)
{
	struct module_tables *tables = &reading->tables;
	struct unwind_table unwind;
	struct build_id id;

	switch (blob->kind) {
	case WORKER_INDEX:
	case WORKER_SYMBOLS:
	case WORKER_UNIT:
		if (!module_tables_take_blob(tables, blob, bytes))
			return err_set(err, "its reader gave damaged tables");
		id = image_index_build_id(&tables->index);
		return build_id_equal(&id, &reading->found->build_id) ||
		       err_set(err, "it has changed while it was read");
	case WORKER_LACKS:
		return module_tables_take_blob(tables, blob, bytes);
	case WORKER_UNWIND_TABLE:
		if (!unwind_table_open(&unwind, bytes, blob->size, err))
			return false;
		cache_put(reading->indexer->cache, tables->key, CACHE_UNWIND, 0,
			  bytes, blob->size);
		return true;
	case WORKER_ERROR:
		return worker_error(blob, bytes, err);
	}
	return true;
}

static bool take_answer(struct reading *reading,
			const struct worker_result *result, struct err *err)
{
	struct buf rest = result->answer;
	const unsigned char *bytes;
	struct worker_blob blob;

	if (!result->is_complete) {
		*err = result->err;
		return false;
	}
	while (worker_next_blob(&rest, &blob, &bytes))
		if (!take_blob(reading, &blob, bytes, err))
			return false;
	return reading->tables.index_bytes ||
	       err_set(err, "its reader gave nothing");
}

static void finish(struct worker_job *job, const struct worker_result *result)
{
	struct reading *reading = job->context;
	struct indexer *indexer = reading->indexer;
	struct err err = { 0 };

	module_tables_init(&reading->tables, indexer->cache);
	module_key_of_build_id(reading->tables.key, &reading->found->build_id);
	if (take_answer(reading, result, &err)) {
		module_tables_store(&reading->tables);
		store_added(reading);
		indexer->stats->n_added++;
		indexer->stats->bytes_read += reading->files.size;
		tell(indexer, file_of(reading->found)->name, "added");
	} else {
		indexer->stats->n_failed++;
		tell(indexer, file_of(reading->found)->name, err.text);
	}
	module_tables_release(&reading->tables);
	module_files_close(&reading->files);
	buf_release(&job->request);
	indexer->n_done++;
	if (indexer->options->progress)
		indexer->options->progress(indexer->options->context,
					   indexer->n_done, indexer->modules.n);
}

/* The rest of split DWARF, beside the module. */
static int open_split_file(void *context, const struct split_name *name,
			   size_t attempt)
{
	const struct reading *reading = context;

	return find_split_file(reading->indexer->options->places,
			       file_of(reading->found)->path, name, attempt);
}

static void fill_job(struct worker_job *job, struct reading *reading)
{
	struct worker_request request = {
		.task = WORKER_INDEX_ALL,
		.file_size = reading->files.size,
		.files = module_files_mask(&reading->files),
	};

	memcpy(job->fds, reading->files.fds, sizeof(job->fds));
	job->context = reading;
	job->open_asked = open_split_file;
	buf_add(&job->request, &request, sizeof(request));
}

/* Opens a module that is to be read; false, and counted, if it is not. */
static bool begin_reading(struct reading *reading, struct indexer *indexer,
			  const struct found *found)
{
	*reading = (struct reading){ .indexer = indexer, .found = found };
	if (!open_files(reading))
		indexer->stats->n_failed++;
	else if (is_known(reading))
		indexer->stats->n_known++;
	else
		return true;
	module_files_close(&reading->files);
	indexer->n_done++;
	return false;
}

static void read_all(struct indexer *indexer, struct reading *readings,
		     size_t n)
{
	struct worker_job jobs[MAX_OPEN] = { 0 };

	for (size_t i = 0; i < n; i++)
		fill_job(&jobs[i], &readings[i]);
	worker_pool_run(jobs, n, indexer->options->n_workers, finish);
	cache_flush(indexer->cache);
	for (size_t i = 0; i < n; i++)
		module_unlock(indexer->cache, &readings[i].found->build_id);
}

/* What another process is reading is waited for, and then most often known. */
static void wait_for(struct indexer *indexer, const struct found *found)
{
	struct reading reading;

	module_lock(indexer->cache, &found->build_id, MODULE_PATIENCE_MS);
	if (begin_reading(&reading, indexer, found))
		read_all(indexer, &reading, 1);
	else
		module_unlock(indexer->cache, &found->build_id);
}

/* Reads modules from first on, as many as are opened at once; returns where to
 * go on. */
static size_t read_some(struct indexer *indexer, size_t first)
{
	struct reading readings[MAX_OPEN];
	const struct found *busy[MAX_OPEN];
	size_t n = 0, n_busy = 0, i;

	for (i = first;
	     i < indexer->modules.n && n < MAX_OPEN && n_busy < MAX_OPEN; i++) {
		const struct found *found = &indexer->modules.items[i];

		if (module_lock(indexer->cache, &found->build_id, 0) ==
		    CACHE_BUSY)
			busy[n_busy++] = found;
		else if (begin_reading(&readings[n], indexer, found))
			n++;
		else
			module_unlock(indexer->cache, &found->build_id);
	}
	read_all(indexer, readings, n);
	for (size_t k = 0; k < n_busy; k++)
		wait_for(indexer, busy[k]);
	return i;
}

static void release_file(struct found_file *file)
{
	free(file->path);
	free(file->name);
}

bool indexer_add(struct cache *cache, char *const *paths, size_t n,
		 const struct indexer_options *options,
		 struct indexer_stats *stats, struct err *err)
{
	struct indexer indexer = {
		.cache = cache,
		.options = options,
		.stats = stats,
	};
	bool ok = true;

	*stats = (struct indexer_stats){ 0 };
	slots_init(&indexer.slots, 1024);
	for (size_t i = 0; ok && i < n; i++)
		ok = walk(&indexer, paths[i], err);
	stats->n_modules = indexer.modules.n;
	for (size_t i = 0; ok && i < indexer.modules.n;)
		i = read_some(&indexer, i);
	for (size_t i = 0; i < indexer.modules.n; i++) {
		release_file(&indexer.modules.items[i].own);
		release_file(&indexer.modules.items[i].debug);
	}
	for (size_t i = 0; i < indexer.archives.n; i++)
		unpacked_remove(&indexer.archives.items[i]);
	vec_release(&indexer.archives);
	vec_release(&indexer.modules);
	slots_release(&indexer.slots);
	return ok;
}

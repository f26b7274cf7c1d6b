#include "config.h"
#include "cache/cache_admin.h"

#include <stdio.h>
#include <string.h>

#include "cache/cache_database.h"

struct cache *cache_behind(struct cache *cache)
{
	return cache->behind;
}

const char *cache_path(const struct cache *cache)
{
	return cache->path;
}

static bool fail(const struct cache *cache, struct err *err)
{
	return err_set(err, "cache %s: %s", cache->path,
		       cache->db ? sqlite3_errmsg(cache->db)
				 : "it cannot be used");
}

static bool prepare(const struct cache *cache, const char *sql,
		    sqlite3_stmt **statement, struct err *err)
{
	return (cache->db && sqlite3_prepare_v2(cache->db, sql, -1, statement,
						NULL) == SQLITE_OK) ||
	       fail(cache, err);
}

bool cache_each_module(struct cache *cache,
		       void (*each)(void *context,
				    const struct cache_module *module),
		       void *context, struct err *err)
{
	static const char sql[] =
		"SELECT key, COUNT(*), SUM(LENGTH(bytes)), used FROM module"
		" JOIN entry ON entry.module = module.id"
		" GROUP BY module.id ORDER BY key";
	sqlite3_stmt *statement;
	int status;

	if (!prepare(cache, sql, &statement, err))
		return false;
	while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
		struct cache_module module = {
			.key = (const char *)sqlite3_column_text(statement, 0),
			.n_entries =
				(uint64_t)sqlite3_column_int64(statement, 1),
			.n_bytes = (uint64_t)sqlite3_column_int64(statement, 2),
			.used_day = sqlite3_column_int64(statement, 3),
		};

		if (module.key)
			each(context, &module);
	}
	sqlite3_finalize(statement);
	return status == SQLITE_DONE || fail(cache, err);
}

/* ---- checking ---- */

static bool check_database(const struct cache *cache, struct err *err)
{
	sqlite3_stmt *statement;
	const char *word;
	bool ok;

	if (!prepare(cache, "PRAGMA integrity_check(1)", &statement, err))
		return false;
	ok = sqlite3_step(statement) == SQLITE_ROW;
	word = ok ? (const char *)sqlite3_column_text(statement, 0) : NULL;
	ok = word && strcmp(word, "ok") == 0;
	if (!ok)
		err_set(err, "cache %s: %s", cache->path,
			word ? word : sqlite3_errmsg(cache->db));
	sqlite3_finalize(statement);
	return ok;
}

static bool is_sound(const struct cache_entry *entry, int64_t checksum)
{
	return entry->key &&
	       checksum == cache_checksum(entry->key, entry->kind,
					  entry->number, entry->bytes,
					  entry->size);
}

bool cache_each_entry(struct cache *cache, const char *prefix,
		      void (*each)(void *context,
				   const struct cache_entry *entry),
		      void *context, uint64_t *n_damaged, struct err *err)
{
	static const char sql[] =
		"SELECT key, kind, number, checksum, bytes FROM entry"
		" LEFT JOIN module ON entry.module = module.id"
		" WHERE ?1 = '' OR SUBSTR(key, 1, LENGTH(?1)) = ?1";
	sqlite3_stmt *row;
	int status;

	if (!prepare(cache, sql, &row, err))
		return false;
	sqlite3_bind_text(row, 1, prefix, -1, SQLITE_STATIC);
	while ((status = sqlite3_step(row)) == SQLITE_ROW) {
		struct cache_entry entry = {
			.key = (const char *)sqlite3_column_text(row, 0),
			.kind = (enum cache_kind)sqlite3_column_int(row, 1),
			.number = (uint64_t)sqlite3_column_int64(row, 2),
			.bytes = sqlite3_column_blob(row, 4),
			.size = (size_t)sqlite3_column_bytes(row, 4),
		};

		if (is_sound(&entry, sqlite3_column_int64(row, 3)))
			each(context, &entry);
		else
			(*n_damaged)++;
	}
	sqlite3_finalize(row);
	return status == SQLITE_DONE || fail(cache, err);
}

static void count_entry(void *context, const struct cache_entry *entry)
{
	struct cache_check *check = context;

	(void)entry;
	check->n_entries++;
}

bool cache_verify(struct cache *cache, struct cache_check *check,
		  struct err *err)
{
	*check = (struct cache_check){ 0 };
	if (!check_database(cache, err) ||
	    !cache_each_entry(cache, "", count_entry, check, &check->n_damaged,
			      err))
		return false;
	check->n_entries += check->n_damaged;
	return check->n_damaged == 0 ||
	       err_set(err, "cache %s: %llu of %llu entries are damaged",
		       cache->path, (unsigned long long)check->n_damaged,
		       (unsigned long long)check->n_entries);
}

/* ---- size ---- */

uint64_t cache_size(struct cache *cache)
{
	int64_t n_pages = 0, page_size = 0;

	if (!cache->db)
		return 0;
	cache_read_number(cache, "PRAGMA page_count", &n_pages);
	cache_read_number(cache, "PRAGMA page_size", &page_size);
	return (uint64_t)n_pages * (uint64_t)page_size;
}

/* What goes: the least recently used first, equal ones by their keys. */
static const char choose_sql[] =
	"CREATE TEMP TABLE gone AS SELECT id, n FROM ("
	" SELECT module.id AS id, SUM(LENGTH(bytes)) AS n, used,"
	" SUM(SUM(LENGTH(bytes))) OVER (ORDER BY used DESC, key DESC) AS above"
	" FROM module JOIN entry ON entry.module = module.id GROUP BY "
	"module.id)"
	" WHERE used < ?1 OR above > ?2";

static int choose(const struct cache *cache, int64_t since_day,
		  uint64_t max_bytes)
{
	sqlite3_stmt *statement = NULL;
	int status =
		sqlite3_prepare_v2(cache->db, choose_sql, -1, &statement, NULL);

	if (status == SQLITE_OK) {
		sqlite3_bind_int64(statement, 1, since_day);
		sqlite3_bind_int64(statement, 2,
				   max_bytes < INT64_MAX ? (int64_t)max_bytes
							 : INT64_MAX);
		status = sqlite3_step(statement);
	}
	sqlite3_finalize(statement);
	return status == SQLITE_DONE ? SQLITE_OK : status;
}

bool cache_prune(struct cache *cache, int64_t since_day, uint64_t max_bytes,
		 struct cache_pruned *pruned, struct err *err)
{
	int64_t n_modules = 0, n_bytes = 0;
	int status;

	*pruned = (struct cache_pruned){ 0 };
	if (!cache->db)
		return fail(cache, err);
	if (cache->is_read_only)
		return err_set(err, "cache %s cannot be written", cache->path);
	cache_flush(cache);
	sqlite3_busy_timeout(cache->db, 10000);
	status = cache_run(cache, "BEGIN IMMEDIATE");
	if (status == SQLITE_OK)
		status = choose(cache, since_day, max_bytes);
	if (status == SQLITE_OK)
		status = cache_read_number(cache, "SELECT COUNT(*) FROM gone",
					   &n_modules);
	if (status == SQLITE_OK)
		status = cache_read_number(
			cache, "SELECT COALESCE(SUM(n), 0) FROM gone",
			&n_bytes);
	if (status == SQLITE_OK)
		status = cache_run(
			cache,
			"DELETE FROM entry WHERE module IN (SELECT id FROM "
			"gone);"
			"DELETE FROM module WHERE id IN (SELECT id FROM gone);"
			"DROP TABLE gone; COMMIT; PRAGMA incremental_vacuum");
	if (status != SQLITE_OK) {
		fail(cache, err);
		cache_run(cache, "ROLLBACK");
		return false;
	}
	pruned->n_modules = (uint64_t)n_modules;
	pruned->n_bytes = (uint64_t)n_bytes;
	return true;
}

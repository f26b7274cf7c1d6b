/*
 * One database in the user's cache folder, of one format: another format has
 * another file, so that two versions of the program do not meet.
 *
 * The journal is a rollback journal and not a write-ahead log. A conversion
 * writes once, at its end, for some milliseconds; nobody waits long for that.
 * In return nothing but the database is needed to read it, so that a read-only
 * folder is as good, and there is no shared memory that another process could
 * cut off under us. It is not synced either: after a power failure the
 * database may be damaged, but then SQLite or the checksums notice, and it is
 * begun anew.
 *
 * SQLite itself notices few kinds of damage to the contents; the checksum of
 * each entry, over its bytes and what it is known by, notices all.
 */
#include "config.h"
#include "cache/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "cache/cache_admin.h"
#include "cache/cache_database.h"
#include "cache/cache_trust.h"

enum {
	APPLICATION_ID = 0x53434348, /* "SCCH" */
	READ_WAIT_MS = 200,
	WRITE_WAIT_MS = 2000,
};

/* Entries waiting to be written, in bytes: readers wait while they are. */
static const size_t max_pending = (size_t)8 << 20;

/* ---- the folder ---- */

char *cache_default_folder(void)
{
	const char *own = getenv("SYMCONV_CACHE");
	const char *xdg = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	if (own && *own)
		return mem_strdup(own);
	if (xdg && *xdg == '/')
		return mem_printf("%s/symconv", xdg);
	if (home && *home == '/')
		return mem_printf("%s/.cache/symconv", home);
	return NULL;
}

/* Makes a folder and those above it, for the user alone. */
static bool make_folders(const char *folder, struct err *err)
{
	char *path = mem_strdup(folder);

	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
	free(path);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return err_set_errno(err, "cache %s", folder);
	return true;
}

static bool check_folder(const char *folder, bool is_behind, struct err *err)
{
	struct stat st;

	if (!is_behind && stat(folder, &st) != 0 && !make_folders(folder, err))
		return false;
	if (stat(folder, &st) != 0)
		return err_set_errno(err, "cache %s", folder);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, "cache %s is no folder", folder);
	return cache_is_trusted(folder, &st, err);
}

/* ---- the database ---- */

/* SQLite makes files that others may read, whatever the folder: so the file is
 * made first. */
static void make_file(const struct cache *cache, const struct stat *folder)
{
	int fd = open(cache->path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	/* Whatever the umask. */
	if (fchmod(fd, cache_file_mode(folder)) != 0)
		fchmod(fd, 0600);
	close(fd);
}

static bool check_file(struct cache *cache, struct err *err)
{
	char *slash = strrchr(cache->path, '/');
	char *folder = slash ? mem_printf("%.*s/", (int)(slash - cache->path),
					  cache->path)
			     : mem_strdup(".");
	struct stat st;

	if (stat(folder, &st) == 0)
		make_file(cache, &st);
	/* A journal is written beside it. */
	cache->is_read_only = access(folder, W_OK) != 0;
	free(folder);
	if (lstat(cache->path, &st) != 0)
		return err_set_errno(err, "cache %s", cache->path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, "cache %s is no regular file", cache->path);
	cache->inode = st.st_ino;
	cache->is_read_only |= access(cache->path, W_OK) != 0;
	return cache_is_trusted(cache->path, &st, err);
}

int cache_run(struct cache *cache, const char *sql)
{
	return sqlite3_exec(cache->db, sql, NULL, NULL, NULL);
}

int cache_read_number(struct cache *cache, const char *sql, int64_t *number)
{
	sqlite3_stmt *statement = NULL;
	int status = sqlite3_prepare_v2(cache->db, sql, -1, &statement, NULL);

	if (status == SQLITE_OK)
		status = sqlite3_step(statement);
	if (status == SQLITE_ROW)
		*number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return status == SQLITE_ROW ? SQLITE_OK : status;
}

static int make_tables(struct cache *cache)
{
	char sql[1024];

	snprintf(sql, sizeof(sql),
		 "PRAGMA auto_vacuum = INCREMENTAL;"
		 "BEGIN IMMEDIATE;"
		 "PRAGMA application_id = %d;"
		 "PRAGMA user_version = %d;"
		 "CREATE TABLE IF NOT EXISTS module("
		 "  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
		 "  used INTEGER NOT NULL);"
		 "CREATE TABLE IF NOT EXISTS entry("
		 "  module INTEGER NOT NULL, kind INTEGER NOT NULL,"
		 "  number INTEGER NOT NULL, checksum INTEGER NOT NULL,"
		 "  bytes BLOB NOT NULL, UNIQUE(module, kind, number));"
		 "COMMIT",
		 APPLICATION_ID, CACHE_FORMAT);
	return cache_run(cache, sql);
}

static void harden(struct cache *cache)
{
	/* The schema may be somebody else's work: SQLite's own advice for
	 * such databases (sqlite.org/security.html). */
	sqlite3_db_config(cache->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(cache->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(cache->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(cache->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	cache_run(cache, "PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON;"
			 "PRAGMA synchronous = OFF; PRAGMA cache_spill = OFF");
}

static void close_database(struct cache *cache)
{
	sqlite3_finalize(cache->get);
	cache->get = NULL;
	sqlite3_close(cache->db);
	cache->db = NULL;
}

/* What identifies a database. */
static int read_identity(struct cache *cache, int64_t *application,
			 int64_t *version)
{
	int status =
		cache_read_number(cache, "PRAGMA application_id", application);

	if (status == SQLITE_OK)
		status = cache_read_number(cache, "PRAGMA user_version",
					   version);
	return status;
}

static int open_with(struct cache *cache, const char *name, int flags)
{
	int status = sqlite3_open_v2(name, &cache->db,
				     SQLITE_OPEN_NOMUTEX | flags, NULL);

	if (status == SQLITE_OK) {
		sqlite3_busy_timeout(cache->db, READ_WAIT_MS);
		harden(cache);
	}
	return status;
}

/* Whether a writer was killed, and its journal has to be played back by
 * somebody who may write. */
static bool needs_recovery(int status)
{
	return status == SQLITE_READONLY_ROLLBACK ||
	       status == SQLITE_READONLY_RECOVERY ||
	       (status & 0xff) == SQLITE_READONLY ||
	       (status & 0xff) == SQLITE_CANTOPEN;
}

/*
 * Opens it as it stands, with the journal left aside. What the writer did not
 * finish is noticed by SQLite or the checksums, and a miss.
 */
static int open_unrecovered(struct cache *cache)
{
	struct buf name = { 0 };
	int status;

	close_database(cache);
	buf_add(&name, "file:", 5);
	for (const char *p = cache->path; *p; p++) {
		char coded[4];

		snprintf(coded, sizeof(coded),
			 strchr("%?#", *p) ? "%%%02X" : "%c", *p);
		buf_add(&name, coded, strlen(coded));
	}
	buf_add(&name, "?immutable=1", sizeof("?immutable=1"));
	status = open_with(cache, (const char *)name.bytes,
			   SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
	buf_release(&name);
	return status;
}

/* Opens what is there; makes the tables of a new one. */
static int open_database(struct cache *cache, struct err *err)
{
	int64_t application = 0, version = 0;
	int status = open_with(cache, cache->path,
			       SQLITE_OPEN_NOFOLLOW |
				       (cache->is_read_only
						? SQLITE_OPEN_READONLY
						: SQLITE_OPEN_READWRITE));

	if (status == SQLITE_OK)
		status = read_identity(cache, &application, &version);
	if (cache->is_read_only && needs_recovery(status)) {
		status = open_unrecovered(cache);
		if (status == SQLITE_OK)
			status = read_identity(cache, &application, &version);
	}
	if (status != SQLITE_OK)
		return status;
	if (application == 0 && version == 0 && !cache->is_read_only)
		return make_tables(cache);
	if (application != APPLICATION_ID || version != CACHE_FORMAT) {
		err_set(err, "cache %s is no cache of this program",
			cache->path);
		return SQLITE_MISUSE;
	}
	return SQLITE_OK;
}

static bool is_damage(int status)
{
	return (status & 0xff) == SQLITE_CORRUPT ||
	       (status & 0xff) == SQLITE_NOTADB;
}

/*
 * Takes a damaged database away, unless somebody else has done so: whoever
 * opens one next begins it anew.
 */
static void remove_damaged(const struct cache *cache)
{
	char *lock_path = mem_printf("%s.lock", cache->path);
	char *journal = mem_printf("%s-journal", cache->path);
	int lock = open(lock_path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW,
			0600);
	struct stat st;

	if (lock >= 0 && flock(lock, LOCK_EX) == 0 &&
	    lstat(cache->path, &st) == 0 && st.st_ino == cache->inode) {
		unlink(cache->path);
		unlink(journal);
	}
	if (lock >= 0)
		close(lock);
	free(lock_path);
	free(journal);
}

/* Something is wrong: from now on everything is a miss. */
void cache_give_up(struct cache *cache, int status)
{
	if (is_damage(status)) {
		err_set(&cache->trouble,
			"cache %s was damaged and is begun anew", cache->path);
		remove_damaged(cache);
	} else if (!cache->trouble.text[0]) {
		err_set(&cache->trouble, "cache %s: %s; going on without",
			cache->path,
			cache->db ? sqlite3_errmsg(cache->db)
				  : sqlite3_errstr(status));
	}
	close_database(cache);
}

/* A path whose folders are no links, as SQLite is told to follow none: the
 * user's home may lie behind one. It takes path over. */
static char *resolve_folder(char *path)
{
	char *slash = strrchr(path, '/'), *folder, *real, *resolved;

	folder = slash ? mem_printf("%.*s/", (int)(slash - path), path)
		       : mem_strdup(".");
	real = realpath(folder, NULL);
	free(folder);
	if (!real)
		return path;
	resolved = mem_printf("%s/%s", strcmp(real, "/") == 0 ? "" : real,
			      slash ? slash + 1 : path);
	free(real);
	free(path);
	return resolved;
}

/* Opens a database; one behind another is only read, and is not made where it
 * is missing. path becomes the cache's. */
static struct cache *open_at(char *path, bool is_behind, struct err *err)
{
	struct cache *cache = mem_zalloc(1, sizeof(*cache));
	struct stat st;
	int status;

	cache->locks = -1;
	cache->path = resolve_folder(path);
	if (is_behind && stat(cache->path, &st) != 0) {
		err_set_errno(err, "cache %s", cache->path);
		goto failed;
	}
	if (!check_file(cache, err))
		goto failed;
	cache->is_read_only |= is_behind;
	status = open_database(cache, err);
	if (is_damage(status) && !is_behind) {
		cache_give_up(cache, status);
		if (!check_file(cache, err))
			goto failed;
		status = open_database(cache, err);
	}
	if (status == SQLITE_OK)
		return cache;
	if (!err->text[0])
		err_set(err, "cache %s: %s", cache->path,
			cache->db ? sqlite3_errmsg(cache->db)
				  : sqlite3_errstr(status));
failed:
	cache_close(cache);
	return NULL;
}

static struct cache *open_tier(const char *folder, bool is_behind,
			       struct err *err)
{
	err->text[0] = '\0';
	if (!check_folder(folder, is_behind, err))
		return NULL;
	return open_at(mem_printf("%s/symconv-%d.db", folder, CACHE_FORMAT),
		       is_behind, err);
}

struct cache *cache_open_file(const char *path, bool is_written,
			      struct err *err)
{
	err->text[0] = '\0';
	return open_at(mem_strdup(path), !is_written, err);
}

struct cache *cache_open(const char *folders, struct err *err)
{
	char *all = mem_strdup(folders), *rest = all, *folder;
	struct cache *first = NULL, **last = &first;
	struct err trouble = { 0 };

	while ((folder = strsep(&rest, ":"))) {
		if (!*folder)
			continue;
		*last = open_tier(folder, first != NULL, err);
		if (!first)
			break;
		if (*last)
			last = &(*last)->behind;
		else if (!trouble.text[0])
			trouble = *err;
	}
	free(all);
	if (first && !first->trouble.text[0])
		first->trouble = trouble;
	return first;
}

char *cache_first_folder(const char *folders)
{
	size_t length = strcspn(folders, ":");

	return mem_printf("%.*s", (int)length, folders);
}

void cache_close(struct cache *cache)
{
	if (!cache)
		return;
	cache_flush(cache);
	close_database(cache);
	vec_release(&cache->pending);
	vec_release(&cache->used);
	if (cache->locks >= 0)
		close(cache->locks);
	cache_close(cache->behind);
	free(cache->bytes);
	free(cache->path);
	free(cache);
}

/* ---- entries ---- */

int64_t cache_checksum(const char *key, enum cache_kind kind, uint64_t number,
		       const void *bytes, size_t size)
{
	uint64_t parts[] = { CACHE_FORMAT, (uint64_t)kind, number,
			     XXH3_64bits(key, strlen(key)) };

	return (int64_t)XXH3_64bits_withSeed(bytes, size,
					     XXH3_64bits(parts, sizeof(parts)));
}

static bool prepare_get(struct cache *cache)
{
	static const char sql[] =
		"SELECT checksum, bytes, used FROM module JOIN entry"
		" ON entry.module = module.id"
		" WHERE key = ?1 AND kind = ?2 AND number = ?3";
	int status = SQLITE_OK;

	if (cache->db && !cache->get)
		status = sqlite3_prepare_v2(cache->db, sql, -1, &cache->get,
					    NULL);
	if (status != SQLITE_OK)
		cache_give_up(cache, status);
	return cache->get != NULL;
}

/* Copies an entry's bytes to where they are aligned. */
static void keep_bytes(struct cache *cache, const void *bytes, size_t size)
{
	if (size > cache->bytes_size) {
		cache->bytes = mem_resize(cache->bytes, size / 8 + 1, 8);
		cache->bytes_size = size;
	}
	if (size > 0)
		memcpy(cache->bytes, bytes, size);
}

/* Days since the epoch: use is noted once a day, not with every read. */
static int64_t today(void)
{
	return (int64_t)time(NULL) / (24 * 60 * 60);
}

/* Entries of one module are read one after the other. */
static void note_use(struct cache *cache, const char *key)
{
	size_t n = cache->used.n;

	if (!cache->is_read_only &&
	    (n == 0 || strcmp(cache->used.items[n - 1].key, key) != 0))
		snprintf(vec_add(&cache->used)->key, CACHE_KEY_MAX, "%s", key);
}

static bool get(struct cache *cache, const char *key, enum cache_kind kind,
		uint64_t number, size_t *size)
{
	bool is_found = false;
	int status;

	if (!prepare_get(cache))
		return false;
	sqlite3_bind_text(cache->get, 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_int(cache->get, 2, (int)kind);
	sqlite3_bind_int64(cache->get, 3, (int64_t)number);
	status = sqlite3_step(cache->get);
	if (status == SQLITE_ROW) {
		const void *bytes = sqlite3_column_blob(cache->get, 1);

		*size = (size_t)sqlite3_column_bytes(cache->get, 1);
		is_found = sqlite3_column_int64(cache->get, 0) ==
			   cache_checksum(key, kind, number, bytes, *size);
		if (is_found)
			keep_bytes(cache, bytes, *size);
		if (is_found && sqlite3_column_int64(cache->get, 2) < today())
			note_use(cache, key);
		status = SQLITE_DONE;
	}
	sqlite3_reset(cache->get);
	if (status != SQLITE_DONE && (status & 0xff) != SQLITE_BUSY)
		cache_give_up(cache, status);
	return is_found;
}

bool cache_get(struct cache *cache, const char *module, enum cache_kind kind,
	       uint64_t number, const void **bytes, size_t *size)
{
	size_t found;

	if (!cache)
		return false;
	if (!get(cache, module, kind, number, &found)) {
		cache->stats.n_misses++;
		return cache_get(cache->behind, module, kind, number, bytes,
				 size);
	}
	cache->stats.n_hits++;
	cache->stats.bytes_read += found;
	*size = found;
	*bytes = cache->bytes ? (const void *)cache->bytes : "";
	return true;
}

void cache_put(struct cache *cache, const char *module, enum cache_kind kind,
	       uint64_t number, const void *bytes, size_t size)
{
	struct pending *pending;

	if (!cache || !cache->db || cache->is_read_only)
		return;
	pending = vec_add(&cache->pending);
	*pending = (struct pending){
		.kind = kind,
		.number = number,
		.bytes = mem_copy(bytes, size),
		.size = size,
	};
	snprintf(pending->key, sizeof(pending->key), "%s", module);
	cache->pending_size += size;
	if (cache->pending_size > max_pending)
		cache_flush(cache);
}

static int put(sqlite3_stmt *add_module, sqlite3_stmt *add_entry,
	       const struct pending *pending)
{
	int status;

	sqlite3_bind_text(add_module, 1, pending->key, -1, SQLITE_STATIC);
	sqlite3_bind_int64(add_module, 2, today());
	status = sqlite3_step(add_module);
	sqlite3_reset(add_module);
	if (status != SQLITE_DONE)
		return status;
	sqlite3_bind_text(add_entry, 1, pending->key, -1, SQLITE_STATIC);
	sqlite3_bind_int(add_entry, 2, (int)pending->kind);
	sqlite3_bind_int64(add_entry, 3, (int64_t)pending->number);
	sqlite3_bind_int64(add_entry, 4,
			   cache_checksum(pending->key, pending->kind,
					  pending->number, pending->bytes,
					  pending->size));
	sqlite3_bind_blob64(add_entry, 5, pending->bytes, pending->size,
			    SQLITE_STATIC);
	status = sqlite3_step(add_entry);
	sqlite3_reset(add_entry);
	return status;
}

static int write_uses(struct cache *cache)
{
	sqlite3_stmt *use = NULL;
	int status = sqlite3_prepare_v2(
		cache->db, "UPDATE module SET used = ?2 WHERE key = ?1", -1,
		&use, NULL);

	for (size_t i = 0; i < cache->used.n && status == SQLITE_OK; i++) {
		sqlite3_bind_text(use, 1, cache->used.items[i].key, -1,
				  SQLITE_STATIC);
		sqlite3_bind_int64(use, 2, today());
		if (sqlite3_step(use) != SQLITE_DONE)
			status = SQLITE_ERROR;
		sqlite3_reset(use);
	}
	sqlite3_finalize(use);
	return status;
}

static int write_pending(struct cache *cache)
{
	sqlite3_stmt *add_module = NULL, *add_entry = NULL;
	int status = cache_run(cache, "BEGIN IMMEDIATE");

	if (status == SQLITE_OK)
		status = sqlite3_prepare_v2(
			cache->db,
			"INSERT OR IGNORE INTO module(key, used)"
			" VALUES(?1, ?2)",
			-1, &add_module, NULL);
	if (status == SQLITE_OK)
		status = sqlite3_prepare_v2(
			cache->db,
			"INSERT OR REPLACE INTO entry"
			"(module, kind, number, checksum, bytes)"
			" SELECT id, ?2, ?3, ?4, ?5 FROM module WHERE key = ?1",
			-1, &add_entry, NULL);
	if (status == SQLITE_OK)
		status = SQLITE_DONE;
	for (size_t i = 0; i < cache->pending.n && status == SQLITE_DONE; i++)
		status = put(add_module, add_entry, &cache->pending.items[i]);
	sqlite3_finalize(add_module);
	sqlite3_finalize(add_entry);
	if (status == SQLITE_DONE)
		status = write_uses(cache);
	if (status == SQLITE_OK)
		status = cache_run(cache, "COMMIT");
	return status;
}

void cache_flush(struct cache *cache)
{
	int status;

	if (!cache)
		return;
	if (cache->db && (cache->pending.n > 0 || cache->used.n > 0)) {
		sqlite3_busy_timeout(cache->db, WRITE_WAIT_MS);
		status = write_pending(cache);
		if (status == SQLITE_OK) {
			cache->stats.n_stored += cache->pending.n;
			cache->stats.bytes_stored += cache->pending_size;
			sqlite3_busy_timeout(cache->db, READ_WAIT_MS);
		} else {
			cache_give_up(cache, status);
		}
	}
	for (size_t i = 0; i < cache->pending.n; i++)
		free(cache->pending.items[i].bytes);
	cache->pending.n = 0;
	cache->pending_size = 0;
	cache->used.n = 0;
}

const char *cache_trouble(const struct cache *cache)
{
	return cache->trouble.text[0] ? cache->trouble.text : NULL;
}

struct cache_stats cache_stats(const struct cache *cache)
{
	return cache->stats;
}

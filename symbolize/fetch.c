#include "config.h"
#include "symbolize/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "symbolize/elf_identity.h"
#include "symbolize/spawn.h"

/* How long what is not there, and who does not answer, is left alone. */
static const int64_t seconds_remembered = 3600;

#define FOLDER_START ".fetch-"

void fetch_init(struct fetch *fetch, const struct fetch_options *options,
		struct cache *cache, const char *store)
{
	*fetch = (struct fetch){
		.options = options,
		.cache = cache,
		.store = store ? mem_strdup(store) : NULL,
		.lock = -1,
		.output = -1,
	};
}

void fetch_add(struct fetch *fetch, const struct fetch_want *want)
{
	*vec_add(&fetch->wants) = *want;
}

static void say(const struct fetch *fetch, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void say(const struct fetch *fetch, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	if (!fetch->options->say)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fetch->options->say(fetch->options->context, text);
}

/* ---- what is remembered ---- */

static void server_key(char key[CACHE_KEY_MAX], const char *url)
{
	snprintf(key, CACHE_KEY_MAX, "s:%016" PRIx64,
		 (uint64_t)XXH3_64bits(url, strlen(url)));
}

/* Which servers do not have a file is part of what is remembered of it. */
static void want_key(const struct fetch *fetch, char key[CACHE_KEY_MAX],
		     const struct fetch_want *want)
{
	char hex[BUILD_ID_HEX_MAX];
	uint64_t servers = XXH3_64bits(fetch->options->servers,
				       strlen(fetch->options->servers));

	snprintf(key, CACHE_KEY_MAX, "n:%s:%016" PRIx64,
		 build_id_hex(&want->build_id, hex), servers);
}

static void remember(struct fetch *fetch, const char *key, uint64_t number)
{
	int64_t now = time(NULL);

	cache_put(fetch->cache, key, CACHE_ABSENT, number, &now, sizeof(now));
}

/* Something from the future, by a clock that was wrong, is not believed. */
static bool is_remembered(struct fetch *fetch, const char *key, uint64_t number)
{
	const void *bytes;
	int64_t then, age;
	size_t size;

	if (!cache_get(fetch->cache, key, CACHE_ABSENT, number, &bytes,
		       &size) ||
	    size != sizeof(then))
		return false;
	memcpy(&then, bytes, sizeof(then));
	return !__builtin_sub_overflow((int64_t)time(NULL), then, &age) &&
	       age >= 0 && age < seconds_remembered;
}

/* ---- folders ---- */

static void remove_folder(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		char *below;
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		below = mem_printf("%s/%s", path, entry->d_name);
		if (lstat(below, &st) == 0 && S_ISDIR(st.st_mode))
			remove_folder(below);
		else
			unlink(below);
		free(below);
	}
	if (folder)
		closedir(folder);
	rmdir(path);
}

/* Folders of downloads that were killed: nobody holds their lock. */
static void sweep(const char *store)
{
	DIR *folder = opendir(store);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		char *path;
		int fd;

		if (strncmp(entry->d_name, FOLDER_START,
			    strlen(FOLDER_START)) != 0)
			continue;
		path = mem_printf("%s/%s", store, entry->d_name);
		fd = open(path,
			  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			remove_folder(path);
		if (fd >= 0)
			close(fd);
		free(path);
	}
	if (folder)
		closedir(folder);
}

static bool make_own_store(struct fetch *fetch, struct err *err)
{
	fetch->store = file_private_folder("symconv-fetched", err);
	fetch->is_store_mine = fetch->store != NULL;
	return fetch->is_store_mine;
}

static bool make_folder(struct fetch *fetch, struct err *err)
{
	if (!fetch->store && !make_own_store(fetch, err))
		return false;
	if (mkdir(fetch->store, 0700) != 0 && errno != EEXIST)
		return err_set_errno(err, "%s", fetch->store);
	sweep(fetch->store);
	fetch->folder = mem_printf("%s/" FOLDER_START "XXXXXX", fetch->store);
	if (!mkdtemp(fetch->folder)) {
		free(fetch->folder);
		fetch->folder = NULL;
		return err_set_errno(err, "%s", fetch->store);
	}
	fetch->lock = open(fetch->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fetch->lock >= 0)
		flock(fetch->lock, LOCK_EX);
	return true;
}

/* Puts a file that was downloaded into the store, if it is the right one. */
static bool publish(struct fetch *fetch, uint32_t item)
{
	struct fetch_want *want = &fetch->wants.items[fetch->asked.items[item]];
	char name[FETCH_NAME_MAX], hex[BUILD_ID_HEX_MAX];
	char *from =
		mem_printf("%s/%s", fetch->folder, fetch_file_name(item, name));
	char *folder, *to;
	struct elf_identity identity;
	int fd = file_open_regular(from, NULL);
	bool ok = fd >= 0 && elf_identity_read(fd, &identity) &&
		  build_id_equal(&identity.build_id, &want->build_id);

	build_id_hex(&want->build_id, hex);
	folder = mem_printf("%s/.build-id", fetch->store);
	mkdir(folder, 0700);
	free(folder);
	folder = mem_printf("%s/.build-id/%.2s", fetch->store, hex);
	mkdir(folder, 0700);
	to = mem_printf("%s/%s%s", folder, hex + 2,
			want->role == FILE_DEBUG ? ".debug" : "");
	ok = ok && rename(from, to) == 0;
	if (fd >= 0)
		close(fd);
	free(from);
	free(folder);
	free(to);
	return ok;
}

/* ---- starting ---- */

static int compare_wants(const void *a, const void *b)
{
	const struct fetch_want *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return memcmp(&x->build_id, &y->build_id, sizeof(x->build_id));
}

static void choose_servers(struct fetch *fetch)
{
	char *rest = fetch->servers_text = mem_strdup(fetch->options->servers);
	char key[CACHE_KEY_MAX], *url;

	while ((url = strsep(&rest, " \t\n"))) {
		if (!*url)
			continue;
		server_key(key, url);
		if (is_remembered(fetch, key, 0))
			say(fetch,
			    "%s failed within the last hour and is left alone "
			    "(--no-cache asks it again)",
			    url);
		else
			*vec_add(&fetch->servers) = url;
	}
}

/* What nobody has is not asked for; without a server nothing is. */
static void choose_wants(struct fetch *fetch)
{
	char key[CACHE_KEY_MAX];

	for (uint32_t i = 0; i < fetch->wants.n; i++) {
		struct fetch_want *want = &fetch->wants.items[i];

		want->status = FETCH_FAILED;
		want_key(fetch, key, want);
		if (is_remembered(fetch, key, want->role))
			want->status = FETCH_NOT_FOUND;
		else if (fetch->servers.n > 0)
			*vec_add(&fetch->asked) = i;
	}
}

static void make_request(struct fetch *fetch, struct buf *request)
{
	struct fetch_request header = {
		.max_bytes = fetch->options->max_bytes,
		.seconds = fetch->options->max_seconds,
		.n_items = (uint32_t)fetch->asked.n,
	};

	buf_add(request, &header, sizeof(header));
	for (size_t i = 0; i < fetch->asked.n; i++) {
		const struct fetch_want *want =
			&fetch->wants.items[fetch->asked.items[i]];
		struct fetch_item item = { 0 };

		item.role = want->role;
		item.build_id = want->build_id;
		buf_add(request, &item, sizeof(item));
	}
	buf_add(request, fetch->folder, strlen(fetch->folder) + 1);
	for (size_t i = 0; i < fetch->servers.n; i++) {
		buf_add(request, fetch->servers.items[i],
			strlen(fetch->servers.items[i]));
		buf_add(request, i + 1 < fetch->servers.n ? " " : "", 1);
	}
}

static void tell_what(const struct fetch *fetch)
{
	const char *first = fetch->servers.items[0];

	say(fetch,
	    "asking %s%s for %zu %s with symbols (--offline turns this off)",
	    first, fetch->servers.n > 1 ? " and others" : "", fetch->asked.n,
	    fetch->asked.n == 1 ? "file" : "files");
}

void fetch_start(struct fetch *fetch)
{
	struct buf request = { 0 };
	struct spawn spawn = {
		.argument = FETCH_ARGUMENT,
		.input = &request,
		.keeps_environment = true,
	};
	struct err err;

	if (fetch->wants.n == 0)
		return;
	qsort(fetch->wants.items, fetch->wants.n, sizeof(struct fetch_want),
	      compare_wants);
	choose_servers(fetch);
	choose_wants(fetch);
	if (fetch->asked.n == 0)
		return;
	tell_what(fetch);
	if (!make_folder(fetch, &err)) {
		say(fetch, "nothing is fetched: %s", err.text);
		return;
	}
	make_request(fetch, &request);
	if (!spawn_self(&spawn, &fetch->pid, &fetch->output, &err)) {
		fetch->pid = 0;
		say(fetch, "nothing is fetched: %s", err.text);
	}
	/* Far more than the reports of any download. */
	fcntl(fetch->output, F_SETPIPE_SZ, 1 << 20);
	/* The worker ends by itself, unless the library hangs. */
	fetch->deadline = clock_now() + (fetch->options->max_seconds + 2) *
						UINT64_C(1000000000);
	buf_release(&request);
}

/* ---- finishing ---- */

static void take_report(struct fetch *fetch, const struct fetch_report *report)
{
	struct fetch_want *want;
	char key[CACHE_KEY_MAX];

	if (report->status == FETCH_SERVER_FAILED) {
		if (report->item >= fetch->servers.n)
			return;
		say(fetch, "%s: %.*s; it is left alone for an hour",
		    fetch->servers.items[report->item],
		    (int)sizeof(report->text) - 1, report->text);
		server_key(key, fetch->servers.items[report->item]);
		remember(fetch, key, 0);
		return;
	}
	if (report->item >= fetch->asked.n)
		return;
	want = &fetch->wants.items[fetch->asked.items[report->item]];
	if (report->status == FETCH_PROGRESS)
		goto out;
	fetch->n_done++;
	fetch->n_bytes += report->size;
	want->status = (enum fetch_status)report->status;
	if (want->status == FETCH_DONE && !publish(fetch, report->item))
		want->status = FETCH_FAILED;
	if (want->status == FETCH_NOT_FOUND) {
		want_key(fetch, key, want);
		remember(fetch, key, want->role);
	}
out:
	if (fetch->options->progress)
		fetch->options->progress(
			fetch->options->context, fetch->n_done, fetch->asked.n,
			fetch->n_bytes + (report->status == FETCH_PROGRESS
						  ? report->size
						  : 0));
}

/* Takes reports until the worker ends or has no time left. */
static void take_reports(struct fetch *fetch)
{
	struct fetch_report report;
	size_t n_have = 0;

	for (;;) {
		struct pollfd poll_output = { fetch->output, POLLIN, 0 };
		uint64_t now = clock_now();
		ssize_t n;

		if (now >= fetch->deadline ||
		    poll(&poll_output, 1,
			 (int)((fetch->deadline - now) / 1000000 + 1)) == 0)
			break;
		n = read(fetch->output, (char *)&report + n_have,
			 sizeof(report) - n_have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		n_have += (size_t)n;
		if (n_have == sizeof(report)) {
			take_report(fetch, &report);
			n_have = 0;
		}
	}
	kill(fetch->pid, SIGKILL);
	say(fetch, "fetching was stopped after %u seconds",
	    fetch->options->max_seconds);
}

void fetch_finish(struct fetch *fetch)
{
	if (fetch->pid > 0) {
		take_reports(fetch);
		while (waitpid(fetch->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	fetch->pid = 0;
	if (fetch->output >= 0)
		close(fetch->output);
	fetch->output = -1;
	if (fetch->folder)
		remove_folder(fetch->folder);
	if (fetch->lock >= 0)
		close(fetch->lock);
	fetch->lock = -1;
	free(fetch->folder);
	fetch->folder = NULL;
}

void fetch_release(struct fetch *fetch)
{
	if (fetch->pid > 0)
		kill(fetch->pid, SIGKILL);
	fetch_finish(fetch);
	vec_release(&fetch->wants);
	vec_release(&fetch->asked);
	vec_release(&fetch->servers);
	free(fetch->servers_text);
	if (fetch->is_store_mine)
		remove_folder(fetch->store);
	free(fetch->store);
}

#include "config.h"
#include "symbolize/fetch_worker.h"

#include <elfutils/debuginfod.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/library.h"
#include "symbolize/elf_identity.h"
#include "symbolize/find.h"

/* Without an answer, or without more of it, a server is left alone after this,
 * unless DEBUGINFOD_TIMEOUT says otherwise. */
enum { SECONDS_OF_SILENCE = 15, MAX_SERVERS = 64 };

/* The functions of libdebuginfod. */
struct library {
	debuginfod_client *(*begin)(void);
	int (*find_debuginfo)(debuginfod_client *, const unsigned char *, int,
			      char **);
	int (*find_executable)(debuginfod_client *, const unsigned char *, int,
			       char **);
	void (*set_progress)(debuginfod_client *, debuginfod_progressfn_t);
	void (*set_verbose)(debuginfod_client *, int);
};

struct server {
	char *url;
	char *cache; /* of libdebuginfod: it remembers what one server did not
		      * have, and would not ask the next */
	bool is_left_alone;
};

struct fetching {
	struct library library;
	debuginfod_client *client;
	struct fetch_request request;
	const struct fetch_item *items;
	const char *folder;
	struct server servers[MAX_SERVERS];
	uint32_t n_servers;
	uint64_t bytes_left;
	uint64_t deadline; /* of clock_now(), for all */
	uint64_t silence;  /* ns */
	/* The attempt under way. */
	uint32_t item;
	uint64_t heard; /* when there was news last */
	uint64_t reported;
	long n_bytes;
};

/* libdebuginfod's callback has no argument of ours that is always there. */
static struct fetching *current;

char *fetch_file_name(uint32_t item, char out[FETCH_NAME_MAX])
{
	snprintf(out, FETCH_NAME_MAX, "item-%u", item);
	return out;
}

static void report(enum fetch_status status, uint32_t item, uint64_t size,
		   const char *text)
{
	struct fetch_report report = {
		.item = item,
		.status = status,
		.size = size,
	};

	snprintf(report.text, sizeof(report.text), "%s", text ? text : "");
	if (!file_write(STDOUT_FILENO, &report, sizeof(report)))
		_exit(EXIT_FAILURE);
}

/* ---- the library ---- */

static bool load_library(struct library *library)
{
	void *handle = dlopen(DEBUGINFOD_SONAME, RTLD_NOW);

	return handle &&
	       library_function(handle, "debuginfod_begin", &library->begin) &&
	       library_function(handle, "debuginfod_find_debuginfo",
				&library->find_debuginfo) &&
	       library_function(handle, "debuginfod_find_executable",
				&library->find_executable) &&
	       library_function(handle, "debuginfod_set_progressfn",
				&library->set_progress) &&
	       library_function(handle, "debuginfod_set_verbose_fd",
				&library->set_verbose);
}

/* Called about once a second while a file is on its way; anything but 0 ends
 * the attempt. total is 0 where the server does not say. */
static int on_progress(debuginfod_client *client, long so_far, long total)
{
	struct fetching *fetching = current;
	const uint64_t often = UINT64_C(200000000);
	uint64_t now = clock_now();

	(void)client;
	if (total > 0 && so_far != fetching->n_bytes) {
		fetching->n_bytes = so_far;
		fetching->heard = now;
		if (now - fetching->reported > often) {
			fetching->reported = now;
			report(FETCH_PROGRESS, fetching->item,
			       so_far > 0 ? (uint64_t)so_far : 0, NULL);
		}
	}
	return now > fetching->deadline ||
	       now - fetching->heard > fetching->silence;
}

/* ---- one attempt ---- */

/*
 * libdebuginfod says "not found" for every failure, so what it was is read from
 * its words: curl's "The requested URL returned error: 404".
 */
static bool is_not_found(const char *words)
{
	return strstr(words, "returned error: 404") != NULL;
}

/* What went wrong in words: the line about the server. */
static void find_words(const char *words, int failure, char *out, size_t size)
{
	const char *line = strstr(words, "\nurl 0 "), *next;

	/* The first such line is the address itself. */
	while (line && (next = strstr(line + 1, "\nurl 0 ")))
		line = next;
	if (line && strncmp(line + 7, "http", 4) != 0)
		snprintf(out, size, "%.*s", (int)strcspn(line + 7, "\n"),
			 line + 7);
	else
		snprintf(out, size, "%s", strerror(failure));
}

static void read_words(int fd, char *out, size_t size)
{
	ssize_t n = file_read_at(fd, out, size - 1, 0);

	out[n > 0 ? n : 0] = '\0';
}

static void limit_size(uint64_t bytes)
{
	struct rlimit bound = { bytes, RLIM_INFINITY };

	setrlimit(RLIMIT_FSIZE, &bound);
}

/* Whether a file that a server sent is what it was asked for. */
static bool is_wanted(const struct fetch_item *item, int fd)
{
	struct elf_identity identity;

	return elf_identity_read(fd, &identity) &&
	       build_id_equal(&identity.build_id, &item->build_id) &&
	       (item->role != FILE_DEBUG || identity.has_dwarf ||
		identity.has_symbols);
}

/* Moves a downloaded file to its place in the folder. */
static bool keep(struct fetching *fetching, int fd, const char *path)
{
	char name[FETCH_NAME_MAX], place[PATH_MAX];
	struct stat st;
	int length = snprintf(place, sizeof(place), "%s/%s", fetching->folder,
			      fetch_file_name(fetching->item, name));

	if (fstat(fd, &st) != 0 || length >= PATH_MAX ||
	    rename(path, place) != 0)
		return false;
	fetching->bytes_left -= (uint64_t)st.st_size < fetching->bytes_left
					? (uint64_t)st.st_size
					: fetching->bytes_left;
	report(FETCH_DONE, fetching->item, (uint64_t)st.st_size, NULL);
	return true;
}

static enum fetch_status ask(struct fetching *fetching, struct server *server,
			     char *why, size_t why_size)
{
	const struct fetch_item *item = &fetching->items[fetching->item];
	int words = memfd_create("words", MFD_CLOEXEC), fd;
	enum fetch_status status = FETCH_FAILED;
	static char text[64 * 1024];
	char *path = NULL;

	setenv(DEBUGINFOD_URLS_ENV_VAR, server->url, 1);
	setenv(DEBUGINFOD_CACHE_PATH_ENV_VAR, server->cache, 1);
	limit_size(fetching->bytes_left);
	fetching->heard = fetching->reported = clock_now();
	fetching->n_bytes = -1;
	fetching->library.set_verbose(fetching->client, words);
	fd = (item->role == FILE_OWN ? fetching->library.find_executable
				     : fetching->library.find_debuginfo)(
		fetching->client, item->build_id.bytes, item->build_id.size,
		&path);
	limit_size(RLIM_INFINITY);
	read_words(words, text, sizeof(text));
	if (fd >= 0 && !is_wanted(item, fd))
		snprintf(why, why_size,
			 "sent something else than it was asked for");
	else if (fd >= 0 && keep(fetching, fd, path))
		status = FETCH_DONE;
	else if (fd < 0 && is_not_found(text))
		status = FETCH_NOT_FOUND;
	else if (clock_now() > fetching->deadline)
		snprintf(why, why_size, "no time is left");
	else if (clock_now() - fetching->heard > fetching->silence)
		snprintf(why, why_size, "no answer for %u seconds",
			 (unsigned)(fetching->silence / 1000000000));
	else
		find_words(text, fd < 0 ? -fd : errno, why, why_size);
	if (fd >= 0)
		close(fd);
	if (words >= 0)
		close(words);
	free(path);
	return status;
}

/* ---- all of them ---- */

static enum fetch_status ask_all(struct fetching *fetching)
{
	enum fetch_status status = FETCH_FAILED;

	for (uint32_t i = 0; i < fetching->n_servers; i++) {
		struct server *server = &fetching->servers[i];
		char why[200] = "";

		if (server->is_left_alone)
			continue;
		switch (ask(fetching, server, why, sizeof(why))) {
		case FETCH_DONE:
			return FETCH_DONE;
		case FETCH_NOT_FOUND:
			status = FETCH_NOT_FOUND;
			break;
		default:
			server->is_left_alone = true;
			report(FETCH_SERVER_FAILED, i, 0, why);
		}
	}
	return status;
}

static void fetch_all(struct fetching *fetching)
{
	for (uint32_t i = 0; i < fetching->request.n_items; i++) {
		enum fetch_status status = FETCH_SKIPPED;

		fetching->item = i;
		if (fetching->bytes_left > 0 &&
		    clock_now() < fetching->deadline)
			status = ask_all(fetching);
		if (status != FETCH_DONE)
			report(status, i, 0, NULL);
	}
}

static void split_servers(struct fetching *fetching, char *urls)
{
	char *url;

	while ((url = strsep(&urls, " \t\n")))
		if (*url && fetching->n_servers < MAX_SERVERS)
			fetching->servers[fetching->n_servers++].url = url;
}

/* libdebuginfod has its settings from the environment. */
static void set_up(struct fetching *fetching)
{
	const char *timeout = getenv(DEBUGINFOD_TIMEOUT_ENV_VAR);
	unsigned long seconds = timeout ? strtoul(timeout, NULL, 10) : 0;
	char text[32];

	if (seconds == 0 || seconds > 3600)
		seconds = SECONDS_OF_SILENCE;
	fetching->silence = seconds * UINT64_C(1000000000);
	snprintf(text, sizeof(text), "%lu", seconds);
	setenv(DEBUGINFOD_TIMEOUT_ENV_VAR, text, 1);
	setenv("DEBUGINFOD_RETRY_LIMIT", "1", 1);
	unsetenv(DEBUGINFOD_PROGRESS_ENV_VAR);
	unsetenv("DEBUGINFOD_VERBOSE");
	for (uint32_t i = 0; i < fetching->n_servers; i++)
		fetching->servers[i].cache =
			mem_printf("%s/cache-%u", fetching->folder, i);
}

/* Reads the request, which lives as long as the process. */
static bool read_request(struct fetching *fetching)
{
	const size_t max_request = 64 << 20;
	static struct buf input;
	size_t left, length;
	char *text;
	struct err err;

	if (!file_read_all(STDIN_FILENO, "request", max_request, &input,
			   &err) ||
	    input.size < sizeof(fetching->request))
		return false;
	memcpy(&fetching->request, input.bytes, sizeof(fetching->request));
	left = input.size - sizeof(fetching->request);
	if (fetching->request.n_items > left / sizeof(struct fetch_item))
		return false;
	fetching->items =
		(const void *)(input.bytes + sizeof(fetching->request));
	left -= fetching->request.n_items * sizeof(struct fetch_item);
	text = (char *)input.bytes + input.size - left;
	length = strnlen(text, left);
	if (left < 2 || input.bytes[input.size - 1] || length + 1 >= left)
		return false;
	fetching->folder = text;
	split_servers(fetching, text + length + 1);
	return true;
}

int fetch_worker_main(void)
{
	static struct fetching fetching;

	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A file that is too large is an error of write() instead. */
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (!read_request(&fetching))
		return EXIT_FAILURE;
	current = &fetching;
	set_up(&fetching);
	fetching.bytes_left = fetching.request.max_bytes;
	fetching.deadline =
		clock_now() + fetching.request.seconds * UINT64_C(1000000000);
	if (!load_library(&fetching.library) ||
	    !(fetching.client = fetching.library.begin())) {
		for (uint32_t i = 0; i < fetching.n_servers; i++)
			report(FETCH_SERVER_FAILED, i, 0,
			       "cannot be asked: " DEBUGINFOD_SONAME
			       " is not installed");
		return EXIT_SUCCESS;
	}
	fetching.library.set_progress(fetching.client, on_progress);
	fetch_all(&fetching);
	return EXIT_SUCCESS;
}

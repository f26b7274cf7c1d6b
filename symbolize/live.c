/*
 * /proc is listed once, when somebody asks first. Of each process there that
 * the capture knows, /proc/PID/maps must show all landmarks; then its mapped
 * files are kept, ordered by the last part of their names: what comes before
 * depends on the root that the reader has.
 */
#include "config.h"
#include "symbolize/live.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "base/vec.h"

/* A process may map 65,530 files, if root did not allow it more. */
static const size_t max_maps = 16 << 20;

struct live {
	const struct profile *profile;
	bool is_listed;
	bool has_hidden;
	VEC(struct live_process) processes; /* by pid */
	VEC(struct live_file) files;	    /* by name, see compare_files() */
};

struct live *live_new(const struct profile *profile)
{
	struct live *live = mem_zalloc(1, sizeof(*live));

	live->profile = profile;
	return live;
}

void live_free(struct live *live)
{
	if (!live)
		return;
	for (size_t i = 0; i < live->files.n; i++)
		free(live->files.items[i].path);
	vec_release(&live->files);
	vec_release(&live->processes);
	free(live);
}

bool live_is_usable(const struct live *live)
{
	const char *host =
		profile_string(live->profile, live->profile->recording.host);
	struct utsname here;

	if (live->profile->processes.n == 0)
		return false;
	return !*host ||
	       (uname(&here) == 0 && strcmp(host, here.nodename) == 0);
}

bool live_has_hidden(const struct live *live)
{
	return live->has_hidden;
}

/* ---- a process ---- */

/* The text of /proc/PID/NAME; false if it cannot be read. */
static bool read_proc(uint32_t pid, const char *name, struct buf *out)
{
	struct err err;
	char path[64];
	bool ok;
	int fd;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = file_read_all(fd, path, max_maps, out, &err);
	close(fd);
	buf_add(out, "", 1);
	return ok;
}

/* Of /proc/PID/status: NSpid has the pids in each namespace from ours to the
 * innermost, Uid the real, the effective and others. */
static bool read_status(struct live_process *process)
{
	struct buf text = { 0 };
	bool ok = read_proc(process->pid, "status", &text);
	unsigned effective;
	const char *line;

	process->inner_pid = process->pid;
	line = ok ? strstr((char *)text.bytes, "\nUid:") : NULL;
	ok = line && sscanf(line, "\nUid: %*u %u", &effective) == 1;
	if (ok)
		process->uid = effective;
	line = ok ? strstr((char *)text.bytes, "\nNSpid:") : NULL;
	if (line) {
		const char *end = line + 1 + strcspn(line + 1, "\n");

		while (end > line && end[-1] >= '0' && end[-1] <= '9')
			end--;
		process->inner_pid = (uint32_t)strtoul(end, NULL, 10);
	}
	buf_release(&text);
	return ok;
}

struct maps_entry {
	uint64_t start, limit;
	bool is_code;
	uint64_t inode;
	char *path; /* "" where there is none */
};

/* Takes the next line; false at the end. */
static bool next_entry(char **text, struct maps_entry *entry)
{
	char permissions[5];
	int end = 0;
	char *line = *text;

	*entry = (struct maps_entry){ 0 };
	if (!*line)
		return false;
	*text += strcspn(line, "\n");
	if (**text)
		*(*text)++ = '\0';
	if (sscanf(line,
		   "%" SCNx64 "-%" SCNx64 " %4s %*x %*x:%*x %" SCNu64 "%n",
		   &entry->start, &entry->limit, permissions, &entry->inode,
		   &end) != 4)
		return true;
	entry->is_code = permissions[2] == 'x';
	entry->path = line + end + strspn(line + end, " ");
	return true;
}

static bool is_at(const struct landmark *landmark,
		  const struct maps_entry *entry)
{
	return entry->is_code && entry->start == landmark->start &&
	       (landmark->inode == 0 || landmark->inode == entry->inode);
}

/* Whether all landmarks are where the capture has them. */
static bool is_same(const struct landmarks *landmarks, char *maps)
{
	struct maps_entry entry;
	uint32_t found = 0;

	while (next_entry(&maps, &entry))
		for (uint32_t i = 0; i < landmarks->n; i++)
			if (is_at(&landmarks->items[i], &entry))
				found |= 1u << i;
	return landmarks->n > 0 && found == (1u << landmarks->n) - 1;
}

static void take_files(struct live *live, uint32_t pid, char *maps)
{
	struct maps_entry entry;

	while (next_entry(&maps, &entry)) {
		struct live_file file = {
			.pid = pid,
			.inode = entry.inode,
			.start = entry.start,
			.limit = entry.limit,
		};

		if (!entry.is_code || *entry.path != '/')
			continue;
		file.is_deleted = text_cut_deleted(entry.path);
		file.path = mem_strdup(entry.path);
		*vec_add(&live->files) = file;
	}
}

static void take_process(struct live *live,
			 const struct captured_process *captured)
{
	const struct profile *profile = live->profile;
	struct live_process process = { .pid = captured->pid };
	struct buf maps = { 0 };
	char *copy = NULL;

	if (!read_proc(captured->pid, "maps", &maps)) {
		live->has_hidden |= errno == EACCES || errno == EPERM;
	} else {
		copy = mem_strdup((char *)maps.bytes);
		if (is_same(&profile->landmarks.items[captured->landmarks],
			    copy) &&
		    read_status(&process)) {
			*vec_add(&live->processes) = process;
			take_files(live, process.pid, (char *)maps.bytes);
		}
	}
	free(copy);
	buf_release(&maps);
}

/* ---- all of them ---- */

static int compare_processes(const void *a, const void *b)
{
	const struct live_process *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static const char *last_part(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* By the last part of the name, the whole of it, inode and pid. */
static int compare_files(const void *a, const void *b)
{
	const struct live_file *x = a, *y = b;
	int order = strcmp(last_part(x->path), last_part(y->path));

	if (order == 0)
		order = strcmp(x->path, y->path);
	if (order == 0 && x->inode != y->inode)
		order = x->inode < y->inode ? -1 : 1;
	if (order == 0)
		order = x->pid < y->pid ? -1 : x->pid > y->pid;
	return order;
}

/* Of many processes that have one file, the first. */
static void sort_files(struct live *live)
{
	struct live_file *files = live->files.items;
	size_t n = 0;

	if (live->files.n == 0)
		return;
	qsort(files, live->files.n, sizeof(*files), compare_files);
	for (size_t i = 1; i < live->files.n; i++)
		if (strcmp(files[i].path, files[n].path) != 0 ||
		    files[i].inode != files[n].inode)
			files[++n] = files[i];
		else
			free(files[i].path);
	live->files.n = n + 1;
}

static void list(struct live *live)
{
	DIR *proc = live_is_usable(live) ? opendir("/proc") : NULL;
	const struct dirent *entry;

	live->is_listed = true;
	if (!proc)
		return;
	while ((entry = readdir(proc))) {
		uint32_t pid = (uint32_t)strtoul(entry->d_name, NULL, 10);
		const struct captured_process *captured =
			pid ? profile_process(live->profile, pid) : NULL;

		if (captured && captured->landmarks != NO_LANDMARKS)
			take_process(live, captured);
	}
	closedir(proc);
	if (live->processes.n > 0)
		qsort(live->processes.items, live->processes.n,
		      sizeof(struct live_process), compare_processes);
	sort_files(live);
}

const struct live_process *live_find(struct live *live, uint32_t pid)
{
	struct live_process key = { .pid = pid };

	if (!live->is_listed)
		list(live);
	if (live->processes.n == 0)
		return NULL;
	return bsearch(&key, live->processes.items, live->processes.n,
		       sizeof(key), compare_processes);
}

const struct live_file *live_files(struct live *live, const char *path,
				   size_t *n)
{
	const struct live_file *files;
	size_t low = 0, high, limit;

	*n = 0;
	if (!live->is_listed)
		list(live);
	files = live->files.items;
	high = live->files.n;
	if (*path != '/')
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(last_part(files[middle].path), last_part(path)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (limit = low;
	     limit < live->files.n &&
	     strcmp(last_part(files[limit].path), last_part(path)) == 0;
	     limit++)
		;
	*n = limit - low;
	return *n > 0 ? &files[low] : NULL;
}

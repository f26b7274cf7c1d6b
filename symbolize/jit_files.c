#include "config.h"
#include "symbolize/jit_files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/safe_open.h"
#include "symbolize/live.h"

void jit_files_init(struct jit_files *files, const struct profile *profile,
		    const struct find_places *places, const char *map_dir,
		    uint32_t pid)
{
	*files = (struct jit_files){
		.profile = profile,
		.places = places,
		.map_dir = map_dir,
		.pid = pid,
		.process = places->live ? live_find(places->live, pid) : NULL,
	};
}

void jit_files_release(struct jit_files *files)
{
	free(files->refused);
}

/* ---- one attempt ---- */

/* A file that may be the one. */
struct attempt {
	const char *root; /* NULL, or the directory that path counts from */
	const char *path;
	bool is_named; /* in a place that the user named: anybody's */
};

static void tell(const struct jit_files *files, const struct attempt *attempt,
		 const char *text)
{
	char *line;

	if (!files->places->tell)
		return;
	line = mem_printf("%s%s: %s", attempt->root ? attempt->root : "",
			  attempt->path, text);
	files->places->tell(files->places->tell_context, "generated code",
			    line);
	free(line);
}

/* The first that is refused is the one that would have been used. */
static void refuse(struct jit_files *files, const struct attempt *attempt,
		   const char *why)
{
	tell(files, attempt, why);
	if (!files->refused)
		files->refused = mem_printf("%s%s: %s",
					    attempt->root ? attempt->root : "",
					    attempt->path, why);
}

static void refuse_owner(struct jit_files *files, const struct attempt *attempt,
			 uid_t owner)
{
	const char *end = strrchr(attempt->path, '/');
	char *why = mem_printf(
		"not used, as it belongs to uid %u%s; --perf-map-dir %s%.*s "
		"takes it",
		(unsigned)owner,
		geteuid() != 0	 ? ""
		: files->process ? " and its process to another"
				 : " and its process has ended",
		attempt->root ? attempt->root : "",
		end ? (int)(end - attempt->path) : 0, attempt->path);

	refuse(files, attempt, why);
	free(why);
}

static bool is_trusted(const struct jit_files *files, uid_t owner)
{
	return owner == 0 || owner == geteuid() ||
	       (geteuid() == 0 && files->process &&
		owner == files->process->uid);
}

static int try(struct jit_files *files, const struct attempt *attempt)
{
	struct stat st;
	int fd = safe_open_regular(attempt->root, attempt->path, &st);

	if (fd < 0 && errno == EINVAL)
		tell(files, attempt, "not a regular file");
	else if (fd < 0 && errno == ELOOP)
		refuse(files, attempt,
		       "not used, as it is a link where everybody may write; "
		       "--perf-map-dir takes a copy in a directory of your "
		       "own");
	else if (fd < 0)
		tell(files, attempt, strerror(errno));
	if (fd < 0)
		return -1;
	if (!attempt->is_named && !is_trusted(files, st.st_uid)) {
		refuse_owner(files, attempt, st.st_uid);
		close(fd);
		return -1;
	}
	tell(files, attempt, "names of generated code");
	return fd;
}

/* The path as the process sees it. */
static int try_inside(struct jit_files *files, const char *path)
{
	char *root;
	int fd;

	if (!files->process)
		return -1;
	root = mem_printf("/proc/%" PRIu32 "/root", files->process->pid);
	fd = try(files, &(struct attempt){ root, path, false });
	free(root);
	return fd;
}

/* ---- maps ---- */

static int open_map_of(struct jit_files *files, uint32_t pid, bool is_inside)
{
	const char *dir = files->map_dir;
	char *path =
		mem_printf("%s/perf-%" PRIu32 ".map", dir ? dir : "/tmp", pid);
	int fd = is_inside ? try_inside(files, path)
			   : try(files, &(struct attempt){ NULL, path, dir });

	free(path);
	return fd;
}

int jit_files_open_map(struct jit_files *files)
{
	int fd = -1;

	if (!files->map_dir && files->process)
		fd = open_map_of(files, files->process->inner_pid, true);
	return fd >= 0 ? fd : open_map_of(files, files->pid, false);
}

/* ---- dumps ---- */

static int try_dump(struct jit_files *files, const char *path)
{
	const char *symfs = files->places->symfs;
	int fd = -1;

	if (files->map_dir) {
		char *named =
			mem_printf("%s%s", files->map_dir, strrchr(path, '/'));

		fd = try(files, &(struct attempt){ NULL, named, true });
		free(named);
	}
	if (fd < 0 && symfs)
		fd = try(files, &(struct attempt){ symfs, path, true });
	if (fd < 0)
		fd = try_inside(files, path);
	if (fd < 0)
		fd = try(files, &(struct attempt){ NULL, path, false });
	return fd;
}

int jit_files_open_dump(struct jit_files *files)
{
	const struct captured_process *process =
		profile_process(files->profile, files->pid);
	const char *path =
		process ? profile_string(files->profile, process->jit_dump)
			: "";

	return *path == '/' ? try_dump(files, path) : -1;
}

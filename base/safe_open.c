/*
 * The path is walked component by component, and none is opened but as itself:
 * so what is a link is seen before it is followed. A link, or "..", rewrites
 * the path, which is then walked once more from its root.
 */
#include "config.h"
#include "base/safe_open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

/* Of links as many as the kernel follows, and some for "..". */
enum { MAX_REWRITES = 100 };

enum outcome { WALK_DONE, WALK_REWRITTEN, WALK_FAILED };

struct component {
	const char *at; /* in the path */
	size_t length;
	bool is_shared; /* everybody may write to its directory */
};

static bool is_parent(const struct component *component)
{
	return component->length == 2 && strncmp(component->at, "..", 2) == 0;
}

/* Opens a component of the directory here, which is closed. */
static int step(int here, const struct component *component)
{
	char name[NAME_MAX + 1];
	int next = -1, saved;

	if (component->length <= NAME_MAX) {
		memcpy(name, component->at, component->length);
		name[component->length] = '\0';
		next = openat(here, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	} else {
		errno = ENAMETOOLONG;
	}
	saved = errno;
	close(here);
	errno = saved;
	return next;
}

/* What precedes ".." and the component before it. */
static int parent_length(const char *path, const char *at)
{
	while (at > path && at[-1] == '/')
		at--;
	while (at > path && at[-1] != '/')
		at--;
	return (int)(at - path);
}

static enum outcome replace(char **path, char *by)
{
	free(*path);
	*path = by;
	return WALK_REWRITTEN;
}

/* Puts a link's target in the place of the link. */
static enum outcome follow(char **path, const struct component *component,
			   int link)
{
	const char *rest = component->at + component->length;
	char target[PATH_MAX];
	ssize_t length = -1;

	if (component->is_shared)
		errno = ELOOP;
	else
		length = readlinkat(link, "", target, sizeof(target));
	if (length <= 0)
		return WALK_FAILED;
	return replace(
		path,
		mem_printf("%.*s%.*s/%s",
			   *target == '/' ? 0 : (int)(component->at - *path),
			   *path, (int)length, target, rest));
}

/*
 * Walks an absolute path below top. Done: *place is what it leads to; failed:
 * errno says why.
 */
static enum outcome walk(int top, char **path, int *place)
{
	struct component component = { .at = *path };
	struct stat st;

	*place = fcntl(top, F_DUPFD_CLOEXEC, 0);
	while (*place >= 0 && fstat(*place, &st) == 0) {
		if (S_ISLNK(st.st_mode))
			return follow(path, &component, *place);
		component.at += component.length;
		component.at += strspn(component.at, "/");
		component.length = strcspn(component.at, "/");
		component.is_shared = st.st_mode & S_IWOTH;
		if (component.length == 0)
			return WALK_DONE;
		if (is_parent(&component))
			return replace(
				path,
				mem_printf("%.*s/%s",
					   parent_length(*path, component.at),
					   *path,
					   component.at + component.length));
		*place = step(*place, &component);
	}
	return WALK_FAILED;
}

static char *make_absolute(const char *path)
{
	char here[PATH_MAX];

	if (*path == '/')
		return mem_strdup(path);
	return getcwd(here, sizeof(here)) ? mem_printf("%s/%s", here, path)
					  : NULL;
}

int safe_open_regular(const char *root, const char *path, struct stat *st)
{
	int top = open(root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	enum outcome outcome = WALK_FAILED;
	char *left = make_absolute(path);
	int place = -1, fd = -1, saved;

	for (int i = 0; i < MAX_REWRITES && top >= 0 && left; i++) {
		outcome = walk(top, &left, &place);
		if (outcome != WALK_REWRITTEN)
			break;
		close(place);
		place = -1;
		errno = ELOOP;
	}
	if (outcome == WALK_DONE)
		fd = file_reopen_regular(place, st);
	saved = errno;
	if (place >= 0)
		close(place);
	if (top >= 0)
		close(top);
	free(left);
	errno = saved;
	return fd;
}

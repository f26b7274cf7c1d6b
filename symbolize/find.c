#include "config.h"
#include "symbolize/find.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"

/* A file of mostly holes is made up: reading it would cost memory that its
 * size on disk does not tell. */
static bool is_hollow(const struct stat *st)
{
	const off_t small = 64 << 20;

	return st->st_size > small && st->st_blocks < st->st_size / 512 / 8;
}

int find_named_file(const char *path, struct stat *st, struct err *err)
{
	int fd = file_open_regular(path, st);

	if (fd < 0) {
		if (errno == EINVAL)
			err_set(err, "%s: not a regular file", path);
		else
			err_set_errno(err, "%s: cannot open", path);
		return -1;
	}
	if (is_hollow(st)) {
		err_set(err, "%s: a sparse file", path);
		close(fd);
		return -1;
	}
	return fd;
}

int find_module_file(const struct profile *profile, const struct module *module,
		     struct stat *st, enum reason *reason, struct err *why)
{
	const char *path = profile_string(profile, module->path);

	*reason = REASON_FILE_MISSING;
	/* A relative name would mean whatever is in the folder at hand. */
	if (*path != '/') {
		err_set(why, "not the name of a file");
		return -1;
	}
	return find_named_file(path, st, why);
}

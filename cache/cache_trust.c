#include "config.h"
#include "cache/cache_trust.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

static bool is_number(const char *word, unsigned long wanted)
{
	char *end;

	return *word >= '0' && *word <= '9' &&
	       strtoul(word, &end, 10) == wanted && *end == '\0';
}

static bool is_user(const char *word, uid_t uid)
{
	const struct passwd *user;

	if (is_number(word, uid))
		return true;
	user = *word == '@' ? NULL : getpwnam(word);
	return user && user->pw_uid == uid;
}

static bool is_group(const char *word, gid_t gid)
{
	const struct group *group;

	if (*word != '@')
		return false;
	group = getgrnam(word + 1);
	return is_number(word + 1, gid) || (group && group->gr_gid == gid);
}

/* Whether the user said so. */
static bool is_listed(uid_t uid, gid_t gid, bool is_of_group)
{
	const char *list = getenv("SYMCONV_CACHE_TRUST");
	char *words = mem_strdup(list ? list : ""), *rest = words, *word;
	bool is_found = false;

	while (!is_found && (word = strsep(&rest, ", ")))
		is_found = *word && (is_of_group ? is_group(word, gid)
						 : is_user(word, uid));
	free(words);
	return is_found;
}

bool cache_is_trusted(const char *path, const struct stat *st, struct err *err)
{
	if (st->st_uid != geteuid() && st->st_uid != 0 &&
	    !is_listed(st->st_uid, 0, false))
		return err_set(err,
			       "cache %s belongs to somebody else "
			       "(SYMCONV_CACHE_TRUST=USER, to trust them)",
			       path);
	if (st->st_mode & S_IWOTH)
		return err_set(err, "cache %s can be written by anybody", path);
	if ((st->st_mode & S_IWGRP) && st->st_gid != getegid() &&
	    !is_listed(0, st->st_gid, true))
		return err_set(err,
			       "cache %s can be written by its group "
			       "(SYMCONV_CACHE_TRUST=@GROUP, if all of its "
			       "members trust each other)",
			       path);
	return true;
}

mode_t cache_file_mode(const struct stat *folder)
{
	mode_t mode =
		S_IRUSR | S_IWUSR | (folder->st_mode & (S_IRGRP | S_IROTH));

	if ((folder->st_mode & S_IWGRP) && is_listed(0, folder->st_gid, true))
		mode |= S_IRGRP | S_IWGRP;
	return mode;
}

#include "config.h"
#include "conv/maps_line.h"

#include <string.h>

#include "base/text.h"
#include "conv/words.h"

static bool skip(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static bool parse_permissions(struct mmap_record *mmap, const char **at)
{
	const char *p = *at;

	if (!strchr("r-", p[0]) || !p[0] || !strchr("w-", p[1]) || !p[1] ||
	    !strchr("x-", p[2]) || !p[2] || !strchr("psS", p[3]) || !p[3])
		return false;
	mmap->is_executable = p[2] == 'x';
	mmap->is_data = !mmap->is_executable;
	mmap->is_private = p[3] == 'p';
	*at = p + 4;
	return true;
}

static bool parse_inode(struct mmap_record *mmap, const char **at)
{
	const char *p = *at;

	for (; *p >= '0' && *p <= '9'; p++)
		mmap->inode = mmap->inode * 10 + (uint64_t)(*p - '0');
	if (p == *at || (*p && *p != ' ' && *p != '\t'))
		return false;
	*at = p;
	return true;
}

bool maps_line_parse(struct mmap_record *mmap, char *line)
{
	const char *at = line;
	uint64_t limit, major, minor;
	char *path;

	*mmap = (struct mmap_record){ 0 };
	if (!words_hex_at(&at, &mmap->start) || !skip(&at, '-') ||
	    !words_hex_at(&at, &limit) || !skip(&at, ' ') ||
	    !parse_permissions(mmap, &at) || !skip(&at, ' ') ||
	    !words_hex_at(&at, &mmap->pgoff) || !skip(&at, ' ') ||
	    !words_hex_at(&at, &major) || !skip(&at, ':') ||
	    !words_hex_at(&at, &minor) || !skip(&at, ' ') ||
	    !parse_inode(mmap, &at) || limit < mmap->start)
		return false;
	mmap->size = limit - mmap->start;
	mmap->major = (uint32_t)major;
	mmap->minor = (uint32_t)minor;
	path = words_skip_spaces(line + (at - line));
	mmap->is_deleted = text_cut_deleted(path);
	mmap->path = path;
	return true;
}

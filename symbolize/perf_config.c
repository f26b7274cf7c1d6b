#include "config.h"
#include "symbolize/perf_config.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"

/* Takes blanks off both ends, in place. */
static char *trim(char *text)
{
	size_t length;

	while (isspace((unsigned char)*text))
		text++;
	length = strlen(text);
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* The value of dir in the section [buildid], free() it; NULL: none. The format
 * is that of Git's configuration, of which quotes are taken off here and what
 * else there is, continued lines and escapes, is not used for paths. */
static char *find_value(char *text)
{
	bool is_inside = false;
	char *line, *found = NULL;

	while ((line = strsep(&text, "\n"))) {
		char *key = trim(line), *value = strchr(key, '=');
		size_t length;

		if (*key == '[') {
			is_inside = strncasecmp(key, "[buildid]", 9) == 0;
			continue;
		}
		if (!is_inside || !value || *key == '#' || *key == ';')
			continue;
		*value++ = '\0';
		if (strcasecmp(trim(key), "dir") != 0)
			continue;
		value = trim(value);
		length = strlen(value);
		if (length >= 2 && *value == '"' && value[length - 1] == '"') {
			value[length - 1] = '\0';
			value++;
		}
		free(found);
		found = mem_strdup(value);
	}
	return found;
}

static char *read_config(const char *path)
{
	const size_t limit = 1 << 20;
	struct buf text = { 0 };
	char *found = NULL;
	int fd = file_open_regular(path, NULL);
	struct err err;

	if (fd < 0)
		return NULL;
	if (file_read_all(fd, path, limit, &text, &err)) {
		buf_add(&text, "", 1);
		found = find_value((char *)text.bytes);
	}
	buf_release(&text);
	close(fd);
	return found;
}

char *perf_config_buildid_dir(void)
{
	const char *home = getenv("HOME");
	char *path, *dir = NULL, *whole;

	if (home && *home) {
		path = mem_printf("%s/.perfconfig", home);
		dir = read_config(path);
		free(path);
	}
	if (!dir)
		dir = read_config("/etc/perfconfig");
	if (!dir && home && *home)
		dir = mem_printf("%s/.debug", home);
	if (dir && strncmp(dir, "~/", 2) == 0 && home) {
		whole = mem_printf("%s%s", home, dir + 1);
		free(dir);
		dir = whole;
	}
	return dir;
}

#include "config.h"
#include "symbolize/kernel_paths.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

/* ---- names ---- */

/* How long a name is without ".ko" and what it is packed with; 0: it has no
 * such end. */
static size_t length_before_suffix(const char *name)
{
	static const char *const suffixes[] = { ".ko", ".ko.gz", ".ko.xz",
						".ko.zst" };
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (length > n && strcmp(name + length - n, suffixes[i]) == 0)
			return length - n;
	}
	return 0;
}

void kernel_module_name(const char *path, char name[KERNEL_MODULE_NAME_MAX])
{
	const char *base = strrchr(path, '/');
	size_t length;

	base = base ? base + 1 : path;
	if (*base == '[')
		base++;
	length = length_before_suffix(base);
	if (length == 0)
		length = strcspn(base, "]");
	if (length >= KERNEL_MODULE_NAME_MAX)
		length = KERNEL_MODULE_NAME_MAX - 1;
	memcpy(name, base, length);
	name[length] = '\0';
	for (char *p = name; *p; p++)
		if (*p == '-')
			*p = '_';
}

/* ---- paths ---- */

void kernel_paths_release(struct kernel_paths *paths)
{
	for (size_t i = 0; i < paths->items.n; i++)
		free(paths->items.items[i].path);
	vec_release(&paths->items);
}

static void add(struct kernel_paths *paths, bool is_debug, char *path)
{
	*vec_add(&paths->items) =
		(struct kernel_path){ .path = path, .is_debug = is_debug };
}

void kernel_paths_add_vmlinux(struct kernel_paths *paths, const char *release)
{
	static const struct {
		bool is_debug;
		const char *before, *behind;
	} places[] = {
		{ true, "/boot/vmlinux-", "" },	       /* Debian, Ubuntu */
		{ true, "/lib/modules/", "/vmlinux" }, /* Debian, Fedora */
		{ true, "/usr/lib/modules/", "/vmlinux" },
		{ true, "/boot/vmlinux-", ".debug" },
		{ true, "/lib/modules/", "/vmlinux.debug" },
		{ true, "/usr/lib/modules/", "/vmlinux.debug" }, /* openSUSE */
		{ true, "/vmlinux-", "" },
		{ false, "/lib/modules/", "/build/vmlinux" },
		{ false, "/lib/modules/", "/vmlinux" },
		{ false, "/boot/vmlinux-", "" },
		{ false, "/boot/vmlinux-", ".gz" }, /* openSUSE */
		{ false, "/boot/vmlinux-", ".xz" },
		{ false, "/boot/vmlinux-", ".zst" },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		add(paths, places[i].is_debug,
		    mem_printf("%s%s%s", places[i].before, release,
			       places[i].behind));
	add(paths, false, mem_strdup("/boot/vmlinux"));
}

void kernel_paths_add_module(struct kernel_paths *paths, const char *path)
{
	static const char *const packed[] = { "", ".xz", ".zst", ".gz" };
	const char *name = strrchr(path, '/');
	size_t length = name ? length_before_suffix(name) : 0;
	int n;

	if (length == 0)
		return;
	n = (int)((size_t)(name - path) + length);
	/* /lib is /usr/lib on many systems, and they lie below either. */
	if (text_starts_with(path, "/usr/")) {
		path += strlen("/usr");
		n -= (int)strlen("/usr");
	}
	for (size_t i = 0; i < 2 * sizeof(packed) / sizeof(*packed); i++)
		add(paths, false,
		    mem_printf("%s%.*s.ko%s", i % 2 ? "/usr" : "", n, path,
			       packed[i / 2]));
	for (size_t i = 0; i < 4; i++)
		add(paths, true,
		    mem_printf("%s%.*s.ko%s", i % 2 ? "/usr" : "", n, path,
			       i / 2 ? ".debug" : ""));
}

bool kernel_paths_release_of(const char *path, const char *other,
			     char release[64])
{
	const char *found = strstr(path, "/lib/modules/");
	size_t length;

	if (found)
		other = found + strlen("/lib/modules/");
	length = strcspn(other, "/");
	if (length == 0 || length >= 64 || *other == '.' ||
	    (!found && other[length]))
		return false;
	memcpy(release, other, length);
	release[length] = '\0';
	return true;
}

/* ---- modules.dep ---- */

/* Lines are "kernel/fs/ext4/ext4.ko.xz: kernel/fs/jbd2/jbd2.ko.xz …"
 * (modules.dep(5)). */
bool kernel_paths_find_module(const char *text, size_t size, const char *name,
			      char *path, size_t room)
{
	const char *end = text + size;
	char found[KERNEL_MODULE_NAME_MAX];

	while (text < end) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));
		const char *colon;
		size_t length;

		if (!line_end)
			line_end = end;
		colon = memchr(text, ':', (size_t)(line_end - text));
		length = colon ? (size_t)(colon - text) : 0;
		if (length > 0 && length < room) {
			memcpy(path, text, length);
			path[length] = '\0';
			kernel_module_name(path, found);
			if (strcmp(found, name) == 0)
				return true;
		}
		text = line_end + 1;
	}
	return false;
}

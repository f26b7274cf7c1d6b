#include "config.h"
#include "symbolize/perf_archive.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "symbolize/elf_identity.h"

/* FOLDER/.build-id/ab/cdef…, which is made; free() it. */
static char *make_place(const char *folder, const struct build_id *id)
{
	char hex[BUILD_ID_HEX_MAX];
	char *top = mem_printf("%s/.build-id", folder), *middle, *place;

	build_id_hex(id, hex);
	middle = mem_printf("%s/%.2s", top, hex);
	place = mem_printf("%s/%s", middle, hex + 2);
	mkdir(top, 0700);
	mkdir(middle, 0700);
	mkdir(place, 0700);
	free(top);
	free(middle);
	return place;
}

/* Where the file's own build id says that it belongs, whatever its name. */
static void move_file(const char *folder, struct unpacked_file *file)
{
	int fd = file_open_regular(file->path, NULL);
	struct elf_identity identity;
	char *place, *path;
	bool is_good;

	if (fd < 0)
		return;
	is_good =
		elf_identity_read(fd, &identity) && identity.build_id.size > 1;
	close(fd);
	if (!is_good)
		return;
	place = make_place(folder, &identity.build_id);
	path = mem_printf("%s/%s", place, identity.has_code ? "elf" : "debug");
	free(place);
	if (rename(file->path, path) == 0) {
		free(file->path);
		file->path = path;
	} else {
		free(path);
	}
}

bool perf_archive_open(const char *path, struct unpacked *unpacked,
		       struct err *err)
{
	if (!unpack(path, unpacked, err))
		return false;
	for (size_t i = 0; i < unpacked->files.n; i++)
		move_file(unpacked->folder, &unpacked->files.items[i]);
	return true;
}

/* Deletes the folders that a file lay in, below the archive's. */
static void remove_folders(const char *path, size_t n)
{
	char *folder = mem_strdup(path), *slash;

	while ((slash = strrchr(folder, '/')) && (size_t)(slash - folder) > n) {
		*slash = '\0';
		if (rmdir(folder) != 0)
			break;
	}
	free(folder);
}

void perf_archive_close(struct unpacked *unpacked)
{
	size_t n = unpacked->folder ? strlen(unpacked->folder) : 0;

	for (size_t i = 0; i < unpacked->files.n; i++) {
		unlink(unpacked->files.items[i].path);
		remove_folders(unpacked->files.items[i].path, n);
	}
	unpacked_remove(unpacked);
}

/*
 * A main() for fuzz targets where there is no fuzzer: runs every file of the
 * folders that are given, as facts in TAP. A target that dies on one of them
 * leaves the plan unmet.
 */
#include "config.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "tests/tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay(const char *path)
{
	int fd = file_open_regular(path, NULL);
	struct buf bytes = { 0 };
	struct err err;

	if (fd < 0)
		return;
	if (file_read_all(fd, path, (size_t)1 << 30, &bytes, &err))
		LLVMFuzzerTestOneInput(bytes.bytes, bytes.size);
	ok(true, "%s", path);
	close(fd);
	buf_release(&bytes);
}

static void replay_folder(const char *folder)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;

	while (entries && (entry = readdir(entries))) {
		char *path = mem_printf("%s/%s", folder, entry->d_name);

		replay(path);
		free(path);
	}
	if (entries)
		closedir(entries);
}

int main(int argc, char **argv)
{
	const char *source = getenv("srcdir");
	const char *name = strrchr(argv[0], '/');
	char *folder;

	/* make check gives no arguments: the corpus has the target's name. */
	folder = mem_printf("%s/fuzz/corpus/%s", source ? source : ".",
			    name ? name + 1 : argv[0]);
	replay_folder(folder);
	free(folder);
	for (int i = 1; i < argc; i++)
		replay_folder(argv[i]);
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	ok(true, "nothing at all");
	return tap_done();
}

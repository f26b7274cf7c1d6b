#include "config.h"
#include "symbolize/replaced.h"

#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "symbolize/elf_identity.h"
#include "symbolize/same_boot.h"

/* Linux 6.x has it in its own <linux/magic.h>. */
#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif

/* A file as the kernel names it in a mapping. */
struct identity {
	uint32_t major, minor;
	uint64_t inode;
};

static bool is_same_device(const struct identity *a,
			   const struct mapped_file *b)
{
	return a->major == b->major && a->minor == b->minor;
}

static bool is_same_file(const struct identity *a, const struct mapped_file *b)
{
	return is_same_device(a, b) && a->inode == b->inode;
}

static struct identity identity_of_stat(const struct stat *st)
{
	return (struct identity){
		.major = major(st->st_dev),
		.minor = minor(st->st_dev),
		.inode = st->st_ino,
	};
}

/* Finds the line of /proc/self/maps that begins with an address. */
static bool find_mapping(const void *address, struct identity *identity)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char *line = NULL;
	size_t size = 0;
	bool is_found = false;

	if (!maps)
		return false;
	while (!is_found && getline(&line, &size, maps) > 0) {
		uint64_t start;

		is_found = sscanf(line,
				  "%" SCNx64 "-%*x %*s %*x %" SCNx32 ":%" SCNx32
				  " %" SCNu64,
				  &start, &identity->major, &identity->minor,
				  &identity->inode) == 4 &&
			   start == (uintptr_t)address;
	}
	free(line);
	fclose(maps);
	return is_found;
}

/*
 * On overlayfs and btrfs stat(2) and mappings disagree about devices, so the
 * file is mapped and the kernel asked. Nothing of it is read.
 */
static bool identity_when_mapped(int fd, struct identity *identity)
{
	void *address = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);
	bool is_known;

	if (address == MAP_FAILED)
		return false;
	is_known = find_mapping(address, identity);
	munmap(address, 1);
	return is_known;
}

/* Files of some servers get a number each time that they are looked up. */
static bool has_lasting_inodes(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type != FUSE_SUPER_MAGIC;
}

static int64_t changed_ns(const struct stat *st)
{
	return (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
}

/* Whether an open file that bears the build id is another than was mapped. */
static bool is_other_file(int fd, const struct stat *st,
			  const struct mapped_file *file)
{
	struct identity by_stat = identity_of_stat(st), by_mapping;

	if (!has_lasting_inodes(fd) || !identity_when_mapped(fd, &by_mapping) ||
	    is_same_file(&by_mapping, file))
		return false;
	/* A device may have another number now, if it was removed meanwhile. */
	return is_same_device(&by_stat, file) ||
	       is_same_device(&by_mapping, file) ||
	       by_mapping.inode != file->inode;
}

/* Whether this machine recorded it since it was booted, and the file's date
 * tells when: a copy has a later one, of which the times of samples tell. */
static bool is_recorded_here(const struct profile *profile)
{
	struct boot_judgement judgement = same_boot_here(profile);

	return profile->recording.written_ns != 0 && judgement.is_named &&
	       judgement.verdict == BOOT_IS_THIS;
}

bool replaced_since_mapped(void *context, const struct mapped_file *file)
{
	const struct profile *profile = context;
	struct elf_identity elf;
	struct identity now;
	struct stat st;
	bool result;
	int fd;

	if (file->path[0] != '/' || !is_recorded_here(profile) ||
	    stat(file->path, &st) != 0)
		return false;
	now = identity_of_stat(&st);
	if (is_same_file(&now, file) ||
	    changed_ns(&st) > profile->recording.written_ns)
		return false;
	fd = file_open_regular(file->path, &st);
	if (fd < 0)
		return false;
	result = elf_identity_read(fd, &elf) &&
		 build_id_equal(&elf.build_id, &file->build_id) &&
		 is_other_file(fd, &st, file);
	close(fd);
	return result;
}

#include "config.h"
#include "symbolize/vdso.h"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"

/*
 * The end of the image in memory: of what is loaded, and of the section
 * headers, which lie behind it and have the symbol table's place.
 */
static size_t image_size(const ElfW(Ehdr) * header)
{
	const ElfW(Phdr) *segments =
		(const void *)((const char *)header + header->e_phoff);
	size_t size =
		header->e_shoff + (size_t)header->e_shnum * header->e_shentsize;

	for (int i = 0; i < header->e_phnum; i++) {
		size_t end = segments[i].p_offset + segments[i].p_filesz;

		if (segments[i].p_type == PT_LOAD && end > size)
			size = end;
	}
	return size;
}

int vdso_open(size_t *size)
{
	const ElfW(Ehdr) *header =
		(const void *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
	int fd;

	if (!header)
		return -1;
	fd = memfd_create("vdso", MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	*size = image_size(header);
	if (!file_write(fd, header, *size)) {
		close(fd);
		return -1;
	}
	return fd;
}

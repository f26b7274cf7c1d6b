/* Any bytes as an ELF file whose identity is read. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "symbolize/elf_identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_identity identity;
	int fd = memfd_create("elf", MFD_CLOEXEC);

	if (fd < 0 || !file_write(fd, data, size))
		abort();
	if (elf_identity_read(fd, &identity) &&
	    (strchr(identity.debuglink, '/') ||
	     identity.build_id.size > BUILD_ID_MAX ||
	     strnlen(identity.altlink, sizeof(identity.altlink)) ==
		     sizeof(identity.altlink)))
		abort();
	close(fd);
	return 0;
}

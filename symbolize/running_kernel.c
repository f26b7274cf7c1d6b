#include "config.h"
#include "symbolize/running_kernel.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/reader.h"

static const size_t max_notes = (size_t)16 << 20;

bool running_kernel_read(const char *path, size_t limit, struct buf *out,
			 struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return err_set_errno(err, "%s", path);
	ok = file_read_all(fd, path, limit, out, err);
	close(fd);
	return ok;
}

/* /sys/kernel/notes is the kernel's ELF notes (elf(5), "Notes"). */
struct build_id running_kernel_build_id(void)
{
	struct build_id id = { 0 };
	struct buf notes = { 0 };
	struct reader r;
	struct err err;

	if (!running_kernel_read("/sys/kernel/notes", max_notes, &notes, &err))
		goto out;
	r = reader_over(notes.bytes, notes.size, false);
	while (reader_left(&r) > 0) {
		uint32_t name_size = reader_u32(&r);
		uint32_t size = reader_u32(&r), type = reader_u32(&r);
		const unsigned char *name, *bytes;

		name = reader_bytes(&r, ((size_t)name_size + 3) & ~(size_t)3);
		bytes = reader_bytes(&r, ((size_t)size + 3) & ~(size_t)3);
		if (!reader_ok(&r))
			break;
		if (type == NT_GNU_BUILD_ID && name_size == 4 &&
		    memcmp(name, "GNU", 4) == 0)
			id = build_id_from(bytes, size);
	}
out:
	buf_release(&notes);
	return id;
}

/*
 * libarchive is loaded by these workers alone. A Debian package is an archive
 * of archives: those inside are read where they stand.
 */
#include "config.h"
#include "symbolize/unpack_worker.h"

#include <elf.h>
#include <string.h>
#include <sys/stat.h>

#include "base/decompress.h"
#include "base/library.h"

#ifdef HAVE_ARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#define ARCHIVE_SONAME "libarchive.so.13"

/* Each has the type of the function in archive.h. */
static struct {
	__typeof__(&archive_read_new) new;
	__typeof__(&archive_read_free) free;
	__typeof__(&archive_read_support_filter_all) support_filters;
	__typeof__(&archive_read_support_format_all) support_formats;
	__typeof__(&archive_read_open_fd) open_fd;
	__typeof__(&archive_read_open) open;
	__typeof__(&archive_read_next_header) next_header;
	__typeof__(&archive_read_data) data;
	__typeof__(&archive_error_string) error_string;
	__typeof__(&archive_entry_pathname) pathname;
	__typeof__(&archive_entry_filetype) filetype;
} library;

bool unpack_worker_load(struct err *err)
{
	void *handle = dlopen(ARCHIVE_SONAME, RTLD_NOW);
	const struct {
		const char *name;
		void *function;
	} wanted[] = {
		{ "archive_read_new", &library.new },
		{ "archive_read_free", &library.free },
		{ "archive_read_support_filter_all", &library.support_filters },
		{ "archive_read_support_format_all", &library.support_formats },
		{ "archive_read_open_fd", &library.open_fd },
		{ "archive_read_open", &library.open },
		{ "archive_read_next_header", &library.next_header },
		{ "archive_read_data", &library.data },
		{ "archive_error_string", &library.error_string },
		{ "archive_entry_pathname", &library.pathname },
		{ "archive_entry_filetype", &library.filetype },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (!library_function(handle, wanted[i].name,
				      wanted[i].function))
			return err_set(err, "archives need the library "
					    "libarchive");
	return true;
}

/* An archive, and the one that it stands in. */
struct unpacking {
	const struct unpack_sink *sink;
	struct archive *outer; /* being read as a file; NULL: none */
	char block[65536];     /* of the outer one */
};

static struct archive *new_archive(void)
{
	struct archive *archive = library.new();

	if (archive) {
		library.support_filters(archive);
		library.support_formats(archive);
	}
	return archive;
}

static bool fail(struct archive *archive, struct err *err)
{
	const char *text = archive ? library.error_string(archive) : NULL;

	return err_set(err, "%s", text ? text : "not an archive");
}

/* Whether it is a kernel module, compressed. */
static bool is_packed_module(const char *name, const char *head, size_t size)
{
	const char *end = strrchr(name, '.');

	return end && end - name > 3 && strncmp(end - 3, ".ko", 3) == 0 &&
	       compression_of(head, size) != COMPRESSION_NONE;
}

/* Sends a member if it is an ELF file. */
static bool send_member(struct archive *archive, const char *name,
			const struct unpack_sink *sink)
{
	static char block[65536];
	la_ssize_t n = library.data(archive, block, sizeof(block));

	if (n < SELFMAG || (memcmp(block, ELFMAG, SELFMAG) != 0 &&
			    !is_packed_module(name, block, (size_t)n)))
		return n >= 0;
	sink->member(name);
	for (; n > 0; n = library.data(archive, block, sizeof(block)))
		sink->bytes(block, (size_t)n);
	return n == 0;
}

static bool read_members(struct unpacking *unpacking, struct archive *archive,
			 struct err *err);

static la_ssize_t read_outer(struct archive *archive, void *context,
			     const void **bytes)
{
	struct unpacking *unpacking = context;

	(void)archive;
	*bytes = unpacking->block;
	return library.data(unpacking->outer, unpacking->block,
			    sizeof(unpacking->block));
}

static bool read_inner(struct unpacking *unpacking, struct archive *outer,
		       struct err *err)
{
	struct archive *inner = new_archive();
	bool ok;

	unpacking->outer = outer;
	ok = (inner && library.open(inner, unpacking, NULL, read_outer, NULL) ==
			       ARCHIVE_OK) ||
	     fail(inner, err);
	ok = ok && read_members(unpacking, inner, err);
	unpacking->outer = NULL;
	library.free(inner);
	return ok;
}

/* What holds the files of a Debian package (deb(5)). */
static bool is_inner(const struct unpacking *unpacking, const char *name)
{
	return !unpacking->outer && strncmp(name, "data.tar", 8) == 0;
}

static bool read_members(struct unpacking *unpacking, struct archive *archive,
			 struct err *err)
{
	struct archive_entry *entry;
	int status;

	while ((status = library.next_header(archive, &entry)) >=
		       ARCHIVE_WARN &&
	       status != ARCHIVE_EOF) {
		const char *name = library.pathname(entry);
		mode_t type = library.filetype(entry);

		/* ar(1) of binutils leaves the type out. */
		if ((type != S_IFREG && type != 0) || !name)
			continue;
		if (is_inner(unpacking, name)) {
			if (!read_inner(unpacking, archive, err))
				return false;
		} else if (!send_member(archive, name, unpacking->sink)) {
			return fail(archive, err);
		}
	}
	return status == ARCHIVE_EOF || fail(archive, err);
}

bool unpack_worker_run(int fd, const struct unpack_sink *sink, struct err *err)
{
	static struct unpacking unpacking;
	struct archive *archive = new_archive();
	bool ok;

	unpacking.sink = sink;
	ok = (archive && library.open_fd(archive, fd, 65536) == ARCHIVE_OK) ||
	     fail(archive, err);
	ok = ok && read_members(&unpacking, archive, err);
	library.free(archive);
	return ok;
}

#else

bool unpack_worker_load(struct err *err)
{
	return err_set(err, "archives cannot be read: built without "
			    "libarchive");
}

bool unpack_worker_run(int fd, const struct unpack_sink *sink, struct err *err)
{
	(void)fd, (void)sink;
	return unpack_worker_load(err);
}

#endif

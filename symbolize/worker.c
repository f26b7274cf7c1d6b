#include "config.h"
#include "symbolize/worker.h"

#include <elf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/decompress.h"
#include "base/file.h"
#include "symbolize/demangle.h"
#include "symbolize/dwarf_unit.h"
#include "symbolize/elf_symbols.h"
#include "symbolize/go_unit.h"
#include "symbolize/image_index.h"
#include "symbolize/image_unwind.h"
#include "symbolize/jit_files.h"
#include "symbolize/jit_unwind.h"
#include "symbolize/module_images.h"
#include "symbolize/sandbox.h"
#include "symbolize/spawn.h"
#include "symbolize/trampolines.h"
#include "symbolize/unpack_worker.h"

/* A request is a list of addresses or names: unique ones of one capture. */
static const size_t max_request = (size_t)1 << 30;

unsigned worker_time_limit(uint64_t file_size)
{
	return 10 + (unsigned)(file_size / (10 << 20) % 3600);
}

/* ---- bounds ---- */

static void limit(__rlimit_resource_t resource, uint64_t value)
{
	struct rlimit bound = { value, value };

	setrlimit(resource, &bound);
}

static void set_limits(const struct worker_request *request)
{
	/* Not in the way of a debugger that has none of the parent's rights,
	 * not alive without the parent, no core of somebody's file. */
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, worker_time_limit(request->file_size));
#ifndef WITH_SANITIZERS
	if (request->file_size < UINT64_C(1) << 40)
		limit(RLIMIT_AS, (UINT64_C(1) << 30) + 3 * request->file_size);
#endif
}

/* ---- answers ---- */

static void send_blob(enum worker_blob_kind kind, uint64_t number,
		      const void *bytes, size_t size)
{
	struct worker_blob blob = {
		.kind = kind,
		.number = number,
		.size = size,
	};

	/* Without a parent there is nothing to do. */
	if (!file_write(STDOUT_FILENO, &blob, sizeof(blob)) ||
	    (size > 0 && !file_write(STDOUT_FILENO, bytes, size)))
		_exit(EXIT_FAILURE);
}

static void send_error(const struct err *err)
{
	send_blob(WORKER_ERROR, 0, err->text, strlen(err->text));
	send_blob(WORKER_END, 0, NULL, 0);
}

/* ---- symbols ---- */

struct reading {
	const struct worker_request *request;
	struct module_images images;
	struct elf_symbols symbols;
	struct intervals units;
	struct buf bytes;
	struct image_index index; /* in bytes */
	struct go_units go;	  /* instead of DWARF, where there is none */
};

static void send_index(struct reading *reading)
{
	const struct module_images *images = &reading->images;
	const struct image *image = images->own;
	struct image_index_header header = { 0 };

	if (images->images[FILE_OWN].elf)
		header.flags |= IMAGE_HAS_OWN_FILE;
	if (reading->symbols.ranges.n > 0)
		header.flags |= IMAGE_HAS_SYMBOLS;
	if (reading->symbols.is_full)
		header.flags |= IMAGE_HAS_SYMTAB;
	if (images->dwarf)
		header.flags |= IMAGE_HAS_DWARF;
	if (images->lacks_parts)
		header.flags |= IMAGE_LACKS_PARTS;
	if (images->has_bad_dwarf)
		header.flags |= IMAGE_HAS_BAD_DWARF;
	header.build_id_size = image->build_id.size;
	memcpy(header.build_id, image->build_id.bytes, BUILD_ID_MAX);
	if (image->build_id.size == 0)
		image_hash(image, header.content_hash);
	if (reading->request->task == WORKER_SYMBOLIZE_KERNEL ||
	    reading->request->task == WORKER_INDEX_ALL) {
		elf_symbols_address(image, "_text", &header.text_svma);
		elf_symbols_address(image, "_stext", &header.stext_svma);
	}
	if (image->layout.has_open_front)
		header.flags |= IMAGE_HAS_OPEN_FRONT;
	header.text_first = image->layout.text_first;
	header.text_last = image->layout.text_last;
	header.front_least = image->layout.front_least;
	header.front_most = image->layout.front_most;
	trampolines_find(images, &reading->symbols, header.trampolines);
	image_index_build(header, image->segments.items, image->segments.n,
			  &reading->symbols.ranges, &reading->units,
			  &reading->bytes);
	send_blob(WORKER_INDEX, 0, reading->bytes.bytes, reading->bytes.size);
}

static bool svma_of(const struct reading *reading, uint64_t address,
		    uint64_t *svma)
{
	const struct image_index_header *header = reading->index.header;

	if (reading->request->task == WORKER_SYMBOLIZE_OFFSETS) {
		if (!image_index_svma(&reading->index, address, svma))
			return false;
		*svma = image_index_exact(&reading->index, *svma);
		return true;
	}
	*svma = address;
	/* The parent counts from the module's start. */
	if (header->flags & IMAGE_HAS_OPEN_FRONT)
		*svma -= reading->request->text_first - header->text_first;
	if (reading->request->task == WORKER_SYMBOLIZE_KERNEL)
		*svma += (reading->request->use_stext ? header->stext_svma
						      : header->text_svma);
	return true;
}

static void send_page(const struct reading *reading, uint64_t page,
		      struct buf *table)
{
	table->size = 0;
	elf_symbols_page(&reading->symbols, page, table);
	send_blob(WORKER_SYMBOLS, page, table->bytes, table->size);
}

static void send_pages(struct reading *reading, const uint64_t *addresses)
{
	uint64_t last = UINT64_MAX, page, svma;
	struct buf table = { 0 };

	for (uint64_t i = 0; i < reading->request->n; i++) {
		if (!svma_of(reading, addresses[i], &svma) ||
		    !image_index_page(&reading->index, svma, &page) ||
		    page == last)
			continue;
		send_page(reading, page, &table);
		last = page;
	}
	if (reading->request->task == WORKER_INDEX_ALL)
		for (page = 0; page < reading->index.header->n_pages; page++)
			send_page(reading, page, &table);
	buf_release(&table);
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Asks the parent for the file with the rest of a unit, behind some others of
 * that name; -1 if there is none. */
static int ask_for(const char *path, const char *name, uint64_t attempt)
{
	char byte, room[CMSG_SPACE(sizeof(int))];
	struct iovec part = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room),
	};
	const struct cmsghdr *header;
	struct buf text = { 0 };
	int fd;

	buf_add(&text, path, strlen(path) + 1);
	buf_add(&text, name, strlen(name) + 1);
	send_blob(WORKER_ASK, attempt, text.bytes, text.size);
	buf_release(&text);
	if (recvmsg(WORKER_CHANNEL, &message, 0) != 1)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* Takes a unit from a file, which is closed; what is needed is copied. */
static bool take_split(struct reading *reading, int fd,
		       const struct skeleton *skeleton,
		       struct split_unit *split)
{
	struct image image;
	struct err err;
	bool ok =
		image_open(&image, fd, &err) &&
		split_unit_open(split, skeleton, reading->images.dwarf, &image);

	image_close(&image);
	close(fd);
	return ok;
}

/* Its id decides, so that older files of the same name are passed over. */
static bool open_dwo(struct reading *reading, const struct skeleton *skeleton,
		     struct split_unit *split)
{
	const uint64_t max_attempts = 16;
	const char *folder = skeleton->folder ? skeleton->folder : "";
	char *path = *skeleton->name == '/'
			     ? mem_strdup(skeleton->name)
			     : mem_printf("%s/%s", folder, skeleton->name);
	bool ok = false;

	for (uint64_t attempt = 0; attempt < max_attempts && !ok; attempt++) {
		int fd = ask_for(path, skeleton->name, attempt);

		if (fd < 0)
			break;
		ok = take_split(reading, fd, skeleton, split);
	}
	free(path);
	return ok;
}

static bool open_split(void *context, const struct skeleton *skeleton,
		       struct split_unit *split)
{
	struct reading *reading = context;
	const struct image *package = &reading->images.images[FILE_PACKAGE];
	Dwarf_Die die = skeleton->die;

	if ((package->elf && split_unit_open(split, skeleton,
					     reading->images.dwarf, package)) ||
	    open_dwo(reading, skeleton, split))
		return true;
	send_blob(WORKER_LACKS, dwarf_dieoffset(&die), NULL, 0);
	return false;
}

/* Each unit once, in the order of the file: its parts may lie apart. */
static void send_units(struct reading *reading, const uint64_t *addresses)
{
	VEC(uint64_t) units = { 0 };
	struct split_source source = { open_split, reading };
	struct buf table = { 0 };
	uint64_t svma, unit;

	for (uint64_t i = 0; i < reading->request->n; i++)
		if (svma_of(reading, addresses[i], &svma) &&
		    image_index_unit(&reading->index, svma, &unit))
			*vec_add(&units) = unit;
	if (reading->request->task == WORKER_INDEX_ALL)
		for (size_t i = 0; i < reading->units.n; i++)
			*vec_add(&units) = reading->units.items[i].value;
	if (units.n > 0)
		qsort(units.items, units.n, sizeof(uint64_t), compare_numbers);
	for (size_t i = 0; i < units.n; i++) {
		if (i > 0 && units.items[i] == units.items[i - 1])
			continue;
		table.size = 0;
		if (reading->images.dwarf
			    ? dwarf_unit_table(reading->images.dwarf,
					       units.items[i], &source, &table)
			    : go_units_table(&reading->go, units.items[i],
					     &table))
			send_blob(WORKER_UNIT, units.items[i], table.bytes,
				  table.size);
	}
	vec_release(&units);
	buf_release(&table);
}

/* Which units there are; false: none. */
static bool find_units(struct reading *reading)
{
	const struct image *own = &reading->images.images[FILE_OWN];

	if (reading->images.dwarf)
		dwarf_unit_index(reading->images.dwarf, &reading->units);
	else if (go_units_open(&reading->go, own))
		go_units_index(&reading->go, &reading->units);
	return reading->units.n > 0;
}

/*
 * Symbols are sent before any DWARF is looked at, so that damaged DWARF costs
 * only what it would have told; and the index with the units once more, when
 * their ranges are known.
 */
static void symbolize(const struct worker_request *request,
		      const uint64_t *addresses)
{
	struct reading reading = { .request = request };
	struct err err;

	if (!module_images_open(&reading.images, SPAWN_FIRST_FILE,
				request->files, &err)) {
		send_error(&err);
		return;
	}
	module_images_place_code(&reading.images, request->code_start,
				 request->code_limit);
	elf_symbols_init(&reading.symbols, &reading.images);
	send_index(&reading);
	if (!image_index_open(&reading.index, reading.bytes.bytes,
			      reading.bytes.size, &err)) {
		send_error(&err);
		return;
	}
	send_pages(&reading, addresses);
	if (find_units(&reading)) {
		reading.bytes.size = 0;
		send_index(&reading);
		if (image_index_open(&reading.index, reading.bytes.bytes,
				     reading.bytes.size, &err))
			send_units(&reading, addresses);
	}
	if (request->task == WORKER_INDEX_ALL) {
		reading.bytes.size = 0;
		image_unwind_table(&reading.images, &reading.bytes);
		send_blob(WORKER_UNWIND_TABLE, 0, reading.bytes.bytes,
			  reading.bytes.size);
	}
	send_blob(WORKER_END, 0, NULL, 0);
	/* The process ends: what it holds goes with it. */
}

/* ---- unwinding ---- */

static void send_unwind_table(const struct worker_request *request)
{
	struct module_images images;
	struct buf table = { 0 };
	struct err err;

	if (!module_images_open(&images, SPAWN_FIRST_FILE, request->files,
				&err)) {
		send_error(&err);
		return;
	}
	module_images_place_code(&images, request->code_start,
				 request->code_limit);
	image_unwind_table(&images, &table);
	send_blob(WORKER_UNWIND_TABLE, 0, table.bytes, table.size);
	send_blob(WORKER_END, 0, NULL, 0);
	buf_release(&table);
}

static void send_jit_unwind_table(void)
{
	struct buf dump = { 0 }, table = { 0 };
	struct err err;

	if (!file_read_all(SPAWN_FIRST_FILE, "jitdump", JIT_MAX_FILE, &dump,
			   &err) ||
	    !jit_unwind_table(dump.bytes, dump.size, &table, &err)) {
		send_error(&err);
		return;
	}
	send_blob(WORKER_UNWIND_TABLE, 0, table.bytes, table.size);
	send_blob(WORKER_END, 0, NULL, 0);
	/* The process ends: what it holds goes with it. */
}

/* ---- archives ---- */

static void send_member(const char *name)
{
	send_blob(WORKER_MEMBER, 0, name, strlen(name) + 1);
}

static void send_data(const void *bytes, size_t size)
{
	send_blob(WORKER_DATA, 0, bytes, size);
}

static void send_members(void)
{
	static const struct unpack_sink sink = { send_member, send_data };
	struct err err;

	if (unpack_worker_run(SPAWN_FIRST_FILE, &sink, &err))
		send_blob(WORKER_END, 0, NULL, 0);
	else
		send_error(&err);
}

/* What is compressed and no ELF file is not unpacked any further. */
static bool send_elf(void *context, const unsigned char *bytes, size_t size,
		     struct err *err)
{
	bool *has_begun = context;

	if (size == 0)
		return true;
	if (!*has_begun &&
	    (size < SELFMAG || memcmp(bytes, ELFMAG, SELFMAG) != 0))
		return err_set(err, "not an ELF file, compressed");
	*has_begun = true;
	send_data(bytes, size);
	return true;
}

static void send_decompressed(void)
{
	char head[16];
	ssize_t n = file_read_at(SPAWN_FIRST_FILE, head, sizeof(head), 0);
	bool has_begun = false;
	struct err cut, err;

	if (!decompress(SPAWN_FIRST_FILE,
			compression_of(head, n > 0 ? (size_t)n : 0), send_elf,
			&has_begun, &cut, &err))
		send_error(&err);
	else if (cut.text[0])
		send_error(&cut);
	else
		send_blob(WORKER_END, 0, NULL, 0);
}

/* ---- names ---- */

static void demangle_names(const char *names, size_t size, uint64_t n)
{
	struct buf out = { 0 };

	for (uint64_t i = 0; i < n && size > 0; i++) {
		size_t length = strnlen(names, size);
		char *full;

		if (length == size)
			break;
		full = demangle(names, true);
		buf_add(&out, full ? full : names,
			strlen(full ? full : names) + 1);
		free(full);
		names += length + 1;
		size -= length + 1;
	}
	send_blob(WORKER_NAMES, 0, out.bytes, out.size);
	send_blob(WORKER_END, 0, NULL, 0);
	buf_release(&out);
}

int worker_main(void)
{
	struct worker_request request;
	struct buf input = { 0 };
	struct err err;
	size_t left;

	if (!file_read_all(STDIN_FILENO, "request", max_request, &input,
			   &err) ||
	    input.size < sizeof(request))
		return EXIT_FAILURE;
	memcpy(&request, input.bytes, sizeof(request));
	left = input.size - sizeof(request);
	set_limits(&request);
	/* A library is loaded while files can still be opened. */
	if (request.task == WORKER_UNPACK && !unpack_worker_load(&err)) {
		send_error(&err);
		_exit(EXIT_SUCCESS);
	}
	send_blob(WORKER_SANDBOX, sandbox_enter(), NULL, 0);
	if (request.task == WORKER_DEMANGLE)
		demangle_names((const char *)input.bytes + sizeof(request),
			       left, request.n);
	else if (request.task == WORKER_UNWIND)
		send_unwind_table(&request);
	else if (request.task == WORKER_UNWIND_JIT)
		send_jit_unwind_table();
	else if (request.task == WORKER_UNPACK)
		send_members();
	else if (request.task == WORKER_DECOMPRESS)
		send_decompressed();
	else if (request.n <= left / sizeof(uint64_t))
		symbolize(&request,
			  (const uint64_t *)(const void *)(input.bytes +
							   sizeof(request)));
	buf_release(&input);
	_exit(EXIT_SUCCESS);
}

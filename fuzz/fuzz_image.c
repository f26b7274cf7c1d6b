/*
 * Any bytes as an ELF file that is read as a worker reads it: symbols, stubs,
 * packed symbols, every unit of its DWARF. Tables that come out of it are
 * sound.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "symbolize/dwarf_unit.h"
#include "symbolize/elf_symbols.h"
#include "symbolize/go_unit.h"
#include "symbolize/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_table(const struct buf *bytes)
{
	struct table table;
	struct err err;

	if (!table_open(&table, bytes->bytes, bytes->size, &err))
		abort();
}

/* The file stands for its own split units, too. */
static bool open_split(void *context, const struct skeleton *skeleton,
		       struct split_unit *split)
{
	struct module_images *images = context;

	return split_unit_open(split, skeleton, images->dwarf, images->dwarf);
}

static void read_units(struct module_images *images)
{
	struct split_source source = { open_split, images };
	struct intervals units = { 0 };
	struct buf table = { 0 };

	dwarf_unit_index(images->dwarf, &units);
	for (size_t i = 0; i < units.n && i < 16; i++) {
		table.size = 0;
		if (dwarf_unit_table(images->dwarf, units.items[i].value,
				     &source, &table))
			check_table(&table);
	}
	vec_release(&units);
	buf_release(&table);
}

static void read_go_units(struct module_images *images)
{
	struct intervals units = { 0 };
	struct buf table = { 0 };
	struct go_units go;

	if (!go_units_open(&go, &images->images[FILE_OWN]))
		return;
	go_units_index(&go, &units);
	for (size_t i = 0; i < units.n && i < 16; i++) {
		table.size = 0;
		if (go_units_table(&go, units.items[i].value, &table))
			check_table(&table);
	}
	vec_release(&units);
	buf_release(&table);
	go_units_release(&go);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("elf", MFD_CLOEXEC);
	struct elf_symbols symbols = { 0 };
	struct module_images images;
	struct buf table = { 0 };
	struct err err;

	if (fd < 0 || !file_write(fd, data, size))
		abort();
	if (module_images_open(&images, fd, 1u << FILE_OWN, &err)) {
		elf_symbols_init(&symbols, &images);
		for (size_t i = 0; i < elf_symbols_n_pages(&symbols); i++) {
			table.size = 0;
			elf_symbols_page(&symbols, i, &table);
			check_table(&table);
		}
		if (images.dwarf)
			read_units(&images);
		read_go_units(&images);
	}
	elf_symbols_release(&symbols);
	buf_release(&table);
	for (int i = 0; i < N_FILE_ROLES; i++)
		image_close(&images.images[i]);
	image_close(&images.packed);
	close(fd);
	return 0;
}

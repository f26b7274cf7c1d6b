#include "config.h"
#include "symbolize/image_unwind.h"

#include <string.h>

#include "unwind/cfi.h"

static void read_section(const struct image *image, const char *name,
			 struct unwind_table_builder *builder)
{
	Elf_Scn *section = image->elf ? image_find_section(image, name) : NULL;
	struct cfi_section cfi = {
		.is_eh_frame = strcmp(name, ".eh_frame") == 0,
		.is_swapped = image_is_swapped(image),
		.word_size =
			image->header.e_ident[EI_CLASS] == ELFCLASS64 ? 8 : 4,
	};
	Elf_Data *data;
	GElf_Shdr shdr;

	if (!section || !gelf_getshdr(section, &shdr) ||
	    ((shdr.sh_flags & SHF_COMPRESSED) &&
	     elf_compress(section, 0, 0) < 0))
		return;
	/* Raw: libelf would swap what it takes for words. */
	data = elf_rawdata(section, NULL);
	if (!data || !data->d_buf)
		return;
	cfi.svma = shdr.sh_addr;
	cfi.bytes = data->d_buf;
	cfi.size = data->d_size;
	cfi_read(&cfi, builder);
}

void image_unwind_table(const struct module_images *images, struct buf *out)
{
	struct unwind_table_builder *builder = unwind_table_builder_new();
	const struct image *own = images->own;
	struct unwind_table_header header = {
		.machine = own->header.e_machine,
		.build_id_size = own->build_id.size,
	};

	memcpy(header.build_id, own->build_id.bytes, BUILD_ID_MAX);
	if (own->build_id.size == 0)
		image_hash(own, header.content_hash);
	read_section(own, ".eh_frame", builder);
	read_section(own, ".debug_frame", builder);
	if (own != &images->images[FILE_DEBUG])
		read_section(&images->images[FILE_DEBUG], ".debug_frame",
			     builder);
	unwind_table_builder_finish(builder, header, own->segments.items,
				    own->segments.n, out);
	unwind_table_builder_free(builder);
}

#include "config.h"
#include "symbolize/image_unwind.h"

#include <string.h>

#include "unwind/cfi.h"

/* False if the file has no such section. */
static bool open_section(const struct image *image, const char *name,
			 struct cfi_section *cfi)
{
	Elf_Scn *section = image->elf ? image_find_section(image, name) : NULL;
	Elf_Data *data;
	GElf_Shdr shdr;

	if (!section || !gelf_getshdr(section, &shdr) ||
	    ((shdr.sh_flags & SHF_COMPRESSED) &&
	     elf_compress(section, 0, 0) < 0))
		return false;
	/* Raw: libelf would swap what it takes for words. */
	data = elf_rawdata(section, NULL);
	if (!data || !data->d_buf)
		return false;
	*cfi = (struct cfi_section){
		.svma = shdr.sh_addr,
		.bytes = data->d_buf,
		.size = data->d_size,
		.is_eh_frame = strcmp(name, ".eh_frame") == 0,
		.is_swapped = image_is_swapped(image),
		.word_size =
			image->header.e_ident[EI_CLASS] == ELFCLASS64 ? 8 : 4,
	};
	return true;
}

/* Calls read() for each section of a module that describes functions. */
static void each_section(const struct module_images *images,
			 void (*read)(const struct cfi_section *section,
				      void *context),
			 void *context)
{
	const struct image *own = images->own;
	const struct image *debug = &images->images[FILE_DEBUG];
	struct cfi_section cfi;

	if (open_section(own, ".eh_frame", &cfi))
		read(&cfi, context);
	if (open_section(own, ".debug_frame", &cfi))
		read(&cfi, context);
	if (own != debug && open_section(debug, ".debug_frame", &cfi))
		read(&cfi, context);
}

static void read_rows(const struct cfi_section *section, void *context)
{
	cfi_read(section, context);
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
	each_section(images, read_rows, builder);
	unwind_table_builder_finish(builder, header, own->segments.items,
				    own->segments.n, out);
	unwind_table_builder_free(builder);
}

static void add_function(void *context, uint64_t start, uint64_t limit)
{
	*vec_add((struct intervals *)context) =
		(struct interval){ start, limit, 0 };
}

static void read_functions(const struct cfi_section *section, void *context)
{
	cfi_each_function(section, add_function, context);
}

void image_unwind_functions(const struct module_images *images,
			    struct intervals *functions)
{
	/* Sections of relocatable files all begin at 0. */
	if (images->own->header.e_type != ET_REL)
		each_section(images, read_functions, functions);
	intervals_sort(functions);
}

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

/* ---- stubs ---- */

enum { LINK_REGISTER = 30, STACK_POINTER = 31 }; /* of aarch64 */

/* What holds in a stub: the return address is where its caller's call left it,
 * or has been pushed with 8 bytes more. */
static uint32_t stub_set(struct unwind_table_builder *builder, bool is_pushed)
{
	struct unwind_set set = {
		.cfa_kind = CFA_REGISTER,
		.cfa_register = STACK_POINTER,
		.cfa_value = is_pushed ? 16 : 0,
		.return_register = LINK_REGISTER,
	};
	struct unwind_rule rule = { LINK_REGISTER, RULE_OFFSET, -8 };

	return unwind_table_builder_add_set(builder, set, &rule, is_pushed);
}

/*
 * Linkers describe no stubs of aarch64. The first one, which resolves functions
 * when they are called first, begins with stp x16, x30, [sp, #-16]!, maybe
 * behind a landing pad; all others leave registers alone (AAELF64, "PLT
 * sequences").
 */
static void add_stubs(struct unwind_table_builder *builder,
		      const struct image *image, const char *name)
{
	enum { HEAD_SIZE = 32 };
	static const unsigned char push[4] = { 0xf0, 0x7b, 0xbf, 0xa9 };
	Elf_Scn *section = image_find_section(image, name);
	Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;
	GElf_Shdr shdr;
	const char *bytes;

	if (!data || !data->d_buf || !gelf_getshdr(section, &shdr) ||
	    shdr.sh_addr == 0 || data->d_size < HEAD_SIZE ||
	    shdr.sh_addr > UINT64_MAX - data->d_size)
		return;
	bytes = data->d_buf;
	unwind_table_builder_begin(builder, shdr.sh_addr,
				   shdr.sh_addr + data->d_size);
	unwind_table_builder_add_row(builder, shdr.sh_addr,
				     stub_set(builder, false));
	for (unsigned at = 0; at < 8; at += sizeof(push)) {
		if (memcmp(bytes + at, push, sizeof(push)) != 0)
			continue;
		unwind_table_builder_add_row(builder,
					     shdr.sh_addr + at + sizeof(push),
					     stub_set(builder, true));
		unwind_table_builder_add_row(builder, shdr.sh_addr + HEAD_SIZE,
					     stub_set(builder, false));
		break;
	}
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
	if (own->elf && own->header.e_machine == EM_AARCH64) {
		add_stubs(builder, own, ".plt");
		add_stubs(builder, own, ".iplt");
	}
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

static void read_signal_frames(const struct cfi_section *section, void *context)
{
	cfi_each_signal_frame(section, add_function, context);
}

void image_unwind_signal_frames(const struct module_images *images,
				struct intervals *frames)
{
	if (images->own->header.e_type != ET_REL)
		each_section(images, read_signal_frames, frames);
}

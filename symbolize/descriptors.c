#include "config.h"
#include "symbolize/descriptors.h"

struct descriptors descriptors_of(const struct image *image)
{
	struct descriptors descriptors = { .bytes = reader_over(NULL, 0,
								false) };
	Elf_Scn *section;
	Elf_Data *data;
	GElf_Shdr shdr;

	if (!image->elf || image->header.e_machine != EM_PPC64)
		return descriptors;
	section = image_find_section(image, ".opd");
	data = section ? elf_rawdata(section, NULL) : NULL;
	if (!data || !data->d_buf || !gelf_getshdr(section, &shdr))
		return descriptors;
	descriptors.start = shdr.sh_addr;
	descriptors.bytes =
		reader_over(data->d_buf, data->d_size, image_is_swapped(image));
	return descriptors;
}

bool descriptors_find(const struct descriptors *descriptors, uint64_t svma,
		      uint64_t *code)
{
	struct reader r = descriptors->bytes;

	if (svma < descriptors->start ||
	    svma - descriptors->start >= reader_left(&r))
		return false;
	reader_bytes(&r, (size_t)(svma - descriptors->start));
	*code = reader_u64(&r);
	return reader_ok(&r);
}

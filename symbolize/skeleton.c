/*
 * libdw 0.188 takes a unit of DWARF 4 with DW_AT_GNU_dwo_id and children for
 * the split unit itself, finds neither its lines nor its ranges, and gives
 * none. Its attribute gets another number of the same length, in our copy of
 * .debug_abbrev, which libdw does not know: then it is a unit as any.
 */
#include "config.h"
#include "symbolize/skeleton.h"

#include <dwarf.h>
#include <string.h>

#include "base/reader.h"
#include "unwind/dwarf_reader.h"

/* A free number of those for users, of two bytes as DW_AT_GNU_dwo_id. */
enum { AT_SKELETON_ID = 0x3ffe };

static const char *string_attribute(Dwarf_Die *die, unsigned name,
				    unsigned gnu_name)
{
	Dwarf_Attribute attribute;

	if (!dwarf_attr(die, name, &attribute) &&
	    (!gnu_name || !dwarf_attr(die, gnu_name, &attribute)))
		return NULL;
	return dwarf_formstring(&attribute);
}

static uint64_t id_of_version_4(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value;

	if ((!dwarf_attr(die, AT_SKELETON_ID, &attribute) &&
	     !dwarf_attr(die, DW_AT_GNU_dwo_id, &attribute)) ||
	    dwarf_formudata(&attribute, &value) != 0)
		return 0;
	return value;
}

bool skeleton_read(struct skeleton *skeleton, Dwarf_Die *unit)
{
	Dwarf_Half version;
	uint8_t type;

	*skeleton = (struct skeleton){ .die = *unit };
	if (dwarf_cu_info(unit->cu, &version, &type, NULL, NULL, &skeleton->id,
			  NULL, NULL) != 0)
		return false;
	skeleton->version = (uint8_t)version;
	skeleton->name =
		string_attribute(unit, DW_AT_dwo_name, DW_AT_GNU_dwo_name);
	skeleton->folder = string_attribute(unit, DW_AT_comp_dir, 0);
	if (version < 5)
		skeleton->id = id_of_version_4(unit);
	if (dwarf_lowpc(unit, &skeleton->low) != 0)
		skeleton->low = 0;
	return skeleton->name != NULL;
}

/* ---- abbreviations (DWARF 5, 7.5.3) ---- */

static const unsigned char dwo_id[] = { 0xb1, 0x42, DW_FORM_data8 };
static const unsigned char renamed[] = { 0xfe, 0x7f, DW_FORM_data8 };

/* One abbreviation; false at the end of what can be read. */
static bool rename_id(struct reader *r, unsigned char *bytes,
		      const unsigned char *start)
{
	uint64_t tag, name, form;
	bool has_children;

	if (reader_uleb128(r) == 0) /* the end of a unit's */
		return reader_ok(r) && reader_left(r) > 0;
	tag = reader_uleb128(r);
	has_children = reader_u8(r);
	do {
		const unsigned char *at = r->pos;

		name = reader_uleb128(r);
		form = reader_uleb128(r);
		if (form == DW_FORM_implicit_const)
			reader_sleb128(r);
		if (reader_ok(r) && tag == DW_TAG_compile_unit &&
		    has_children && r->pos - at == sizeof(dwo_id) &&
		    memcmp(at, dwo_id, sizeof(dwo_id)) == 0)
			memcpy(bytes + (at - start), renamed, sizeof(renamed));
	} while (reader_ok(r) && (name || form));
	return reader_ok(r) && reader_left(r) > 0;
}

void skeletons_prepare(const struct image *image)
{
	/* Units that are split have their addresses there. */
	Elf_Scn *section = image_find_section(image, ".debug_addr");
	Elf_Data *data;
	struct reader r;
	GElf_Shdr shdr;

	if (!section)
		return;
	section = image_find_section(image, ".debug_abbrev");
	if (!section || !gelf_getshdr(section, &shdr))
		return;
	if (shdr.sh_flags & SHF_COMPRESSED)
		elf_compress(section, 0, 0);
	data = elf_rawdata(section, NULL);
	if (!data || !data->d_buf ||
	    !memmem(data->d_buf, data->d_size, dwo_id, sizeof(dwo_id)))
		return;
	r = reader_over(data->d_buf, data->d_size, image_is_swapped(image));
	while (rename_id(&r, data->d_buf, data->d_buf))
		;
}

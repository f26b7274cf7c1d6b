#include "config.h"
#include "symbolize/image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <lzma.h>
#include <xxhash.h>

#include "base/reader.h"
#include "symbolize/skeleton.h"
#include "symbolize/zstd_sections.h"

enum {
	/* Linkers make less than ten, and a handful of sections beside. */
	MAX_SEGMENTS = 64,
	MAX_SECTIONS = 1 << 20,
	MAX_NOTE = 64 * 1024,
};

/*
 * libdw 0.188 reads past the end of damaged files: strings without a NUL,
 * sections that end too early. A page of zeros behind the mapped file makes
 * that harmless, and wrong names in it impossible.
 */
static bool map_zeros(struct image *image, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *place;

	image->mapped_size = ((size + page - 1) & ~(page - 1)) + page;
	place = mmap(NULL, image->mapped_size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	image->bytes = place == MAP_FAILED ? NULL : place;
	return image->bytes != NULL;
}

static void unmap(struct image *image)
{
	if (image->bytes)
		munmap(image->bytes, image->mapped_size);
	image->bytes = NULL;
}

/* The file, with extra bytes of zeros behind it. */
static bool map_file(struct image *image, int fd, size_t extra, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set_errno(err, "cannot be read");
	image->size = (size_t)st.st_size + extra;
	if (!map_zeros(image, image->size) ||
	    (st.st_size > 0 &&
	     mmap(image->bytes, (size_t)st.st_size, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd,
		  0) == MAP_FAILED))
		return err_set_errno(err, "cannot be mapped");
	return true;
}

/* ---- build id ---- */

static bool find_build_id(struct image *image, Elf_Data *data)
{
	size_t offset = 0, name_at, desc_at;
	GElf_Nhdr note;

	while (data && (offset = gelf_getnote(data, offset, &note, &name_at,
					      &desc_at)) > 0) {
		const char *bytes = data->d_buf;

		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 ||
		    memcmp(bytes + name_at, "GNU", 4) != 0)
			continue;
		image->build_id = build_id_from(bytes + desc_at, note.n_descsz);
		return true;
	}
	return false;
}

/* In the sections too, as relocatable files have no program headers. */
static void read_build_id(struct image *image)
{
	Elf_Scn *section = NULL;
	size_t n = 0;

	elf_getphdrnum(image->elf, &n);
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr phdr;

		/* A number of headers that the file does not have. */
		if (!gelf_getphdr(image->elf, (int)i, &phdr))
			break;
		if (phdr.p_type == PT_NOTE && phdr.p_filesz <= MAX_NOTE &&
		    find_build_id(image,
				  elf_getdata_rawchunk(
					  image->elf, (int64_t)phdr.p_offset,
					  phdr.p_filesz,
					  phdr.p_align == 8 ? ELF_T_NHDR8
							    : ELF_T_NHDR)))
			return;
	}
	while ((section = elf_nextscn(image->elf, section))) {
		GElf_Shdr shdr;

		if (gelf_getshdr(section, &shdr) && shdr.sh_type == SHT_NOTE &&
		    find_build_id(image, elf_getdata(section, NULL)))
			return;
	}
}

/* ---- segments ---- */

static int compare_segments(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return x->file_off < y->file_off ? -1 : x->file_off > y->file_off;
}

static bool read_segments(struct image *image, struct err *err)
{
	struct segment segment;
	size_t n = 0;

	elf_getphdrnum(image->elf, &n);
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr phdr;

		if (!gelf_getphdr(image->elf, (int)i, &phdr))
			break;
		if (phdr.p_type != PT_LOAD || phdr.p_memsz == 0)
			continue;
		if (image->segments.n == MAX_SEGMENTS ||
		    image->code.n == MAX_SEGMENTS)
			return err_set(err, "more than %d loaded segments",
				       MAX_SEGMENTS);
		if (phdr.p_vaddr > UINT64_MAX - phdr.p_filesz ||
		    phdr.p_vaddr > UINT64_MAX - phdr.p_memsz ||
		    phdr.p_offset > UINT64_MAX - phdr.p_filesz)
			return err_set(err, "a segment wraps around");
		segment = (struct segment){
			.file_off = phdr.p_offset,
			.file_size = phdr.p_filesz,
			.svma = phdr.p_vaddr,
		};
		if (phdr.p_filesz > 0)
			*vec_add(&image->segments) = segment;
		segment.file_size = phdr.p_memsz;
		if (phdr.p_flags & PF_X)
			*vec_add(&image->code) = segment;
	}
	if (image->segments.n > 0)
		qsort(image->segments.items, image->segments.n,
		      sizeof(struct segment), compare_segments);
	return true;
}

/* ---- sections ---- */

/* A number of sections that the file has no room for is a bomb: libelf would
 * allocate for each of them. */
static bool sections_fit(const struct image *image)
{
	uint64_t n = image->header.e_shnum, size;

	if (image->header.e_shoff == 0)
		return true;
	if (image->header.e_shoff > image->size)
		return false;
	size = image->size - image->header.e_shoff;
	if (n == 0 && image->header.e_shentsize > 0)
		n = size / image->header.e_shentsize;
	return n <= MAX_SECTIONS;
}

/* Strings must end, or the last one would go on into something else. */
static bool strings_end(struct image *image)
{
	static const char *const names[] = { ".debug_str", ".debug_line_str" };
	Elf_Scn *section = NULL;
	size_t names_at;

	if (elf_getshdrstrndx(image->elf, &names_at) != 0)
		return true;
	while ((section = elf_nextscn(image->elf, section))) {
		GElf_Shdr shdr;
		const char *name;
		Elf_Data *data;

		if (!gelf_getshdr(section, &shdr) ||
		    shdr.sh_flags & SHF_COMPRESSED || shdr.sh_size == 0)
			continue;
		name = elf_strptr(image->elf, names_at, shdr.sh_name);
		if (!name || (strcmp(name, names[0]) && strcmp(name, names[1])))
			continue;
		data = elf_rawdata(section, NULL);
		if (!data || data->d_size == 0 ||
		    ((const char *)data->d_buf)[data->d_size - 1])
			return false;
	}
	return true;
}

bool image_is_swapped(const struct image *image)
{
	return reader_is_swapped(image->header.e_ident[EI_DATA] == ELFDATA2LSB);
}

static Elf_Scn *find_section(const struct image *image, const char *wanted,
			     bool has_bytes)
{
	Elf_Scn *section = NULL;
	size_t names_at = 0;

	elf_getshdrstrndx(image->elf, &names_at);
	while ((section = elf_nextscn(image->elf, section))) {
		GElf_Shdr shdr;
		const char *name;

		if (!gelf_getshdr(section, &shdr) ||
		    (has_bytes && shdr.sh_type == SHT_NOBITS))
			continue;
		name = elf_strptr(image->elf, names_at, shdr.sh_name);
		if (name && strcmp(name, wanted) == 0)
			return section;
	}
	return NULL;
}

Elf_Scn *image_find_section(const struct image *image, const char *wanted)
{
	return find_section(image, wanted, true);
}

bool image_is_kernel(const struct image *image)
{
	return image->elf &&
	       (find_section(image, "__ksymtab", false) ||
		find_section(image, "__ex_table", false) ||
		find_section(image, ".gnu.linkonce.this_module", false));
}

Elf_Data *image_section(const struct image *image, const char *name)
{
	Elf_Scn *section = image_find_section(image, name);

	return section ? elf_getdata(section, NULL) : NULL;
}

static void open_dwarf(struct image *image)
{
	if (!image_find_section(image, ".debug_info") &&
	    !image_find_section(image, ".zdebug_info"))
		return;
	skeletons_prepare(image);
	if (strings_end(image))
		image->dwarf = dwarf_begin_elf(image->elf, DWARF_C_READ, NULL);
	image->has_bad_dwarf = !image->dwarf;
}

/* ---- opening ---- */

static bool open_elf(struct image *image, struct err *err)
{
	if (elf_version(EV_CURRENT) == EV_NONE)
		return err_set(err, "libelf is too old");
	if (image->size < sizeof(Elf32_Ehdr))
		return err_set(err, "not an ELF file");
	image->elf = elf_memory((char *)image->bytes, image->size);
	if (!image->elf || elf_kind(image->elf) != ELF_K_ELF ||
	    !gelf_getehdr(image->elf, &image->header))
		return err_set(err, "not an ELF file");
	if (!sections_fit(image))
		return err_set(err, "more sections than it has room for");
	return true;
}

static bool read_image(struct image *image, struct err *err)
{
	if (!read_segments(image, err))
		return false;
	read_build_id(image);
	if (!image->has_bad_dwarf)
		open_dwarf(image);
	return true;
}

/* Puts a relocatable file in order, and opens it anew. */
static bool place_relocatable(struct image *image, struct err *err)
{
	bool ok;

	if (image->header.e_type != ET_REL)
		return true;
	elf_end(image->elf);
	image->elf = NULL;
	ok = relocatable_place(image->bytes, image->size, &image->layout);
	image->has_bad_dwarf = !ok;
	if (image->layout.code_size > 0)
		*vec_add(&image->code) =
			(struct segment){ .file_size =
						  image->layout.code_size };
	return open_elf(image, err);
}

bool image_open(struct image *image, int fd, struct err *err)
{
	size_t packed, inflated;

	*image = (struct image){ 0 };
	if (!map_file(image, fd, 0, err) || !open_elf(image, err))
		return false;
	inflated = zstd_sections_size(image->elf);
	if (inflated > 0) {
		packed = image->size;
		elf_end(image->elf);
		image->elf = NULL;
		unmap(image);
		/* Without room for them the rest of the file is still good. */
		if (map_file(image, fd, inflated, err))
			zstd_sections_inflate(image->bytes, packed,
					      image->size);
		else if (!map_file(image, fd, 0, err))
			return false;
		if (!open_elf(image, err))
			return false;
	}
	return place_relocatable(image, err) && read_image(image, err);
}

bool image_open_packed(struct image *image, const struct image *holder)
{
	/* Symbol tables alone: the largest are a few megabytes. */
	const size_t max_size = (size_t)256 << 20;
	uint64_t max_memory = UINT64_C(128) << 20;
	Elf_Data *packed = image_section(holder, ".gnu_debugdata");
	size_t in = 0, out = 0;
	struct err err;

	*image = (struct image){ 0 };
	if (!packed || !packed->d_buf)
		return false;
	if (!map_zeros(image, max_size) ||
	    lzma_stream_buffer_decode(&max_memory, 0, NULL, packed->d_buf, &in,
				      packed->d_size, image->bytes, &out,
				      max_size) != LZMA_OK)
		return false;
	image->size = out;
	return open_elf(image, &err) && read_image(image, &err);
}

void image_close(struct image *image)
{
	dwarf_end(image->dwarf);
	elf_end(image->elf);
	vec_release(&image->segments);
	vec_release(&image->code);
	unmap(image);
	image->dwarf = NULL;
	image->elf = NULL;
}

bool image_is_code(const struct image *image, uint64_t svma)
{
	for (size_t i = 0; i < image->code.n; i++)
		if (svma - image->code.items[i].svma <
		    image->code.items[i].file_size)
			return true;
	/* What holds no code, as .dwo files, does not tell. */
	return image->code.n == 0;
}

void image_hash(const struct image *image, uint64_t hash[2])
{
	XXH128_hash_t h = XXH3_128bits(image->bytes, image->size);

	hash[0] = h.high64;
	hash[1] = h.low64;
}

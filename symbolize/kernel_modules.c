/*
 * A loadable module's symbols are used if they lie where the capture had the
 * module, to the byte: then they are of the same boot and load. Modules are
 * loaded at whole pages, and what perf maps of one, from the base of its text
 * on, is larger than its text, as it counts the data: so symbols of a load some
 * pages further on fall into the range, too. What tells is their distance from
 * the base:
 *
 *	start                                                     limit
 *	│front│first … text … last│       what is counted of the data │
 *
 * The kernel itself says where the base is. Where only its symbols are left,
 * the front must be what modules have there: on x86 nothing, or some padding;
 * on machines whose branches reach less far, jumps to what lies further away,
 * of a size that is decided when the module is loaded. Then the module's file
 * tells what it may be. And the other way round: it is kallsyms that tells
 * where the code of such a file lies.
 */
#include "config.h"
#include "symbolize/kernel_modules.h"

#include "symbolize/kernel_paths.h"

enum { PAGE_SIZE = 4096 };

/* Whether addresses are where x86-64 alone has kernel modules (MODULES_VADDR in
 * arch/x86/include/asm/pgtable_64_types.h): what others have there is no
 * memory of theirs. */
static bool is_x86_module(uint64_t address)
{
	return address >= UINT64_C(0xffffffffa0000000);
}

/*
 * Whether the front is surely less than a page, so that no other load could
 * have its symbols at the same distance from the base that the capture has.
 * Jumps take 12 bytes each, and there is a branch to each in the text: a text
 * without that many has no page of them.
 */
static bool is_front_short(const struct kallsyms_module *found,
			   uint64_t address)
{
	const uint64_t padding = 64;
	const uint64_t small_text = 4 * PAGE_SIZE;

	return is_x86_module(address) || found->start % PAGE_SIZE < padding ||
	       found->last - found->start < small_text;
}

/* Whether it is of s390, the only one of 64 bits whose kernel lies that low. */
static bool is_s390_module(uint64_t address)
{
	return address >> 32 != 0 && address >> 48 == 0;
}

static bool lies_there(const struct kallsyms_module *found,
		       const struct module *module)
{
	if (found->start < module->start || found->last >= module->limit)
		return false;
	/* perf on s390 maps them from their section .text on. */
	if (found->base != 0 && !is_s390_module(module->start))
		return found->base == module->start;
	return found->start - module->start < PAGE_SIZE &&
	       is_front_short(found, module->start);
}

bool kernel_module_may_have_front(const struct module *module)
{
	return !is_x86_module(module->start);
}

struct kernel_text kernel_module_find_text(const struct kernel_symbols *symbols,
					   const struct profile *profile,
					   const struct module *module)
{
	char name[KERNEL_MODULE_NAME_MAX];
	const struct kallsyms_module *found;

	kernel_module_name(profile_string(profile, module->path), name);
	found = kallsyms_index_module(&symbols->index, name);
	if (!found || found->start < module->start ||
	    found->last >= module->limit)
		return (struct kernel_text){ 0 };
	return (struct kernel_text){
		.first = found->start - module->start,
		.last = found->last - module->start,
		.is_believed = lies_there(found, module),
	};
}

bool kernel_module_agrees(const struct image_index_header *index,
			  const struct kernel_text *text)
{
	uint64_t front = text->first - index->text_first;

	if (text->last == 0 || text->first < index->text_first ||
	    text->last - text->first != index->text_last - index->text_first)
		return false;
	if (!(index->flags & IMAGE_HAS_OPEN_FRONT))
		return front == 0;
	return text->is_believed ||
	       (index->front_least <= front && front <= index->front_most);
}

bool kernel_module_svma(const struct image_index_header *index,
			const struct kernel_text *text, uint64_t distance,
			uint64_t *svma)
{
	bool is_open = index->flags & IMAGE_HAS_OPEN_FRONT;
	uint64_t front = 0;

	if ((is_open || text->is_believed) &&
	    !kernel_module_agrees(index, text))
		return false;
	if (is_open)
		front = text->first - index->text_first;
	*svma = distance - front;
	return distance >= front;
}

struct kernel_lookup kernel_module_lookup(const struct kernel_symbols *symbols,
					  const struct profile *profile,
					  const struct module *module)
{
	struct kernel_lookup lookup = { .reason = REASON_PENDING };
	const struct kallsyms_module *found;

	kernel_module_name(profile_string(profile, module->path), lookup.name);
	found = kallsyms_index_module(&symbols->index, lookup.name);
	if (!found)
		lookup.reason = REASON_NO_SYMBOLS;
	else if (!lies_there(found, module))
		lookup.reason = REASON_OTHER_LOAD;
	return lookup;
}

#include "config.h"
#include "symbolize/target.h"

#include <string.h>

#include "profile/exact.h"
#include "symbolize/frames.h"
#include "symbolize/kernel.h"
#include "symbolize/module_key.h"

void target_set_note(struct profile *profile, uint32_t module, const char *text)
{
	profile->modules.items[module].note = profile_add_string(profile, text);
}

enum reason target_kernel_reason(const struct target *target,
				 enum reason reason)
{
	const struct profile *profile = target->run->profile;

	return profile->modules.items[target->module].kind ==
			       MODULE_GUEST_KERNEL
		       ? REASON_GUEST_KERNEL
		       : reason;
}

static void report_progress(struct run *run)
{
	/* The rounds behind the first one are short. */
	if (run->n_done < run->n_modules)
		run->n_done++;
	if (run->options->progress)
		run->options->progress(run->options->progress_context,
				       run->n_done, run->n_modules);
}

/* ---- addresses ---- */

uint64_t target_text_svma(const struct run *run, const struct target *target)
{
	const struct module *module =
		&run->profile->modules.items[target->module];
	const struct image_index_header *header = target->tables.index.header;
	const char *symbol = profile_string(run->profile, module->ref_symbol);

	return strcmp(symbol, "_stext") == 0 ? header->stext_svma
					     : header->text_svma;
}

bool target_svma(const struct run *run, const struct target *target,
		 uint64_t address, uint64_t *svma)
{
	const struct module *module =
		&run->profile->modules.items[target->module];

	if (target->is_vmlinux)
		*svma = address - module_kernel_base(module) +
			target_text_svma(run, target);
	else if (module->kind == MODULE_IMAGE)
		*svma = address;
	else if (module->kind == MODULE_KERNEL_MODULE)
		return kernel_module_svma(target->tables.index.header,
					  &target->text,
					  address - module->start, svma);
	else if (image_index_svma(&target->tables.index, address, svma))
		*svma = image_index_exact(&target->tables.index, *svma);
	else
		return false;
	return true;
}

/* Whether all tables that the module's addresses need are at hand. */
bool target_has_all_tables(struct run *run, struct target *target)
{
	struct module_tables *tables = &target->tables;

	for (size_t i = 0; i < target->n_wanted; i++) {
		uint64_t svma, number;

		if (!target_svma(run, target, target->wanted[i].address, &svma))
			continue;
		if ((image_index_page(&tables->index, svma, &number) &&
		     !module_tables_get(tables, CACHE_SYMBOLS, number)) ||
		    (image_index_unit(&tables->index, svma, &number) &&
		     !module_tables_get(tables, CACHE_UNIT, number)))
			return false;
	}
	return true;
}

/* ---- naming ---- */

static void take_identity(struct run *run, const struct target *target)
{
	struct module *module = &run->profile->modules.items[target->module];
	const struct image_index *index = &target->tables.index;

	if (module->build_id.size == 0) {
		module->found_build_id = image_index_build_id(index);
		if (module->found_build_id.size == 0 &&
		    target->files.fds[FILE_OWN] >= 0)
			module->file_size = (uint64_t)target->files.own.st_size;
		if (!module->note && module->inode == 0)
			target_set_note(
				run->profile, target->module,
				"used without a check: the capture has no "
				"build id of it");
	}
	if (target->is_vmlinux || module->segments.n > 0)
		return;
	for (uint32_t i = 0; i < index->header->n_segments; i++)
		*vec_add(&module->segments) = index->segments[i];
}

static enum reason reason_of_image(const struct target *target)
{
	uint32_t flags = target->tables.index.header->flags;

	if (target->reason != REASON_PENDING)
		return target->reason;
	/* Nothing says where the code of a debug file was mapped. */
	if (!(flags & IMAGE_HAS_OWN_FILE) &&
	    target->run->profile->modules.items[target->module].kind ==
		    MODULE_FILE &&
	    target->tables.index.header->n_segments == 0)
		return REASON_FILE_MISSING;
	if (flags & IMAGE_HAS_BAD_DWARF)
		return REASON_BAD_DWARF;
	if (!(flags & (IMAGE_HAS_SYMBOLS | IMAGE_HAS_DWARF)))
		return REASON_NO_SYMBOLS;
	return REASON_NOT_COVERED;
}

/* Where a signal handler returns to is no return address. */
static void correct_address(struct run *run, const struct target *target,
			    const struct wanted *wanted)
{
	const struct image_index *index = &target->tables.index;
	enum module_kind kind =
		run->profile->modules.items[target->module].kind;
	uint64_t svma;

	if (module_has_offsets(kind) &&
	    image_index_svma(index, wanted->address, &svma) &&
	    image_index_exact(index, svma) != svma)
		exact_correct_location(run->profile, wanted->location);
}

/* Names what can be named, and gives the rest its reason. */
void target_name_locations(struct run *run, struct target *target)
{
	struct profile *profile = run->profile;
	enum module_kind kind = profile->modules.items[target->module].kind;
	bool is_known = target->tables.index_bytes != NULL;
	uint64_t svma;

	if (is_known)
		take_identity(run, target);
	if (is_known && kind == MODULE_KERNEL_MODULE &&
	    kernel_module_agrees(target->tables.index.header, &target->text))
		kernel_believe_module(run->kernel, target->module);
	run->stats->n_units_lacking += module_tables_n_lacking(&target->tables);
	for (size_t i = 0; i < target->n_wanted; i++) {
		const struct wanted *wanted = &target->wanted[i];

		if (is_known)
			correct_address(run, target, wanted);
		if (is_known &&
		    target_svma(run, target, wanted->address, &svma) &&
		    frames_name_location(profile, run->options, &target->tables,
					 wanted->location, svma))
			continue;
		/* kallsyms may know more of the kernel. */
		if (kind != MODULE_KERNEL_MODULE)
			profile->locations.items[wanted->location].reason =
				is_known ? reason_of_image(target)
					 : target->reason;
	}
	report_progress(run);
}

void target_forget_tables(struct target *target)
{
	module_tables_release(&target->tables);
	module_tables_init(&target->tables, target->run->cache);
}

void target_end(struct target *target)
{
	struct run *run = target->run;
	struct module_tables *kept = &run->kept[target->module];

	if (module_is_kernel(
		    run->profile->modules.items[target->module].kind)) {
		module_tables_release(kept);
		*kept = target->tables;
		target->tables = (struct module_tables){ 0 };
	}
	module_tables_release(&target->tables);
	module_files_close(&target->files);
}

void target_take_kept(struct target *target)
{
	struct module_tables *kept = &target->run->kept[target->module];

	if (!kept->index_bytes)
		return;
	module_tables_release(&target->tables);
	target->tables = *kept;
	*kept = (struct module_tables){ 0 };
}

struct find_query target_query(const struct profile *profile, uint32_t number)
{
	const struct module *module = &profile->modules.items[number];
	bool is_kernel = module->kind == MODULE_KERNEL ||
			 module->kind == MODULE_KERNEL_MODULE;

	return (struct find_query){
		.path = profile_string(profile, module->path),
		.build_id = module->build_id,
		.inode = module->inode,
		.is_replaced = module->is_replaced,
		.size = module->file_size,
		.is_deleted = module->is_deleted,
		.may_be_compressed = is_kernel || module->kind == MODULE_IMAGE,
		.is_kernel = is_kernel,
		.is_module = module->kind == MODULE_KERNEL_MODULE,
		.release = profile_string(profile, profile->recording.release),
	};
}

/* ---- the cache ---- */

bool target_load_by_file(struct target *target, const struct stat *st)
{
	char contents[CACHE_KEY_MAX];

	return module_key_recall(target->run->cache, st, contents) &&
	       module_tables_load(&target->tables, contents);
}

/* What the cache knows of a module by its build id. */
bool target_load_by_build_id(struct run *run, struct target *target)
{
	const struct module *module =
		&run->profile->modules.items[target->module];
	char key[CACHE_KEY_MAX];

	if (module->build_id.size == 0)
		return false;
	module_key_of_build_id(key, &module->build_id);
	return module_tables_load(&target->tables, key);
}

void target_remember_file(struct target *target)
{
	if (target->files.fds[FILE_OWN] >= 0)
		module_key_remember(target->run->cache, &target->files.own,
				    target->tables.key);
}

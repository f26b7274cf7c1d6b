/*
 * What is known of a target, what its files could tell, and so what is to be
 * done.
 */
#include "config.h"
#include "symbolize/target.h"

#include <unistd.h>

#include "symbolize/elf_identity.h"
#include "symbolize/running_kernel.h"
#include "symbolize/vdso.h"

/* A capture without the vdso's build id may have the kernel's, whose part it
 * is. */
static bool is_of_running_kernel(const struct profile *profile)
{
	struct build_id running = running_kernel_build_id();

	for (size_t i = 0; running.size > 0 && i < profile->modules.n; i++) {
		const struct module *kernel = &profile->modules.items[i];

		if (kernel->kind == MODULE_KERNEL &&
		    build_id_equal(&kernel->build_id, &running))
			return true;
	}
	return false;
}

/* The running kernel's, if it is the captured one; -1 with the reason. */
static int open_vdso(const struct profile *profile, const struct module *module,
		     struct err *why)
{
	const struct build_id *wanted = &module->build_id;
	struct elf_identity identity;
	char hex[2][BUILD_ID_HEX_MAX];
	size_t size;
	int fd;

	if (wanted->size == 0 && !is_of_running_kernel(profile)) {
		err_set(why, "the capture has no build id of it, and nothing "
			     "proves that it is the running kernel's");
		return -1;
	}
	fd = vdso_open(&size);
	if (fd < 0) {
		err_set(why, "the running kernel has none");
		return -1;
	}
	if (wanted->size == 0 || (elf_identity_read(fd, &identity) &&
				  build_id_equal(&identity.build_id, wanted)))
		return fd;
	close(fd);
	err_set(why, "captured build id %s, the running kernel's has %s",
		build_id_hex(wanted, hex[0]),
		identity.build_id.size
			? build_id_hex(&identity.build_id, hex[1])
			: "none");
	return -1;
}

/* No file is mapped where the vdso is: it is looked for by its build id. */
static bool find_vdso(const struct profile *profile,
		      const struct module *module,
		      const struct find_places *places,
		      const struct find_query *query,
		      struct module_files *files, enum reason *reason,
		      struct err *why)
{
	struct err ignored;
	int fd = open_vdso(profile, module, why);

	if (fd >= 0) {
		find_debug_of(places, query, fd, files);
		return true;
	}
	if (module->build_id.size > 0 &&
	    find_module_files(places, query, files, reason, &ignored))
		return true;
	*reason = module->build_id.size > 0 ? REASON_VDSO_DIFFERS
					    : REASON_KERNEL_UNPROVEN;
	return false;
}

static bool find_by_query(const struct profile *profile, uint32_t number,
			  const struct find_places *places,
			  const struct find_query *query,
			  struct module_files *files, enum reason *reason,
			  struct err *why)
{
	const struct module *module = &profile->modules.items[number];

	if (module->kind == MODULE_VDSO)
		return find_vdso(profile, module, places, query, files, reason,
				 why);
	return find_module_files(places, query, files, reason, why);
}

bool target_find_files(const struct profile *profile, uint32_t number,
		       const struct find_places *places,
		       struct module_files *files, enum reason *reason,
		       struct err *why)
{
	struct find_query query = target_query(profile, number);

	return find_by_query(profile, number, places, &query, files, reason,
			     why);
}

/* Whether the cache knows all that the own file of a module would tell. */
static bool knows_own(struct run *run, struct target *target)
{
	const uint32_t all = IMAGE_HAS_OWN_FILE | IMAGE_HAS_SYMTAB;

	return target->tables.index_bytes &&
	       (target->tables.index.header->flags & all) == all &&
	       target_has_all_tables(run, target);
}

/* Finds the files of a target; false with its reason where there are none. */
static bool find_files(struct run *run, struct target *target)
{
	struct find_query query = target_query(run->profile, target->module);
	struct err why;
	bool is_found;

	query.knows_own = knows_own(run, target);
	is_found = find_by_query(run->profile, target->module, &run->places,
				 &query, &target->files, &target->reason, &why);
	if (is_found)
		target->reason = REASON_PENDING;
	else if (!query.knows_own)
		target_set_note(run->profile, target->module, why.text);
	return is_found;
}

static bool has_files(const struct target *target)
{
	return target->files.fds[FILE_OWN] >= 0 ||
	       target->files.fds[FILE_DEBUG] >= 0;
}

/*
 * Whether the files may tell more than what is known: they have debug
 * information or symbols where there were none, or are the module's own where
 * there was only a debug file.
 */
static bool has_news(const struct target *target)
{
	uint32_t known = target->tables.index.header->flags;
	const struct module_files *files = &target->files;

	return (files->has_dwarf &&
		!(known & (IMAGE_HAS_DWARF | IMAGE_HAS_BAD_DWARF))) ||
	       (files->has_symbols && !(known & IMAGE_HAS_SYMTAB)) ||
	       (files->fds[FILE_SUPPLEMENTARY] >= 0 &&
		(known & IMAGE_LACKS_PARTS)) ||
	       (known & IMAGE_LACKS_UNITS) ||
	       (files->fds[FILE_OWN] >= 0 && !(known & IMAGE_HAS_OWN_FILE));
}

static bool is_all_known(struct run *run, struct target *target)
{
	const uint32_t all = IMAGE_HAS_DWARF | IMAGE_HAS_OWN_FILE;

	return target->tables.index_bytes &&
	       (target->tables.index.header->flags &
		(all | IMAGE_LACKS_PARTS | IMAGE_LACKS_UNITS)) == all &&
	       target_has_all_tables(run, target);
}

/*
 * Whether a server is to be asked for more than what was found: for debug
 * information, and for the module itself where it is missing. Without a build
 * id nobody can be asked.
 */
static bool wants_fetch(const struct run *run, const struct target *target,
			bool is_loaded)
{
	const struct module *module =
		&run->profile->modules.items[target->module];
	uint32_t known = is_loaded ? target->tables.index.header->flags : 0;

	return run->options->fetch.servers && !target->is_fetched &&
	       (module->kind == MODULE_FILE || module->kind == MODULE_IMAGE) &&
	       target->files.build_id.size > 0 && !target->files.has_dwarf &&
	       !(known & (IMAGE_HAS_DWARF | IMAGE_HAS_BAD_DWARF));
}

/*
 * What the cache knows to the last bit is taken without a look at any file;
 * what lacks debug information is looked for anew, as it may have been
 * installed since.
 */
enum need target_need(struct run *run, struct target *target)
{
	bool is_loaded = target->tables.index_bytes, has_found;

	if (!is_loaded) {
		module_tables_init(&target->tables, run->cache);
		is_loaded = target_load_by_build_id(run, target);
	}
	if (is_all_known(run, target))
		return NEED_NOTHING;
	has_found = has_files(target) || find_files(run, target);
	if (!is_loaded && target->files.fds[FILE_OWN] >= 0 &&
	    !target->is_vmlinux)
		is_loaded = target_load_by_file(target, &target->files.own);
	if (wants_fetch(run, target, is_loaded))
		return NEED_FETCH;
	if (has_found && (!is_loaded || has_news(target) ||
			  !target_has_all_tables(run, target)))
		return NEED_WORKER;
	if (is_loaded)
		target->reason = REASON_PENDING;
	return NEED_NOTHING;
}

#include "config.h"
#include "conv/modules.h"

#include <stdlib.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "base/text.h"
#include "conv/perf_abi.h"

/* How perf names the kernel proper; its reference symbol stands behind it. */
#define KERNEL_NAME "[kernel.kallsyms]"

/* The same of a guest, whose process's number may stand before the bracket. */
#define GUEST_NAME "[guest.kernel.kallsyms"

static uint32_t hash_text(const char *text)
{
	return (uint32_t)XXH3_64bits(text, strlen(text));
}

/* ---- recorded build ids ---- */

static bool build_id_path_equal(const void *context, const void *key,
				uint32_t number)
{
	const struct modules *modules = context;

	return strcmp(modules->ids[number].path, key) == 0;
}

static struct build_id recorded_build_id(const struct modules *modules,
					 const char *path)
{
	uint32_t number = slots_find(&modules->build_ids, hash_text(path),
				     build_id_path_equal, modules, path);

	if (number == SLOT_FREE || modules->is_ambiguous[number])
		return (struct build_id){ 0 };
	return modules->ids[number].id;
}

/* Where different files had one path, nobody knows which is whose. */
static void add_recorded_id(struct modules *modules, uint32_t number)
{
	const struct recorded_build_id *added = &modules->ids[number];
	uint32_t known = slots_find_or_add(
		&modules->build_ids, hash_text(added->path),
		build_id_path_equal, modules, added->path, number);

	if (!build_id_equal(&modules->ids[known].id, &added->id))
		modules->is_ambiguous[known] = true;
}

/*
 * The kernel's: perf writes it under the name of a vmlinux where it has found
 * one. What else is marked as the kernel's are its modules.
 */
static struct build_id kernel_build_id(const struct modules *modules)
{
	struct build_id id = recorded_build_id(modules, KERNEL_NAME);

	for (size_t i = 0; id.size == 0 && i < modules->n_ids; i++) {
		const struct recorded_build_id *recorded = &modules->ids[i];

		if (recorded->is_kernel && recorded->path[0] != '[' &&
		    !strstr(recorded->path, ".ko"))
			id = recorded->id;
	}
	return id;
}

void modules_init(struct modules *modules, struct profile *profile,
		  const struct recorded_build_id *ids, size_t n_ids)
{
	*modules = (struct modules){
		.profile = profile,
		.ids = ids,
		.n_ids = n_ids,
	};
	slots_init(&modules->slots, 256);
	slots_init(&modules->build_ids, 256);
	slots_init(&modules->judged_slots, 64);
	modules->is_ambiguous = mem_zalloc(n_ids, sizeof(bool));
	for (uint32_t i = 0; i < n_ids; i++)
		add_recorded_id(modules, i);
}

void modules_release(struct modules *modules)
{
	slots_release(&modules->slots);
	slots_release(&modules->build_ids);
	slots_release(&modules->judged_slots);
	vec_release(&modules->judged);
	free(modules->is_ambiguous);
}

/* ---- kinds ---- */

/* Memory that no file is behind (is_anon_memory() and is_no_dso_memory() of
 * tools/perf/util/map.c). */
bool modules_is_anonymous(const char *path)
{
	static const char *const starts[] = {
		"//anon",      "/dev/zero", "/anon_hugepage", "[anon",
		"anon_inode:", "[heap]",    "[stack",	      "/SYSV",
		"/memfd:",     "//toolong", "[uprobes]",      "[vsyscall]",
	};

	if (!*path)
		return true;
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (text_starts_with(path, starts[i]))
			return true;
	return false;
}

/*
 * A file in memory that a program was started from, or a library loaded: it has
 * a build id, or is mapped privately, as the loaders of ELF files do. What a
 * compiler of generated code maps twice, to write here and to run there, has to
 * be shared.
 */
static bool is_file_in_memory(const struct mmap_record *mmap)
{
	return text_starts_with(mmap->path, "/memfd:") &&
	       (mmap->build_id.size > 0 || mmap->is_private);
}

static enum module_kind kind_of_path(const char *path, bool is_kernel)
{
	if (is_kernel)
		return text_starts_with(path, KERNEL_NAME)
			       ? MODULE_KERNEL
			       : MODULE_KERNEL_MODULE;
	if (strcmp(path, "[vdso]") == 0 || strcmp(path, "[vdso32]") == 0 ||
	    strcmp(path, "[vdsox32]") == 0)
		return MODULE_VDSO;
	return modules_is_anonymous(path) ? MODULE_ANON : MODULE_FILE;
}

/* ---- modules ---- */

/* In the kernel, what lies at another address is another module; elsewhere
 * one module may be mapped anywhere. */
static bool has_fixed_range(enum module_kind kind)
{
	return module_is_kernel(kind);
}

static bool module_equal(const void *context, const void *key, uint32_t number)
{
	const struct profile *profile = context;
	const struct module *a = key, *b = &profile->modules.items[number];

	return a->path == b->path && a->kind == b->kind && a->pid == b->pid &&
	       a->ksymbol == b->ksymbol && a->inode == b->inode &&
	       a->is_replaced == b->is_replaced &&
	       a->is_deleted == b->is_deleted &&
	       (!has_fixed_range(a->kind) || a->start == b->start) &&
	       build_id_equal(&a->build_id, &b->build_id);
}

/* Of all that module_equal() compares. */
static uint32_t hash_module(const struct module *module)
{
	bool is_fixed = has_fixed_range(module->kind);
	uint64_t parts[6] = {
		module->path,	 module->pid,	module->kind,
		module->ksymbol, module->inode, is_fixed ? module->start : 0,
	};

	return (uint32_t)XXH3_64bits_withSeed(
		module->build_id.bytes, module->build_id.size,
		XXH3_64bits(parts, sizeof(parts)));
}

static uint32_t find_or_add(struct modules *modules,
			    const struct module *module)
{
	struct profile *profile = modules->profile;
	uint32_t next = (uint32_t)profile->modules.n, number;
	struct module *known;

	number = slots_find_or_add(&modules->slots, hash_module(module),
				   module_equal, profile, module, next);
	if (number == next)
		return profile_add_module(profile, module);
	known = &profile->modules.items[number];
	if (module->start < known->start)
		known->start = module->start;
	if (module->limit > known->limit)
		known->limit = module->limit;
	return number;
}

static void set_range(struct module *module, uint64_t start, uint64_t size)
{
	module->start = start;
	if (__builtin_add_overflow(start, size, &module->limit))
		module->limit = UINT64_MAX;
}

/* ---- files that were replaced ---- */

static bool judged_equal(const void *context, const void *key, uint32_t number)
{
	const struct modules *modules = context;
	const struct judged_file *a = key, *b = &modules->judged.items[number];

	return a->path == b->path && a->major == b->major &&
	       a->minor == b->minor && a->inode == b->inode;
}

/* Each file is judged once. */
static bool is_replaced(struct modules *modules, uint32_t path,
			const struct build_id *id,
			const struct mmap_record *mmap)
{
	struct judged_file file = {
		.path = path,
		.major = mmap->major,
		.minor = mmap->minor,
		.inode = mmap->inode,
	};
	uint64_t parts[3] = { path, (uint64_t)mmap->major << 32 | mmap->minor,
			      mmap->inode };
	uint32_t next = (uint32_t)modules->judged.n, number;

	if (!modules->judge || mmap->inode == 0)
		return false;
	number = slots_find_or_add(&modules->judged_slots,
				   (uint32_t)XXH3_64bits(parts, sizeof(parts)),
				   judged_equal, modules, &file, next);
	if (number == next) {
		file.is_replaced = modules->judge->is_replaced(
			modules->judge->context,
			&(struct mapped_file){
				.path = profile_string(modules->profile, path),
				.build_id = *id,
				.major = mmap->major,
				.minor = mmap->minor,
				.inode = mmap->inode,
			});
		*vec_add(&modules->judged) = file;
	}
	return modules->judged.items[number].is_replaced;
}

/* The build id that the header has of a file, unless it is another file's. */
static void take_recorded_build_id(struct modules *modules,
				   struct module *module,
				   const struct mmap_record *mmap)
{
	struct build_id id = recorded_build_id(modules, mmap->path);

	if (module->kind == MODULE_FILE && id.size > 0 &&
	    is_replaced(modules, module->path, &id, mmap))
		module->is_replaced = true;
	else
		module->build_id = id;
}

/* The path of a mapping without the mark of a deleted file. */
static uint32_t path_of_mapping(struct modules *modules,
				const struct mmap_record *mmap,
				bool *is_deleted)
{
	char *path = mem_strdup(mmap->path);
	uint32_t number;

	*is_deleted = text_cut_deleted(path) || mmap->is_deleted;
	number = profile_add_string(modules->profile, path);
	free(path);
	return number;
}

/* Whose it is, and where it was mapped: should it hold generated code after
 * all, its names are for addresses of that process. */
static void add_range(struct modules *modules, uint32_t number,
		      const struct mmap_record *mmap)
{
	struct module *module = &modules->profile->modules.items[number];

	if (module->kind == MODULE_FILE && module->pid != 0 &&
	    mmap->size <= UINT64_MAX - mmap->start)
		module_add_range(module,
				 &(struct mapped_range){
					 .start = mmap->start,
					 .limit = mmap->start + mmap->size,
					 .file_off = mmap->pgoff,
				 });
}

uint32_t modules_of_mapping(struct modules *modules,
			    const struct mmap_record *mmap, bool is_kernel)
{
	struct module module = {
		.kind = kind_of_path(mmap->path, is_kernel),
		.build_id = mmap->build_id,
	};
	uint64_t first = mmap->start;
	bool is_deleted, is_in_memory = is_file_in_memory(mmap);
	uint32_t number;

	if (module.kind == MODULE_ANON && is_in_memory)
		module.kind = MODULE_FILE;
	module.path = path_of_mapping(modules, mmap, &is_deleted);
	/* The name without the mark may be another file's by now. */
	if (module.build_id.size == 0)
		take_recorded_build_id(modules, &module, mmap);
	if (module.kind == MODULE_KERNEL) {
		/* The file offset is where the reference symbol lies, as
		 * machine__process_kernel_mmap_event() has it. */
		module.ref_symbol = profile_add_string(
			modules->profile, mmap->path + strlen(KERNEL_NAME));
		module.ref_avma = mmap->pgoff;
		if (module.build_id.size == 0)
			module.build_id = kernel_build_id(modules);
	}
	if (module.kind == MODULE_ANON)
		module.pid = mmap->pid;
	if (module.kind == MODULE_FILE && module.build_id.size == 0) {
		module.inode = mmap->inode;
		module.is_deleted = is_deleted;
		if (is_in_memory)
			module.pid = mmap->pid;
	}
	if (module_has_offsets(module.kind))
		first = mmap->pgoff;
	set_range(&module, first, mmap->size);
	number = find_or_add(modules, &module);
	add_range(modules, number, mmap);
	return number;
}

/* The guest's kernel; at is where its name ends. */
static uint32_t guest_kernel(struct modules *modules,
			     const struct mmap_record *mmap, const char *at)
{
	char *name = mem_printf("%.*s", (int)(at - mmap->path), mmap->path);
	struct module module = {
		.path = profile_add_string(modules->profile, mmap->path),
		.kind = MODULE_GUEST_KERNEL,
		.build_id = mmap->build_id,
		.ref_symbol = profile_add_string(modules->profile, at),
		.ref_avma = mmap->pgoff,
	};

	if (module.build_id.size == 0)
		module.build_id = recorded_build_id(modules, name);
	set_range(&module, mmap->start, mmap->size);
	free(name);
	return find_or_add(modules, &module);
}

bool modules_is_guest(const char *path)
{
	const char *end = strchr(path, ']');

	return text_starts_with(path, GUEST_NAME) && end && end[1];
}

/*
 * Guests' modules have names and addresses like the host's. What they are
 * known by has their guest's in front, and a slash, behind which is what perf
 * calls them.
 */
uint32_t modules_of_guest(struct modules *modules,
			  const struct mmap_record *mmap)
{
	const char *end = strchr(mmap->path, ']');
	struct module module = {
		.kind = MODULE_GUEST_MODULE,
		.build_id = mmap->build_id,
	};
	char *path;

	if (modules_is_guest(mmap->path) && end[1] != '/')
		return guest_kernel(modules, mmap, end + 1);
	if (modules_is_guest(mmap->path))
		path = mem_strdup(mmap->path);
	else if (mmap->pid == 0)
		path = mem_printf(GUEST_NAME "]%s%s",
				  *mmap->path == '/' ? "" : "/", mmap->path);
	else
		path = mem_printf(GUEST_NAME ".%u]%s%s", mmap->pid,
				  *mmap->path == '/' ? "" : "/", mmap->path);
	module.path = profile_add_string(modules->profile, path);
	free(path);
	set_range(&module, mmap->start, mmap->size);
	return find_or_add(modules, &module);
}

uint32_t modules_of_ksymbol(struct modules *modules,
			    const struct ksymbol_record *ksymbol)
{
	uint32_t name = profile_add_string(modules->profile, ksymbol->name);
	struct module module = {
		.path = name,
		.kind = MODULE_KERNEL_CODE,
		.ksymbol = name,
	};

	set_range(&module, ksymbol->start, ksymbol->size);
	return find_or_add(modules, &module);
}

uint32_t modules_of_name(struct modules *modules, const char *path)
{
	return find_or_add(modules, &(struct module){
					    .path = profile_add_string(
						    modules->profile, path),
					    .kind = MODULE_OTHER,
					    .limit = UINT64_MAX,
				    });
}

/*
 * Whether the address lies shortly behind what is mapped of the kernel proper:
 * perf's mapping ends with _etext, and the code that starts the kernel, which
 * is at the root of every idle task's stack, lies further on.
 */
static bool is_behind_kernel(const struct module *module, uint64_t avma)
{
	const uint64_t reach = UINT64_C(256) << 20;

	return module->kind == MODULE_KERNEL && module->ref_symbol != 0 &&
	       avma >= module->limit && avma - module->limit < reach;
}

static uint32_t kernel_around(const struct modules *modules, uint64_t avma)
{
	const struct profile *profile = modules->profile;

	for (uint32_t i = 0; i < profile->modules.n; i++)
		if (is_behind_kernel(&profile->modules.items[i], avma))
			return i;
	return NO_MODULE;
}

uint32_t modules_of_kernel(struct modules *modules, uint32_t kernel,
			   uint64_t avma)
{
	const struct profile *profile = modules->profile;

	if (kernel != NO_MODULE &&
	    is_behind_kernel(&profile->modules.items[kernel], avma))
		return kernel;
	return find_or_add(modules,
			   &(struct module){
				   .path = profile_add_string(modules->profile,
							      KERNEL_NAME),
				   .kind = MODULE_KERNEL,
				   .limit = UINT64_MAX,
				   .build_id = kernel_build_id(modules),
			   });
}

uint32_t modules_of_context(struct modules *modules, uint16_t cpumode,
			    uint64_t avma)
{
	struct module module = { .kind = MODULE_OTHER, .limit = UINT64_MAX };
	const char *path;

	switch (cpumode) {
	case MISC_KERNEL:
		return modules_of_kernel(modules, kernel_around(modules, avma),
					 avma);
	case MISC_HYPERVISOR:
		path = "[hypervisor]";
		break;
	case MISC_GUEST_KERNEL:
		path = GUEST_NAME "]";
		break;
	case MISC_GUEST_USER:
		path = "[guest]";
		break;
	default:
		return NO_MODULE;
	}
	module.path = profile_add_string(modules->profile, path);
	return find_or_add(modules, &module);
}

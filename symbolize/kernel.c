/*
 * Whose symbols name the kernel's addresses:
 *
 *	--kallsyms FILE   if its reference symbol lies where the capture says
 *	/proc/kallsyms    if the running kernel has the capture's build id; then
 *	                  addresses differ by what KASLR moved the kernel in the
 *	                  two boots, which the reference symbol tells
 *	/proc/kallsyms    of captures without build id or reference symbol, if
 *	                  all else that they say fits this machine and boot
 *	none              the addresses stay raw, with the reason
 */
#include "config.h"
#include "symbolize/kernel.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "symbolize/kernel_modules.h"
#include "symbolize/kernel_symbols.h"
#include "symbolize/module_key.h"
#include "symbolize/running_kernel.h"
#include "symbolize/same_boot.h"

/* How long another process may take to read the kernel's symbols. */
enum { PATIENCE_MS = 2000 };

/* ---- which symbols are believed ---- */

struct kernel {
	struct profile *profile;
	const struct symbolizer_options *options;
	struct kernel_symbols symbols;
	struct build_id running;
	struct boot_judgement boot;
	bool *believed;	     /* of each module: by its file; NULL: none */
	bool needs_evidence; /* build id and reference symbol prove nothing */
	bool is_as_is;	     /* nothing shows where the kernel lay: addresses
			      * are looked up as they are */
	bool has_begun;	     /* to open the running kernel's symbols */
	bool is_reading;     /* and has the symbols locked in the cache */
	bool has_thread;
	bool has_chosen; /* symbols are final */
	pthread_t reader;
};

static bool believes_file(struct kernel *kernel, const struct module *module)
{
	struct kernel_symbols *symbols = &kernel->symbols;
	const char *path = kernel->options->kallsyms;
	const char *name = profile_string(kernel->profile, module->ref_symbol);
	uint64_t found =
		kernel_symbols_reference(symbols, kernel->profile, module);

	if ((!module->ref_avma || !found) &&
	    kernel->options->is_kallsyms_unchecked)
		return true;
	if (!module->ref_avma)
		return kernel_symbols_refuse(
			symbols, REASON_KERNEL_HIDDEN,
			mem_printf("%s cannot be checked: the capture does not "
				   "say where its kernel lies",
				   path));
	if (!found)
		return kernel_symbols_refuse(
			symbols, REASON_KERNEL_DIFFERS,
			mem_printf("%s cannot be checked: it has no symbol %s",
				   path, name));
	if (found != module->ref_avma)
		return kernel_symbols_refuse(
			symbols, REASON_KERNEL_DIFFERS,
			mem_printf("%s is of another boot or kernel: it has %s "
				   "at 0x%" PRIx64
				   ", the capture at 0x%" PRIx64,
				   path, name, found, module->ref_avma));
	return true;
}

/*
 * KASLR of x86-64 and arm64 chooses among multiples of 2 MB; where kernels are
 * linked to is a multiple of 16 MB, but for less than 2 MB in front of _stext.
 * Others lie lower, where nothing is known of their addresses.
 */
static bool is_moved(uint64_t avma)
{
	return avma >> 48 == 0xffff && avma % (UINT64_C(16) << 20) >> 21 != 0;
}

/*
 * Which kernel it was is proven by two of: the machine's names, the times, an
 * address that only this boot's KASLR is likely to have chosen, and the end of
 * what perf maps, which differs between builds.
 */
static bool has_evidence(struct kernel *kernel, const struct module *module)
{
	const struct kallsyms_header *header = kernel->symbols.index.header;
	int n = kernel->boot.is_named;

	n += kernel->boot.verdict == BOOT_IS_THIS;
	n += is_moved(module->ref_avma);
	n += module->limit == header->etext || module->limit == header->edata;
	return n >= 2;
}

/* Whether the running kernel's symbols, read by now, are the capture's although
 * no build id says so. */
static bool believes_running(struct kernel *kernel, const struct module *module)
{
	struct kernel_symbols *symbols = &kernel->symbols;
	uint64_t found =
		kernel_symbols_reference(symbols, kernel->profile, module);

	if (!module->ref_symbol)
		return true; /* is_worth_reading() has seen to it */
	if (found != module->ref_avma)
		return kernel_symbols_refuse(
			symbols, REASON_KERNEL_DIFFERS,
			mem_printf("the running kernel has %s at 0x%" PRIx64
				   ", the capture at 0x%" PRIx64,
				   profile_string(kernel->profile,
						  module->ref_symbol),
				   found, module->ref_avma));
	return has_evidence(kernel, module) ||
	       kernel_symbols_refuse(
		       symbols, REASON_KERNEL_UNPROVEN,
		       mem_strdup("the capture has no build id of its kernel, "
				  "and too little else to know it by"));
}

/* Whether the running kernel may be the capture's. */
static bool is_worth_reading(struct kernel *kernel, const struct module *module)
{
	struct kernel_symbols *symbols = &kernel->symbols;
	enum reason reason = module->ref_symbol ? REASON_KERNEL_DIFFERS
						: REASON_KERNEL_HIDDEN;
	char hex[2][BUILD_ID_HEX_MAX];

	kernel->running = running_kernel_build_id();
	kernel->needs_evidence = module->build_id.size == 0 ||
				 kernel->running.size == 0 ||
				 !module->ref_symbol;
	if (module->build_id.size > 0 && kernel->running.size > 0 &&
	    !build_id_equal(&module->build_id, &kernel->running))
		return kernel_symbols_refuse(
			symbols, reason,
			mem_printf("captured build id %s, the running "
				   "kernel has %s",
				   build_id_hex(&module->build_id, hex[0]),
				   build_id_hex(&kernel->running, hex[1])));
	if (!kernel->needs_evidence)
		return true;
	kernel->boot = same_boot_here(kernel->profile);
	if (kernel->boot.verdict == BOOT_IS_OTHER)
		return kernel_symbols_refuse(symbols, reason,
					     mem_strdup(kernel->boot.why.text));
	if (!module->ref_symbol &&
	    (!kernel->boot.is_named || kernel->boot.verdict != BOOT_IS_THIS))
		return kernel_symbols_refuse(
			symbols, reason,
			mem_strdup("the capture does not say where its kernel "
				   "lies, and is not known to be of this "
				   "boot"));
	return true;
}

/* ---- naming ---- */

static void name_location(struct profile *profile, uint32_t location,
			  const char *name)
{
	uint32_t string = profile_add_string(profile, name);
	struct function function = { .name = string, .system_name = string };
	struct frame frame = {
		.function = profile_add_function(profile, &function),
	};

	profile_name_location(profile, location, &frame, 1);
}

bool kernel_name_by_symbol(struct kernel_symbols *symbols,
			   struct profile *profile, uint32_t location,
			   uint64_t address, const char *module)
{
	struct table_frame frames[TABLE_MAX_DEPTH];
	const struct table *table;
	uint64_t page;

	if (!kallsyms_index_page(&symbols->index, address, &page))
		return false;
	table = kernel_symbols_page(symbols, page);
	if (!table || table_find(table, address, frames) == 0 ||
	    (module && strcmp(frames[0].function_file, module) != 0))
		return false;
	name_location(profile, location, frames[0].name);
	return true;
}

static struct kernel_lookup lookup_of(const struct kernel_symbols *symbols,
				      const struct profile *profile,
				      const struct module *module)
{
	struct kernel_lookup lookup = { .reason = REASON_PENDING };
	uint64_t base = module_kernel_base(module), at;

	if (!symbols->is_usable) {
		lookup.reason = symbols->reason;
		return lookup;
	}
	if (module->kind != MODULE_KERNEL)
		return kernel_module_lookup(symbols, profile, module);
	/* Where the kernel lies is known, and this is not there. */
	at = kernel_symbols_reference(symbols, profile, module);
	if (base == 0)
		lookup.reason = REASON_UNMAPPED;
	else if (at == 0)
		lookup.reason = REASON_KERNEL_DIFFERS;
	lookup.shift = at - base;
	return lookup;
}

/* The symbols of all modules, too, where the user answers for the file. */
static bool name_as_is(struct kernel *kernel, uint32_t number)
{
	struct location *location = &kernel->profile->locations.items[number];

	if (!kernel->is_as_is ||
	    kernel->profile->modules.items[location->module].kind !=
		    MODULE_KERNEL)
		return false;
	if (!kernel_name_by_symbol(&kernel->symbols, kernel->profile, number,
				   location->address, NULL))
		location->reason = REASON_NOT_COVERED;
	return true;
}

/* Where nothing shows what else lay there, modules are not believed. */
static enum reason reason_uncovered(const struct module *module)
{
	return module->kind == MODULE_KERNEL && !module->ref_symbol
		       ? REASON_KERNEL_HIDDEN
		       : REASON_NOT_COVERED;
}

/* believed: of each module, whether its file proves the symbols; NULL: of
 * none. */
static void name_locations(struct kernel *kernel, const bool *believed)
{
	struct kernel_symbols *symbols = &kernel->symbols;
	struct profile *profile = kernel->profile;
	struct kernel_lookup *lookups =
		mem_zalloc(profile->modules.n, sizeof(*lookups));

	for (size_t i = 0; i < profile->modules.n; i++) {
		lookups[i] =
			lookup_of(symbols, profile, &profile->modules.items[i]);
		if (lookups[i].reason == REASON_OTHER_LOAD && believed &&
		    believed[i])
			lookups[i].reason = REASON_PENDING;
	}
	for (uint32_t i = 0; i < profile->locations.n; i++) {
		struct location *location = &profile->locations.items[i];
		const struct kernel_lookup *lookup;

		if (location->reason != REASON_PENDING || name_as_is(kernel, i))
			continue;
		lookup = &lookups[location->module];
		if (lookup->reason != REASON_PENDING)
			location->reason = lookup->reason;
		else if (!kernel_name_by_symbol(symbols, profile, i,
						location->address +
							lookup->shift,
						lookup->name))
			location->reason = reason_uncovered(
				&profile->modules.items[location->module]);
	}
	free(lookups);
}

/* ---- all of it ---- */

/* Names what records named; returns whether anything else is left. */
static bool name_announced_code(struct profile *profile)
{
	bool is_left = false;

	for (uint32_t i = 0; i < profile->locations.n; i++) {
		const struct location *location = &profile->locations.items[i];
		const struct module *module;

		if (location->reason != REASON_PENDING)
			continue;
		module = &profile->modules.items[location->module];
		if (module->kind == MODULE_KERNEL_CODE && module->ksymbol)
			name_location(profile, i,
				      profile_string(profile, module->ksymbol));
		else
			is_left = true;
	}
	return is_left;
}

/* The kernel proper, as mapped, or as a capture without its mapping has it. */
static struct module *find_kernel(const struct profile *profile)
{
	struct module *kernel = NULL;

	for (size_t i = 0; i < profile->modules.n; i++) {
		struct module *module = &profile->modules.items[i];

		if (module->kind == MODULE_KERNEL &&
		    (!kernel || (!kernel->ref_symbol && module->ref_symbol)))
			kernel = module;
	}
	return kernel;
}

static bool is_read_here(const struct kernel *kernel)
{
	return !kernel->options->hide_kernel && !kernel->options->kallsyms;
}

void kernel_read_ahead(struct kernel *kernel)
{
	struct kernel_symbols *symbols = &kernel->symbols;
	const struct module *module = find_kernel(kernel->profile);

	if (kernel->has_begun || !is_read_here(kernel) || !module)
		return;
	kernel->has_begun = true;
	if (!is_worth_reading(kernel, module))
		return;
	symbols->has_key = kernel_symbols_make_key(symbols);
	if (symbols->has_key && kernel_symbols_load(symbols))
		return;
	/* Another process may be reading them. */
	if (symbols->has_key &&
	    cache_lock(symbols->cache, symbols->key, PATIENCE_MS) !=
		    CACHE_NO_LOCK &&
	    kernel_symbols_load(symbols)) {
		cache_unlock(symbols->cache, symbols->key);
		return;
	}
	kernel->is_reading = true;
	kernel->has_thread =
		pthread_create(&kernel->reader, NULL,
			       kernel_symbols_read_running, symbols) == 0;
	if (!kernel->has_thread)
		kernel_symbols_read_running(symbols);
}

/* Others have waited: they get the symbols, or the word that there are none. */
static void finish_reading(struct kernel *kernel)
{
	struct kernel_symbols *symbols = &kernel->symbols;

	if (!kernel->is_reading)
		return;
	if (kernel->has_thread)
		pthread_join(kernel->reader, NULL);
	kernel->is_reading = false;
	if (!symbols->has_key)
		return;
	if (symbols->is_usable)
		kernel_symbols_store(symbols);
	cache_flush(symbols->cache);
	cache_unlock(symbols->cache, symbols->key);
}

/* Takes what was found elsewhere, if it is of use. */
static void replace(struct kernel *kernel, struct kernel_symbols *found)
{
	struct kernel_symbols old = kernel->symbols;

	if (!found->is_usable) {
		kernel_symbols_release(found);
		return;
	}
	kernel->symbols = *found;
	kernel_symbols_release(&old);
}

/*
 * perf keeps the symbols of each kernel that it recorded, as far as it could
 * read them, in its build-id cache. They may be of another boot: lookups count
 * from the reference symbol.
 */
static void try_buildid_cache(struct kernel *kernel,
			      const struct module *module)
{
	const char *folder = kernel->options->places.buildid_dir;
	struct kernel_symbols kept = { .cache = kernel->symbols.cache };
	char hex[BUILD_ID_HEX_MAX], *path;
	struct err err;

	if (!folder || module->build_id.size == 0)
		return;
	path = mem_printf("%s/[kernel.kallsyms]/%s/kallsyms", folder,
			  build_id_hex(&module->build_id, hex));
	kernel_symbols_open_file(&kept, path, &err);
	replace(kernel, &kept);
	free(path);
}

/* What somebody has added of this kernel; it may be of another machine. */
static void try_cache(struct kernel *kernel, const struct module *module)
{
	struct kernel_symbols added = { .cache = kernel->symbols.cache };

	if (module->build_id.size == 0)
		return;
	module_key_of_build_id(added.key, &module->build_id);
	kernel_symbols_load(&added);
	replace(kernel, &added);
}

/* Says in the profile what was believed that nothing proves. */
static void note_belief(struct kernel *kernel, struct module *module,
			const char *text)
{
	char *comment = mem_printf("kernel symbols: %s", text);

	module->belief = profile_add_string(kernel->profile, text);
	*vec_add(&kernel->profile->comments) =
		profile_add_string(kernel->profile, comment);
	free(comment);
}

static bool take_named_file(struct kernel *kernel, struct module *module,
			    struct err *err)
{
	struct kernel_symbols *symbols = &kernel->symbols;

	if (!kernel_symbols_open_file(symbols, kernel->options->kallsyms, err))
		return false;
	if (!symbols->is_usable || !module || !believes_file(kernel, module) ||
	    (module->ref_avma &&
	     kernel_symbols_reference(symbols, kernel->profile, module)))
		return true;
	kernel->is_as_is = true;
	note_belief(kernel, module,
		    "taken unchecked from the file that was named");
	return true;
}

static void take_running(struct kernel *kernel, struct module *module)
{
	struct kernel_symbols *symbols = &kernel->symbols;

	kernel_read_ahead(kernel);
	finish_reading(kernel);
	if (!symbols->is_usable || !kernel->needs_evidence ||
	    !believes_running(kernel, module))
		return;
	note_belief(kernel, module,
		    "of the running kernel, believed without proof: what "
		    "the capture says fits this machine and boot");
	if (module->build_id.size == 0)
		module->build_id = kernel->running;
}

static bool choose_symbols(struct kernel *kernel, struct err *err)
{
	struct module *module = find_kernel(kernel->profile);
	struct kernel_symbols *symbols = &kernel->symbols;

	if (kernel->has_chosen)
		return true;
	kernel->has_chosen = true;
	if (kernel->options->hide_kernel) {
		kernel_symbols_refuse(
			symbols, REASON_KERNEL_RESTRICTED,
			mem_strdup("hidden by SYMCONV_FORCE_KERNEL_FALLBACK"));
		return true;
	}
	if (kernel->options->kallsyms) {
		if (!take_named_file(kernel, module, err))
			return false;
	} else if (module) {
		take_running(kernel, module);
	} else {
		/* perf maps no kernel where its symbols are hidden from it. */
		kernel_symbols_refuse(
			symbols, REASON_KERNEL_HIDDEN,
			mem_strdup("the capture does not say where its kernel "
				   "lies"));
	}
	if (!module || module->ref_symbol) {
		if (!symbols->is_usable && module && is_read_here(kernel))
			try_cache(kernel, module);
		if (!symbols->is_usable && module && is_read_here(kernel))
			try_buildid_cache(kernel, module);
	} else if (symbols->is_usable) {
		module->text_avma = symbols->index.header->text;
	}
	return true;
}

static void set_notes(const struct kernel_symbols *symbols,
		      struct profile *profile)
{
	for (size_t i = 0; i < profile->modules.n; i++) {
		struct module *module = &profile->modules.items[i];

		if (symbols->note && module->kind == MODULE_KERNEL &&
		    !module->note)
			module->note =
				profile_add_string(profile, symbols->note);
	}
}

struct kernel *kernel_new(struct profile *profile, struct cache *cache,
			  const struct symbolizer_options *options)
{
	struct kernel *kernel = mem_zalloc(1, sizeof(*kernel));

	kernel->profile = profile;
	kernel->options = options;
	kernel->symbols.cache = cache;
	return kernel;
}

void kernel_free(struct kernel *kernel)
{
	finish_reading(kernel);
	kernel_symbols_release(&kernel->symbols);
	free(kernel->believed);
	free(kernel);
}

/* Whether any location needs to know which kernel it was. */
static bool is_wanted(const struct profile *profile)
{
	for (size_t i = 0; i < profile->locations.n; i++) {
		const struct location *location = &profile->locations.items[i];
		enum module_kind kind;

		if (location->module == NO_MODULE ||
		    location->reason == REASON_NAMED)
			continue;
		kind = profile->modules.items[location->module].kind;
		if (kind == MODULE_KERNEL || kind == MODULE_KERNEL_MODULE ||
		    kind == MODULE_VDSO)
			return true;
	}
	return false;
}

bool kernel_identify(struct kernel *kernel, struct err *err)
{
	const struct module *module = find_kernel(kernel->profile);

	if (!module || (module->build_id.size > 0 && module->ref_symbol) ||
	    !is_wanted(kernel->profile))
		return true;
	return choose_symbols(kernel, err);
}

bool kernel_module_text(struct kernel *kernel, uint32_t number,
			struct kernel_text *text, struct err *err)
{
	const struct module *module = &kernel->profile->modules.items[number];

	*text = (struct kernel_text){ 0 };
	if (!kernel_module_may_have_front(module))
		return true;
	if (!choose_symbols(kernel, err))
		return false;
	if (kernel->symbols.is_usable)
		*text = kernel_module_find_text(&kernel->symbols,
						kernel->profile, module);
	return true;
}

void kernel_believe_module(struct kernel *kernel, uint32_t module)
{
	if (!kernel->believed)
		kernel->believed = mem_zalloc(kernel->profile->modules.n,
					      sizeof(*kernel->believed));
	kernel->believed[module] = true;
}

bool kernel_run(struct kernel *kernel, struct err *err)
{
	if (!name_announced_code(kernel->profile))
		return true;
	if (!choose_symbols(kernel, err))
		return false;
	name_locations(kernel, kernel->believed);
	set_notes(&kernel->symbols, kernel->profile);
	return true;
}

bool kernel_add_to_cache(struct cache *cache, const struct build_id *id,
			 const char *kallsyms, struct err *err)
{
	struct build_id running = running_kernel_build_id();
	struct kernel_symbols symbols = { .cache = cache };
	bool ok = true;

	if (kallsyms && id->size == 0)
		return err_set(err, "%s: of which kernel? (--build-id HEX)",
			       kallsyms);
	if (!kallsyms && id->size > 0 && !build_id_equal(id, &running))
		return err_set(err, "another kernel is running: give its "
				    "symbols with --kallsyms FILE");
	if (kallsyms)
		ok = kernel_symbols_open_file(&symbols, kallsyms, err);
	else if (running.size > 0)
		kernel_symbols_read_running(&symbols);
	else
		ok = err_set(err, "the running kernel has no build id");
	if (ok && symbols.is_usable) {
		module_key_of_build_id(symbols.key, kallsyms ? id : &running);
		kernel_symbols_store(&symbols);
	} else if (ok) {
		ok = err_set(err, "%s", symbols.note);
	}
	kernel_symbols_release(&symbols);
	return ok;
}

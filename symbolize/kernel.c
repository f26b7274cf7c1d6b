/*
 * Whose symbols name the kernel's addresses:
 *
 *	--kallsyms FILE   if its reference symbol lies where the capture says
 *	/proc/kallsyms    if the running kernel has the capture's build id; then
 *	                  addresses differ by what KASLR moved the kernel in the
 *	                  two boots, which the reference symbol tells
 *	none              the addresses stay raw, with the reason
 *
 * A kernel module's symbols are used if all of them lie where the capture had
 * the module: then it is the same boot and load.
 */
#include "config.h"
#include "symbolize/kernel.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/reader.h"
#include "symbolize/kallsyms.h"
#include "symbolize/module_key.h"
#include "symbolize/table.h"

/* Far more than any kernel has. */
static const size_t max_kallsyms = (size_t)256 << 20;

/* How long another process may take to read the kernel's symbols. */
enum { PATIENCE_MS = 2000 };
static const size_t max_small_file = (size_t)16 << 20;

/* A page of symbols; bytes is NULL until it is asked for. */
struct page {
	void *bytes;
	bool is_usable;
	struct table table;
};

/* Kernel symbols, from the cache or parsed just now. */
struct symbols {
	struct cache *cache;
	char key[CACHE_KEY_MAX];
	bool has_key;
	struct kallsyms parsed; /* its pages are empty if from the cache */
	void *index_bytes;
	struct kallsyms_index index;
	bool is_usable;
	enum reason reason; /* else why not, */
	char *note;	    /* in words */
	struct page *pages; /* index.header->n_pages of them; NULL: none yet */
};

/* ---- the running kernel ---- */

static bool read_special(const char *path, size_t limit, struct buf *out,
			 struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return err_set_errno(err, "%s", path);
	ok = file_read_all(fd, path, limit, out, err);
	close(fd);
	return ok;
}

/* /sys/kernel/notes is the kernel's ELF notes (elf(5), "Notes"). */
struct build_id kernel_running_build_id(void)
{
	struct build_id id = { 0 };
	struct buf notes = { 0 };
	struct reader r;
	struct err err;

	if (!read_special("/sys/kernel/notes", max_small_file, &notes, &err))
		goto out;
	r = reader_over(notes.bytes, notes.size, false);
	while (reader_left(&r) > 0) {
		uint32_t name_size = reader_u32(&r);
		uint32_t size = reader_u32(&r), type = reader_u32(&r);
		const unsigned char *name, *bytes;

		name = reader_bytes(&r, ((size_t)name_size + 3) & ~(size_t)3);
		bytes = reader_bytes(&r, ((size_t)size + 3) & ~(size_t)3);
		if (!reader_ok(&r))
			break;
		if (type == NT_GNU_BUILD_ID && name_size == 4 &&
		    memcmp(name, "GNU", 4) == 0)
			id = build_id_from(bytes, size);
	}
out:
	buf_release(&notes);
	return id;
}

/* ---- symbols ---- */

static bool refuse(struct symbols *symbols, enum reason reason, char *note)
{
	symbols->is_usable = false;
	symbols->reason = reason;
	free(symbols->note);
	symbols->note = note;
	return false;
}

/* Symbols of a boot and of a set of loaded modules, as this process may see
 * them. */
static bool make_key(struct symbols *symbols)
{
	struct buf state = { 0 };
	struct err err;
	XXH128_hash_t hash;
	bool ok = read_special("/proc/sys/kernel/random/boot_id",
			       max_small_file, &state, &err);

	/* There is none where the kernel has no loadable modules. */
	read_special("/proc/modules", max_small_file, &state, &err);
	hash = XXH3_128bits(state.bytes, state.size);
	snprintf(symbols->key, sizeof(symbols->key),
		 "k:%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64,
		 (uint64_t)hash.low64);
	buf_release(&state);
	return ok;
}

static bool open_index(struct symbols *symbols, const void *bytes, size_t size)
{
	symbols->index_bytes = mem_copy(bytes, size);
	symbols->is_usable = kallsyms_index_open(&symbols->index,
						 symbols->index_bytes, size);
	return symbols->is_usable;
}

static bool load(struct symbols *symbols)
{
	const void *bytes;
	size_t size;

	if (cache_get(symbols->cache, symbols->key, CACHE_KALLSYMS, 0, &bytes,
		      &size) &&
	    open_index(symbols, bytes, size))
		return true;
	free(symbols->index_bytes);
	symbols->index_bytes = NULL;
	return false;
}

/* Pages are numbered from 1: number 0 is the index. */
static void store(struct symbols *symbols)
{
	const struct kallsyms *parsed = &symbols->parsed;

	for (size_t i = 0; i < parsed->pages.n; i++)
		cache_put(symbols->cache, symbols->key, CACHE_KALLSYMS, i + 1,
			  parsed->pages.items[i].bytes,
			  parsed->pages.items[i].size);
	cache_put(symbols->cache, symbols->key, CACHE_KALLSYMS, 0,
		  parsed->index.bytes, parsed->index.size);
}

static bool parse(struct symbols *symbols, const struct buf *text,
		  const char *name)
{
	bool is_restricted;
	struct err err;

	if (kallsyms_parse(&symbols->parsed, (const char *)text->bytes,
			   text->size, &is_restricted, &err))
		return open_index(symbols, symbols->parsed.index.bytes,
				  symbols->parsed.index.size);
	return refuse(symbols,
		      is_restricted ? REASON_KERNEL_RESTRICTED
				    : REASON_KERNEL_DIFFERS,
		      mem_printf("%s: %s", name, err.text));
}

/* Reads and parses, and touches nothing but the symbols. */
static void *read_running(void *context)
{
	struct symbols *symbols = context;
	struct buf text = { 0 };
	struct err err;

	if (read_special("/proc/kallsyms", max_kallsyms, &text, &err))
		parse(symbols, &text, "/proc/kallsyms");
	else
		refuse(symbols, REASON_KERNEL_RESTRICTED, mem_strdup(err.text));
	buf_release(&text);
	return NULL;
}

/* False if the file cannot be read: the user named it. */
static bool open_named(struct symbols *symbols, const char *path,
		       struct err *err)
{
	int fd = file_open_regular(path, NULL);
	struct buf text = { 0 };
	bool ok = false;

	/* The kernel's own is fine, too. */
	if (fd < 0 && errno == EINVAL && strcmp(path, "/proc/kallsyms") == 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == EINVAL
			       ? err_set(err, "%s: not a regular file", path)
			       : err_set_errno(err, "%s: cannot open", path);
	ok = file_read_all(fd, path, max_kallsyms, &text, err);
	close(fd);
	if (ok)
		parse(symbols, &text, path);
	buf_release(&text);
	return ok;
}

static void symbols_release(struct symbols *symbols)
{
	if (symbols->pages)
		for (uint32_t i = 0; i < symbols->index.header->n_pages; i++)
			free(symbols->pages[i].bytes);
	free(symbols->pages);
	kallsyms_release(&symbols->parsed);
	free(symbols->index_bytes);
	free(symbols->note);
}

/* Where a page of the cache is damaged, or of another version, all are read
 * anew: what is found must not depend on the cache. */
static bool read_again(struct symbols *symbols)
{
	struct symbols fresh = { .cache = symbols->cache };
	bool ok;

	memcpy(fresh.key, symbols->key, sizeof(fresh.key));
	read_running(&fresh);
	ok = fresh.is_usable &&
	     fresh.index.header->n_pages == symbols->index.header->n_pages;
	if (ok) {
		store(&fresh);
		symbols->parsed = fresh.parsed;
		fresh.parsed = (struct kallsyms){ 0 };
	}
	symbols_release(&fresh);
	return ok;
}

static bool load_page(struct symbols *symbols, struct page *page,
		      uint64_t number)
{
	const void *bytes = NULL;
	size_t size = 0;
	struct err err;

	if (number < symbols->parsed.pages.n) {
		bytes = symbols->parsed.pages.items[number].bytes;
		size = symbols->parsed.pages.items[number].size;
	} else {
		cache_get(symbols->cache, symbols->key, CACHE_KALLSYMS,
			  number + 1, &bytes, &size);
	}
	free(page->bytes);
	page->bytes = mem_copy(bytes, size);
	return table_open(&page->table, page->bytes, size, &err);
}

static void open_page(struct symbols *symbols, struct page *page,
		      uint64_t number)
{
	page->is_usable = load_page(symbols, page, number);
	if (!page->is_usable && symbols->parsed.pages.n == 0 &&
	    symbols->has_key && read_again(symbols))
		page->is_usable = load_page(symbols, page, number);
}

static const struct table *page_table(struct symbols *symbols, uint64_t number)
{
	struct page *page;

	if (!symbols->pages)
		symbols->pages = mem_zalloc(symbols->index.header->n_pages,
					    sizeof(struct page));
	page = &symbols->pages[number];
	if (!page->bytes)
		open_page(symbols, page, number);
	return page->is_usable ? &page->table : NULL;
}

/* ---- which symbols are believed ---- */

static uint64_t reference(const struct symbols *symbols,
			  const struct profile *profile,
			  const struct module *kernel)
{
	const char *name = profile_string(profile, kernel->ref_symbol);

	if (strcmp(name, "_text") == 0)
		return symbols->index.header->text;
	if (strcmp(name, "_stext") == 0)
		return symbols->index.header->stext;
	return 0;
}

static bool believes_file(struct symbols *symbols,
			  const struct profile *profile,
			  const struct module *kernel, const char *path)
{
	const char *name = profile_string(profile, kernel->ref_symbol);
	uint64_t found = reference(symbols, profile, kernel);

	if (!kernel->ref_avma || !found)
		return refuse(symbols, REASON_KERNEL_DIFFERS,
			      mem_printf("%s cannot be checked: the capture or "
					 "the file has no reference symbol",
					 path));
	if (found != kernel->ref_avma)
		return refuse(
			symbols, REASON_KERNEL_DIFFERS,
			mem_printf("%s is of another boot or kernel: it has %s "
				   "at 0x%" PRIx64
				   ", the capture at 0x%" PRIx64,
				   path, name, found, kernel->ref_avma));
	return true;
}

static bool believes_running(struct symbols *symbols,
			     const struct module *kernel)
{
	struct build_id running = kernel_running_build_id();
	char hex[2][BUILD_ID_HEX_MAX];

	if (kernel->build_id.size == 0)
		return refuse(symbols, REASON_KERNEL_DIFFERS,
			      mem_strdup("the capture has no build id of its "
					 "kernel to check the running one "
					 "with"));
	if (!build_id_equal(&kernel->build_id, &running))
		return refuse(
			symbols, REASON_KERNEL_DIFFERS,
			mem_printf("captured build id %s, the running "
				   "kernel has %s",
				   build_id_hex(&kernel->build_id, hex[0]),
				   build_id_hex(&running, hex[1])));
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

/* Names one address by the symbols of a kernel module ("" for the kernel). */
static bool name_by_symbol(struct symbols *symbols, struct profile *profile,
			   uint32_t location, uint64_t address,
			   const char *module)
{
	struct table_frame frames[TABLE_MAX_DEPTH];
	const struct table *table;
	uint64_t page;

	if (!kallsyms_index_page(&symbols->index, address, &page))
		return false;
	table = page_table(symbols, page);
	if (!table || table_find(table, address, frames) == 0 ||
	    strcmp(frames[0].function_file, module) != 0)
		return false;
	name_location(profile, location, frames[0].name);
	return true;
}

/* "[ext4]" or "/lib/modules/…/ext4.ko.xz" → "ext4"; kallsyms has _ for -. */
static void kernel_module_name(const char *path,
			       char name[KERNEL_MODULE_NAME_MAX])
{
	const char *base = strrchr(path, '/'), *end;
	size_t length;

	base = base ? base + 1 : path;
	if (*base == '[')
		base++;
	end = strstr(base, ".ko");
	length = end ? (size_t)(end - base) : strcspn(base, "]");
	if (length >= KERNEL_MODULE_NAME_MAX)
		length = KERNEL_MODULE_NAME_MAX - 1;
	memcpy(name, base, length);
	name[length] = '\0';
	for (char *p = name; *p; p++)
		if (*p == '-')
			*p = '_';
}

static const struct kallsyms_module *find_kernel_module(
	const struct symbols *symbols, const char *name)
{
	for (uint32_t i = 1; i < symbols->index.header->n_modules; i++)
		if (strcmp(symbols->index.modules[i].name, name) == 0)
			return &symbols->index.modules[i];
	return NULL;
}

/* How the addresses of a module are looked up. */
struct lookup {
	enum reason reason;		   /* REASON_PENDING: they are */
	uint64_t shift;			   /* to add to a captured address */
	char name[KERNEL_MODULE_NAME_MAX]; /* "": the kernel proper */
};

static struct lookup lookup_of_module(const struct symbols *symbols,
				      const struct profile *profile,
				      const struct module *module)
{
	struct lookup lookup = { .reason = REASON_PENDING };
	const struct kallsyms_module *found;

	if (!symbols->is_usable) {
		lookup.reason = symbols->reason;
	} else if (module->kind == MODULE_KERNEL) {
		uint64_t at = reference(symbols, profile, module);

		/* Where the kernel lies is known, and this is not there. */
		if (module->ref_symbol == 0)
			lookup.reason = REASON_UNMAPPED;
		else if (at == 0 || module->ref_avma == 0)
			lookup.reason = REASON_KERNEL_DIFFERS;
		lookup.shift = at - module->ref_avma;
	} else {
		kernel_module_name(profile_string(profile, module->path),
				   lookup.name);
		found = find_kernel_module(symbols, lookup.name);
		if (!found)
			lookup.reason = REASON_NO_SYMBOLS;
		else if (found->start < module->start ||
			 found->last >= module->limit)
			lookup.reason = REASON_KERNEL_DIFFERS;
	}
	return lookup;
}

static void name_locations(struct symbols *symbols, struct profile *profile)
{
	struct lookup *lookups =
		mem_zalloc(profile->modules.n, sizeof(*lookups));

	for (size_t i = 0; i < profile->modules.n; i++)
		lookups[i] = lookup_of_module(symbols, profile,
					      &profile->modules.items[i]);
	for (uint32_t i = 0; i < profile->locations.n; i++) {
		struct location *location = &profile->locations.items[i];
		const struct lookup *lookup;

		if (location->reason != REASON_PENDING)
			continue;
		lookup = &lookups[location->module];
		if (lookup->reason != REASON_PENDING)
			location->reason = lookup->reason;
		else if (!name_by_symbol(symbols, profile, i,
					 location->address + lookup->shift,
					 lookup->name))
			location->reason = REASON_NOT_COVERED;
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
static const struct module *find_kernel(const struct profile *profile)
{
	const struct module *kernel = NULL;

	for (size_t i = 0; i < profile->modules.n; i++) {
		const struct module *module = &profile->modules.items[i];

		if (module->kind == MODULE_KERNEL &&
		    (!kernel || (!kernel->ref_symbol && module->ref_symbol)))
			kernel = module;
	}
	return kernel;
}

struct kernel {
	struct profile *profile;
	const struct symbolizer_options *options;
	struct symbols symbols;
	bool has_begun;	 /* to open the running kernel's symbols */
	bool is_reading; /* and has the symbols locked in the cache */
	bool has_thread;
	pthread_t reader;
};

void kernel_read_ahead(struct kernel *kernel)
{
	struct symbols *symbols = &kernel->symbols;
	const struct module *module = find_kernel(kernel->profile);

	if (kernel->has_begun || kernel->options->hide_kernel ||
	    kernel->options->kallsyms || !module || !module->ref_symbol)
		return;
	kernel->has_begun = true;
	if (!believes_running(symbols, module))
		return;
	symbols->has_key = make_key(symbols);
	if (symbols->has_key && load(symbols))
		return;
	/* Another process may be reading them. */
	if (symbols->has_key &&
	    cache_lock(symbols->cache, symbols->key, PATIENCE_MS) !=
		    CACHE_NO_LOCK &&
	    load(symbols)) {
		cache_unlock(symbols->cache, symbols->key);
		return;
	}
	kernel->is_reading = true;
	kernel->has_thread = pthread_create(&kernel->reader, NULL, read_running,
					    symbols) == 0;
	if (!kernel->has_thread)
		read_running(symbols);
}

/* Others have waited: they get the symbols, or the word that there are none. */
static void finish_reading(struct kernel *kernel)
{
	struct symbols *symbols = &kernel->symbols;

	if (!kernel->is_reading)
		return;
	if (kernel->has_thread)
		pthread_join(kernel->reader, NULL);
	kernel->is_reading = false;
	if (!symbols->has_key)
		return;
	if (symbols->is_usable)
		store(symbols);
	cache_flush(symbols->cache);
	cache_unlock(symbols->cache, symbols->key);
}

/* Takes what was found elsewhere, if it is of use. */
static void replace(struct kernel *kernel, struct symbols *found)
{
	struct symbols old = kernel->symbols;

	if (!found->is_usable) {
		symbols_release(found);
		return;
	}
	kernel->symbols = *found;
	symbols_release(&old);
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
	struct symbols kept = { .cache = kernel->symbols.cache };
	char hex[BUILD_ID_HEX_MAX], *path;
	struct err err;

	if (!folder || module->build_id.size == 0)
		return;
	path = mem_printf("%s/[kernel.kallsyms]/%s/kallsyms", folder,
			  build_id_hex(&module->build_id, hex));
	open_named(&kept, path, &err);
	replace(kernel, &kept);
	free(path);
}

/* What somebody has added of this kernel; it may be of another machine. */
static void try_cache(struct kernel *kernel, const struct module *module)
{
	struct symbols added = { .cache = kernel->symbols.cache };

	if (module->build_id.size == 0)
		return;
	module_key_of_build_id(added.key, &module->build_id);
	load(&added);
	replace(kernel, &added);
}

static bool choose_symbols(struct kernel *kernel, struct err *err)
{
	const struct symbolizer_options *options = kernel->options;
	const struct module *module = find_kernel(kernel->profile);
	struct symbols *symbols = &kernel->symbols;

	if (options->hide_kernel) {
		refuse(symbols, REASON_KERNEL_RESTRICTED,
		       mem_strdup("hidden by SYMCONV_FORCE_KERNEL_FALLBACK"));
		return true;
	}
	if (options->kallsyms) {
		if (!open_named(symbols, options->kallsyms, err))
			return false;
		if (symbols->is_usable && module)
			believes_file(symbols, kernel->profile, module,
				      options->kallsyms);
		return true;
	}
	/* perf maps no kernel where its symbols are hidden from perf. */
	if (!module || !module->ref_symbol)
		refuse(symbols, REASON_KERNEL_RESTRICTED,
		       mem_strdup("hidden from the recorder: the capture does "
				  "not tell where the kernel lies"));
	kernel_read_ahead(kernel);
	finish_reading(kernel);
	if (!symbols->is_usable && module && module->ref_symbol)
		try_cache(kernel, module);
	if (!symbols->is_usable && module && module->ref_symbol)
		try_buildid_cache(kernel, module);
	return true;
}

static void set_notes(const struct symbols *symbols, struct profile *profile)
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
	symbols_release(&kernel->symbols);
	free(kernel);
}

bool kernel_run(struct kernel *kernel, struct err *err)
{
	if (!name_announced_code(kernel->profile))
		return true;
	if (!choose_symbols(kernel, err))
		return false;
	name_locations(&kernel->symbols, kernel->profile);
	set_notes(&kernel->symbols, kernel->profile);
	return true;
}

bool kernel_add_to_cache(struct cache *cache, const struct build_id *id,
			 const char *kallsyms, struct err *err)
{
	struct build_id running = kernel_running_build_id();
	struct symbols symbols = { .cache = cache };
	bool ok = true;

	if (kallsyms && id->size == 0)
		return err_set(err, "%s: of which kernel? (--build-id HEX)",
			       kallsyms);
	if (!kallsyms && id->size > 0 && !build_id_equal(id, &running))
		return err_set(err, "another kernel is running: give its "
				    "symbols with --kallsyms FILE");
	if (kallsyms)
		ok = open_named(&symbols, kallsyms, err);
	else if (running.size > 0)
		read_running(&symbols);
	else
		ok = err_set(err, "the running kernel has no build id");
	if (ok && symbols.is_usable) {
		module_key_of_build_id(symbols.key, kallsyms ? id : &running);
		store(&symbols);
	} else if (ok) {
		ok = err_set(err, "%s", symbols.note);
	}
	symbols_release(&symbols);
	return ok;
}

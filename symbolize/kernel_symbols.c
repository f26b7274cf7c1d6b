#include "config.h"
#include "symbolize/kernel_symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "base/file.h"
#include "symbolize/running_kernel.h"

/* Far more than any kernel has. */
static const size_t max_kallsyms = (size_t)256 << 20;
static const size_t max_small_file = (size_t)16 << 20;

/* A page of symbols; bytes is NULL until it is asked for. */
struct kernel_symbols_page {
	void *bytes;
	bool is_usable;
	struct table table;
};

bool kernel_symbols_refuse(struct kernel_symbols *symbols, enum reason reason,
			   char *note)
{
	symbols->is_usable = false;
	symbols->reason = reason;
	free(symbols->note);
	symbols->note = note;
	return false;
}

/* Symbols of a boot and of a set of loaded modules, as this process may see
 * them. */
bool kernel_symbols_make_key(struct kernel_symbols *symbols)
{
	struct buf state = { 0 };
	struct err err;
	XXH128_hash_t hash;
	bool ok = running_kernel_read("/proc/sys/kernel/random/boot_id",
				      max_small_file, &state, &err);

	/* There is none where the kernel has no loadable modules. */
	running_kernel_read("/proc/modules", max_small_file, &state, &err);
	hash = XXH3_128bits(state.bytes, state.size);
	snprintf(symbols->key, sizeof(symbols->key),
		 "k:%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64,
		 (uint64_t)hash.low64);
	buf_release(&state);
	return ok;
}

static bool open_index(struct kernel_symbols *symbols, const void *bytes,
		       size_t size)
{
	symbols->index_bytes = mem_copy(bytes, size);
	symbols->is_usable = kallsyms_index_open(&symbols->index,
						 symbols->index_bytes, size);
	return symbols->is_usable;
}

bool kernel_symbols_load(struct kernel_symbols *symbols)
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
void kernel_symbols_store(struct kernel_symbols *symbols)
{
	const struct kallsyms *parsed = &symbols->parsed;

	for (size_t i = 0; i < parsed->pages.n; i++)
		cache_put(symbols->cache, symbols->key, CACHE_KALLSYMS, i + 1,
			  parsed->pages.items[i].bytes,
			  parsed->pages.items[i].size);
	cache_put(symbols->cache, symbols->key, CACHE_KALLSYMS, 0,
		  parsed->index.bytes, parsed->index.size);
}

static bool parse(struct kernel_symbols *symbols, const struct buf *text,
		  const char *name)
{
	bool is_restricted;
	struct err err;

	if (kallsyms_parse(&symbols->parsed, (const char *)text->bytes,
			   text->size, &is_restricted, &err))
		return open_index(symbols, symbols->parsed.index.bytes,
				  symbols->parsed.index.size);
	return kernel_symbols_refuse(symbols,
				     is_restricted ? REASON_KERNEL_RESTRICTED
						   : REASON_KERNEL_DIFFERS,
				     mem_printf("%s: %s", name, err.text));
}

/* What the running kernel says of where its modules begin goes beside the
 * symbols that it has given. */
static void parse_running(struct kernel_symbols *symbols,
			  const struct buf *text)
{
	struct buf modules = { 0 };
	struct err err;

	if (!parse(symbols, text, "/proc/kallsyms"))
		return;
	if (running_kernel_read("/proc/modules", max_small_file, &modules,
				&err))
		kallsyms_add_bases(&symbols->parsed,
				   (const char *)modules.bytes, modules.size);
	free(symbols->index_bytes);
	open_index(symbols, symbols->parsed.index.bytes,
		   symbols->parsed.index.size);
	buf_release(&modules);
}

/* Reads and parses, and touches nothing but the symbols. */
void *kernel_symbols_read_running(void *context)
{
	struct kernel_symbols *symbols = context;
	struct buf text = { 0 };
	struct err err;

	if (running_kernel_read("/proc/kallsyms", max_kallsyms, &text, &err))
		parse_running(symbols, &text);
	else
		kernel_symbols_refuse(symbols, REASON_KERNEL_RESTRICTED,
				      mem_strdup(err.text));
	buf_release(&text);
	return NULL;
}

/* False if the file cannot be read: the user named it. */
bool kernel_symbols_open_file(struct kernel_symbols *symbols, const char *path,
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

void kernel_symbols_release(struct kernel_symbols *symbols)
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
static bool read_again(struct kernel_symbols *symbols)
{
	struct kernel_symbols fresh = { .cache = symbols->cache };
	bool ok;

	memcpy(fresh.key, symbols->key, sizeof(fresh.key));
	kernel_symbols_read_running(&fresh);
	ok = fresh.is_usable &&
	     fresh.index.header->n_pages == symbols->index.header->n_pages;
	if (ok) {
		kernel_symbols_store(&fresh);
		symbols->parsed = fresh.parsed;
		fresh.parsed = (struct kallsyms){ 0 };
	}
	kernel_symbols_release(&fresh);
	return ok;
}

static bool load_page(struct kernel_symbols *symbols,
		      struct kernel_symbols_page *page, uint64_t number)
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

static void open_page(struct kernel_symbols *symbols,
		      struct kernel_symbols_page *page, uint64_t number)
{
	page->is_usable = load_page(symbols, page, number);
	if (!page->is_usable && symbols->parsed.pages.n == 0 &&
	    symbols->has_key && read_again(symbols))
		page->is_usable = load_page(symbols, page, number);
}

const struct table *kernel_symbols_page(struct kernel_symbols *symbols,
					uint64_t number)
{
	struct kernel_symbols_page *page;

	if (!symbols->pages)
		symbols->pages = mem_zalloc(symbols->index.header->n_pages,
					    sizeof(struct kernel_symbols_page));
	page = &symbols->pages[number];
	if (!page->bytes)
		open_page(symbols, page, number);
	return page->is_usable ? &page->table : NULL;
}

uint64_t kernel_symbols_reference(const struct kernel_symbols *symbols,
				  const struct profile *profile,
				  const struct module *kernel)
{
	const char *name = profile_string(profile, kernel->ref_symbol);

	if (!kernel->ref_symbol || strcmp(name, "_text") == 0)
		return symbols->index.header->text;
	if (strcmp(name, "_stext") == 0)
		return symbols->index.header->stext;
	return 0;
}
